//! Registration mark on a number plate.
//!
//! Canonical: alpha-3 code of the country (3 bytes), then the mark: capitals and digits without
//! separators, 1 to 12 characters. Cyrillic and Greek capitals that look Latin become Latin, as on
//! plates made for the Vienna Convention on Road Traffic (annex 2). Other letters stay: the umlauts
//! of a German mark name another district than the plain letter, and Arabic, Chinese, Japanese or
//! Thai letters have no transliteration everybody shares.
//!
//! The exception to “different values give different bytes”: where the place of the gap has a
//! meaning (Germany, Austria: `B-AB 1`, `BA-B 1`), two marks may become the same. Cameras, files and
//! people leave the gap out too often to keep it; a hit must be checked against the plate. A
//! warning says so.

use crate::normalise;
use crate::types::Parsed;
use crate::{ErrorCode, IdentifierType, ParseError, Warning, country};

const KIND: IdentifierType = IdentifierType::Plate;
const MAX_LENGTH: usize = 12;

pub(super) fn parse(value: &str, issuer: Option<&str>) -> Result<Parsed, ParseError> {
    let issuer = country::require(KIND, issuer)?;
    let text = normalise::code(KIND, value, is_letter)?;
    if text.len() > MAX_LENGTH {
        return Err(ParseError::new(
            KIND,
            ErrorCode::TooLong,
            "a mark has at most twelve characters; give the mark alone",
        )
        .at(text.position(MAX_LENGTH)));
    }
    if text.chars().iter().all(|c| *c == '0') {
        return Err(crate::placeholder::refusal(KIND));
    }
    let foreign = text.chars().iter().any(|c| !c.is_ascii());
    let gap_matters = matches!(issuer, "DEU" | "AUT");
    Ok(Parsed::of_issuer(issuer, &text.text())
        .warn([Warning::CheckDigitNotVerified])
        .warn(gap_matters.then_some(Warning::SeparatorsCarriedMeaning))
        .warn(foreign.then_some(Warning::NotLatin)))
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic()
}

/// A foreign keyboard has no umlauts: the mark with each umlaut as plain letter, and the other way
/// round, where the country uses them.
pub(super) fn other_forms(canonical: &str) -> Vec<String> {
    const UMLAUTS: [(char, char); 3] = [('Ä', 'A'), ('Ö', 'O'), ('Ü', 'U')];
    let mut out = Vec::new();
    if !canonical.starts_with("DEU") {
        return out;
    }
    let (issuer, mark) = canonical.split_at_checked(3).unwrap_or_default();
    for (umlaut, plain) in UMLAUTS {
        if mark.contains(umlaut) {
            out.push(format!("{issuer}{}", mark.replace(umlaut, &plain.to_string())));
            out.push(format!("{issuer}{}", mark.replace(umlaut, &format!("{plain}E"))));
        } else {
            // Only the district letters, at most three, can hold one.
            for (index, _) in mark.char_indices().take(3).filter(|(_, c)| *c == plain) {
                let mut other = mark.to_owned();
                other.replace_range(index..=index, &umlaut.to_string());
                out.push(format!("{issuer}{other}"));
            }
        }
    }
    out
}
