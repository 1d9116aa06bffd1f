//! The three bureaus, and what their lists are about.

use super::records::Shape;

pub(super) const ARCADIA: usize = 0;
pub(super) const BOREALIA: usize = 1;
pub(super) const COSTAGUANA: usize = 2;

pub(super) struct Bureau {
    pub(super) code: &'static str,
    pub(super) file: &'static str,
    /// Countries most of its cases come from.
    pub(super) near: &'static [&'static str],
    /// How many records in a hundred have each shape.
    pub(super) shapes: &'static [(Shape, u64)],
}

pub(super) const BUREAUS: [Bureau; 3] = [
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

pub(super) fn bureau(index: usize) -> &'static Bureau {
    let [arcadia, borealia, costaguana] = &BUREAUS;
    match index {
        ARCADIA => arcadia,
        BOREALIA => borealia,
        _ => costaguana,
    }
}
