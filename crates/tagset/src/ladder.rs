use crate::error::Error;

/// The lowest step of the ladder: even an empty dataset has this many entries.
pub const MIN_PADDED_LEN: u64 = 1_024;

/// The highest step of the ladder; every entry's index fits 32 bits.
pub const MAX_PADDED_LEN: u64 = 4_000_000_000;

/// The steps of one decade, in hundredths: neighbours are at most 25 % apart.
const STEPS: [u64; 13] = [100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 600, 700, 800];

/// The public ladder: the smallest step that holds `records` distinct entries.
///
/// The steps are 1,024 and then {1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8} · 10^k from 1,250
/// to [`MAX_PADDED_LEN`]. A set always has as many entries as a step, so all that its size gives away
/// is between which two steps the number of records lies. Padding is less than 25 % of `records`
/// above the lowest step. The steps are round in ten because that is how bureaus state the sizes of
/// their datasets.
///
/// # Errors
///
/// [`Error::TooMany`] above [`MAX_PADDED_LEN`].
pub fn padded_len(records: u64) -> Result<u64, Error> {
    if records <= MIN_PADDED_LEN {
        return Ok(MIN_PADDED_LEN);
    }
    (1..8)
        .map(|exponent| 10_u64.pow(exponent))
        .flat_map(|unit| STEPS.map(|step| step * unit))
        .find(|&step| step >= records && step <= MAX_PADDED_LEN)
        .ok_or(Error::TooMany { records })
}

/// Whether `len` is a step of the ladder.
pub(crate) fn is_step(len: u64) -> bool {
    padded_len(len).is_ok_and(|step| step == len)
}
