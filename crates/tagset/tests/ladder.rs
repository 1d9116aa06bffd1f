//! The ladder hides the number of records and wastes little.

#![cfg(test)]

use proptest::prelude::*;
use symbolon_tagset::{Error, MAX_PADDED_LEN, MIN_PADDED_LEN, padded_len};

/// All steps, from the lowest, found by climbing.
fn steps() -> Vec<u64> {
    std::iter::successors(Some(padded_len(0).unwrap()), |step| padded_len(step + 1).ok()).collect()
}

#[test]
fn the_ladder_runs_from_its_minimum_to_its_maximum_in_steps_of_at_most_a_quarter() {
    let steps = steps();
    assert_eq!(steps.first(), Some(&MIN_PADDED_LEN));
    assert_eq!(steps.last(), Some(&MAX_PADDED_LEN));
    for pair in steps.windows(2) {
        assert!(pair[0] < pair[1] && 4 * pair[1] <= 5 * pair[0], "{pair:?}");
    }
}

#[test]
fn each_step_holds_itself_and_everything_down_to_the_step_below() {
    for pair in steps().windows(2) {
        assert_eq!(padded_len(pair[0]).unwrap(), pair[0]);
        assert_eq!(padded_len(pair[0] + 1).unwrap(), pair[1]);
        assert_eq!(padded_len(pair[1] - 1).unwrap(), pair[1]);
    }
}

#[test]
fn the_first_steps_are_the_published_ones() {
    let published =
        [1_024, 1_250, 1_500, 1_750, 2_000, 2_500, 3_000, 3_500, 4_000, 5_000, 6_000, 7_000, 8_000];
    assert_eq!(steps()[..13], published);
    assert_eq!(steps()[13], 10_000);
}

#[test]
fn more_records_than_the_ladder_holds_are_refused_with_advice() {
    for records in [MAX_PADDED_LEN + 1, u64::MAX] {
        let error = padded_len(records).unwrap_err();
        assert!(matches!(error, Error::TooMany { records: found } if found == records));
        assert!(error.to_string().contains("split the dataset"));
    }
}

proptest! {
    #[test]
    fn the_ladder_is_monotone_and_pads_by_less_than_a_quarter(
        a in MIN_PADDED_LEN..=MAX_PADDED_LEN,
        b in 0..=MAX_PADDED_LEN,
    ) {
        let step = padded_len(a).unwrap();
        prop_assert!(step >= a && 4 * step < 5 * a + 4);
        prop_assert_eq!(padded_len(b).unwrap() <= step, b <= step);
    }
}
