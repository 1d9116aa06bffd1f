//! Why a value was refused: the rule, the character, and what to do.

use core::fmt;
use std::borrow::Cow;

use crate::IdentifierType;

/// Stable machine reason of a [`ParseError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorCode {
    /// Nothing is left after separators are taken off.
    Empty,
    /// The value stands for "not known", or is one character repeated.
    Placeholder,
    /// A character the type does not allow.
    CharacterNotAllowed,
    /// Fewer characters than the type allows.
    TooShort,
    /// More characters than the type allows.
    TooLong,
    /// The type has fixed lengths and this is none of them.
    WrongLength,
    /// A number without any digit.
    NoDigit,
    /// A check digit does not fit the rest.
    CheckDigit,
    /// The type needs a country and none was given.
    CountryRequired,
    /// The country is not known.
    CountryUnknown,
    /// The country name fits more than one state.
    CountryAmbiguous,
    /// The name is of a part of a country, or of no issuer.
    CountryNotAnIssuer,
    /// The country given and the country in the value differ.
    CountryMismatch,
    /// The text is not a machine-readable zone of a size in ICAO Doc 9303.
    MrzSize,
    /// A field of the machine-readable zone breaks its rule.
    MrzField,
    /// A leading code (nationality mark, MID, owner category, bank country) is not assigned.
    UnknownPrefix,
    /// Words or labels stand beside the number.
    LabelInValue,
    /// The value seems to hold more than one identifier.
    MoreThanOneValue,
    /// The shape of the value breaks a rule of its type.
    Malformed,
    /// The number cannot be dialled in its country.
    NumberNotPossible,
    /// The domain of an e-mail address is not a domain name.
    Domain,
    /// Stored bytes are not what this version would produce.
    NotCanonical,
}

impl ErrorCode {
    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::Empty,
        Self::Placeholder,
        Self::CharacterNotAllowed,
        Self::TooShort,
        Self::TooLong,
        Self::WrongLength,
        Self::NoDigit,
        Self::CheckDigit,
        Self::CountryRequired,
        Self::CountryUnknown,
        Self::CountryAmbiguous,
        Self::CountryNotAnIssuer,
        Self::CountryMismatch,
        Self::MrzSize,
        Self::MrzField,
        Self::UnknownPrefix,
        Self::LabelInValue,
        Self::MoreThanOneValue,
        Self::Malformed,
        Self::NumberNotPossible,
        Self::Domain,
        Self::NotCanonical,
    ];

    /// The reason in snake case; stable across versions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Placeholder => "placeholder",
            Self::CharacterNotAllowed => "character_not_allowed",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::WrongLength => "wrong_length",
            Self::NoDigit => "no_digit",
            Self::CheckDigit => "check_digit",
            Self::CountryRequired => "country_required",
            Self::CountryUnknown => "country_unknown",
            Self::CountryAmbiguous => "country_ambiguous",
            Self::CountryNotAnIssuer => "country_not_an_issuer",
            Self::CountryMismatch => "country_mismatch",
            Self::MrzSize => "mrz_size",
            Self::MrzField => "mrz_field",
            Self::UnknownPrefix => "unknown_prefix",
            Self::LabelInValue => "label_in_value",
            Self::MoreThanOneValue => "more_than_one_value",
            Self::Malformed => "malformed",
            Self::NumberNotPossible => "number_not_possible",
            Self::Domain => "domain",
            Self::NotCanonical => "not_canonical",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value was refused.
///
/// Its text names the rule, at most one character of the value, and the remedy. It never repeats
/// the value, so that it may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Type the value was read as.
    pub kind: IdentifierType,
    /// Stable machine reason.
    pub code: ErrorCode,
    /// Index of the offending character, counted from 0 in characters (Unicode scalar values) of
    /// the value as it was given; `None` where no single character is at fault.
    pub position: Option<usize>,
    message: Cow<'static, str>,
}

impl ParseError {
    pub(crate) fn new(
        kind: IdentifierType,
        code: ErrorCode,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { kind, code, position: None, message: message.into() }
    }

    pub(crate) fn at(mut self, position: Option<usize>) -> Self {
        self.position = position;
        self
    }

    /// Stable machine reason.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The rule that was broken and what to do, without type and position.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.kind.title())?;
        if let Some(position) = self.position {
            write!(f, "character {}: ", position + 1)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}
