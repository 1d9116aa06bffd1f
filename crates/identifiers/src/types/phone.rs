//! Telephone number, ITU-T E.164.
//!
//! Canonical: `+`, country calling code, national number; at most 15 digits. The order of the
//! rules, the same on both sides:
//!
//! 1. `tel:` before the number and an extension (`ext`, `x`, `;ext=`, `#`, `доб`) after it are
//!    dropped; digits of all scripts become `0`–`9`; separators go. A letter is refused.
//! 2. `+` first: international.
//! 3. `00` first, or the country's own exit code (`011` from calling code 1, `0011` from Australia,
//!    `810` from Russia and its neighbours, `010` from Japan): international after it.
//! 4. A country is given: if the number is possible inside that country it is national; where the
//!    country has a trunk prefix, a number without it must have the full length, since a shorter one
//!    may be local to a town. Otherwise,
//!    if it starts with the calling code of that country and the rest is possible, international.
//!    Otherwise rule 5.
//! 5. No country, or not possible there: international, if there are at least ten digits, the first
//!    is not 0, and calling code and length fit a fixed or mobile line. Without country, anything
//!    else is refused: a number in national form needs its country.
//!
//! The national number loses the trunk prefix (`0`, `8`, `06`, `1`) that is dialled inside the
//! country only, also when it stands after the calling code, as in `+44 (0)20`. Italy and the other
//! countries where numbers themselves start with 0 keep it. Mexico's former mobile `1` is dropped,
//! Argentina's `15` becomes `9` before the area code, Brazil's carrier code is dropped. Length is
//! checked, number ranges are not.

mod plans;
#[cfg(test)]
mod published;

use crate::normalise::{self, Text, ascii_digit, is_invisible, is_separator};
use crate::types::Parsed;
use crate::{ErrorCode, Identifier, IdentifierType, ParseError, Warning, country, placeholder};
use plans::{PLANS, Plan};

const KIND: IdentifierType = IdentifierType::Phone;
/// E.164 section 6.1.
const MAX_DIGITS: usize = 15;
/// Fewest digits that are read as international without `+` or `00`.
const MIN_WITHOUT_PLUS: usize = 10;

pub(super) fn parse(value: &str, country: Option<&str>) -> Result<Parsed, ParseError> {
    let dialled = Dialled::read(value)?;
    let home = match country {
        Some(country) if !dialled.plus => home_plan(country::optional(KIND, country)?),
        _ => None,
    };
    let read = if dialled.plus {
        international(&dialled.digits).map(|n| (n, None))
    } else if let Some(rest) = without_exit_code(&dialled.digits, home) {
        international(rest).map(|n| (n, None))
    } else if let Some(number) = home.and_then(|plan| at_home(plan, &dialled.digits)) {
        let doubt = international_without_plus(&dialled.digits).is_some();
        Some((number, doubt.then_some(Warning::NationalOrInternational)))
    } else if let Some(number) = home.and_then(|plan| with_calling_code(plan, &dialled.digits)) {
        Some((number, None))
    } else {
        international_without_plus(&dialled.digits).map(|n| (n, Some(Warning::NoPlusSign)))
    };
    let Some((number, doubt)) = read else {
        return Err(refusal(&dialled, home.is_some()));
    };
    let mut parsed = Parsed::new(format!("+{}{}", number.plan.code, number.national))
        .warn(doubt)
        .warn(dialled.extension.then_some(Warning::ExtensionDropped))
        .warn([Warning::CheckDigitNotVerified]);
    parsed.country = number.plan.country();
    Ok(parsed)
}

/// The digits as dialled inside the country, with trunk prefix, for the country of
/// [`Identifier::country`].
///
/// `None` for another type, and where several countries share the calling code.
#[must_use]
pub fn national_form(identifier: &Identifier) -> Option<String> {
    if identifier.kind() != KIND {
        return None;
    }
    let digits = identifier.text().strip_prefix('+')?;
    let number = international(digits)?;
    number.plan.country()?;
    Some(format!("{}{}", number.plan.trunk.unwrap_or_default(), number.national))
}

pub(super) fn display(canonical: &str) -> String {
    match canonical.strip_prefix('+').and_then(international) {
        Some(number) => format!("+{} {}", number.plan.code, number.national),
        None => canonical.to_owned(),
    }
}

/// What was typed, as digits.
struct Dialled {
    plus: bool,
    digits: zeroize::Zeroizing<String>,
    extension: bool,
    start: Option<usize>,
}

impl Dialled {
    fn read(value: &str) -> Result<Self, ParseError> {
        if let Some(error) = normalise::too_long(KIND, value) {
            return Err(error);
        }
        normalise::whole_number(KIND, value)?;
        let text = without_scheme(Text::nfkc(value));
        let mut dialled = Self {
            plus: false,
            digits: zeroize::Zeroizing::new(String::new()),
            extension: false,
            start: None,
        };
        for (index, (c, at)) in text.iter().enumerate() {
            if let Some(digit) = ascii_digit(c) {
                dialled.digits.push(digit);
                dialled.start = dialled.start.or(Some(at));
            } else if c == '+' && dialled.digits.is_empty() && !dialled.plus {
                dialled.plus = true;
            } else if !dialled.digits.is_empty() && is_extension(&text.slice(index, text.len())) {
                dialled.extension = true;
                break;
            } else if !is_separator(c) && c != '~' && !normalise::is_quote(c) {
                return Err(bad_character(c, &text).at(Some(at)));
            }
        }
        if dialled.digits.is_empty() {
            return Err(ParseError::new(
                KIND,
                ErrorCode::Empty,
                "nothing is written here; give the number or leave the row out",
            ));
        }
        if placeholder::is_one_character(&dialled.digits.chars().collect::<Vec<_>>()) {
            return Err(placeholder::refusal(KIND));
        }
        Ok(dialled)
    }
}

fn without_scheme(text: Text) -> Text {
    let visible: String = text
        .chars()
        .iter()
        .filter(|c| !is_invisible(**c) && !c.is_whitespace())
        .flat_map(|c| c.to_lowercase())
        .take(4)
        .collect();
    if visible == "tel:" {
        let colon = text.chars().iter().position(|c| *c == ':').unwrap_or_default();
        text.slice(colon + 1, text.len())
    } else {
        text
    }
}

/// Whether the rest is an extension: one of the signs for it, then nothing but digits.
fn is_extension(rest: &Text) -> bool {
    let rest: String =
        rest.chars().iter().filter(|c| !is_separator(**c)).flat_map(|c| c.to_lowercase()).collect();
    let rest = rest.trim_start_matches([';', ',']);
    ["extension", "extn", "ext", "x", "#", "доб"]
        .iter()
        .filter_map(|sign| rest.strip_prefix(sign))
        .map(|after| after.trim_start_matches(['=', ':']))
        .any(|digits| (1..=7).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn bad_character(c: char, text: &Text) -> ParseError {
    let squashed: String = text
        .chars()
        .iter()
        .filter(|c| c.is_alphanumeric())
        .flat_map(|c| c.to_uppercase())
        .collect();
    if placeholder::is_word(&squashed) {
        return placeholder::refusal(KIND);
    }
    if matches!(c, ',' | ';' | '|' | '+') {
        return ParseError::new(
            KIND,
            ErrorCode::MoreThanOneValue,
            format!("“{c}” may part two numbers; give each number alone"),
        );
    }
    let shown = if c.is_control() { ' ' } else { c };
    ParseError::new(
        KIND,
        ErrorCode::CharacterNotAllowed,
        format!("“{shown}” cannot stand in a telephone number; give the digits"),
    )
}

/// A number split into its plan and its national part.
struct Number<'a> {
    plan: &'static Plan,
    national: std::borrow::Cow<'a, str>,
}

impl Plan {
    /// Alpha-3 code where only one country has the calling code.
    fn country(&self) -> Option<&'static str> {
        match self.regions {
            [only] => country::alpha3_of(only),
            _ => None,
        }
    }

    fn is_usual(&self, national: &str) -> bool {
        self.usual.contains(&national.len()) && self.fits(national)
    }

    fn fits(&self, national: &str) -> bool {
        self.possible.contains(&national.len())
            && (self.leading_zero || !national.starts_with('0'))
            && national.len() + self.code.to_string().len() <= MAX_DIGITS
    }
}

fn home_plan(alpha3: &str) -> Option<&'static Plan> {
    let alpha2 = country::alpha2_of(alpha3)?;
    PLANS.iter().find(|plan| plan.regions.contains(&alpha2))
}

fn without_exit_code<'a>(digits: &'a str, home: Option<&Plan>) -> Option<&'a str> {
    let own = match home.map(|plan| plan.code) {
        Some(1) => Some("011"),
        Some(61) => Some("0011"),
        Some(7 | 375 | 993) => Some("810"),
        Some(81) => Some("010"),
        _ => None,
    };
    own.and_then(|prefix| digits.strip_prefix(prefix))
        .filter(|rest| international(rest).is_some())
        .or_else(|| digits.strip_prefix("00"))
}

fn international(digits: &str) -> Option<Number<'_>> {
    PLANS.iter().find_map(|plan| with_calling_code(plan, digits))
}

fn with_calling_code<'a>(plan: &'static Plan, digits: &'a str) -> Option<Number<'a>> {
    let rest = digits.strip_prefix(plan.code.to_string().as_str())?;
    national(plan, rest)
}

fn international_without_plus(digits: &str) -> Option<Number<'_>> {
    if digits.len() < MIN_WITHOUT_PLUS || digits.starts_with('0') {
        return None;
    }
    international(digits).filter(|number| number.plan.usual.contains(&number.national.len()))
}

/// A number as written inside the country. Without the trunk prefix a short one could be a local
/// number that repeats in every town, so only the full length will do.
fn at_home<'a>(plan: &'static Plan, digits: &'a str) -> Option<Number<'a>> {
    let has_trunk = match plan.trunk {
        Some(trunk) => digits.starts_with(trunk) || digits.starts_with('0'),
        None => true,
    };
    let longest = plan.usual.iter().copied().max().unwrap_or(MAX_DIGITS);
    let full = digits.len() == longest || (digits.len() >= 9 && digits.len() + 1 == longest);
    if has_trunk || full { national(plan, digits) } else { None }
}

/// Reads what follows the calling code, or what is dialled inside the country.
fn national<'a>(plan: &'static Plan, digits: &'a str) -> Option<Number<'a>> {
    let number = |national: std::borrow::Cow<'a, str>| Number { plan, national };
    if let Some(special) = special(plan.code, digits) {
        return plan.fits(&special).then(|| number(special.into()));
    }
    let trunks = || plan.trunk.into_iter().chain(old_trunks(plan));
    // Some plans have rare numbers as long as a usual one with its trunk prefix; read as the usual
    // one, which is what a person who writes the prefix means.
    if !plan.is_usual(digits) {
        let without_trunk = |trunk| digits.strip_prefix(trunk).filter(|rest| plan.is_usual(rest));
        if let Some(rest) = trunks().find_map(without_trunk) {
            return Some(number(rest.into()));
        }
    }
    if plan.fits(digits) {
        return Some(number(digits.into()));
    }
    for trunk in trunks() {
        if let Some(rest) = digits.strip_prefix(trunk)
            && plan.fits(rest)
        {
            return Some(number(rest.into()));
        }
    }
    None
}

/// Trunk prefixes of earlier plans that are still written. A zero is safe wherever no number
/// starts with one.
fn old_trunks(plan: &Plan) -> impl Iterator<Item = &'static str> {
    let former: &[&str] = match plan.code {
        52 => &["1", "01", "044", "045"],
        370 | 371 | 373 | 374 | 992 | 994 | 996 | 998 => &["8"],
        375 => &["80"],
        _ => &[],
    };
    former.iter().copied().chain((!plan.leading_zero).then_some("0"))
}

/// Countries whose national form is not the international one with a prefix.
fn special(code: u16, digits: &str) -> Option<String> {
    match code {
        54 => argentina(digits),
        55 => brazil(digits),
        _ => None,
    }
}

/// `0 11 15 2345 6789` is dialled inside, `+54 9 11 2345 6789` from outside.
fn argentina(digits: &str) -> Option<String> {
    let digits = digits.strip_prefix('0').unwrap_or(digits);
    if digits.len() != 12 {
        return None;
    }
    let area = if digits.starts_with("11") {
        2
    } else if digits.get(..3).is_some_and(|area| ARGENTINA_3.contains(&area)) {
        3
    } else {
        4
    };
    let (area, rest) = digits.split_at_checked(area)?;
    Some(format!("9{area}{}", rest.strip_prefix("15")?))
}

/// Area codes of three digits in Argentina; 11 has two, all others four.
#[rustfmt::skip]
const ARGENTINA_3: &[&str] = &[
    "220", "221", "223", "230", "236", "237", "249", "260", "261", "263", "264", "266", "280",
    "291", "294", "297", "298", "299", "336", "341", "342", "343", "345", "348", "351", "353",
    "358", "362", "364", "370", "376", "379", "380", "381", "383", "385", "387", "388",
];

/// `0 xx 11 2345 6789`: the carrier chosen for the call stands between trunk prefix and area code.
fn brazil(digits: &str) -> Option<String> {
    let rest = digits.strip_prefix('0')?;
    match rest.len() {
        12 | 13 => Some(rest.get(2..)?.to_owned()),
        _ => None,
    }
}

fn refusal(dialled: &Dialled, has_country: bool) -> ParseError {
    let error = if dialled.plus || has_country || dialled.digits.starts_with("00") {
        ParseError::new(
            KIND,
            ErrorCode::NumberNotPossible,
            "no number with this beginning has this many digits; read it once more, and check the country code",
        )
    } else {
        ParseError::new(
            KIND,
            ErrorCode::CountryRequired,
            "this is not an international number; give the country, or write + and the country code",
        )
    };
    error.at(dialled.start)
}
