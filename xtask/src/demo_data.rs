//! The lists and the check batch of the demo: three fictional bureaus, every value invented.
//!
//! The same bytes come out of every run, so that a change of the files shows in review. Values
//! carry right check digits and are written the way sources write them, which is the point of the
//! demo: the same number spelled in two ways must still meet.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Changing it changes every file.
const SEED: u64 = 0x5359_4d42_4f4c_4f4e;
/// Rows after which a list is full; the last record may add a few.
const ROWS_PER_LIST: usize = 7_400;

const ARCADIA: usize = 0;
const BOREALIA: usize = 1;
const COSTAGUANA: usize = 2;

/// Writes the three lists and the check batch into `crates/cli/demo`.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cli/demo");
    fs::create_dir_all(&folder)?;
    let mut out = io::stdout().lock();
    for (name, text) in files()? {
        fs::write(folder.join(&name), &text)?;
        writeln!(out, "{name}: {} rows", text.lines().count().saturating_sub(1))?;
    }
    Ok(())
}

/// Name and content of every file.
fn files() -> Result<Vec<(String, String)>, std::fmt::Error> {
    let mut maker = Maker { rng: Rng(SEED), taken: BTreeSet::new() };
    let shared = Shared::make(&mut maker);
    let own: Vec<Vec<Record>> = (0..BUREAUS.len())
        .map(|index| own_records(&mut maker, bureau(index), shared.rows_of(index)))
        .collect();

    let mut speller = Speller { rng: Rng(SEED ^ 1), used: BTreeMap::new() };
    let mut files = Vec::new();
    for (index, records) in own.iter().enumerate() {
        let mut all: Vec<&Record> = records.iter().chain(shared.of(index)).collect();
        speller.rng.shuffle(&mut all);
        let text = list(&mut speller, bureau(index), &all)?;
        files.push((format!("{}.csv", bureau(index).file), text));
    }
    let batch = batch(&mut maker, &own, &shared);
    files.push(("check-batch.csv".to_owned(), batch_text(&mut speller, &batch)?));
    Ok(files)
}

// ---------------------------------------------------------------------------------------------
// Bureaus, records, batch
// ---------------------------------------------------------------------------------------------

struct Bureau {
    code: &'static str,
    file: &'static str,
    /// Countries most of its cases come from.
    near: &'static [&'static str],
    /// How many records in a hundred have each shape.
    shapes: &'static [(Shape, u64)],
}

const BUREAUS: [Bureau; 3] = [
    Bureau {
        code: "ARC",
        file: "arcadia",
        near: &["DEU", "AUT", "CHE", "POL", "ITA", "FRA", "NLD", "ESP", "TUR"],
        shapes: &[
            (Shape::Document, 46),
            (Shape::Vehicle, 24),
            (Shape::Person, 13),
            (Shape::Account, 9),
            (Shape::Vessel, 1),
            (Shape::Aircraft, 2),
            (Shape::Freight, 2),
            (Shape::Device, 3),
        ],
    },
    Bureau {
        code: "BOR",
        file: "borealia",
        near: &["NOR", "SWE", "FIN", "EST", "DNK", "NLD", "POL", "GBR", "DEU"],
        shapes: &[
            (Shape::Document, 44),
            (Shape::Vehicle, 22),
            (Shape::Person, 13),
            (Shape::Account, 10),
            (Shape::Vessel, 4),
            (Shape::Aircraft, 2),
            (Shape::Freight, 2),
            (Shape::Device, 3),
        ],
    },
    Bureau {
        code: "CTG",
        file: "costaguana",
        near: &["COL", "VEN", "MEX", "BRA", "CHL", "PAN", "ECU", "PER", "ESP"],
        shapes: &[
            (Shape::Document, 42),
            (Shape::Vehicle, 20),
            (Shape::Person, 17),
            (Shape::Account, 10),
            (Shape::Vessel, 2),
            (Shape::Aircraft, 3),
            (Shape::Freight, 3),
            (Shape::Device, 3),
        ],
    },
];

fn bureau(index: usize) -> &'static Bureau {
    let [arcadia, borealia, costaguana] = &BUREAUS;
    match index {
        ARCADIA => arcadia,
        BOREALIA => borealia,
        _ => costaguana,
    }
}

#[derive(Clone, Copy)]
enum Shape {
    Document,
    Vehicle,
    Person,
    Account,
    Vessel,
    Aircraft,
    Freight,
    Device,
}

struct Record {
    category: &'static str,
    identifiers: Vec<Identifier>,
}

/// Records two bureaus have, so that their lists meet.
struct Shared {
    arcadia_borealia: Vec<Record>,
    arcadia_costaguana: Vec<Record>,
    borealia_costaguana: Vec<Record>,
}

/// Records of each shape that one pair of bureaus shares; about fifty identifiers.
const SHARED_SHAPES: &[(Shape, usize)] = &[
    (Shape::Document, 11),
    (Shape::Vehicle, 6),
    (Shape::Person, 4),
    (Shape::Account, 4),
    (Shape::Vessel, 1),
    (Shape::Aircraft, 1),
    (Shape::Freight, 1),
    (Shape::Device, 1),
];

impl Shared {
    fn make(maker: &mut Maker) -> Self {
        let mut pair = |index| -> Vec<Record> {
            let near = bureau(index).near;
            let shapes = SHARED_SHAPES.iter().flat_map(|(s, count)| vec![*s; *count]);
            shapes.map(|shape| record(maker, shape, near)).collect()
        };
        Self {
            arcadia_borealia: pair(ARCADIA),
            arcadia_costaguana: pair(COSTAGUANA),
            borealia_costaguana: pair(BOREALIA),
        }
    }

    fn of(&self, bureau: usize) -> impl Iterator<Item = &Record> {
        let (one, other) = match bureau {
            ARCADIA => (&self.arcadia_borealia, &self.arcadia_costaguana),
            BOREALIA => (&self.arcadia_borealia, &self.borealia_costaguana),
            _ => (&self.arcadia_costaguana, &self.borealia_costaguana),
        };
        one.iter().chain(other)
    }

    fn rows_of(&self, bureau: usize) -> usize {
        self.of(bureau).map(|record| record.identifiers.len()).sum()
    }
}

fn own_records(maker: &mut Maker, bureau: &Bureau, shared_rows: usize) -> Vec<Record> {
    let mut rows = shared_rows;
    let mut records = Vec::new();
    while rows < ROWS_PER_LIST {
        let shape = maker.rng.weighted(bureau.shapes);
        let record = record(maker, shape, bureau.near);
        rows += record.identifiers.len();
        records.push(record);
    }
    records
}

fn record(maker: &mut Maker, shape: Shape, near: &[&str]) -> Record {
    let rng = &mut maker.rng;
    let category = match shape {
        Shape::Document => rng.weighted(&[("stolen_document", 80), ("lost_document", 20)]),
        Shape::Vehicle => "stolen_vehicle",
        Shape::Person => {
            rng.weighted(&[("wanted_person", 55), ("missing_person", 20), ("trafficking", 25)])
        }
        Shape::Account => "fraud",
        Shape::Vessel => "sanctioned_vessel",
        Shape::Aircraft => rng.weighted(&[("stolen_aircraft", 40), ("trafficking", 60)]),
        Shape::Freight => "trafficking",
        Shape::Device => rng.weighted(&[("stolen_device", 80), ("missing_person", 20)]),
    };
    let identifiers = match shape {
        Shape::Document => vec![maker.any(Kind::TravelDocument, near)],
        Shape::Vehicle => vehicle(maker, near),
        Shape::Person => person(maker, near),
        Shape::Account => account(maker, near),
        Shape::Vessel => vessel(maker, near),
        Shape::Aircraft => vec![maker.any(Kind::Aircraft, near)],
        Shape::Freight => {
            let count = 1 + maker.rng.below(2);
            (0..count).map(|_| maker.any(Kind::Container, near)).collect()
        }
        Shape::Device => vec![maker.any(Kind::Imei, near)],
    };
    Record { category, identifiers }
}

fn vehicle(maker: &mut Maker, near: &[&str]) -> Vec<Identifier> {
    let plate = maker.any(Kind::Plate, near);
    let mut vin = maker.any(Kind::Vin, near);
    // A vehicle is listed under the country it is registered in, whoever made it.
    vin.country = plate.country;
    vec![vin, plate]
}

fn person(maker: &mut Maker, near: &[&str]) -> Vec<Identifier> {
    let document = maker.any(Kind::TravelDocument, near);
    let home = [document.country];
    let mut out = vec![document];
    if NATIONAL_IDS.iter().any(|(country, _)| home.contains(country)) && maker.rng.percent(85) {
        out.push(maker.fresh(|rng| national_id(rng, &home, 100)));
    }
    let bias = if PHONES.iter().any(|forms| home.contains(&forms.country)) { 90 } else { 0 };
    out.push(maker.fresh(|rng| phone(rng, &home, bias)));
    if maker.rng.percent(20) {
        out.push(maker.any(Kind::Email, near));
    }
    out
}

fn account(maker: &mut Maker, near: &[&str]) -> Vec<Identifier> {
    let mut out = vec![maker.any(Kind::Iban, near), maker.any(Kind::Email, near)];
    if maker.rng.percent(60) {
        out.push(maker.any(Kind::Phone, near));
    }
    if maker.rng.percent(20) {
        out.push(maker.any(Kind::NationalId, near));
    }
    out
}

fn vessel(maker: &mut Maker, near: &[&str]) -> Vec<Identifier> {
    let mmsi = maker.any(Kind::Mmsi, near);
    let mut imo = maker.any(Kind::Imo, near);
    imo.country = mmsi.country;
    vec![imo, mmsi]
}

/// One list as CSV.
fn list(
    speller: &mut Speller,
    bureau: &Bureau,
    records: &[&Record],
) -> Result<String, std::fmt::Error> {
    let mut text = "record_id,identifier_type,value,country,category\n".to_owned();
    for (index, record) in records.iter().enumerate() {
        for identifier in &record.identifiers {
            let (value, country) = speller.write(identifier, LIST_STYLES);
            let number = index + 1;
            let (code, kind, category) = (bureau.code, identifier.kind.name(), record.category);
            writeln!(text, "{code}-2026-{number:06},{kind},{value},{country},{category}")?;
        }
    }
    Ok(text)
}

/// How many identifiers of each type the batch takes from Borealia alone, from Costaguana alone,
/// from both, and from nowhere: 60, 40, 20 and 880.
const BATCH: &[(Kind, [usize; 4])] = &[
    (Kind::TravelDocument, [18, 11, 4, 300]),
    (Kind::NationalId, [3, 2, 1, 40]),
    (Kind::Vin, [7, 5, 2, 110]),
    (Kind::Plate, [8, 5, 2, 120]),
    (Kind::Imo, [1, 1, 1, 8]),
    (Kind::Mmsi, [1, 1, 1, 8]),
    (Kind::Aircraft, [1, 1, 1, 8]),
    (Kind::Phone, [9, 6, 3, 130]),
    (Kind::Email, [5, 3, 2, 80]),
    (Kind::Iban, [4, 3, 1, 60]),
    (Kind::Imei, [2, 1, 1, 10]),
    (Kind::Container, [1, 1, 1, 6]),
];

/// What an Arcadian analyst checks.
fn batch(maker: &mut Maker, own: &[Vec<Record>], shared: &Shared) -> Vec<Identifier> {
    let of = |index: usize| own.get(index).map(Vec::as_slice).unwrap_or_default();
    let mut out = Vec::new();
    for (kind, [borealia, costaguana, both, nowhere]) in BATCH {
        out.extend(sample(&mut maker.rng, of(BOREALIA), *kind, *borealia));
        out.extend(sample(&mut maker.rng, of(COSTAGUANA), *kind, *costaguana));
        out.extend(sample(&mut maker.rng, &shared.borealia_costaguana, *kind, *both));
        out.extend((0..*nowhere).map(|_| maker.any(*kind, bureau(ARCADIA).near)));
    }
    maker.rng.shuffle(&mut out);
    out
}

fn sample(rng: &mut Rng, records: &[Record], kind: Kind, count: usize) -> Vec<Identifier> {
    let all = records.iter().flat_map(|record| &record.identifiers);
    let mut of_kind: Vec<&Identifier> = all.filter(|i| i.kind == kind).collect();
    rng.shuffle(&mut of_kind);
    of_kind.into_iter().take(count).cloned().collect()
}

fn batch_text(speller: &mut Speller, batch: &[Identifier]) -> Result<String, std::fmt::Error> {
    let mut text = "identifier_type,value,country\n".to_owned();
    for identifier in batch {
        let (value, country) = speller.write(identifier, BATCH_STYLES);
        writeln!(text, "{},{value},{country}", identifier.kind.name())?;
    }
    Ok(text)
}

// ---------------------------------------------------------------------------------------------
// Identifiers
// ---------------------------------------------------------------------------------------------

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
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
    fn name(self) -> &'static str {
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

    fn has_issuer(self) -> bool {
        matches!(self, Self::TravelDocument | Self::NationalId | Self::Plate)
    }
}

#[derive(Clone)]
struct Identifier {
    kind: Kind,
    /// Alpha-3 code, empty where the type tells none.
    country: &'static str,
    /// As its issuer writes it, with separators; a phone number without its calling code.
    house: String,
}

/// What makes two spellings the same identifier.
type Key = (Kind, String);

impl Identifier {
    fn new(kind: Kind, country: &'static str, house: String) -> Self {
        Self { kind, country, house }
    }

    fn key(&self) -> Key {
        let issuer = match self.kind {
            Kind::Phone => dialling(self.country).0,
            kind if kind.has_issuer() => self.country,
            _ => "",
        };
        (self.kind, format!("{issuer}/{}", bare(&self.house).to_lowercase()))
    }
}

/// Makes identifiers, each only once.
struct Maker {
    rng: Rng,
    taken: BTreeSet<Key>,
}

impl Maker {
    fn fresh(&mut self, make: impl Fn(&mut Rng) -> Identifier) -> Identifier {
        loop {
            let identifier = make(&mut self.rng);
            if self.taken.insert(identifier.key()) {
                return identifier;
            }
        }
    }

    /// A new identifier of a type, mostly from the countries given.
    fn any(&mut self, kind: Kind, near: &[&str]) -> Identifier {
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
struct Forms {
    country: &'static str,
    patterns: &'static [&'static str],
}

const fn forms(country: &'static str, patterns: &'static [&'static str]) -> Forms {
    Forms { country, patterns }
}

/// Letters without those that are taken for digits or missing on plates.
const LETTERS: &str = "ABCDEFGHJKLMNPRSTVWXYZ";
const CONSONANTS: &str = "BCDFGHJKLMNPRSTVWXYZ";
/// Characters of German documents.
const DOCUMENT_CHARACTERS: &str = "0123456789CFGHJKLMNPRTVWXYZ";

/// Puts `d` a digit, `n` a digit but 0, `l` a letter, `c` a consonant, `g` a character of a German
/// document; everything else stays.
fn fill(rng: &mut Rng, pattern: &str) -> String {
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

fn phone(rng: &mut Rng, near: &[&str], bias: u64) -> Identifier {
    from_form(rng, Kind::Phone, PHONES, near, bias)
}

fn national_id(rng: &mut Rng, near: &[&str], bias: u64) -> Identifier {
    let (country, make) = near_row(rng, NATIONAL_IDS, near, bias, |(country, _)| country);
    Identifier::new(Kind::NationalId, country, make(rng))
}

/// Vehicle identification number (ISO 3779) with its check digit (49 CFR 565.15), or with the
/// filler some European makers put in that place.
fn vin(rng: &mut Rng) -> String {
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
fn imo(rng: &mut Rng) -> String {
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

// ---------------------------------------------------------------------------------------------
// National numbers
// ---------------------------------------------------------------------------------------------

type MakeNumber = fn(&mut Rng) -> String;

const NATIONAL_IDS: &[(&str, MakeNumber)] = &[
    ("BRA", brazil),
    ("CHL", chile),
    ("COL", colombia),
    ("ESP", spain),
    ("EST", estonia),
    ("IRN", iran),
    ("ITA", italy),
    ("MEX", mexico),
    ("NLD", netherlands),
    ("NOR", norway),
    ("POL", poland),
    ("TUR", turkey),
];

/// Cadastro de pessoas físicas.
fn brazil(rng: &mut Rng) -> String {
    let mut digits = numbers(&fill(rng, "ddddddddd"));
    for first in [10, 11] {
        let weights: Vec<u32> = (2..=first).rev().collect();
        digits.push(match weighted(&digits, &weights) % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        });
    }
    shaped(&text(&digits), "###.###.###-##")
}

/// Rol único tributario.
fn chile(rng: &mut Rng) -> String {
    let number = fill(rng, "1ddddddd");
    let check = match 11 - weighted(&numbers(&number), &[3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
        11 => '0',
        10 => 'K',
        digit => char::from_digit(digit, 10).unwrap_or_default(),
    };
    shaped(&format!("{number}{check}"), "##.###.###-#")
}

/// Cédula de ciudadanía, which has no check digit.
fn colombia(rng: &mut Rng) -> String {
    let pattern = rng.pick(&["1.0nd.ddd.ddd", "nd.ddd.ddd"]);
    fill(rng, pattern)
}

/// Documento nacional de identidad, or the number of a foreigner.
fn spain(rng: &mut Rng) -> String {
    const CHECKS: &str = "TRWAGMYFPDXBNJZSQVHLCKE";
    let check = |number: usize| CHECKS.chars().nth(number % 23).unwrap_or_default();
    if rng.percent(20) {
        let digits = fill(rng, "ddddddd");
        let (series, letter) = *rng.pick(&[(0, 'X'), (1, 'Y')]);
        let value: usize = digits.parse().unwrap_or_default();
        return format!("{letter}-{digits}-{}", check(series * 10_000_000 + value));
    }
    let digits = fill(rng, "nddddddd");
    format!("{digits}-{}", check(digits.parse().unwrap_or_default()))
}

/// Isikukood.
fn estonia(rng: &mut Rng) -> String {
    let sex = rng.char("34");
    let born = Birth::of_last_century(rng);
    let head = fill(rng, &format!("{sex}{}ddd", born.year_month_day()));
    let digits = numbers(&head);
    let first = weighted(&digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(&digits, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
    let check = if first == 10 { second % 10 } else { first };
    format!("{head}{check}")
}

/// Code of the national card.
fn iran(rng: &mut Rng) -> String {
    let head = fill(rng, "0nddddddd");
    let rest = weighted(&numbers(&head), &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { rest } else { 11 - rest };
    shaped(&format!("{head}{check}"), "###-######-#")
}

/// Codice fiscale.
fn italy(rng: &mut Rng) -> String {
    let born = Birth::of_last_century(rng);
    let month = "ABCDEHLMPRST".chars().nth(born.month.saturating_sub(1)).unwrap_or('A');
    let day = born.day + if rng.percent(50) { 40 } else { 0 };
    let town = rng.pick(&["H501", "F205", "L219", "F839", "D969", "A944", "D612", "G273"]);
    let name = fill(rng, "cccccc");
    let head = format!("{name}{:02}{month}{day:02}{town}", born.year);
    let sum: u32 = head
        .chars()
        .enumerate()
        .map(|(index, c)| if index % 2 == 0 { italian_odd(c) } else { ordinal(c) })
        .sum();
    let check = char::from_digit(10 + sum % 26, 36).unwrap_or_default().to_ascii_uppercase();
    shaped(&format!("{head}{check}"), "### ### ##### #####")
}

fn ordinal(c: char) -> u32 {
    let value = c.to_digit(36).unwrap_or_default();
    if value < 10 { value } else { value - 10 }
}

fn italian_odd(c: char) -> u32 {
    const VALUES: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let index = usize::try_from(ordinal(c)).unwrap_or_default();
    VALUES.get(index).copied().unwrap_or_default()
}

/// Clave única de registro de población.
fn mexico(rng: &mut Rng) -> String {
    let born = Birth::of_last_century(rng).year_month_day();
    let vowel = rng.char("AEIOU");
    let sex = rng.char("HM");
    let state = rng.pick(&["DF", "JC", "NL", "VZ", "PL", "SR", "YN", "OC", "CH", "BC"]);
    let head = fill(rng, &format!("c{vowel}cc{born}{sex}{state}cccd"));
    let sum: u32 =
        head.chars().zip((2..=18).rev()).map(|(c, weight)| mexican_value(c) * weight).sum();
    format!("{head}{}", (10 - sum % 10) % 10)
}

/// Ñ stands between N and O.
fn mexican_value(c: char) -> u32 {
    let value = c.to_digit(36).unwrap_or_default();
    if c > 'N' { value + 1 } else { value }
}

/// Burgerservicenummer.
fn netherlands(rng: &mut Rng) -> String {
    loop {
        let head = fill(rng, "nddddddd");
        let check = weighted(&numbers(&head), &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        if check < 10 {
            return shaped(&format!("{head}{check}"), "####.##.###");
        }
    }
}

/// Fødselsnummer.
fn norway(rng: &mut Rng) -> String {
    let control = |digits: &[u32], weights: &[u32]| (11 - weighted(digits, weights) % 11) % 11;
    loop {
        let born = Birth::of_last_century(rng);
        let century = rng.char("01234");
        let date = format!("{:02}{:02}{:02}", born.day, born.month, born.year);
        let mut digits = numbers(&fill(rng, &format!("{date}{century}dd")));
        digits.push(control(&digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2]));
        digits.push(control(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]));
        if !digits.contains(&10) {
            return shaped(&text(&digits), "###### #####");
        }
    }
}

/// Powszechny elektroniczny system ewidencji ludności.
fn poland(rng: &mut Rng) -> String {
    let born = Birth::of_last_century(rng);
    let head = fill(rng, &format!("{}dddd", born.year_month_day()));
    let sum = weighted(&numbers(&head), &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    format!("{head}{}", (10 - sum % 10) % 10)
}

/// Kimlik numarası.
fn turkey(rng: &mut Rng) -> String {
    let mut digits = numbers(&fill(rng, "ndddddddd"));
    let odd = weighted(&digits, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(&digits, &[0, 1, 0, 1, 0, 1, 0, 1, 0]);
    // 40 is more than the four even places can sum to, and keeps the difference above zero.
    digits.push((odd * 7 + 40 - even) % 10);
    digits.push(digits.iter().sum::<u32>() % 10);
    text(&digits)
}

struct Birth {
    year: usize,
    month: usize,
    day: usize,
}

impl Birth {
    /// In the nineteen-hundreds, where none of these schemes has to mark the century.
    fn of_last_century(rng: &mut Rng) -> Self {
        Self { year: 45 + rng.below(55), month: 1 + rng.below(12), day: 1 + rng.below(28) }
    }

    fn year_month_day(&self) -> String {
        format!("{:02}{:02}{:02}", self.year, self.month, self.day)
    }
}

fn numbers(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

fn text(digits: &[u32]) -> String {
    digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect()
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

// ---------------------------------------------------------------------------------------------
// Spelling
// ---------------------------------------------------------------------------------------------

#[derive(Clone, Copy)]
enum Style {
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

const LIST_STYLES: &[(Style, u64)] = &[
    (Style::House, 45),
    (Style::Bare, 25),
    (Style::Lower, 8),
    (Style::Spaces, 8),
    (Style::Dashes, 4),
    (Style::Groups, 6),
    (Style::Label, 4),
];

const BATCH_STYLES: &[(Style, u64)] = &[
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
struct Speller {
    rng: Rng,
    used: BTreeMap<Key, Vec<String>>,
}

impl Speller {
    fn write(&mut self, identifier: &Identifier, styles: &[(Style, u64)]) -> (String, String) {
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
fn bare(house: &str) -> String {
    if house.contains('@') {
        return house.to_owned();
    }
    house.chars().filter(|c| !is_separator(*c)).collect()
}

fn separated(house: &str, separator: char) -> String {
    let parts: Vec<&str> = house.split(is_separator).filter(|part| !part.is_empty()).collect();
    parts.join(&separator.to_string())
}

fn grouped(text: &str, size: usize, separator: char) -> String {
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
fn shaped(text: &str, shape: &str) -> String {
    let mut chars = text.chars();
    shape.chars().filter_map(|c| if c == '#' { chars.next() } else { Some(c) }).collect()
}

fn full_width(text: &str) -> String {
    let wide = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(0xff10 + digit));
    text.chars().map(|c| wide(c).unwrap_or(c)).collect()
}

// ---------------------------------------------------------------------------------------------
// Chance
// ---------------------------------------------------------------------------------------------

/// `SplitMix64` (Steele, Lea, Flood 2014): the same numbers on every machine and in every release.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, 0 for a limit of 0. The bias of the remainder does not matter here.
    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or_default()
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    #[expect(clippy::indexing_slicing, reason = "only tables that are not empty are given")]
    fn pick<'t, T>(&mut self, table: &'t [T]) -> &'t T {
        &table[self.below(table.len())]
    }

    fn char(&mut self, from: &str) -> char {
        let index = self.below(from.chars().count());
        from.chars().nth(index).unwrap_or_default()
    }

    fn weighted<T: Copy>(&mut self, table: &[(T, u64)]) -> T {
        let total: u64 = table.iter().map(|(_, weight)| weight).sum();
        let mut left = self.next() % total.max(1);
        for (value, weight) in table {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        self.pick(table).0
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Tables
// ---------------------------------------------------------------------------------------------

/// Alpha-2 code and English name of a country of the tables below.
fn names(alpha3: &str) -> (&'static str, &'static str) {
    NAMES
        .iter()
        .find(|(code, _, _)| *code == alpha3)
        .map_or(("", ""), |(_, alpha2, name)| (*alpha2, *name))
}

/// Calling code and trunk prefix of a country of [`PHONES`].
fn dialling(alpha3: &str) -> (&'static str, &'static str) {
    DIALLING
        .iter()
        .find(|(code, _, _)| *code == alpha3)
        .map_or(("", ""), |(_, calling, trunk)| (*calling, *trunk))
}

#[rustfmt::skip]
const NAMES: &[(&str, &str, &str)] = &[
    ("ARG", "AR", "Argentina"), ("ATG", "AG", "Antigua and Barbuda"), ("AUT", "AT", "Austria"),
    ("BEL", "BE", "Belgium"), ("BRA", "BR", "Brazil"), ("CAN", "CA", "Canada"),
    ("CHE", "CH", "Switzerland"), ("CHL", "CL", "Chile"), ("CHN", "CN", "China"),
    ("CMR", "CM", "Cameroon"), ("COL", "CO", "Colombia"), ("COM", "KM", "Comoros"),
    ("CYP", "CY", "Cyprus"), ("DEU", "DE", "Germany"), ("DNK", "DK", "Denmark"),
    ("ECU", "EC", "Ecuador"), ("ESP", "ES", "Spain"), ("EST", "EE", "Estonia"),
    ("FIN", "FI", "Finland"), ("FRA", "FR", "France"), ("GBR", "GB", "United Kingdom"),
    ("GRC", "GR", "Greece"), ("IND", "IN", "India"), ("IRN", "IR", "Iran"),
    ("ITA", "IT", "Italy"), ("LBR", "LR", "Liberia"), ("LTU", "LT", "Lithuania"),
    ("LUX", "LU", "Luxembourg"), ("MAR", "MA", "Morocco"), ("MEX", "MX", "Mexico"),
    ("MHL", "MH", "Marshall Islands"), ("MLT", "MT", "Malta"), ("NGA", "NG", "Nigeria"),
    ("NLD", "NL", "Netherlands"), ("NOR", "NO", "Norway"), ("PAN", "PA", "Panama"),
    ("PER", "PE", "Peru"), ("PLW", "PW", "Palau"), ("POL", "PL", "Poland"),
    ("PRT", "PT", "Portugal"), ("ROU", "RO", "Romania"), ("SRB", "RS", "Serbia"),
    ("SWE", "SE", "Sweden"), ("TUR", "TR", "Turkey"), ("UKR", "UA", "Ukraine"),
    ("USA", "US", "United States"), ("VEN", "VE", "Venezuela"), ("VNM", "VN", "Viet Nam"),
];

#[rustfmt::skip]
const DOCUMENTS: &[Forms] = &[
    forms("ARG", &["AAldddddd"]),
    forms("AUT", &["U ddddddd", "P ddddddd", "Ulddddddd"]),
    forms("BEL", &["ENdddddd", "GAdddddd", "EP dddddd"]),
    forms("BRA", &["Fldddddd", "YC dddddd"]),
    forms("CAN", &["lldddddd", "AB dddddd"]),
    forms("CHE", &["Xddddddd", "Sndlddddd"]),
    forms("CHL", &["Fdddddddd", "Pdddddddd"]),
    forms("CHN", &["Elddddddd", "Gdddddddd"]),
    forms("COL", &["Aldddddd", "AT-dddddd"]),
    forms("DEU", &["Cdggggggg", "Ldggggggg", "C dggg gggg", "Fdggggggg"]),
    forms("DNK", &["2dddddddd"]),
    forms("ECU", &["Addddddd", "0ndddddddd"]),
    forms("ESP", &["lllddddddd", "PAldddddd", "XDl dddddd"]),
    forms("EST", &["KEddddddd", "Kdddddddd"]),
    forms("FIN", &["FPddddddd", "PPddddddd", "FP ddddddd"]),
    forms("FRA", &["ddllddddd", "1dll ddddd"]),
    forms("GBR", &["ndddddddd", "5dd ddd ddd"]),
    forms("GRC", &["ANddddddd", "AO ddddddd"]),
    forms("IND", &["lddddddd", "Z nddddddd"]),
    forms("IRN", &["ldddddddd"]),
    forms("ITA", &["YAddddddd", "YBddddddd", "CAdddddll", "YC ddddddd"]),
    forms("MAR", &["llddddddd"]),
    forms("MEX", &["Gdddddddd", "Ndddddddd"]),
    forms("NGA", &["Adddddddd", "B5ddddddd"]),
    forms("NLD", &["Nlldlndln", "Ildldnnln"]),
    forms("NOR", &["CCldddddd", "ndddddddd"]),
    forms("PAN", &["PA0dddddd"]),
    forms("PER", &["ndddddddd", "11ddddddd"]),
    forms("POL", &["Elddddddd", "EH ddddddd", "ZZC dddddd"]),
    forms("PRT", &["Cldddddd", "CB-dddddd"]),
    forms("ROU", &["05dddddddd", "0n ddddddd"]),
    forms("SRB", &["0ndddddddd"]),
    forms("SWE", &["AAddddddd", "3ddddddd"]),
    forms("TUR", &["Udddddddd", "S dddddddd"]),
    forms("UKR", &["Fldddddd", "FC dddddd"]),
    forms("USA", &["5dddddddd", "ldddddddd"]),
    forms("VEN", &["ndddddddd", "1dddddddd"]),
    forms("VNM", &["Bddddddd", "C-ddddddd"]),
];

#[rustfmt::skip]
const PLATES: &[Forms] = &[
    forms("ARG", &["ll ddd ll"]),
    forms("AUT", &["W-nddddl", "GU-ndd ll", "L-ndd ll", "S-ndd ll"]),
    forms("BEL", &["1-lll-ddd", "2-lll-ddd"]),
    forms("BRA", &["lll-dddd", "llldldd"]),
    forms("CHE", &["ZH nddddd", "BE nddddd", "GE nddddd", "TI nddddd"]),
    forms("CHL", &["cccc-dd"]),
    forms("COL", &["lll ddd", "lll-ddd"]),
    forms("DEU", &["B-ll nddd", "M-ll nddd", "HH-ll nddd", "K-ll ndd", "F-ll nddd", "TÜ-ll ndd"]),
    forms("DNK", &["ll nd ddd"]),
    forms("ECU", &["lll-dddd"]),
    forms("ESP", &["dddd ccc", "dddd-ccc"]),
    forms("EST", &["ddd lll"]),
    forms("FIN", &["lll-ndd"]),
    forms("FRA", &["ll-ddd-ll"]),
    forms("GBR", &["ll6d lll", "ll5n lll"]),
    forms("ITA", &["ll ddd ll", "ll dddll"]),
    forms("MEX", &["lll-ddd-l"]),
    forms("NLD", &["cc-ddd-c", "c-ddd-cc", "dd-ccc-n"]),
    forms("NOR", &["ll ndddd"]),
    forms("PAN", &["ll dddd"]),
    forms("PER", &["l1l-ddd"]),
    forms("POL", &["WX ddddd", "KR ndddl", "GD dddll", "PO dllnd"]),
    forms("PRT", &["ll-dd-ll"]),
    forms("SWE", &["lll ddd"]),
    forms("TUR", &["34 ll nddd", "06 lll ndd", "35 ll ndd"]),
    forms("VEN", &["llddd ll"]),
];

/// Maritime identification digits of flag states, then six digits.
#[rustfmt::skip]
const MARITIME: &[Forms] = &[
    forms("ATG", &["304dddddd"]),
    forms("BRA", &["710dddddd"]),
    forms("CMR", &["613dddddd"]),
    forms("COL", &["730dddddd"]),
    forms("COM", &["620dddddd"]),
    forms("CYP", &["209dddddd", "212dddddd"]),
    forms("DEU", &["211dddddd", "218dddddd"]),
    forms("FIN", &["230dddddd"]),
    forms("GRC", &["237dddddd"]),
    forms("IRN", &["422dddddd"]),
    forms("LBR", &["636dddddd"]),
    forms("MHL", &["538dddddd"]),
    forms("MLT", &["229dddddd", "248dddddd"]),
    forms("NLD", &["244dddddd"]),
    forms("NOR", &["257dddddd"]),
    forms("PAN", &["352dddddd", "371dddddd"]),
    forms("PLW", &["511dddddd"]),
    forms("SWE", &["265dddddd"]),
    forms("TUR", &["271dddddd"]),
    forms("VEN", &["775dddddd"]),
];

#[rustfmt::skip]
const AIRCRAFT: &[Forms] = &[
    forms("AUT", &["OE-lll"]),
    forms("BEL", &["OO-lll"]),
    forms("BRA", &["PR-lll", "PT-lll"]),
    forms("CHE", &["HB-lll"]),
    forms("CHL", &["CC-lll"]),
    forms("COL", &["HK-nddd"]),
    forms("DEU", &["D-Alll", "D-Elll", "D-Clll"]),
    forms("DNK", &["OY-lll"]),
    forms("ECU", &["HC-lll"]),
    forms("ESP", &["EC-lll"]),
    forms("EST", &["ES-lll"]),
    forms("FIN", &["OH-lll"]),
    forms("FRA", &["F-Glll", "F-Hlll"]),
    forms("GBR", &["G-llll"]),
    forms("ITA", &["I-llll"]),
    forms("MEX", &["XB-lll"]),
    forms("NLD", &["PH-lll"]),
    forms("NOR", &["LN-lll"]),
    forms("PAN", &["HP-nddd"]),
    forms("POL", &["SP-lll"]),
    forms("SWE", &["SE-lll"]),
    forms("TUR", &["TC-lll"]),
    forms("USA", &["Nnddll", "Nndddl", "Nnddd"]),
    forms("VEN", &["YVndddd", "YVnddd"]),
];

#[rustfmt::skip]
const DIALLING: &[(&str, &str, &str)] = &[
    ("AUT", "43", "0"), ("BEL", "32", "0"), ("BRA", "55", ""), ("CHE", "41", "0"),
    ("CHL", "56", ""), ("COL", "57", ""), ("DEU", "49", "0"), ("DNK", "45", ""),
    ("ECU", "593", "0"), ("ESP", "34", ""), ("EST", "372", ""), ("FIN", "358", "0"),
    ("FRA", "33", "0"), ("GBR", "44", "0"), ("ITA", "39", ""), ("MAR", "212", "0"),
    ("MEX", "52", ""), ("NGA", "234", "0"), ("NLD", "31", "0"), ("NOR", "47", ""),
    ("PAN", "507", ""), ("PER", "51", ""), ("POL", "48", ""), ("PRT", "351", ""),
    ("ROU", "40", "0"), ("SWE", "46", "0"), ("TUR", "90", "0"), ("UKR", "380", "0"),
    ("USA", "1", ""), ("VEN", "58", "0"),
];

/// National numbers, mobile but for Berlin and the United States, in ranges that are in use so that
/// strict readers accept them. The American ones are from the range kept for fiction.
#[rustfmt::skip]
const PHONES: &[Forms] = &[
    forms("AUT", &["664 nddddddd", "664 ndd dddd", "676 ndddddd"]),
    forms("BEL", &["470 dd dd dd", "475 dd dd dd"]),
    forms("BRA", &["(11) 9nddd-dddd", "(21) 99ddd-dddd"]),
    forms("CHE", &["79 ndd dd dd", "78 ndd dd dd"]),
    forms("CHL", &["9 6ddd dddd", "9 7ndd dddd"]),
    forms("COL", &["310 ddd dddd", "300 ddd dddd", "(315) ddddddd"]),
    forms("DEU", &["151 2ddddddd", "170 ndddddd", "172 ndddddd", "30 2ddddddd"]),
    forms("DNK", &["20 nd dd dd", "40 nd dd dd"]),
    forms("ECU", &["99 ddd dddd", "98 ddd dddd"]),
    forms("ESP", &["612 ddd ddd", "65n dd dd dd", "63d ddd ddd"]),
    forms("EST", &["512 dddd", "5dd ddddd"]),
    forms("FIN", &["40 ndd dddd", "50 ndd dddd"]),
    forms("FRA", &["6 12 dd dd dd", "6 7d dd dd dd", "6 8d dd dd dd"]),
    forms("GBR", &["740n dddddd", "740d ddd ddd"]),
    forms("ITA", &["320 ddddddd", "347 ddd dddd", "333 ddd dd dd"]),
    forms("MAR", &["6 61 dd dd dd", "6 62 dd dd dd"]),
    forms("MEX", &["55 nddd dddd", "33 nddd dddd"]),
    forms("NGA", &["803 ddd dddd", "806 ddd dddd"]),
    forms("NLD", &["6 1ddddddd", "6 2ddd dddd", "6-5ddddddd"]),
    forms("NOR", &["41d dd ddd", "9nd dd ddd"]),
    forms("PAN", &["6ndd-dddd"]),
    forms("PER", &["9nd ddd ddd"]),
    forms("POL", &["601 ddd ddd", "60n ddd ddd", "66d ddd ddd"]),
    forms("PRT", &["91d ddd ddd", "96d ddd ddd"]),
    forms("ROU", &["722 ddd ddd", "744 ddd ddd"]),
    forms("SWE", &["70 ndd dd dd", "73 ndd dd dd"]),
    forms("TUR", &["532 ddd dd dd", "542 ddd dd dd"]),
    forms("UKR", &["50 ddd dd dd", "67 ddd dd dd"]),
    forms("USA", &["(212) 555-01dd", "305-555-01dd", "(415) 555-01dd", "713 555 01dd", "(312) 555-01dd", "617-555-01dd"]),
    forms("VEN", &["412-ddddddd", "414-ddd dd dd", "424 ddd dddd"]),
];

/// Basic bank account numbers; the banks named by letters are invented.
#[rustfmt::skip]
const ACCOUNTS: &[Forms] = &[
    forms("AUT", &["ndddddddddddddd0", "1ddddddddddddddd"]),
    forms("BEL", &["dddddddddd"]),
    forms("BRA", &["ndddddddddddddddddddddnC1", "0000000dddd0000dddddddnP1"]),
    forms("CHE", &["0dddddddddddddddd", "0dddd000ddddddddd"]),
    forms("DEU", &["ndddddddd0dddddddd", "nddddddd00dddddddd"]),
    forms("DNK", &["dddddddddddddd"]),
    forms("ESP", &["0ddddddddddddddddd", "2ddddddddddddddddd"]),
    forms("FRA", &["ndddddddddddddddddddd", "30ddddddd0ddddddddddd"]),
    forms("GBR", &["ARCBdddddddddddddd", "NSTRdddddddddddddd"]),
    forms("LTU", &["dddddddddddddddd"]),
    forms("LUX", &["0ddddddddddddddd"]),
    forms("NLD", &["BORE0ddddddddd", "ARCB0ddddddddd"]),
    forms("ROU", &["CTGBdddddddddddddddd", "SULCddddRONddddddddd"]),
    forms("TUR", &["000dd0dddddddddddddddd"]),
];

/// Maker, description, `?` check digit, `*` model year, plant, serial number.
#[rustfmt::skip]
const VINS: &[&str] = &[
    "WVWZZZ1KZ*Wdddddd", "WAUZZZ8VZ*Adddddd", "VSSZZZ5FZ*Rdddddd", "TMBJJ7NEd*0dddddd",
    "WBA3nddd?*Pdddddd", "W1K2nddd?*Adddddd", "WDD2nddd?*Adddddd", "WF0ndllld*ldddddd",
    "VF1lnddd?*0dddddd", "VF3ldlld?*Ydddddd", "ZFA3nddd?*Pdddddd", "ZARFnddd?*7dddddd",
    "YV1lnldd?*2dddddd", "YS2lnXdd?*5dddddd", "SALlldnd?*Adddddd", "UU1lnldd?*5dddddd",
    "NMTlnldd?*0dddddd", "1HGCndld?*Adddddd", "1FTFnldd?*Fdddddd", "2T1BndEd?*Cdddddd",
    "3VWFnddd?*Mdddddd", "3N1ABnld?*Ydddddd", "4T1Bndld?*Udddddd", "5YJ3EnEd?*Fdddddd",
    "9BWlnldd?*Tdddddd", "93HlnGdd?*Zdddddd", "8AJlnldd?*3dddddd", "9FBlnSdd?*Mdddddd",
    "LSGlnldd?*Sdddddd", "LVVDnldd?*Ddddddd", "JTDlnldd?*0dddddd", "JHMlnldd?*Sdddddd",
    "KMHlnldd?*Udddddd", "KNAlnldd?*5dddddd", "MALlnldd?*Mdddddd",
];
