//! Other readings of a value: offered to a person, never substituted.

use crate::{Identifier, IdentifierType, parse, types};

/// Most alternatives offered for one value; each one chosen costs a partner a lookup.
pub const MAX_ALTERNATIVES: usize = 16;

/// Letters and the digits they are taken for.
const LETTER_FOR_DIGIT: &[(char, char)] = &[
    ('O', '0'),
    ('I', '1'),
    ('S', '5'),
    ('B', '8'),
    ('Z', '2'),
    ('G', '6'),
    ('L', '1'),
    ('Q', '0'),
];

/// Valid readings of a value that may itself be refused: confusable characters (O/0, I/1, S/5, B/8,
/// Z/2, G/6, L/1, Q/0) put for each other, one at a time and all of a kind at once.
///
/// For a screen that says “not valid, did you mean …”. The value as given is not among them. At
/// most [`MAX_ALTERNATIVES`].
#[must_use]
pub fn readings(kind: IdentifierType, value: &str, country: Option<&str>) -> Vec<Identifier> {
    let given = parse(kind, value, country).ok();
    let upper = value.to_uppercase();
    let mut found = Collected::new(given.as_ref());
    for candidate in substitutions(&upper) {
        found.take(parse(kind, &candidate, country).ok());
    }
    found.out
}

pub(crate) fn alternatives(identifier: &Identifier) -> Vec<Identifier> {
    let kind = identifier.kind();
    let country = identifier.country_static();
    let mut found = Collected::new(Some(identifier));
    for form in types::other_forms(kind, identifier.text()) {
        found.take(Identifier::from_canonical(kind, form.as_bytes()).ok());
    }
    if kind != IdentifierType::Email {
        let text = identifier.text();
        let (issuer, value) = if kind.needs_country() {
            text.split_at_checked(3).unwrap_or(("", text))
        } else {
            ("", text)
        };
        for candidate in substitutions(value) {
            let country = if issuer.is_empty() { country } else { Some(issuer) };
            found.take(parse(kind, &candidate, country).ok());
        }
    }
    found.out
}

struct Collected<'a> {
    not: Option<&'a Identifier>,
    out: Vec<Identifier>,
}

impl<'a> Collected<'a> {
    fn new(not: Option<&'a Identifier>) -> Self {
        Self { not, out: Vec::new() }
    }

    fn take(&mut self, candidate: Option<Identifier>) {
        if let Some(candidate) = candidate
            && self.out.len() < MAX_ALTERNATIVES
            && self.not != Some(&candidate)
            && !self.out.contains(&candidate)
        {
            self.out.push(candidate);
        }
    }
}

/// Letters to digits first, because a letter typed for a digit is the usual error; digits to
/// letters only where the value has letters at all.
fn substitutions(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    let has_letter = value.chars().any(|c| c.is_ascii_alphabetic());
    let mut swaps: Vec<(char, char)> = LETTER_FOR_DIGIT.to_vec();
    if has_letter {
        swaps.extend(LETTER_FOR_DIGIT.iter().map(|(letter, digit)| (*digit, *letter)));
    }
    let all_to_digits: String = value
        .chars()
        .map(|c| {
            LETTER_FOR_DIGIT.iter().find(|(letter, _)| *letter == c).map_or(c, |(_, digit)| *digit)
        })
        .collect();
    out.push(all_to_digits);
    for (from, to) in &swaps {
        let places: Vec<usize> =
            value.char_indices().filter(|(_, c)| c == from).map(|(index, _)| index).collect();
        if places.len() > 1 && from.is_ascii_alphabetic() {
            out.push(value.replace(*from, &to.to_string()));
        }
        for place in places {
            let mut candidate = value.to_owned();
            candidate.replace_range(place..=place, &to.to_string());
            out.push(candidate);
        }
    }
    out.retain(|candidate| candidate != value);
    out
}
