//! A look-up of what is not in the set says *hit* with probability 2^-λ.

#![cfg(test)]

mod support;

use support::{hashes, set};

const ASKED: u64 = 4_000_000;

/// With n entries on n · 2^λ positions, a share of 1 - (1 - 1/(n · 2^λ))^n ≈ 1 - exp(-2^-λ) of the
/// positions is taken. The number of hits then varies by its own chance and by that of the set
/// (positions taken twice); the second is the smaller. Five standard deviations, of a fixed sample.
fn check(lambda: u8) {
    let records = 100_000;
    let set = set(lambda, hashes(0..records));
    let hits = set.contains_batch(&hashes(records..records + ASKED));
    let hits = hits.into_iter().filter(|hit| *hit).count() as f64;
    let rate = 1.0 - (-(0.5_f64.powi(i32::from(lambda)))).exp();
    let expected = rate * ASKED as f64;
    let deviation = (expected * (1.0 - rate)).sqrt();
    assert!((hits - expected).abs() < 5.0 * deviation, "{hits} hits, {expected} expected");
    assert!(
        hits / ASKED as f64 <= 0.5_f64.powi(i32::from(lambda)) + 5.0 * deviation / ASKED as f64
    );
}

#[test]
fn at_lambda_8_one_look_up_in_256_is_a_false_hit() {
    check(8);
}

#[test]
fn at_lambda_10_one_look_up_in_1024_is_a_false_hit() {
    check(10);
}

#[test]
fn at_lambda_12_one_look_up_in_4096_is_a_false_hit() {
    check(12);
}

#[test]
fn at_the_default_lambda_there_is_no_false_hit_in_four_million() {
    check_none(40);
}

fn check_none(lambda: u8) {
    let set = set(lambda, hashes(0..100_000));
    assert!(set.contains_batch(&hashes(100_000..100_000 + ASKED)).into_iter().all(|hit| !hit));
}
