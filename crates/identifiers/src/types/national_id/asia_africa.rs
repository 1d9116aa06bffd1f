//! Schemes of Asia and Africa.

use super::arithmetic::{digit, is_date, is_digits, last, luhn, verhoeff, weighted};
use super::scheme::Strength::{Certain, Likely, Possible};
use super::scheme::{Scheme, scheme};

pub(super) const SCHEMES: &[Scheme] = &[
    // Federal Authority for Identity: ISO/IEC 7812 number starting with 784.
    scheme("ARE", "Emirates ID", Likely, |n| is_digits(n, 15) && n.starts_with("784"), luhn),
    // GB 11643-1999 (ISO 7064 MOD 11-2): refused where the form is that of a resident number and the
    // number does not fit the company scheme either.
    scheme("CHN", "resident identity number", Certain, is_resident, resident),
    // GB 32100-2015.
    scheme("CHN", "unified social credit code", Likely, is_credit_code, credit_code),
    // Registration of Persons Regulations.
    scheme("HKG", "identity card number", Likely, is_hkid, hkid),
    // UIDAI, Verhoeff.
    scheme("IND", "Aadhaar", Likely, |n| is_digits(n, 12), verhoeff),
    // National Organization for Civil Registration; legal persons have eleven digits.
    scheme(
        "IRN",
        "national number",
        Likely,
        |n| is_digits(n, 10),
        |n| match weighted(n, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
            rest @ 0..=1 => last(n) == rest,
            rest => last(n) == 11 - rest,
        },
    ),
    scheme(
        "IRN",
        "legal person number",
        Likely,
        |n| is_digits(n, 11),
        |n| {
            let shift = digit(n, 9) + 2;
            let sum: u32 = [29, 27, 23, 19, 17, 29, 27, 23, 19, 17]
                .into_iter()
                .enumerate()
                .map(|(index, weight)| (digit(n, index) + shift) * weight)
                .sum();
            sum % 11 % 10 == last(n)
        },
    ),
    // Population Registry.
    scheme("ISR", "identity number", Likely, |n| is_digits(n, 9), luhn),
    // Act on the use of numbers to identify a person, ordinance 85 of 2014.
    scheme(
        "JPN",
        "individual number",
        Likely,
        |n| is_digits(n, 12),
        |n| match weighted(n, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
            0 | 1 => last(n) == 0,
            rest => last(n) == 11 - rest,
        },
    ),
    // Law 223-III of 2007.
    scheme(
        "KAZ",
        "IIN/BIN",
        Likely,
        |n| is_digits(n, 12),
        |n| match weighted(n, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) % 11 {
            10 => weighted(n, &[3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) % 11 == last(n),
            rest => rest == last(n),
        },
    ),
    // Numbers given since October 2020 carry no check digit.
    scheme(
        "KOR",
        "resident registration number",
        Possible,
        |n| is_digits(n, 13),
        |n| (11 - weighted(n, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10 == last(n),
    ),
    // Public Authority for Civil Information.
    scheme(
        "KWT",
        "civil number",
        Likely,
        |n| is_digits(n, 12),
        |n| 11 - weighted(n, &[2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11 == last(n),
    ),
    // National Information Center.
    scheme(
        "SAU",
        "identity or residence number",
        Likely,
        |n| is_digits(n, 10) && n.starts_with(['1', '2']),
        luhn,
    ),
    // National Registration Regulations.
    scheme("SGP", "NRIC/FIN", Likely, is_nric, nric),
    // Ministry of Interior, Bureau of Registration Administration.
    scheme(
        "THA",
        "identification number",
        Likely,
        |n| is_digits(n, 13),
        |n| (11 - weighted(n, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == last(n),
    ),
    // Household Registration Act.
    scheme("TWN", "identification number", Likely, is_taiwan, taiwan),
    // Identification Act 68 of 1997.
    scheme("ZAF", "identity number", Likely, |n| is_digits(n, 13) && is_date(n, 0), luhn),
];

/// Seventeen digits and a digit or X, with a date of birth in 1800 to 2099 in the middle.
fn is_resident(number: &str) -> bool {
    number.len() == 18
        && is_digits(number.get(..17).unwrap_or_default(), 17)
        && number.ends_with(|c: char| c.is_ascii_digit() || c == 'X')
        && matches!(number.get(6..8), Some("18" | "19" | "20"))
        && is_date(number, 8)
}

fn resident(number: &str) -> bool {
    let sum = weighted(number, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    let index = usize::try_from(sum % 11).unwrap_or_default();
    number.chars().last() == "10X98765432".chars().nth(index)
}

const CREDIT_ORDER: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

fn is_credit_code(number: &str) -> bool {
    number.len() == 18 && number.chars().all(|c| CREDIT_ORDER.contains(c))
}

fn credit_code(number: &str) -> bool {
    let value = |c| CREDIT_ORDER.chars().position(|o| o == c).unwrap_or_default();
    let mut weight = 1;
    let mut sum = 0;
    for c in number.chars().take(17) {
        sum += value(c) * weight;
        weight = weight * 3 % 31;
    }
    number.chars().last().map(value) == Some((31 - sum % 31) % 31)
}

/// One or two letters, six digits, a digit or A.
fn is_hkid(number: &str) -> bool {
    let digits = number.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = number.len() - digits.len();
    (1..=2).contains(&letters)
        && digits.len() == 7
        && is_digits(digits.get(..6).unwrap_or_default(), 6)
        && digits.ends_with(|c: char| c.is_ascii_digit() || c == 'A')
}

/// A missing first letter counts as a blank, which is worth 36.
fn hkid(number: &str) -> bool {
    let blank = if number.len() == 8 { 36 * 9 } else { 0 };
    let sum: u32 = number
        .chars()
        .rev()
        .zip(1..)
        .map(|(c, weight)| c.to_digit(36).unwrap_or_default() * weight)
        .sum();
    (sum + blank).is_multiple_of(11)
}

fn is_nric(number: &str) -> bool {
    number.len() == 9
        && number.starts_with(['S', 'T', 'F', 'G'])
        && is_digits(number.get(1..8).unwrap_or_default(), 7)
        && number.ends_with(|c: char| c.is_ascii_uppercase())
}

fn nric(number: &str) -> bool {
    let late = if number.starts_with(['T', 'G']) { 4 } else { 0 };
    let letters = if number.starts_with(['S', 'T']) { "JZIHGFEDCBA" } else { "XWUTRQPNMLK" };
    let digits = number.get(1..8).unwrap_or_default();
    let sum = weighted(digits, &[2, 7, 6, 5, 4, 3, 2]) + late;
    let index = usize::try_from(sum % 11).unwrap_or_default();
    number.chars().last() == letters.chars().nth(index)
}

fn is_taiwan(number: &str) -> bool {
    number.len() == 10
        && number.starts_with(|c: char| c.is_ascii_uppercase())
        && is_digits(number.get(1..).unwrap_or_default(), 9)
}

fn taiwan(number: &str) -> bool {
    const ORDER: &str = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let Some(place) = number
        .chars()
        .next()
        .and_then(|c| ORDER.chars().position(|o| o == c))
        .and_then(|place| u32::try_from(place).ok())
    else {
        return false;
    };
    let code = place + 10;
    let digits = number.get(1..).unwrap_or_default();
    let sum = code / 10 + code % 10 * 9 + weighted(digits, &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
    sum.is_multiple_of(10)
}
