//! IMO numbers: ship identification (IMO Resolution A.1117(30)) and company or registered owner
//! (MSC.160(78)).
//!
//! Canonical: the seven digits. The two kinds have different check digits:
//!
//! - ship: digits 1–6 times 7, 6, 5, 4, 3, 2; the last digit of the sum;
//! - company: digits 1–6 times 8, 6, 4, 2, 9, 7; 11 minus the sum modulo 11, its last digit.
//!
//! They share one key on purpose: people write both as “IMO 1234567” and often do not know which
//! it is. About one number in ten passes both checks, and then a ship and a company with the same
//! seven digits would be taken for each other; the warning says so. A number that passes neither is
//! refused.

use crate::normalise::{self, Text};
use crate::types::Parsed;
use crate::{ErrorCode, IdentifierType, ParseError, Warning, placeholder};

const KIND: IdentifierType = IdentifierType::Imo;

pub(super) fn parse(value: &str) -> Result<Parsed, ParseError> {
    let text = strip_label(normalise::code(KIND, value, |_| false)?);
    normalise::only_digits(KIND, &text)?;
    if text.len() != 7 {
        return Err(ParseError::new(
            KIND,
            ErrorCode::WrongLength,
            format!("there are {} digits and there must be 7", text.len()),
        ));
    }
    if placeholder::is_one_character(text.chars()) {
        return Err(placeholder::refusal(KIND));
    }
    let number = text.text();
    let ship = weighted(&number, [7, 6, 5, 4, 3, 2]) % 10 == last(&number);
    let company = (11 - weighted(&number, [8, 6, 4, 2, 9, 7]) % 11) % 10 == last(&number);
    let warning = match (ship, company) {
        (true, false) => None,
        (true, true) => Some(Warning::ImoShipOrCompany),
        (false, true) => Some(Warning::ImoCompanyNumber),
        (false, false) => {
            return Err(ParseError::new(
                KIND,
                ErrorCode::CheckDigit,
                "the last digit fits neither a ship nor a company; read the number once more",
            )
            .at(text.position(6)));
        }
    };
    Ok(Parsed::new(number).warn(warning))
}

fn strip_label(text: Text) -> Text {
    text.without_prefix("IMO").without_prefix("NUMBER").without_prefix("NO")
}

fn weighted(number: &str, weights: [u32; 6]) -> u32 {
    number.chars().zip(weights).map(|(c, weight)| c.to_digit(10).unwrap_or_default() * weight).sum()
}

fn last(number: &str) -> u32 {
    number.chars().last().and_then(|c| c.to_digit(10)).unwrap_or_default()
}
