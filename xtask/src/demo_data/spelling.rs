//! The ways in which sources write an identifier.

use std::collections::BTreeMap;

use super::identifiers::{Identifier, Key, Kind};
use super::tables::{dialling, names};
use crate::chance::Rng;

#[derive(Clone, Copy)]
pub(super) enum Style {
    /// As the issuer writes it.
    House,
    Bare,
    Lower,
    Spaces,
    Dashes,
    Dots,
    Groups,
    /// With the word that names the type before it, where people write it.
    Label,
    /// Digits as East Asian keyboards give them.
    FullWidth,
}

pub(super) const LIST_STYLES: &[(Style, u64)] = &[
    (Style::House, 45),
    (Style::Bare, 25),
    (Style::Lower, 8),
    (Style::Spaces, 8),
    (Style::Dashes, 4),
    (Style::Groups, 6),
    (Style::Label, 4),
];

pub(super) const BATCH_STYLES: &[(Style, u64)] = &[
    (Style::House, 20),
    (Style::Bare, 20),
    (Style::Lower, 12),
    (Style::Spaces, 8),
    (Style::Dashes, 8),
    (Style::Dots, 6),
    (Style::Groups, 12),
    (Style::Label, 6),
    (Style::FullWidth, 8),
];

/// Writes identifiers, never twice in the same way.
pub(super) struct Speller {
    pub(super) rng: Rng,
    pub(super) used: BTreeMap<Key, Vec<String>>,
}

impl Speller {
    pub(super) fn write(
        &mut self,
        identifier: &Identifier,
        styles: &[(Style, u64)],
    ) -> (String, String) {
        let used = self.used.entry(identifier.key()).or_default();
        loop {
            let style = self.rng.weighted(styles);
            let value = match identifier.kind {
                Kind::Phone => phone_spelling(identifier, style),
                Kind::Email => email_spelling(&identifier.house, style),
                kind => code_spelling(kind, &identifier.house, style),
            };
            if !used.contains(&value) {
                used.push(value.clone());
                let country = country_spelling(&mut self.rng, identifier, &value);
                return (value, country);
            }
        }
    }
}

fn code_spelling(kind: Kind, house: &str, style: Style) -> String {
    let size = if matches!(kind, Kind::Iban) { 4 } else { 3 };
    match style {
        Style::House => house.to_owned(),
        Style::Bare => bare(house),
        Style::Lower => house.to_lowercase(),
        Style::Spaces => separated(house, ' '),
        Style::Dashes => separated(house, '-'),
        Style::Dots => separated(house, '.'),
        Style::Groups => grouped(&bare(house), size, ' '),
        Style::FullWidth => full_width(&bare(house)),
        Style::Label => match kind {
            Kind::Imo => format!("IMO {house}"),
            Kind::Mmsi => format!("MMSI {house}"),
            Kind::Iban => format!("IBAN {house}"),
            Kind::Imei => format!("IMEI {house}"),
            Kind::Vin => format!("VIN {house}"),
            _ => house.to_owned(),
        },
    }
}

fn phone_spelling(identifier: &Identifier, style: Style) -> String {
    let (code, trunk) = dialling(identifier.country);
    let number = identifier.house.as_str();
    match style {
        Style::House => format!("+{code} {number}"),
        Style::Bare => format!("+{code}{}", bare(number)),
        Style::Spaces => format!("00{code} {number}"),
        Style::Dashes => format!("+{code}-{}", separated(number, '-')),
        Style::Dots => format!("00{code}.{}", separated(number, '.')),
        Style::Label if !trunk.is_empty() => format!("+{code} ({trunk}){number}"),
        Style::Label => format!("tel: +{code} {number}"),
        // National forms: as dialled at home, which needs the country beside it.
        Style::Groups | Style::Lower => format!("{trunk}{number}"),
        Style::FullWidth => full_width(&format!("{trunk}{}", bare(number))),
    }
}

fn email_spelling(house: &str, style: Style) -> String {
    match style {
        Style::House | Style::Bare | Style::Lower | Style::Groups => house.to_owned(),
        Style::Spaces | Style::FullWidth => capitalised(house),
        Style::Dashes => match house.split_once('@') {
            Some((local, domain)) => format!("{}@{domain}", capitalised(local)),
            None => house.to_owned(),
        },
        Style::Dots => house.to_uppercase(),
        Style::Label => format!("mailto:{house}"),
    }
}

/// `Ivo.Sulaco7@Mail.Example`
fn capitalised(text: &str) -> String {
    let mut start = true;
    text.chars()
        .map(|c| {
            let out = if start { c.to_uppercase().next().unwrap_or(c) } else { c };
            start = !c.is_alphanumeric();
            out
        })
        .collect()
}

fn country_spelling(rng: &mut Rng, identifier: &Identifier, value: &str) -> String {
    let needed = match identifier.kind {
        Kind::Phone => !value.starts_with(['+', 't']) && !value.starts_with("00"),
        kind => kind.has_issuer(),
    };
    // Where the number says its country, half of the sources say it again.
    if identifier.country.is_empty() || (!needed && rng.percent(50)) {
        return String::new();
    }
    let (alpha2, name) = names(identifier.country);
    rng.weighted(&[(identifier.country, 75), (name, 15), (alpha2, 10)]).to_owned()
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')')
}

/// Without separators; an e-mail address has none.
pub(super) fn bare(house: &str) -> String {
    if house.contains('@') {
        return house.to_owned();
    }
    house.chars().filter(|c| !is_separator(*c)).collect()
}

fn separated(house: &str, separator: char) -> String {
    let parts: Vec<&str> = house.split(is_separator).filter(|part| !part.is_empty()).collect();
    parts.join(&separator.to_string())
}

pub(super) fn grouped(text: &str, size: usize, separator: char) -> String {
    let mut out = String::new();
    for (index, c) in text.chars().enumerate() {
        if index > 0 && index % size == 0 {
            out.push(separator);
        }
        out.push(c);
    }
    out
}

/// Puts the characters of `text` where `shape` has `#`.
pub(super) fn shaped(text: &str, shape: &str) -> String {
    let mut chars = text.chars();
    shape.chars().filter_map(|c| if c == '#' { chars.next() } else { Some(c) }).collect()
}

fn full_width(text: &str) -> String {
    let wide = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(0xff10 + digit));
    text.chars().map(|c| wide(c).unwrap_or(c)).collect()
}
