//! Machine-readable zone of travel documents, ICAO Doc 9303 parts 3 to 7.

mod build;
mod check_digit;
mod layout;

use zeroize::{Zeroize, Zeroizing};

pub use build::{to_mrz_td1, to_mrz_td3};
pub(crate) use check_digit::has_blind_spot;
use check_digit::{CheckDigit, check_digit};
use layout::Layout;

use crate::normalise::{self, Text, ascii_digit, is_invisible};
use crate::{ErrorCode, Identifier, IdentifierType, ParseError, types};

const KIND: IdentifierType = IdentifierType::TravelDocument;

/// Reads a whole machine-readable zone: TD1 (3 lines of 30, ICAO Doc 9303-5), TD2 (2 of 36, 9303-6),
/// TD3 (2 of 44, 9303-4), MRV-A (2 of 44) and MRV-B (2 of 36, 9303-7), and the French identity card
/// of before 2021 (2 of 36, its own layout).
///
/// The lines may be parted by line breaks or run together; lower case, blanks and the quotation mark
/// `«` for `<<` are tolerated. Every check digit is verified, the composite one too; document numbers
/// longer than nine characters are put together from the optional data (9303-5 note j). The number of
/// a Russian internal passport, whose fourth digit stands in the optional data, is put together as
/// well.
///
/// # Errors
///
/// `mrz_size` where the length fits no layout, `character_not_allowed`, `check_digit` naming the
/// field, `mrz_field`, `country_unknown`, and those of a document number.
pub fn parse_mrz(text: &str) -> Result<Identifier, ParseError> {
    if let Some(error) = normalise::too_long(KIND, text) {
        return Err(error);
    }
    let fields = read(text)?;
    types::travel_document_from_fields(&fields).map(|parsed| Identifier::from_parsed(KIND, parsed))
}

/// What the key needs of a machine-readable zone.
pub(crate) struct Fields {
    pub(crate) document_code: [u8; 2],
    pub(crate) issuer: String,
    pub(crate) issuer_at: Option<usize>,
    pub(crate) number: Zeroizing<String>,
}

/// Whether the text can only be meant as a machine-readable zone.
pub(crate) fn looks_like(value: &str) -> bool {
    if value.is_ascii() && !value.contains('<') {
        return false;
    }
    let zone = squeeze(value);
    zone.chars().contains(&'<') && zone.len() >= 28
}

/// Capitals and fillers without blanks. Position by position, nothing is repaired.
fn squeeze(value: &str) -> Text {
    let mut zone = Text::default();
    for (c, at) in Text::nfkc(value).iter() {
        if c.is_whitespace() || is_invisible(c) {
            continue;
        }
        match c {
            '«' => {
                zone.push('<', at);
                zone.push('<', at);
            }
            '‹' => zone.push('<', at),
            _ => zone.push(ascii_digit(c).unwrap_or(c.to_ascii_uppercase()), at),
        }
    }
    zone
}

pub(crate) fn read(value: &str) -> Result<Fields, ParseError> {
    let zone = squeeze(value);
    if let Some((c, at)) =
        zone.iter().find(|(c, _)| !(c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '<'))
    {
        let shown = if c.is_control() { ' ' } else { c };
        return Err(ParseError::new(
            KIND,
            ErrorCode::CharacterNotAllowed,
            format!(
                "“{shown}” never stands in a machine-readable zone; only A to Z, digits and < do"
            ),
        )
        .at(Some(at)));
    }
    let layout = Layout::of(&zone).ok_or_else(|| {
        ParseError::new(
            KIND,
            ErrorCode::MrzSize,
            format!(
                "the machine-readable zone has {} characters; 90 (three lines of 30), 72 (two of 36) or 88 (two of 44) make a whole one",
                zone.len()
            ),
        )
    })?;
    let zone = Zone(zone);
    let (number, overflow) = zone.document_number(&layout)?;
    for checked in layout.checked {
        zone.verify(checked)?;
    }
    if let Some(composite) = &layout.composite {
        zone.verify(composite)?;
    }
    let code = zone.field(0, 2);
    let mut document_code = [b'<'; 2];
    document_code.copy_from_slice(code.as_bytes().get(..2).unwrap_or(b"<<"));
    let issuer = zone.field(2, 5).trim_end_matches('<').to_owned();
    let number = match (overflow, issuer.as_str(), code.as_str()) {
        (false, "RUS", "PN") => zone.russian_internal(&number, &layout),
        _ => number,
    };
    Ok(Fields { document_code, issuer, issuer_at: zone.0.position(2), number })
}

struct Zone(Text);

impl Zone {
    fn field(&self, from: usize, to: usize) -> Zeroizing<String> {
        self.0.slice(from, to).text()
    }

    fn char(&self, index: usize) -> char {
        self.0.chars().get(index).copied().unwrap_or('<')
    }

    fn verify(&self, checked: &layout::Checked) -> Result<(), ParseError> {
        let mut covered = String::new();
        for (from, to) in checked.covers {
            covered.push_str(&self.field(*from, *to));
        }
        let result = check_digit(&covered, self.char(checked.digit_at));
        covered.zeroize();
        match result {
            CheckDigit::Fits => Ok(()),
            CheckDigit::Filler if checked.filler_allowed => Ok(()),
            _ => Err(self.wrong_check_digit(checked.name, checked.digit_at)),
        }
    }

    fn wrong_check_digit(&self, field: &str, at: usize) -> ParseError {
        ParseError::new(
            KIND,
            ErrorCode::CheckDigit,
            format!("the check digit of the {field} does not fit it; compare the {field} with the document"),
        )
        .at(self.0.position(at))
    }

    /// The number, and whether it ran over into the optional data.
    fn document_number(&self, layout: &Layout) -> Result<(Zeroizing<String>, bool), ParseError> {
        let (from, to) = layout.number;
        let principal = self.field(from, to);
        let digit = self.char(to);
        if digit == '<' && layout.runs_over {
            let (over_from, over_to) = layout.optional;
            let optional = self.field(over_from, over_to);
            let over = optional.split('<').next().unwrap_or_default();
            if let Some((last, digit)) = over.char_indices().last() {
                let rest = over.get(..last).unwrap_or_default();
                let number = Zeroizing::new(format!("{}{rest}", *principal));
                return match check_digit(&number, digit) {
                    CheckDigit::Fits => Ok((number, true)),
                    _ => Err(self.wrong_check_digit("long document number", over_from + last)),
                };
            }
        }
        if principal.chars().all(|c| c == '<') {
            return Err(ParseError::new(
                KIND,
                ErrorCode::MrzField,
                "the field of the document number is empty; this document cannot be looked up by its number",
            )
            .at(self.0.position(from)));
        }
        match check_digit(&principal, digit) {
            CheckDigit::Fits => Ok((principal, false)),
            _ => Err(self.wrong_check_digit("document number", to)),
        }
    }

    /// The first three digits of the series and the number stand in the number field, the fourth
    /// digit of the series first in the optional data.
    fn russian_internal(&self, number: &str, layout: &Layout) -> Zeroizing<String> {
        let fourth = self.char(layout.optional.0);
        match number.split_at_checked(3) {
            Some((series, rest)) if fourth.is_ascii_digit() => {
                Zeroizing::new(format!("{series}{fourth}{rest}"))
            }
            _ => Zeroizing::new(number.to_owned()),
        }
    }
}
