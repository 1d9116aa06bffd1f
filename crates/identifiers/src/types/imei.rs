//! International mobile equipment identity, 3GPP TS 23.003 section 6.
//!
//! Canonical: the first 14 digits (type allocation code and serial number), which is what every
//! form shares. Accepted: 14 digits; 15 with the Luhn check digit, or with the 0 that networks
//! transmit in its place; 16 (IMEISV: 14 and a software version of two); 17 (15 and a software
//! version). Blind spot of Luhn: 09 and 90 swapped.

use crate::normalise::{self, Text};
use crate::types::Parsed;
use crate::types::national_id::luhn;
use crate::{ErrorCode, IdentifierType, ParseError, Warning, placeholder};

const KIND: IdentifierType = IdentifierType::Imei;

pub(super) fn parse(value: &str) -> Result<Parsed, ParseError> {
    let text = strip_label(normalise::code(KIND, value, |_| false)?);
    normalise::only_digits(KIND, &text)?;
    let number = text.text();
    let verified = match text.len() {
        14 | 16 => false,
        15 | 17 => {
            let checked = number.get(..15).unwrap_or_default();
            if !luhn(checked) && !checked.ends_with('0') {
                return Err(ParseError::new(
                    KIND,
                    ErrorCode::CheckDigit,
                    "the fifteenth digit does not fit the first fourteen; read the number once more",
                )
                .at(text.position(14)));
            }
            luhn(checked)
        }
        count => {
            return Err(ParseError::new(
                KIND,
                ErrorCode::WrongLength,
                format!("there are {count} digits and there must be 14 to 17"),
            ));
        }
    };
    let canonical = text.slice(0, 14);
    if placeholder::is_one_character(canonical.chars()) {
        return Err(placeholder::refusal(KIND));
    }
    Ok(Parsed::new(canonical.text()).warn((!verified).then_some(Warning::CheckDigitNotVerified)))
}

fn strip_label(text: Text) -> Text {
    text.without_prefix("IMEI").without_prefix("SV")
}

/// Fifteen digits, with the check digit.
pub(super) fn display(canonical: &str) -> String {
    ('0'..='9')
        .map(|digit| format!("{canonical}{digit}"))
        .find(|number| luhn(number))
        .unwrap_or_else(|| canonical.to_owned())
}
