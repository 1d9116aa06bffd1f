//! How much of a real list is read, and whether other spellings of each row give the same key.
//!
//! `cargo run -p symbolon-identifiers --example accept -- FILE [--rejected] [--warned] [--failures]`
//!
//! The file is CSV with the columns `record_id,subject,programme,identifier_type,value,
//! country_or_birth_date`. Rows of types this crate does not know are counted as skipped. The values
//! printed with the flags are personal data: keep the output where the file is kept.
#![allow(clippy::print_stdout, reason = "a command-line report writes to standard output")]

use std::collections::BTreeMap;
use std::error::Error;

use symbolon_identifiers::{
    Identifier, IdentifierType, parse, phone_national_form, to_mrz_td1, to_mrz_td3,
};

#[derive(Default)]
struct Tally {
    rows: usize,
    accepted: usize,
    rejected: BTreeMap<&'static str, usize>,
    warned: BTreeMap<&'static str, usize>,
    respelled: usize,
    failures: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.iter().find(|a| !a.starts_with("--")).ok_or("give the CSV file")?;
    let flag = |name: &str| arguments.iter().any(|a| a == name);
    let mut tallies: BTreeMap<IdentifierType, Tally> = BTreeMap::new();
    let mut skipped = 0;
    for record in csv::Reader::from_path(path)?.records() {
        let record = record?;
        let column = |index| record.get(index).unwrap_or_default();
        let Ok(kind) = column(3).parse::<IdentifierType>() else {
            skipped += 1;
            continue;
        };
        let (value, country) = (column(4), column(5));
        let country = (!country.is_empty()).then_some(country);
        let tally = tallies.entry(kind).or_default();
        tally.rows += 1;
        match parse(kind, value, country) {
            Err(error) => {
                *tally.rejected.entry(error.code.as_str()).or_default() += 1;
                if flag("--rejected") {
                    println!("rejected {kind} {value:?} {country:?}: {error}");
                }
            }
            Ok(identifier) => {
                tally.accepted += 1;
                for warning in identifier.warnings() {
                    *tally.warned.entry(warning.as_str()).or_default() += 1;
                    if flag("--warned") {
                        println!("warned {kind} {value:?} {country:?}: {warning}");
                    }
                }
                for spelling in respell(&identifier, value, country) {
                    tally.respelled += 1;
                    if !spelling.matches(&identifier) {
                        tally.failures += 1;
                        if flag("--failures") {
                            println!("differs {kind} {value:?} {country:?}: {spelling:?}");
                        }
                    }
                }
            }
        }
    }
    println!(
        "{:<16}{:>6}{:>9}{:>9}{:>11}{:>9}",
        "type", "rows", "accepted", "rejected", "respelled", "differ"
    );
    for (kind, tally) in &tallies {
        println!(
            "{:<16}{:>6}{:>9}{:>9}{:>11}{:>9}",
            kind.name(),
            tally.rows,
            tally.accepted,
            tally.rows - tally.accepted,
            tally.respelled,
            tally.failures
        );
        for (code, count) in &tally.rejected {
            println!("    rejected {code}: {count}");
        }
        for (code, count) in &tally.warned {
            println!("    warning {code}: {count}");
        }
    }
    println!("rows of other types: {skipped}");
    Ok(())
}

/// The same value as somebody else would write it.
#[derive(Debug)]
struct Spelling {
    value: String,
    country: Option<String>,
}

impl Spelling {
    fn matches(&self, identifier: &Identifier) -> bool {
        parse(identifier.kind(), &self.value, self.country.as_deref())
            .is_ok_and(|other| other == *identifier)
    }
}

fn respell(identifier: &Identifier, value: &str, country: Option<&str>) -> Vec<Spelling> {
    let kind = identifier.kind();
    let mut values = vec![
        format!("  {value}\t"),
        value.to_lowercase(),
        value.to_uppercase(),
        value.chars().map(full_width).collect(),
        value.chars().flat_map(|c| [c, '\u{200B}']).collect(),
        format!("\u{FEFF}{value}\u{200E}"),
    ];
    if kind != IdentifierType::Email {
        values.push(value.chars().map(arabic_digit).collect());
        // Parts of a Panamanian number have no fixed size, so their separators are kept.
        let parts_matter =
            kind == IdentifierType::NationalId && identifier.canonical().starts_with(b"PAN");
        if !parts_matter {
            values.extend(
                [' ', '-', '.', '/', '\u{2011}', '\u{A0}'].map(|separator| {
                    value.chars().flat_map(|c| [c, separator]).collect::<String>()
                }),
            );
            let bare: String = value.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect();
            values.push(bare);
        }
    }
    let as_given = |value| Spelling { value, country: country.map(str::to_owned) };
    let mut spellings: Vec<Spelling> = values.into_iter().map(as_given).collect();
    let code = identifier.country().map(str::to_owned);
    spellings.push(Spelling { value: identifier.display(), country: code.clone() });
    for zone in [to_mrz_td3(identifier), to_mrz_td1(identifier)].into_iter().flatten() {
        for value in
            [zone.replace('\n', ""), zone.to_lowercase(), zone.replace('\n', "\r\n "), zone]
        {
            spellings.push(Spelling { value, country: None });
        }
    }
    if let Some(value) = phone_national_form(identifier) {
        spellings.push(Spelling { value, country: code });
    }
    spellings
}

fn full_width(c: char) -> char {
    match c {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(c as u32 - 0x20 + 0xFF00).unwrap_or(c),
        _ => c,
    }
}

fn arabic_digit(c: char) -> char {
    c.to_digit(10).and_then(|digit| char::from_u32(0x0660 + digit)).unwrap_or(c)
}
