//! The same identifier as somebody else would write it.

use symbolon_identifiers::{
    Identifier, IdentifierType, phone_national_form, to_mrz_td1, to_mrz_td3,
};

/// One way of writing an identifier.
pub(super) struct Spelling {
    pub(super) name: &'static str,
    pub(super) identifier_type: &'static str,
    pub(super) value: String,
    pub(super) country: String,
}

/// All ways that apply to this identifier, the row as it stands first.
pub(super) fn spellings(identifier: &Identifier, value: &str, country: &str) -> Vec<Spelling> {
    let kind = identifier.kind();
    let mut all = Vec::new();
    let mut add = |name, value: String, country: &str| {
        all.push(Spelling {
            name,
            identifier_type: kind.name(),
            value,
            country: country.to_owned(),
        });
    };
    add("as written", value.to_owned(), country);
    add("lower case", value.to_lowercase(), country);
    add("upper case", value.to_uppercase(), country);
    add("full-width digits", value.chars().map(full_width_digit).collect(), country);
    add("full width throughout", value.chars().map(full_width).collect(), country);
    add("surrounding white space", format!("\u{a0} {value}\t"), country);
    if separators_mean_nothing(identifier) {
        add("spaces between characters", spread(value, ' '), country);
        add("spaces in groups of three", grouped(value), country);
        add("dashes", spread(value, '-'), country);
        add("long dashes", spread(value, '\u{2013}'), country);
        add("dots", spread(value, '.'), country);
        add("no separators", bare(value), country);
    }
    if let Some(code) = identifier.country() {
        if !country.is_empty() {
            add("country by code", value.to_owned(), code);
        }
        add("as it is displayed", identifier.display(), code);
        if let Some(national) = phone_national_form(identifier) {
            add("national telephone form", national, code);
        }
    }
    for (name, zone) in [
        ("machine-readable zone, booklet", to_mrz_td3(identifier)),
        ("machine-readable zone, card", to_mrz_td1(identifier)),
    ] {
        if let Some(value) = zone {
            let country = String::new();
            all.push(Spelling { name, identifier_type: "mrz", value, country });
        }
    }
    all
}

/// In an e-mail address they are part of it; in a Panamanian number they part fields of no fixed
/// size.
fn separators_mean_nothing(identifier: &Identifier) -> bool {
    let kind = identifier.kind();
    kind != IdentifierType::Email
        && !(kind == IdentifierType::NationalId && identifier.canonical().starts_with(b"PAN"))
}

fn spread(value: &str, separator: char) -> String {
    let mut spread = String::new();
    for character in bare(value).chars() {
        if !spread.is_empty() && !spread.ends_with('+') {
            spread.push(separator);
        }
        spread.push(character);
    }
    spread
}

fn grouped(value: &str) -> String {
    let characters: Vec<char> = bare(value).chars().collect();
    characters.chunks(3).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn bare(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect()
}

fn full_width_digit(character: char) -> char {
    if character.is_ascii_digit() { full_width(character) } else { character }
}

fn full_width(character: char) -> char {
    match character {
        ' ' => '\u{3000}',
        '!'..='~' => {
            u32::from(character).checked_add(0xfee0).and_then(char::from_u32).unwrap_or(character)
        }
        other => other,
    }
}
