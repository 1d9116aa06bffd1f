//! Identifiers of every type, with right check digits, each made once.

use std::collections::BTreeSet;

use super::digits::{numbers, weighted};
use super::national_numbers::NATIONAL_IDS;
use super::spelling::{bare, grouped, shaped};
use super::tables::{
    ACCOUNTS, AIRCRAFT, DOCUMENTS, MARITIME, PHONES, PLATES, VINS, dialling, names,
};
use crate::chance::Rng;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    TravelDocument,
    NationalId,
    Vin,
    Plate,
    Imo,
    Mmsi,
    Aircraft,
    Phone,
    Email,
    Iban,
    Imei,
    Container,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TravelDocument => "travel_document",
            Self::NationalId => "national_id",
            Self::Vin => "vin",
            Self::Plate => "plate",
            Self::Imo => "imo",
            Self::Mmsi => "mmsi",
            Self::Aircraft => "aircraft",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Iban => "iban",
            Self::Imei => "imei",
            Self::Container => "container",
        }
    }

    pub(super) fn has_issuer(self) -> bool {
        matches!(self, Self::TravelDocument | Self::NationalId | Self::Plate)
    }
}

#[derive(Clone)]
pub(super) struct Identifier {
    pub(super) kind: Kind,
    /// Alpha-3 code, empty where the type tells none.
    pub(super) country: &'static str,
    /// As its issuer writes it, with separators; a phone number without its calling code.
    pub(super) house: String,
}

/// What makes two spellings the same identifier.
pub(super) type Key = (Kind, String);

impl Identifier {
    pub(super) fn new(kind: Kind, country: &'static str, house: String) -> Self {
        Self { kind, country, house }
    }

    pub(super) fn key(&self) -> Key {
        let issuer = match self.kind {
            Kind::Phone => dialling(self.country).0,
            kind if kind.has_issuer() => self.country,
            _ => "",
        };
        (self.kind, format!("{issuer}/{}", bare(&self.house).to_lowercase()))
    }
}

/// Makes identifiers, each only once.
pub(super) struct Maker {
    pub(super) rng: Rng,
    pub(super) taken: BTreeSet<Key>,
}

impl Maker {
    pub(super) fn fresh(&mut self, make: impl Fn(&mut Rng) -> Identifier) -> Identifier {
        loop {
            let identifier = make(&mut self.rng);
            if self.taken.insert(identifier.key()) {
                return identifier;
            }
        }
    }

    /// A new identifier of a type, mostly from the countries given.
    pub(super) fn any(&mut self, kind: Kind, near: &[&str]) -> Identifier {
        const BIAS: u64 = 70;
        self.fresh(|rng| match kind {
            Kind::TravelDocument => from_form(rng, kind, DOCUMENTS, near, BIAS),
            Kind::NationalId => national_id(rng, near, BIAS),
            Kind::Vin => Identifier::new(kind, "", vin(rng)),
            Kind::Plate => from_form(rng, kind, PLATES, near, BIAS),
            Kind::Imo => Identifier::new(kind, "", imo(rng)),
            // Ships of any bureau sail under any flag.
            Kind::Mmsi => from_form(rng, kind, MARITIME, near, 20),
            Kind::Aircraft => from_form(rng, kind, AIRCRAFT, near, BIAS),
            Kind::Phone => phone(rng, near, BIAS),
            Kind::Email => Identifier::new(kind, "", email(rng)),
            Kind::Iban => iban(rng, near, BIAS),
            Kind::Imei => Identifier::new(kind, "", imei(rng)),
            Kind::Container => Identifier::new(kind, "", container(rng)),
        })
    }
}

/// Patterns in which a country writes numbers; see [`fill`].
pub(super) struct Forms {
    pub(super) country: &'static str,
    pub(super) patterns: &'static [&'static str],
}

pub(super) const fn forms(country: &'static str, patterns: &'static [&'static str]) -> Forms {
    Forms { country, patterns }
}

/// Letters without those that are taken for digits or missing on plates.
const LETTERS: &str = "ABCDEFGHJKLMNPRSTVWXYZ";
const CONSONANTS: &str = "BCDFGHJKLMNPRSTVWXYZ";
/// Characters of German documents.
const DOCUMENT_CHARACTERS: &str = "0123456789CFGHJKLMNPRTVWXYZ";

/// Puts `d` a digit, `n` a digit but 0, `l` a letter, `c` a consonant, `g` a character of a German
/// document; everything else stays.
pub(super) fn fill(rng: &mut Rng, pattern: &str) -> String {
    pattern
        .chars()
        .map(|c| match c {
            'd' => rng.char("0123456789"),
            'n' => rng.char("123456789"),
            'l' => rng.char(LETTERS),
            'c' => rng.char(CONSONANTS),
            'g' => rng.char(DOCUMENT_CHARACTERS),
            other => other,
        })
        .collect()
}

/// A row of a table, with the given chance one of a near country where the table has any.
fn near_row<'t, T>(
    rng: &mut Rng,
    table: &'t [T],
    near: &[&str],
    bias: u64,
    country: fn(&T) -> &'static str,
) -> &'t T {
    let close: Vec<&T> = table.iter().filter(|row| near.contains(&country(row))).collect();
    if !close.is_empty() && rng.percent(bias) {
        return close.get(rng.below(close.len())).copied().unwrap_or_else(|| rng.pick(table));
    }
    rng.pick(table)
}

fn form(rng: &mut Rng, table: &[Forms], near: &[&str], bias: u64) -> (&'static str, String) {
    let row = near_row(rng, table, near, bias, |forms| forms.country);
    let pattern = rng.pick(row.patterns);
    (row.country, fill(rng, pattern))
}

fn from_form(rng: &mut Rng, kind: Kind, table: &[Forms], near: &[&str], bias: u64) -> Identifier {
    let (country, house) = form(rng, table, near, bias);
    Identifier::new(kind, country, house)
}

pub(super) fn phone(rng: &mut Rng, near: &[&str], bias: u64) -> Identifier {
    from_form(rng, Kind::Phone, PHONES, near, bias)
}

pub(super) fn national_id(rng: &mut Rng, near: &[&str], bias: u64) -> Identifier {
    let (country, make) = near_row(rng, NATIONAL_IDS, near, bias, |(country, _)| country);
    Identifier::new(Kind::NationalId, country, make(rng))
}

/// Vehicle identification number (ISO 3779) with its check digit (49 CFR 565.15), or with the
/// filler some European makers put in that place.
pub(super) fn vin(rng: &mut Rng) -> String {
    let pattern = rng.pick(VINS);
    // Position 10 is the model year, 2010 to 2025.
    let year = rng.char("ABCDEFGHJKLMNPRS");
    let mut number: Vec<char> = fill(rng, pattern).chars().collect();
    for c in &mut number {
        *c = if *c == '*' { year } else { *c };
    }
    let sum: u32 = number
        .iter()
        .zip([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])
        .map(|(c, weight)| vin_value(*c) * weight)
        .sum();
    let check = char::from_digit(sum % 11, 10).unwrap_or('X');
    number.iter().map(|c| if *c == '?' { check } else { *c }).collect()
}

fn vin_value(c: char) -> u32 {
    match c {
        'A' | 'J' => 1,
        'B' | 'K' | 'S' => 2,
        'C' | 'L' | 'T' => 3,
        'D' | 'M' | 'U' => 4,
        'E' | 'N' | 'V' => 5,
        'F' | 'W' => 6,
        'G' | 'P' | 'X' => 7,
        'H' | 'Y' => 8,
        'R' | 'Z' => 9,
        digit => digit.to_digit(10).unwrap_or_default(),
    }
}

/// IMO ship number. The series 3 and 4 have not been given to ships, so that no real ship is called
/// sanctioned here.
pub(super) fn imo(rng: &mut Rng) -> String {
    let first = rng.char("34");
    let head = fill(rng, &format!("{first}ddddd"));
    let check = weighted(&numbers(&head), &[7, 6, 5, 4, 3, 2]) % 10;
    format!("{head}{check}")
}

#[rustfmt::skip]
const FIRST_PARTS: &[&str] = &[
    "aldo", "bruna", "cyril", "dagny", "elvio", "fenna", "goran", "hilke", "ivo", "jorunn", "kosta",
    "lieve", "mirko", "nadja", "olav", "pia", "quim", "rosa", "sverre", "tilda", "ugo", "vera",
    "wanda", "xenia", "yara", "zoltan", "cargo", "depot", "trade", "invest", "transit", "office",
];
#[rustfmt::skip]
const LAST_PARTS: &[&str] = &[
    "abelund", "brakvik", "corvano", "delmaro", "estrado", "falkner", "gravelli", "holmqvist",
    "ivarsen", "jankowy", "kestrel", "lindor", "marabou", "nostrom", "orlanda", "petrovar",
    "quintero", "ravnsted", "sulaco", "tarvonen", "umberti", "viborgen", "westerop", "zagrani",
];
/// Only domains nobody can register (RFC 2606).
const DOMAINS: &[&str] = &[
    "example.com",
    "example.org",
    "example.net",
    "mail.example",
    "posta.example",
    "correo.example",
    "courriel.example",
    "nordpost.example",
    "trade-invest.example",
    "büro.example",
];

fn email(rng: &mut Rng) -> String {
    let (first, last) = (rng.pick(FIRST_PARTS), rng.pick(LAST_PARTS));
    let domain = rng.pick(DOMAINS);
    let number = 1 + rng.below(99);
    let local = match rng.below(4) {
        0 => format!("{first}.{last}{number}"),
        1 => format!("{first}_{last}{number}"),
        2 => format!("{last}.{first}{number}"),
        _ => format!("{first}{last}{number:02}"),
    };
    format!("{local}@{domain}")
}

fn iban(rng: &mut Rng, near: &[&str], bias: u64) -> Identifier {
    let (country, account) = form(rng, ACCOUNTS, near, bias);
    let account = match country {
        "BEL" => belgian_account(&account),
        "ESP" => spanish_account(&account),
        "FRA" => french_account(&account),
        _ => account,
    };
    let code = names(country).0;
    let check = 98 - modulo_97(&format!("{account}{code}00"));
    let house = grouped(&format!("{code}{check:02}{account}"), 4, ' ');
    Identifier::new(Kind::Iban, country, house)
}

/// Letters count 10 to 35 (ISO 7064 as ISO 13616 uses it).
fn modulo_97(text: &str) -> u32 {
    text.chars().filter_map(|c| c.to_digit(36)).fold(0, |rest, value| {
        let shift = if value > 9 { 100 } else { 10 };
        (rest * shift + value) % 97
    })
}

fn belgian_account(account: &str) -> String {
    match modulo_97(account) {
        0 => format!("{account}97"),
        rest => format!("{account}{rest:02}"),
    }
}

/// Bank and branch, two check digits, account (código cuenta cliente).
fn spanish_account(account: &str) -> String {
    let (bank, number) = account.split_at_checked(8).unwrap_or_default();
    let check = |digits: &str| match 11
        - weighted(&numbers(&format!("{digits:0>10}")), &[1, 2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11
    {
        11 => 0,
        10 => 1,
        digit => digit,
    };
    format!("{bank}{}{}{number}", check(bank), check(number))
}

/// Bank, branch, account and the key of the relevé d'identité bancaire.
fn french_account(account: &str) -> String {
    format!("{account}{:02}", 97 - modulo_97(&format!("{account}00")))
}

fn imei(rng: &mut Rng) -> String {
    let head = fill(rng, "35dddddddddddd");
    let sum: u32 = numbers(&head)
        .iter()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    shaped(&format!("{head}{}", (10 - sum % 10) % 10), "##-######-######-#")
}

/// Invented owners, ISO 6346.
const OWNERS: &[&str] = &["ARKU", "BRLU", "CGNU", "DMOU", "NSTU", "SLCU", "XPLU", "ZVRU"];

fn container(rng: &mut Rng) -> String {
    let owner = rng.pick(OWNERS);
    loop {
        let head = fill(rng, &format!("{owner}dddddd"));
        let sum: u32 = head.chars().enumerate().map(|(index, c)| container_value(c) << index).sum();
        // ISO 6346 advises against serial numbers whose check digit would be 10.
        if sum % 11 != 10 {
            return shaped(&format!("{head}{}", sum % 11), "#### ###### #");
        }
    }
}

/// Letters count from A = 10 and leave out the multiples of 11.
fn container_value(c: char) -> u32 {
    let value = c.to_digit(36).unwrap_or_default();
    match value {
        0..=10 => value,
        11..=20 => value + 1,
        21..=30 => value + 2,
        _ => value + 3,
    }
}
