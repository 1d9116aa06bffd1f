//! The size that the format promises, everything in the file counted.

#![cfg(test)]

mod support;

use support::{file, hashes};

fn bits_per_tag(lambda: u8, tags: u64) -> f64 {
    let (summary, file) = file(lambda, hashes(0..tags));
    assert_eq!(summary.padded_len, tags, "a step of the ladder, so that no dummy is counted");
    assert_eq!(summary.file_len, file.len() as u64);
    file.len() as f64 * 8.0 / tags as f64
}

#[test]
fn a_hundred_thousand_tags_take_at_most_lambda_and_two_and_a_half_bits_each() {
    for lambda in [8, 30, 40, 64] {
        let bits = bits_per_tag(lambda, 100_000);
        assert!(bits <= f64::from(lambda) + 2.5, "{bits}");
    }
}

#[test]
fn a_million_tags_take_at_most_lambda_and_two_and_three_tenths_bits_each() {
    let bits = bits_per_tag(40, 1_000_000);
    assert!(bits <= 42.3, "{bits}");
}
