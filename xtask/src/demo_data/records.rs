//! Records: one case each, with the identifiers that belong to it.

use super::bureaus::{ARCADIA, BOREALIA, Bureau, COSTAGUANA, bureau};
use super::identifiers::{Identifier, Kind, Maker, national_id, phone};
use super::national_numbers::NATIONAL_IDS;
use super::tables::PHONES;

/// Rows after which a list is full; the last record may add a few.
const ROWS_PER_LIST: usize = 7_400;

#[derive(Clone, Copy)]
pub(super) enum Shape {
    Document,
    Vehicle,
    Person,
    Account,
    Vessel,
    Aircraft,
    Freight,
    Device,
}

pub(super) struct Record {
    pub(super) category: &'static str,
    pub(super) identifiers: Vec<Identifier>,
}

/// Records two bureaus have, so that their lists meet.
pub(super) struct Shared {
    pub(super) arcadia_borealia: Vec<Record>,
    pub(super) arcadia_costaguana: Vec<Record>,
    pub(super) borealia_costaguana: Vec<Record>,
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
    pub(super) fn make(maker: &mut Maker) -> Self {
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

    pub(super) fn of(&self, bureau: usize) -> impl Iterator<Item = &Record> {
        let (one, other) = match bureau {
            ARCADIA => (&self.arcadia_borealia, &self.arcadia_costaguana),
            BOREALIA => (&self.arcadia_borealia, &self.borealia_costaguana),
            _ => (&self.arcadia_costaguana, &self.borealia_costaguana),
        };
        one.iter().chain(other)
    }

    pub(super) fn rows_of(&self, bureau: usize) -> usize {
        self.of(bureau).map(|record| record.identifiers.len()).sum()
    }
}

pub(super) fn own_records(maker: &mut Maker, bureau: &Bureau, shared_rows: usize) -> Vec<Record> {
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

pub(super) fn record(maker: &mut Maker, shape: Shape, near: &[&str]) -> Record {
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

pub(super) fn account(maker: &mut Maker, near: &[&str]) -> Vec<Identifier> {
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
