//! The file is the one that FORMAT.md describes, byte for byte.

#![cfg(test)]

mod support;

use ring::digest::{SHA256, digest};
use support::{dummy, file, hashes, position};
use symbolon_tagset::{MembershipHash, TagSet};

fn example() -> Vec<MembershipHash> {
    [0, 0x80, 0xff].map(|byte| MembershipHash([byte; 16])).to_vec()
}

/// The values come from a writer in another language that follows FORMAT.md.
#[test]
fn the_example_of_the_format_description_has_its_bytes() {
    let (summary, file) = file(40, example());
    assert_eq!(hex::encode(dummy(0).0), "c8f0d414af699f0ba075559642ded0a5");
    assert_eq!(hex::encode(dummy(1_020).0), "7168cd399712dbca9ff918cb0ef3b24e");
    assert_eq!((summary.padded_len, file.len()), (1_024, 5_552));
    assert_eq!(hex::encode(&file[5_504..5_520]), "0000000000010000ec01000005030000");
    assert_eq!(
        hex::encode(&file[5_520..]),
        "a752ee28714e09efd0a13005c66429512d692bb58d80f4605b5c223188fac583"
    );
    assert_eq!(
        hex::encode(summary.sha256),
        "94f4c757f127a2368e60417c01ac64a088243aa4c7a07b98a0e88558739a78d9"
    );
}

#[test]
fn the_values_of_the_example_stand_in_the_format_description() {
    let description = include_str!("../FORMAT.md");
    let (summary, file) = file(40, example());
    for value in [&file[5_504..5_520], &file[5_520..], &summary.sha256, &dummy(0).0] {
        assert!(description.contains(&hex::encode(value)));
    }
}

#[test]
fn the_digest_is_that_of_the_whole_file() {
    let (summary, file) = file(40, example());
    assert_eq!(digest(&SHA256, &file).as_ref(), summary.sha256);
    assert_eq!(TagSet::from_bytes(file).unwrap().sha256(), &summary.sha256);
}

/// A reader as FORMAT.md tells it, without the directory and without thought of speed.
fn read(file: &[u8]) -> Vec<u128> {
    let number = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap()) as usize;
    let bit = |section: usize, i: usize| (file[section + i / 8] >> (i % 8)) & 1;
    let lambda = usize::from(file[12]);
    let (n, lows, buckets) = (number(24), number(72), number(88));
    let mut entries = Vec::new();
    let mut bucket = 0;
    for i in 0..2 * n {
        if bit(buckets, i) == 0 {
            bucket += 1;
            continue;
        }
        let start = entries.len() * lambda;
        let low = (0..lambda).fold(0, |low, j| low | (u128::from(bit(lows, start + j)) << j));
        entries.push((bucket << lambda) | low);
    }
    entries
}

#[test]
fn a_reader_written_from_the_description_finds_the_sorted_positions() {
    for (lambda, records) in [(8, 900), (23, 1_024), (40, 1_300), (63, 5_000), (64, 1_750)] {
        let (summary, file) = file(lambda, hashes(0..records));
        let n = summary.padded_len;
        let dummies = (0..n - records).map(dummy);
        let all = hashes(0..records).into_iter().chain(dummies);
        let mut expected: Vec<_> = all.map(|hash| position(&hash, n, lambda)).collect();
        expected.sort_unstable();
        assert_eq!(read(&file), expected, "λ = {lambda}");
    }
}
