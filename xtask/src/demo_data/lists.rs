//! The files: lists as sources write them, and the batch that an analyst checks.

use std::fmt::Write as _;

use super::bureaus::{ARCADIA, BOREALIA, Bureau, COSTAGUANA, bureau};
use super::identifiers::{Identifier, Kind, Maker};
use super::records::{Record, Shared};
use super::spelling::{BATCH_STYLES, LIST_STYLES, Speller};
use crate::chance::Rng;

/// One list as CSV.
pub(super) fn list(
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
pub(super) fn batch(maker: &mut Maker, own: &[Vec<Record>], shared: &Shared) -> Vec<Identifier> {
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

pub(super) fn batch_text(
    speller: &mut Speller,
    batch: &[Identifier],
) -> Result<String, std::fmt::Error> {
    let mut text = "identifier_type,value,country\n".to_owned();
    for identifier in batch {
        let (value, country) = speller.write(identifier, BATCH_STYLES);
        writeln!(text, "{},{value},{country}", identifier.kind.name())?;
    }
    Ok(text)
}
