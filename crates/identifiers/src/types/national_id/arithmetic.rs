//! Sums that the schemes share.

/// Whether the text is `count` digits.
pub(super) fn is_digits(number: &str, count: usize) -> bool {
    number.len() == count && number.bytes().all(|b| b.is_ascii_digit())
}

/// Digit at an index, 0 where there is none.
pub(super) fn digit(number: &str, index: usize) -> u32 {
    number.as_bytes().get(index).and_then(|b| char::from(*b).to_digit(10)).unwrap_or_default()
}

pub(super) fn last(number: &str) -> u32 {
    digit(number, number.len().saturating_sub(1))
}

/// Sum of the leading digits, each times its weight.
pub(super) fn weighted(number: &str, weights: &[u32]) -> u32 {
    weights.iter().enumerate().map(|(index, weight)| digit(number, index) * weight).sum()
}

/// Whether `YYMMDD` at an index has a possible month and day.
pub(super) fn is_date(number: &str, at: usize) -> bool {
    let two = |at| digit(number, at) * 10 + digit(number, at + 1);
    (1..=12).contains(&two(at + 2)) && (1..=31).contains(&two(at + 4))
}

/// Luhn, ISO/IEC 7812-1 annex B, check digit last.
pub(in crate::types) fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .chars()
        .rev()
        .enumerate()
        .map(|(index, c)| {
            let value = c.to_digit(10).unwrap_or_default();
            match (index % 2, value * 2) {
                (0, _) => value,
                (_, double) if double > 9 => double - 9,
                (_, double) => double,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO 7064 MOD 11,10, check digit last.
pub(super) fn mod_11_10(number: &str) -> bool {
    let count = number.len().saturating_sub(1);
    let product = (0..count).fold(10, |product, index| {
        let sum = (product + digit(number, index)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + last(number)) % 10 == 1
}

/// Number modulo a small modulus, digit by digit.
pub(super) fn modulo(number: &str, modulus: u32) -> u32 {
    number.chars().fold(0, |rest, c| (rest * 10 + c.to_digit(10).unwrap_or_default()) % modulus)
}

/// Verhoeff's check over the dihedral group of order ten.
pub(super) fn verhoeff(number: &str) -> bool {
    let product = |a: u32, b: u32| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let permute = |mut value: u32, times: usize| {
        for _ in 0..times % 8 {
            value = match value {
                0 => 1,
                1 => 5,
                2 => 7,
                3 => 6,
                4 => 2,
                5 => 8,
                6 => 3,
                7 => 0,
                8 => 9,
                _ => 4,
            };
        }
        value
    };
    number
        .chars()
        .rev()
        .enumerate()
        .fold(0, |sum, (index, c)| product(sum, permute(c.to_digit(10).unwrap_or_default(), index)))
        == 0
}
