//! Aircraft nationality and registration mark, Annex 7 to the Convention on International Civil
//! Aviation.
//!
//! Canonical: nationality mark and registration mark without hyphen, capitals. The mark must start
//! with a nationality mark states have notified to ICAO; United States marks must also have the form
//! of 14 CFR 45.23 (N, one to five characters, no leading zero, no I or O). Military serials are
//! not civil marks and are refused. There is no check digit.

use crate::normalise;
use crate::types::Parsed;
use crate::{ErrorCode, IdentifierType, ParseError, Warning};

const KIND: IdentifierType = IdentifierType::Aircraft;
const MAX_LENGTH: usize = 10;

pub(super) fn parse(value: &str) -> Result<Parsed, ParseError> {
    let text = normalise::code(KIND, value, |_| false)?;
    if text.len() > MAX_LENGTH {
        return Err(ParseError::new(
            KIND,
            ErrorCode::TooLong,
            "a registration has at most ten characters; give the registration alone",
        )
        .at(text.position(MAX_LENGTH)));
    }
    let mark = text.text();
    let Some(prefix) = nationality(&mark) else {
        return Err(ParseError::new(
            KIND,
            ErrorCode::UnknownPrefix,
            "no state has a nationality mark with which this starts; give the civil registration with its first letters",
        )
        .at(text.position(0)));
    };
    let rest = mark.get(prefix.len()..).unwrap_or_default();
    if rest.len() < 2 && prefix != "N" {
        return Err(ParseError::new(
            KIND,
            ErrorCode::TooShort,
            "after the nationality mark at least two characters must follow",
        ));
    }
    if prefix == "N" && !is_united_states(rest) {
        return Err(ParseError::new(
            KIND,
            ErrorCode::Malformed,
            "after N stand one to five characters: digits that do not start with 0, then at most two letters other than I and O",
        )
        .at(text.position(1)));
    }
    Ok(Parsed::new(mark).warn([Warning::CheckDigitNotVerified]))
}

fn nationality(mark: &str) -> Option<&'static str> {
    MARKS
        .iter()
        .filter(|prefix| mark.len() > prefix.len() && mark.starts_with(**prefix))
        .max_by_key(|prefix| prefix.len())
        .copied()
}

fn is_united_states(rest: &str) -> bool {
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    let letters = rest.get(digits..).unwrap_or_default();
    (1..=5).contains(&rest.len())
        && !rest.starts_with('0')
        && digits > 0
        && letters.len() <= 2
        && letters.chars().all(|c| c.is_ascii_uppercase() && !matches!(c, 'I' | 'O'))
}

/// With the hyphen of Annex 7, where the state uses one.
pub(super) fn display(canonical: &str) -> String {
    match nationality(canonical) {
        Some("N" | "JA" | "HL" | "YV") | None => canonical.to_owned(),
        Some(prefix) => format!("{prefix}-{}", canonical.get(prefix.len()..).unwrap_or_default()),
    }
}

/// Nationality marks notified to ICAO, and those of states and territories that are in use.
#[rustfmt::skip]
const MARKS: &[&str] = &[
    "2", "3A", "3B", "3C", "3D", "3X", "4K", "4L", "4O", "4R", "4W", "4X", "5A", "5B", "5H", "5N",
    "5R", "5T", "5U", "5V", "5W", "5X", "5Y", "6O", "6V", "6W", "6Y", "7O", "7P", "7Q", "7T", "8P",
    "8Q", "8R", "9A", "9G", "9H", "9J", "9K", "9L", "9M", "9N", "9O", "9Q", "9S", "9T", "9U", "9V",
    "9XR", "9Y", "A2", "A3", "A4O", "A5", "A6", "A7", "A8", "A9C", "AP", "B", "C", "C2", "C3", "C5",
    "C6", "C9", "CC", "CCCP", "CN", "CP", "CR", "CS", "CU", "CX", "D", "D2", "D4", "D6", "DQ", "E3",
    "E5", "E7", "EC", "EI", "EJ", "EK", "EP", "ER", "ES", "ET", "EW", "EX", "EY", "EZ", "F", "G",
    "H4", "HA", "HB", "HC", "HH", "HI", "HK", "HL", "HP", "HR", "HS", "HV", "HZ", "I", "J2", "J3",
    "J5", "J6", "J7", "J8", "JA", "JU", "JY", "LN", "LV", "LX", "LY", "LZ", "M", "N", "OB", "OD",
    "OE", "OH", "OK", "OM", "OO", "OY", "P", "P2", "P4", "PH", "PJ", "PK", "PP", "PR", "PS", "PT",
    "PU", "PZ", "RA", "RDPL", "RF", "RP", "S2", "S5", "S7", "S9", "SE", "SP", "ST", "SU", "SX",
    "T2", "T3", "T7", "T8", "T9", "TC", "TF", "TG", "TI", "TJ", "TL", "TN", "TR", "TS", "TT", "TU",
    "TY", "TZ", "UK", "UN", "UP", "UR", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "VH", "VN", "VP",
    "VQ", "VT", "XA", "XB", "XC", "XT", "XU", "XW", "XY", "XZ", "YA", "YI", "YJ", "YK", "YL", "YN",
    "YR", "YS", "YU", "YV", "Z", "Z3", "Z6", "Z8", "ZA", "ZJ", "ZK", "ZP", "ZS", "ZT", "ZU",
];
