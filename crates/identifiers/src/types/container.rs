//! Freight container number, ISO 6346.
//!
//! Canonical: owner code (3 letters), category (`U`, `J` or `Z`), serial number (6 digits), check
//! digit: 11 characters. The check digit is required, because without it a number that lost a
//! digit could not be told from one written without check digit. Blind spot: a remainder of 10 is
//! written 0, so 0 stands for two remainders.

use crate::normalise;
use crate::types::Parsed;
use crate::{ErrorCode, IdentifierType, ParseError};

const KIND: IdentifierType = IdentifierType::Container;

pub(super) fn parse(value: &str) -> Result<Parsed, ParseError> {
    let text = normalise::code(KIND, value, |_| false)?;
    if text.len() != 11 {
        return Err(ParseError::new(
            KIND,
            ErrorCode::WrongLength,
            format!(
                "there are {} characters and there must be 11: four letters, six digits and the check digit",
                text.len()
            ),
        ));
    }
    for (index, (c, at)) in text.iter().enumerate() {
        let (fits, rule) = if index < 4 {
            (c.is_ascii_uppercase(), "one of the four letters of the owner code")
        } else {
            (c.is_ascii_digit(), "a digit")
        };
        if !fits {
            return Err(ParseError::new(
                KIND,
                ErrorCode::Malformed,
                format!("“{c}” stands where {rule} must stand"),
            )
            .at(Some(at)));
        }
    }
    let number = text.text();
    if !matches!(number.chars().nth(3), Some('U' | 'J' | 'Z')) {
        return Err(ParseError::new(
            KIND,
            ErrorCode::UnknownPrefix,
            "the fourth letter must be U (container), J (equipment) or Z (trailer)",
        )
        .at(text.position(3)));
    }
    if check_digit(&number) != number.chars().last() {
        return Err(ParseError::new(
            KIND,
            ErrorCode::CheckDigit,
            "the check digit does not fit the other characters; read the number once more",
        )
        .at(text.position(10)));
    }
    Ok(Parsed::new(number))
}

pub(super) fn display(canonical: &str) -> String {
    let part = |from, to| canonical.get(from..to).unwrap_or_default();
    format!("{} {} {}", part(0, 4), part(4, 10), part(10, 11))
}

fn check_digit(number: &str) -> Option<char> {
    let sum: u32 = number.chars().take(10).enumerate().map(|(index, c)| value(c) << index).sum();
    char::from_digit(sum % 11 % 10, 10)
}

/// Letters count from A = 10 and leave out the multiples of 11.
fn value(c: char) -> u32 {
    match c {
        'A' => 10,
        'B'..='K' => c as u32 - 'B' as u32 + 12,
        'L'..='U' => c as u32 - 'L' as u32 + 23,
        'V'..='Z' => c as u32 - 'V' as u32 + 34,
        _ => c.to_digit(10).unwrap_or_default(),
    }
}
