//! What a person should know about a value that was accepted.

use core::fmt;

/// A doubt about an accepted value. It never changes the canonical bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Warning {
    /// No check digit of this value was verified: it has none, or the rules of its issuer are not
    /// known here. A mistyped character gives another valid value.
    CheckDigitNotVerified,
    /// The number has the form of the named scheme and fails its check digit; it may belong to
    /// another scheme of the same issuer that has the same form.
    CheckDigitFailed(&'static str),
    /// The check digit passed but cannot see some confusions of characters in this value
    /// (ICAO Doc 9303-3 section 4.9: 6 and G, 1 and L, I and S, 0 and A …).
    CheckDigitBlindSpot,
    /// The issuer was replaced by the state under whose code its documents are issued.
    IssuerMapped,
    /// The value is a run of digits that people type when they do not know the number.
    LooksLikePlaceholder,
    /// An extension was dropped from the phone number.
    ExtensionDropped,
    /// A phone number without `+` or `00` was read as international.
    NoPlusSign,
    /// The phone number could be national or international; it was read as national.
    NationalOrInternational,
    /// The seven digits are an IMO company number, not a ship's.
    ImoCompanyNumber,
    /// The seven digits are valid as a ship's and as a company's number.
    ImoShipOrCompany,
    /// The maritime identification digits are not assigned by the ITU: the identity is invented or
    /// newer than the table.
    MmsiCountryNotAssigned,
    /// Different marks or numbers can become the same when separators are dropped, as they are
    /// here.
    SeparatorsCarriedMeaning,
    /// The mark holds letters that are not Latin; partners may hold it in Latin letters.
    NotLatin,
    /// More than one numbering scheme of the issuer has this form.
    SchemesShareForm,
}

impl Warning {
    /// The warning in snake case; stable across versions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CheckDigitNotVerified => "check_digit_not_verified",
            Self::CheckDigitFailed(_) => "check_digit_failed",
            Self::CheckDigitBlindSpot => "check_digit_blind_spot",
            Self::IssuerMapped => "issuer_mapped",
            Self::LooksLikePlaceholder => "looks_like_placeholder",
            Self::ExtensionDropped => "extension_dropped",
            Self::NoPlusSign => "no_plus_sign",
            Self::NationalOrInternational => "national_or_international",
            Self::ImoCompanyNumber => "imo_company_number",
            Self::ImoShipOrCompany => "imo_ship_or_company",
            Self::MmsiCountryNotAssigned => "mmsi_country_not_assigned",
            Self::SeparatorsCarriedMeaning => "separators_carried_meaning",
            Self::NotLatin => "not_latin",
            Self::SchemesShareForm => "schemes_share_form",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheckDigitNotVerified => {
                f.write_str("no check digit was verified: read the value once more")
            }
            Self::CheckDigitFailed(scheme) => {
                write!(f, "the check digit of {scheme} does not fit: read the value once more")
            }
            Self::CheckDigitBlindSpot => f.write_str(
                "the check digit cannot tell some of these characters apart (6 and G, 1 and L, I and S): compare them by eye",
            ),
            Self::IssuerMapped => {
                f.write_str("documents of this issuer carry the code of another state, which is used")
            }
            Self::LooksLikePlaceholder => f.write_str("the number looks invented"),
            Self::ExtensionDropped => f.write_str("the extension was left out"),
            Self::NoPlusSign => {
                f.write_str("there is no + before the number: it was read as starting with a country code")
            }
            Self::NationalOrInternational => {
                f.write_str("the number could start with a country code: it was read as a national number")
            }
            Self::ImoCompanyNumber => f.write_str("this is the number of a company, not of a ship"),
            Self::ImoShipOrCompany => {
                f.write_str("this can be the number of a ship or of a company")
            }
            Self::MmsiCountryNotAssigned => {
                f.write_str("no country has these maritime identification digits")
            }
            Self::SeparatorsCarriedMeaning => f.write_str(
                "spaces and hyphens are left out, and two different values may look the same without them",
            ),
            Self::NotLatin => f.write_str("partners may hold this value in Latin letters"),
            Self::SchemesShareForm => {
                f.write_str("different registers of this issuer use numbers of this form")
            }
        }
    }
}
