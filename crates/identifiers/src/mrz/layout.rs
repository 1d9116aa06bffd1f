//! Where the fields stand, counted over all lines run together.

use crate::normalise::Text;

/// One check digit and what it covers.
pub(super) struct Checked {
    pub(super) name: &'static str,
    pub(super) covers: &'static [(usize, usize)],
    pub(super) digit_at: usize,
    /// Whether `<` may stand instead of 0 when the field is empty.
    pub(super) filler_allowed: bool,
}

pub(super) struct Layout {
    /// Field of the document number; its check digit follows it.
    pub(super) number: (usize, usize),
    /// Optional data.
    pub(super) optional: (usize, usize),
    /// Whether a number of more than nine characters runs over into the optional data.
    pub(super) runs_over: bool,
    pub(super) checked: &'static [Checked],
    pub(super) composite: Option<Checked>,
}

const fn checked(
    name: &'static str,
    covers: &'static [(usize, usize)],
    digit_at: usize,
    filler_allowed: bool,
) -> Checked {
    Checked { name, covers, digit_at, filler_allowed }
}

impl Layout {
    /// The layout is told by the length and the first letter.
    pub(super) fn of(zone: &Text) -> Option<Self> {
        let visa = zone.chars().first() == Some(&'V');
        let french = zone.chars().iter().take(5).eq("IDFRA".chars().collect::<Vec<_>>().iter());
        match (zone.len(), visa) {
            (90, _) => Some(TD1),
            (88, false) => Some(TD3),
            (88, true) => Some(MRV_A),
            (72, true) => Some(MRV_B),
            (72, false) if french && is_old_french(zone) => Some(FRENCH_CARD),
            (72, false) => Some(TD2),
            _ => None,
        }
    }
}

/// The old French card has given names where TD2 has nationality and dates.
fn is_old_french(zone: &Text) -> bool {
    let given_names = zone.slice(36 + 13, 36 + 27);
    given_names.chars().iter().all(|c| !c.is_ascii_digit())
}

/// ICAO Doc 9303-5 section 4.2.2.
const TD1: Layout = Layout {
    number: (5, 14),
    optional: (15, 30),
    runs_over: true,
    checked: &[
        checked("date of birth", &[(30, 36)], 36, true),
        checked("date of expiry", &[(38, 44)], 44, true),
    ],
    composite: Some(checked("whole zone", &[(5, 30), (30, 37), (38, 45), (48, 59)], 59, false)),
};

/// ICAO Doc 9303-6 section 4.2.2.
const TD2: Layout = Layout {
    number: (36, 45),
    optional: (64, 71),
    runs_over: true,
    checked: &[
        checked("date of birth", &[(49, 55)], 55, true),
        checked("date of expiry", &[(57, 63)], 63, true),
    ],
    composite: Some(checked("whole zone", &[(36, 46), (49, 56), (57, 71)], 71, false)),
};

/// ICAO Doc 9303-4 section 4.2.2.
const TD3: Layout = Layout {
    number: (44, 53),
    optional: (72, 86),
    runs_over: false,
    checked: &[
        checked("date of birth", &[(57, 63)], 63, true),
        checked("date of expiry", &[(65, 71)], 71, true),
        checked("personal number", &[(72, 86)], 86, true),
    ],
    composite: Some(checked("whole zone", &[(44, 54), (57, 64), (65, 87)], 87, false)),
};

/// ICAO Doc 9303-7 section 4.2: no composite check digit.
const MRV_A: Layout = Layout {
    number: (44, 53),
    optional: (72, 88),
    runs_over: false,
    checked: &[
        checked("date of birth", &[(57, 63)], 63, true),
        checked("date of expiry", &[(65, 71)], 71, true),
    ],
    composite: None,
};

/// ICAO Doc 9303-7 section 5.2: no composite check digit.
const MRV_B: Layout = Layout {
    number: (36, 45),
    optional: (64, 72),
    runs_over: false,
    checked: &[
        checked("date of birth", &[(49, 55)], 55, true),
        checked("date of expiry", &[(57, 63)], 63, true),
    ],
    composite: None,
};

/// French national identity card issued from 1988 to 2021: number of twelve digits, given names,
/// date of birth, sex, composite over both lines.
const FRENCH_CARD: Layout = Layout {
    number: (36, 48),
    optional: (48, 48),
    runs_over: false,
    checked: &[checked("date of birth", &[(63, 69)], 69, true)],
    composite: Some(checked("whole zone", &[(0, 71)], 71, false)),
};
