//! Vehicle identification number, ISO 3779 and ISO 3780.
//!
//! Canonical: 17 of `A`–`Z` and `0`–`9` without I, O and Q. Chassis numbers from before 1981 are
//! shorter and are refused: another type would be needed to keep them apart. The check digit in
//! position 9 (49 CFR 565.15, GB 16735) is required where the first character is `1` to `5` (North
//! America) or `L` (China); elsewhere the position may hold anything, and its check is reported,
//! not enforced. Blind spot: the transliteration gives several characters one value (A, J and 1).

use crate::normalise::{self, Text};
use crate::types::Parsed;
use crate::{ErrorCode, IdentifierType, ParseError, Warning, placeholder};

const KIND: IdentifierType = IdentifierType::Vin;
const LENGTH: usize = 17;
const WEIGHTS: [u32; LENGTH] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

pub(super) fn parse(value: &str) -> Result<Parsed, ParseError> {
    let text = strip_label(normalise::code(KIND, value, |_| false)?);
    if let Some((c, at)) = text.iter().find(|(c, _)| matches!(c, 'I' | 'O' | 'Q')) {
        let meant = if c == 'I' { '1' } else { '0' };
        return Err(ParseError::new(
            KIND,
            ErrorCode::CharacterNotAllowed,
            format!("“{c}” never stands in a vehicle identification number; {meant} may be meant"),
        )
        .at(Some(at)));
    }
    if text.len() != LENGTH {
        return Err(ParseError::new(
            KIND,
            ErrorCode::WrongLength,
            format!("there are {} characters and there must be 17", text.len()),
        ));
    }
    if placeholder::is_one_character(text.chars()) {
        return Err(placeholder::refusal(KIND));
    }
    let number = text.text();
    let given = number.chars().nth(8);
    let fits = check_digit(&number) == given;
    let required = matches!(number.chars().next(), Some('1'..='5' | 'L'));
    if required && !fits {
        return Err(ParseError::new(
            KIND,
            ErrorCode::CheckDigit,
            "the check digit does not fit the other characters, as it must for this maker; read the number once more",
        )
        .at(text.position(8)));
    }
    Ok(Parsed::new(number).warn((!fits).then_some(Warning::CheckDigitNotVerified)))
}

fn strip_label(text: Text) -> Text {
    if text.len() == LENGTH + 3 { text.without_prefix("VIN") } else { text }
}

fn check_digit(number: &str) -> Option<char> {
    let mut sum = 0;
    for (c, weight) in number.chars().zip(WEIGHTS) {
        sum += value(c)? * weight;
    }
    match sum % 11 {
        10 => Some('X'),
        digit => char::from_digit(digit, 10),
    }
}

fn value(c: char) -> Option<u32> {
    Some(match c {
        '0'..='9' => c.to_digit(10)?,
        'A' | 'J' => 1,
        'B' | 'K' | 'S' => 2,
        'C' | 'L' | 'T' => 3,
        'D' | 'M' | 'U' => 4,
        'E' | 'N' | 'V' => 5,
        'F' | 'W' => 6,
        'G' | 'P' | 'X' => 7,
        'H' | 'Y' => 8,
        'R' | 'Z' => 9,
        _ => return None,
    })
}
