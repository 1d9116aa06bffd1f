//! National number of a person or an organisation.
//!
//! Canonical: alpha-3 code of the issuer (3 bytes), then the number: `A`–`Z` and `0`–`9`, 4 to 24
//! characters, separators dropped, leading zeros, prefix letters and check digits kept as written.
//! Two exceptions keep what would otherwise be lost:
//!
//! - Panama: an identity number has three parts of no fixed size (`8-78-897`, `8-788-97`), so when it
//!   is written in three parts, hyphens stay between them;
//! - Mexico: tax numbers may hold `Ñ` and `&`, which stay.
//!
//! A slash between two parts of seven or more characters is refused: it may part two numbers.
//!
//! Check digits of the national schemes in the tables below are verified. A failure is an error only
//! where no other number of the issuer can have the same form; elsewhere it is a warning, because a
//! number a person reads without doubt must not be turned away. Issuers without a scheme here are
//! accepted with a warning that nothing was verified.
//!
//! The key does not say which register of the issuer the number is from: sources rarely do. Where an
//! issuer has registers with numbers of one form (United States: social security and employer
//! numbers, nine digits each), numbers of two registers can be equal; a warning says so.

mod americas;
mod arithmetic;
mod asia_africa;
mod europe;
mod scheme;

use zeroize::Zeroizing;

use crate::normalise::{self, Text, is_separator};
use crate::types::Parsed;
use crate::{ErrorCode, IdentifierType, ParseError, Warning, country, placeholder};

pub(super) use arithmetic::luhn;
use scheme::{Scheme, Strength};

const KIND: IdentifierType = IdentifierType::NationalId;
const MIN_LENGTH: usize = 4;
const MAX_LENGTH: usize = 24;

pub(super) fn parse(value: &str, issuer: Option<&str>) -> Result<Parsed, ParseError> {
    let issuer = country::require(KIND, issuer)?;
    let extra: fn(char) -> bool = match issuer {
        "MEX" => |c| matches!(c, 'Ñ' | '&'),
        _ => |_| false,
    };
    normalise::one_value(KIND, value)?;
    let text = normalise::code(KIND, value, extra)?;
    check_size(&text)?;
    let number = text.text();
    let panama = (issuer == "PAN").then(|| three_parts(value)).flatten();
    let verdict = verdict(issuer, &number);
    if let Verdict::Wrong(scheme) = verdict {
        return Err(ParseError::new(
            KIND,
            ErrorCode::CheckDigit,
            format!("the check digit of {scheme} does not fit; read the number once more"),
        )
        .at(text.position(text.len().saturating_sub(1))));
    }
    let warning = match verdict {
        Verdict::Fits | Verdict::Wrong(_) => None,
        Verdict::Fails(scheme) => Some(Warning::CheckDigitFailed(scheme)),
        Verdict::Unknown => Some(Warning::CheckDigitNotVerified),
    };
    let shared = issuer == "USA" && number.len() == 9;
    let lost_parts = issuer == "PAN" && panama.is_none();
    let canonical = panama.map_or(number, Zeroizing::new);
    Ok(Parsed::of_issuer(issuer, &canonical)
        .warn(warning)
        .warn(placeholder::counts_up(&canonical).then_some(Warning::LooksLikePlaceholder))
        .warn(lost_parts.then_some(Warning::SeparatorsCarriedMeaning))
        .warn(shared.then_some(Warning::SchemesShareForm)))
}

fn check_size(text: &Text) -> Result<(), ParseError> {
    if placeholder::is_one_character(text.chars()) {
        return Err(placeholder::refusal(KIND));
    }
    if text.len() < MIN_LENGTH {
        return Err(ParseError::new(
            KIND,
            ErrorCode::TooShort,
            "a national number has at least four characters; it may be cut off",
        ));
    }
    if text.len() > MAX_LENGTH {
        return Err(ParseError::new(
            KIND,
            ErrorCode::TooLong,
            "a national number has at most 24 characters; give one number alone",
        )
        .at(text.position(MAX_LENGTH)));
    }
    if !text.chars().iter().any(char::is_ascii_digit) {
        return Err(ParseError::new(
            KIND,
            ErrorCode::NoDigit,
            "a national number holds digits; this looks like a word",
        ));
    }
    Ok(())
}

enum Verdict {
    Fits,
    Fails(&'static str),
    Wrong(&'static str),
    Unknown,
}

fn schemes() -> impl Iterator<Item = &'static Scheme> {
    americas::SCHEMES.iter().chain(europe::SCHEMES).chain(asia_africa::SCHEMES)
}

fn verdict(issuer: &str, number: &str) -> Verdict {
    let mut verdict = Verdict::Unknown;
    for scheme in schemes().filter(|s| s.issuer == issuer && (s.has_form)(number)) {
        if (scheme.fits)(number) {
            return Verdict::Fits;
        }
        verdict = match (scheme.strength, verdict) {
            (Strength::Certain, _) => Verdict::Wrong(scheme.name),
            (Strength::Likely, Verdict::Unknown) => Verdict::Fails(scheme.name),
            (_, verdict) => verdict,
        };
    }
    verdict
}

/// `8-78-897`, `E-8-92856`, `PE-12-345`: province or class, volume, entry.
fn three_parts(value: &str) -> Option<String> {
    let text = Text::nfkc(value);
    let upper: String = text
        .chars()
        .iter()
        .map(|c| normalise::ascii_digit(*c).unwrap_or(normalise::capital(*c)))
        .filter(|c| !normalise::is_invisible(*c))
        .collect();
    let parts: Vec<&str> = upper.split(is_separator).filter(|part| !part.is_empty()).collect();
    let [class, volume, entry] = parts.as_slice() else {
        return None;
    };
    let digits =
        |part: &str, most: usize| part.len() <= most && part.bytes().all(|b| b.is_ascii_digit());
    let letters = class.trim_start_matches(|c: char| c.is_ascii_digit());
    let class_fits =
        class.len() <= 4 && matches!(letters, "" | "E" | "N" | "PE" | "PI" | "AV" | "NT");
    (class_fits && digits(volume, 4) && digits(entry, 6))
        .then(|| format!("{class}-{volume}-{entry}"))
}

/// How other sources write the same number: with or without nationality letter, control letter,
/// check digit, century or country prefix.
pub(super) fn other_forms(canonical: &str) -> Vec<String> {
    let (issuer, number) = canonical.split_at_checked(3).unwrap_or_default();
    let all_digits = number.bytes().all(|b| b.is_ascii_digit());
    let mut forms: Vec<String> = Vec::new();
    let drop_last = number.get(..number.len().saturating_sub(1)).unwrap_or_default();
    let checked = matches!(verdict(issuer, number), Verdict::Fits);
    match issuer {
        "VEN" if all_digits && number.len() <= 8 => {
            forms.extend([format!("V{number}"), format!("E{number}")]);
        }
        "VEN" => forms.extend(number.strip_prefix(['V', 'E']).map(str::to_owned)),
        "ESP" if all_digits && number.len() == 8 => {
            forms.extend(europe::dni_letter(number).map(|letter| format!("{number}{letter}")));
        }
        "ESP" if checked => forms.extend([drop_last.to_owned()]),
        "COL" if checked && number.len() == 10 => forms.extend([drop_last.to_owned()]),
        "COL" if all_digits && number.len() == 9 => {
            forms.extend(americas::nit_digit(number).map(|digit| format!("{number}{digit}")));
        }
        "PER" if number.len() == 9 => forms.extend([drop_last.to_owned()]),
        "SWE" if all_digits && number.len() == 12 => {
            forms.extend(number.get(2..).map(str::to_owned));
        }
        "SWE" if all_digits && number.len() == 10 => {
            forms.extend([format!("19{number}"), format!("20{number}")]);
        }
        // Spreadsheets lose the leading zeros of the ten digits.
        "IRN" if all_digits && (8..10).contains(&number.len()) => {
            forms.extend(
                Some(format!("{number:0>10}"))
                    .filter(|long| matches!(verdict(issuer, long), Verdict::Fits)),
            );
        }
        "IRN" if checked && number.len() == 10 => {
            let short = number.trim_start_matches('0');
            forms.extend((short.len() >= 8).then(|| short.to_owned()));
        }
        "PAN" => forms.extend([number.replace('-', "")]),
        _ => {}
    }
    if let Some(alpha2) = country::alpha2_of(issuer)
        && let Some(rest) = number.strip_prefix(alpha2)
    {
        forms.push(rest.to_owned());
    }
    forms.into_iter().map(|number| format!("{issuer}{number}")).collect()
}
