//! Values people write when they do not know the number.

use crate::{ErrorCode, IdentifierType, ParseError};

/// Words for "not known" in the languages of the common sources, without separators.
const WORDS: &[&str] = &[
    "NA",
    "NONE",
    "NULL",
    "NIL",
    "NAN",
    "UNK",
    "UNKNOWN",
    "UNKNOWNNUMBER",
    "NOTAVAILABLE",
    "NOTAPPLICABLE",
    "NOTKNOWN",
    "NOTGIVEN",
    "NOTPROVIDED",
    "NOTSTATED",
    "NONUMBER",
    "NOPASSPORT",
    "TBC",
    "TBD",
    "PENDING",
    "TEST",
    "MISSING",
    "EMPTY",
    "UNDEFINED",
    "INCONNU",
    "NEANT",
    "AUCUN",
    "UNBEKANNT",
    "KEINE",
    "DESCONOCIDO",
    "NINGUNO",
    "SINNUMERO",
    "SN",
    "SD",
    "DESCONHECIDO",
    "SCONOSCIUTO",
    "NESSUNO",
    "ONBEKEND",
    "BILINMIYOR",
    "NEIZVESTNO",
];

pub(crate) fn is_word(text: &str) -> bool {
    WORDS.contains(&text)
}

/// One character, three times or more.
pub(crate) fn is_one_character(chars: &[char]) -> bool {
    chars.len() >= 3 && chars.windows(2).all(|pair| pair.first() == pair.last())
}

/// Digits that count up from 0 or 1, at least six of them. Such a number may be real, so it is
/// accepted with a warning.
pub(crate) fn counts_up(text: &str) -> bool {
    let run = "12345678901234567890";
    text.len() >= 6 && (run.starts_with(text) || "0123456789".starts_with(text))
}

pub(crate) fn refusal(kind: IdentifierType) -> ParseError {
    ParseError::new(
        kind,
        ErrorCode::Placeholder,
        "this stands for “not known” and would match every other unknown value; leave the row out",
    )
}
