//! Which issuer a name or code means.

#[cfg(test)]
mod published;
mod table;

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::{ErrorCode, IdentifierType, ParseError};
use table::{AMBIGUOUS, CODE_ALIASES, DOCUMENT_ISSUER, OTHERS, Row, STATES, UNITED_STATES_PARTS};

/// Title of an issuer in English, by its alpha-3 code.
///
/// ISO 3166-1 short names in their usual form, and the further issuers of ICAO Doc 9303-3
/// section 5. `None` for a code that is not canonical; resolve it with [`issuer_code`] first.
#[must_use]
pub fn issuer_title(alpha3: &str) -> Option<&'static str> {
    rows().find(|r| r.alpha3 == alpha3).map(|r| r.title)
}

/// Canonical alpha-3 code of a country name, an ISO or ICAO code or an old name; `None` where it is
/// unknown or fits several states.
#[must_use]
pub fn issuer_code(text: &str) -> Option<&'static str> {
    match resolve(text) {
        Resolved::Issuer(code) => Some(code),
        Resolved::Ambiguous(_) | Resolved::Part | Resolved::Unknown => None,
    }
}

/// Alpha-3 and title of every issuer, states first.
pub fn issuers() -> impl Iterator<Item = (&'static str, &'static str)> {
    rows().map(|r| (r.alpha3, r.title))
}

pub(crate) fn is_code(alpha3: &str) -> bool {
    ROWS.contains_key(alpha3)
}

/// The issuer of this code, if it is written as the code in capitals and nothing else: what
/// [`require`] finds too, the long way.
pub(crate) fn plain_code(text: &str) -> Option<&'static str> {
    let is_plain = text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
    if is_plain { NAMES.get(text).copied() } else { None }
}

pub(crate) fn alpha3_of(alpha2: &str) -> Option<&'static str> {
    rows().find(|r| r.alpha2 == alpha2).map(|r| r.alpha3)
}

pub(crate) fn alpha2_of(alpha3: &str) -> Option<&'static str> {
    rows().find(|r| r.alpha3 == alpha3).map(|r| r.alpha2).filter(|code| !code.is_empty())
}

/// Single letters that are the distinguishing sign of vehicles in international traffic (UN
/// Convention on Road Traffic, annex 3) and no ISO code.
pub(crate) fn vehicle_sign(text: &str) -> Option<&'static str> {
    Some(match text {
        "A" => "AUT",
        "B" => "BEL",
        "D" => "DEU",
        "E" => "ESP",
        "F" => "FRA",
        "H" => "HUN",
        "I" => "ITA",
        "L" => "LUX",
        "M" => "MLT",
        "N" => "NOR",
        "P" => "PRT",
        "S" => "SWE",
        "V" => "VAT",
        _ => return None,
    })
}

/// The state under whose code documents of `alpha3` are issued, which is mostly itself.
pub(crate) fn document_issuer(alpha3: &'static str) -> &'static str {
    DOCUMENT_ISSUER
        .iter()
        .find(|(territory, _)| *territory == alpha3)
        .map_or(alpha3, |(_, state)| state)
}

/// The issuer's names as written in a code: capitals and digits only, at least four of them.
pub(crate) fn squashed_names(alpha3: &str) -> &'static [String] {
    static SQUASHED: LazyLock<HashMap<&'static str, Vec<String>>> = LazyLock::new(|| {
        let names = |r: &'static Row| core::iter::once(&r.title).chain(r.names);
        let squashed = |name: &&str| Some(fold(name, &[])).filter(|name| name.len() >= 4);
        let mut all: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows() {
            all.entry(row.alpha3).or_default().extend(names(row).filter_map(squashed));
        }
        all
    });
    SQUASHED.get(alpha3).map_or(&[], Vec::as_slice)
}

/// Resolves the country argument of a type that has an issuer.
pub(crate) fn require(
    kind: IdentifierType,
    country: Option<&str>,
) -> Result<&'static str, ParseError> {
    let Some(country) = country else {
        return Err(ParseError::new(
            kind,
            ErrorCode::CountryRequired,
            "the issuing country is missing and numbers of two countries may be equal; give the country",
        ));
    };
    optional(kind, country)
}

pub(crate) fn optional(kind: IdentifierType, country: &str) -> Result<&'static str, ParseError> {
    if kind == IdentifierType::Plate
        && let Some(code) = vehicle_sign(&country.to_ascii_uppercase())
    {
        return Ok(code);
    }
    match resolve(country) {
        Resolved::Issuer(code) => Ok(code),
        Resolved::Ambiguous(which) => Err(ParseError::new(
            kind,
            ErrorCode::CountryAmbiguous,
            format!("the country name fits more than one: {which}; give the code"),
        )),
        Resolved::Part => Err(ParseError::new(
            kind,
            ErrorCode::CountryNotAnIssuer,
            "this is a part of the United States, whose numbers repeat those of other parts; give a number issued by the country",
        )),
        Resolved::Unknown => Err(ParseError::new(
            kind,
            ErrorCode::CountryUnknown,
            "the country is not known; give the English name or the three-letter code of ICAO Doc 9303",
        )),
    }
}

enum Resolved {
    Issuer(&'static str),
    Ambiguous(&'static str),
    Part,
    Unknown,
}

static NAMES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for row in rows() {
        for name in core::iter::once(&row.title).chain(row.names) {
            names.insert(fold(name, STOP_WORDS), row.alpha3);
        }
    }
    for row in rows() {
        names.insert(row.alpha3.to_owned(), row.alpha3);
        if !row.alpha2.is_empty() {
            names.insert(row.alpha2.to_owned(), row.alpha3);
        }
    }
    for (alias, code) in CODE_ALIASES {
        names.insert((*alias).to_owned(), code);
    }
    names
});

static ROWS: LazyLock<HashMap<&'static str, &'static Row>> =
    LazyLock::new(|| rows().map(|row| (row.alpha3, row)).collect());

fn rows() -> impl Iterator<Item = &'static Row> {
    STATES.iter().chain(OTHERS)
}

const STOP_WORDS: &[&str] = &["THE", "OF", "AND"];

fn resolve(text: &str) -> Resolved {
    if text.len() > 200 {
        return Resolved::Unknown;
    }
    if let Some(found) = resolve_form(text) {
        return found;
    }
    // “Burma (Myanmar)”, “Cabo Verde. Previously Cape Verde.”, “Iran; formerly Persia”: the parts
    // are looked up apart and must agree.
    let mut found: Option<&'static str> = None;
    for part in parts(text) {
        match resolve_form(&part) {
            Some(Resolved::Issuer(code)) if found.is_none_or(|other| other == code) => {
                found = Some(code);
            }
            Some(Resolved::Issuer(_)) => {
                return Resolved::Ambiguous("its parts name different countries");
            }
            Some(other) => return other,
            None => {}
        }
    }
    found.map_or(Resolved::Unknown, Resolved::Issuer)
}

/// One name, as written and with the part after a comma put first.
fn resolve_form(text: &str) -> Option<Resolved> {
    let mut forms = vec![fold(text, STOP_WORDS)];
    if let Some((name, rest)) = text.split_once(',') {
        forms.push(fold(&format!("{rest} {name}"), STOP_WORDS));
    }
    for form in &forms {
        if let Some(code) = NAMES.get(form.as_str()) {
            return Some(Resolved::Issuer(code));
        }
        let is = |name: &str| fold(name, STOP_WORDS) == *form;
        if let Some((_, which)) = AMBIGUOUS.iter().find(|(name, _)| is(name)) {
            return Some(Resolved::Ambiguous(which));
        }
        if UNITED_STATES_PARTS.iter().any(|name| is(name)) {
            return Some(Resolved::Part);
        }
    }
    None
}

const FORMER: &[&str] = &["PREVIOUSLY", "FORMERLY", "FORMER", "NOW", "ALSO", "EX", "AKA"];

fn parts(text: &str) -> Vec<String> {
    text.replace(". ", ";")
        .split(['(', ')', '[', ']', ';', '/'])
        .map(|part| {
            let words = part.split_whitespace().skip_while(|word| {
                FORMER.contains(&word.trim_end_matches(':').to_uppercase().as_str())
            });
            words.collect::<Vec<_>>().join(" ")
        })
        .filter(|part| !part.is_empty())
        .collect()
}

/// Capitals without accents, words joined; `drop` words left out, `ST` read as `SAINT`.
fn fold(text: &str, drop: &[&str]) -> String {
    let plain: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .filter(|c| !matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`' | '´' | '.'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .flat_map(char::to_uppercase)
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    if let [code] = words.as_slice() {
        // Codes such as AND (Andorra) and ST (São Tomé and Príncipe) look like these words.
        return (*code).to_owned();
    }
    words
        .into_iter()
        .filter(|word| !drop.contains(word))
        .map(|word| if word == "ST" { "SAINT" } else { word })
        .collect()
}
