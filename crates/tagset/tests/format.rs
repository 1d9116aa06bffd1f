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
    assert_eq!(hex::encode(dummy(0).0), "94b436491e21bba33a8f540646b63140");
    assert_eq!(hex::encode(dummy(1_020).0), "e6f3ff3a0f2e70b01e61505a6a994bd4");
    assert_eq!((summary.padded_len, file.len()), (1_024, 5_552));
    assert_eq!(hex::encode(&file[5_504..5_520]), "00000000f2000000ee010000fd020000");
    assert_eq!(
        hex::encode(&file[5_520..]),
        "5ad12692dd9ae4e42d29886acb6fc5c0514654a7ee1f84fc099d286be42df29c"
    );
    assert_eq!(
        hex::encode(summary.sha256),
        "9872648902a431c0a075e902483e3eda19b3da83e1940495390808dde485a1c0"
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
