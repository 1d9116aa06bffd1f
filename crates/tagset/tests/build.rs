//! The file is that of the plain way to write it, however it is built.

#![cfg(test)]

mod support;

use std::num::NonZeroUsize;

use ring::digest::{SHA256, digest};
use support::{dummy, hashes, parameters, position, secret};
use symbolon_tagset::{Error, MembershipHash, TagSet, build, build_parallel, padded_len};

/// A writer as FORMAT.md tells it: everything in memory, sorted by the standard library, bit by bit.
fn plain(lambda: u8, mut hashes: Vec<MembershipHash>) -> Vec<u8> {
    hashes.sort_by_key(|hash| hash.0);
    hashes.dedup();
    let n = padded_len(hashes.len() as u64).unwrap();
    hashes.extend((0..n - hashes.len() as u64).map(dummy));
    let mut positions: Vec<_> = hashes.iter().map(|hash| position(hash, n, lambda)).collect();
    positions.sort();

    let words = |bits: u64| bits.div_ceil(64) as usize * 8;
    let bits = u64::from(lambda);
    let (n_lows, n_buckets) = (words(n * bits), words(2 * n));
    let groups = n.div_ceil(256);
    let n_directory = words(groups * 32);
    let file_len = 128 + n_lows + n_buckets + n_directory + 32;
    let mut file = Vec::new();
    file.extend(b"\x8dSymTag\n\x01\0\0\0");
    file.extend([lambda, 0, 0, 0]);
    file.extend((file_len as u64).to_le_bytes());
    file.extend(n.to_le_bytes());
    file.extend(7_u64.to_le_bytes());
    file.extend([0x11; 32]);
    let mut offset = 128;
    for len in [n_lows, n_buckets, n_directory] {
        file.extend((offset as u64).to_le_bytes());
        file.extend((len as u64).to_le_bytes());
        offset += len;
    }
    file.extend([0; 8]);

    file.resize(offset, 0);
    let mut set = |section: usize, bit: u64| file[section + bit as usize / 8] |= 1 << (bit % 8);
    for (i, position) in (0..).zip(&positions) {
        for bit in (0..bits).filter(|bit| (position >> bit) & 1 == 1) {
            set(128, i * bits + bit);
        }
        set(128 + n_lows, i + (position >> lambda) as u64);
    }
    for group in 0..groups as usize {
        let before = positions.partition_point(|at| at >> lambda < group as u128 * 256);
        let at = 128 + n_lows + n_buckets + 4 * group;
        file[at..at + 4].copy_from_slice(&(before as u32).to_le_bytes());
    }
    let checksum = digest(&SHA256, &file);
    file.extend(checksum.as_ref());
    file
}

fn check(lambda: u8, hashes: &[MembershipHash]) {
    let expected = plain(lambda, hashes.to_vec());
    let mut alone = Vec::new();
    let summary = build(&parameters(lambda), hashes.to_vec(), &secret(), &mut alone).unwrap();
    assert!(alone == expected, "λ = {lambda}, {} hashes", hashes.len());
    assert_eq!(digest(&SHA256, &expected).as_ref(), summary.sha256);
    for workers in [1, 2, 3, 16] {
        let mut file = Vec::new();
        let workers = NonZeroUsize::new(workers).unwrap();
        let hashes = hashes.to_vec();
        let parallel =
            build_parallel(&parameters(lambda), hashes, &secret(), workers, &mut file).unwrap();
        assert!(file == expected, "λ = {lambda}, {workers} workers");
        assert_eq!(parallel, summary);
    }
}

#[test]
fn small_sets_are_written_as_the_plain_way_writes_them() {
    for (lambda, records) in [(8, 0), (9, 1), (40, 1_024), (40, 1_025), (57, 3_000), (64, 8_001)] {
        check(lambda, &hashes(0..records));
    }
}

#[test]
fn large_sets_are_written_as_the_plain_way_writes_them() {
    // Without dummies, with more of them than one thread makes, and above the step for threads.
    for records in [60_000, 80_001, 200_000] {
        check(40, &hashes(0..records));
    }
}

#[test]
fn sorted_repeated_and_crowded_hashes_are_written_as_the_plain_way_writes_them() {
    let mut sorted = hashes(0..70_000);
    sorted.sort_by_key(|hash| hash.0);
    check(40, &sorted);
    sorted.reverse();
    check(40, &sorted);
    let twice = [hashes(0..70_000), hashes(30_000..90_000)].concat();
    check(40, &twice);
    let crowd = |n: u128| (n / 50) * (u128::MAX / 1_500) + ((n % 50) << 80);
    let crowd = |n| MembershipHash(crowd(n).to_be_bytes());
    check(40, &(0..70_000).rev().map(crowd).collect::<Vec<_>>());
}

#[test]
fn hashes_that_cannot_be_uniform_are_refused() {
    let crowd = |count: u128| (0..count).map(|n| MembershipHash((n << 80).to_be_bytes()));
    let attempt = |count| {
        let hashes = crowd(count).collect();
        build(&parameters(40), hashes, &secret(), Vec::new())
    };
    assert!(attempt(55).is_ok());
    assert!(matches!(attempt(64), Err(Error::Crowded)));
    // Nor does a reader take them from an owner that wrote them all the same.
    let read = |count| TagSet::from_bytes(plain(40, crowd(count).collect()));
    assert!(read(55).is_ok());
    assert!(matches!(read(64), Err(Error::Malformed { .. })));
}
