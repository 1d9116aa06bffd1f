//! Tag set files: positions, look-ups, and files that must be refused.

use std::error::Error;

use serde_json::json;
use symbolon_tagset::{DummySecret, MembershipHash, Parameters, TagSet, build, padded_len};

use super::{must_fail, resealed, vector::Vector};

const SCOPE: [u8; 32] = [0x11; 32];
const VERSION: u64 = 7;
/// Few bits keep the files that are only refused short.
const SHORT_LAMBDA: u8 = 8;
const HEADER: usize = 128;

pub(super) fn vectors() -> Result<Vec<Vector>, Box<dyn Error>> {
    let mut vectors = positions()?;
    vectors.extend(steps()?);
    vectors.push(look_ups()?);
    vectors.extend(refusals()?);
    Ok(vectors)
}

fn positions() -> Result<Vec<Vector>, Box<dyn Error>> {
    let hash = 0x0123_4567_89ab_cdef_0011_2233_4455_6677_u128;
    [
        (hash, 1_024, 8),
        (hash, 1_000_000, 40),
        (hash, 4_000_000_000, 64),
        (0, 1_024, 40),
        (u128::MAX, 4_000_000_000, 64),
    ]
    .into_iter()
    .map(|(hash, entries, lambda)| {
        let (bucket, low) = position(hash, entries, lambda)?;
        Ok(Vector::new(
            "tag_position",
            "",
            json!({
                "membership_hash": hex::encode(hash.to_be_bytes()),
                "padded_len": entries,
                "lambda": lambda,
            }),
            json!({ "bucket": bucket, "low": hex::encode(low.to_be_bytes()) }),
        ))
    })
    .collect()
}

/// Bucket and low by FORMAT.md's long multiplication. The library keeps its own to itself; the look-ups
/// below are its own.
fn position(hash: u128, entries: u64, lambda: u8) -> Result<(u64, u64), Box<dyn Error>> {
    let high = (hash >> 64) * u128::from(entries);
    let low = (hash & u128::from(u64::MAX)) * u128::from(entries);
    let middle = (high & u128::from(u64::MAX)) + (low >> 64);
    let bucket = (high >> 64) + (middle >> 64);
    let rest = (middle << 64) | (low & u128::from(u64::MAX));
    Ok((u64::try_from(bucket)?, u64::try_from(rest >> (128 - u32::from(lambda)))?))
}

fn steps() -> Result<Vec<Vector>, Box<dyn Error>> {
    [0_u64, 1, 1_024, 1_025, 1_251, 10_000, 10_001, 123_456, 4_000_000_000]
        .into_iter()
        .map(|records| {
            let given = json!({ "records": records });
            Ok(Vector::new("padded_len", "", given, json!({ "padded_len": padded_len(records)? })))
        })
        .collect()
}

fn file(lambda: u8, hashes: Vec<MembershipHash>) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Vec::new();
    let parameters = Parameters { lambda, scope: SCOPE, version: VERSION };
    build(&parameters, hashes, &DummySecret::new([0x22; 32]), &mut file)?;
    Ok(file)
}

/// The file whose values stand at the end of FORMAT.md.
fn look_ups() -> Result<Vector, Box<dyn Error>> {
    let hits = [[0x00; 16], [0x80; 16], [0xff; 16]].map(MembershipHash);
    let misses = [[0x01; 16], [0x7f; 16], [0x81; 16], [0xfe; 16]].map(MembershipHash);
    let file = file(40, hits.to_vec())?;
    let set = TagSet::from_bytes(file.clone())?;
    if hits.iter().any(|hash| !set.contains(hash)) || misses.iter().any(|hash| set.contains(hash)) {
        return Err("the tag set does not answer as it must".into());
    }
    Ok(Vector::new(
        "tag_set",
        "that of FORMAT.md",
        json!({ "file": hex::encode(&file) }),
        json!({
            "lambda": set.lambda(),
            "padded_len": set.padded_len(),
            "version": set.version(),
            "scope_id": hex::encode(set.scope()),
            "sha256": hex::encode(set.sha256()),
            "hits": hits.map(|hash| hex::encode(hash.0)),
            "misses": misses.map(|hash| hex::encode(hash.0)),
        }),
    ))
}

fn refusals() -> Result<Vec<Vector>, Box<dyn Error>> {
    let good = file(SHORT_LAMBDA, Vec::new())?;
    TagSet::from_bytes(good.clone())?;
    let altered = |at: usize, with: u8| {
        let mut file = good.clone();
        if let Some(byte) = file.get_mut(at) {
            *byte ^= with;
        }
        file
    };
    // n = 1,024: lows 1,024 bytes, buckets 256, directory 16.
    let (buckets, directory) = (HEADER + 1_024, HEADER + 1_024 + 256);
    let cases = [
        ("no tag set", "magic", resealed(altered(0, 0xff))),
        ("another format version", "format_version", resealed(altered(8, 3))),
        (
            "the last byte is missing",
            "truncated",
            good.get(..good.len() - 1).unwrap_or_default().to_vec(),
        ),
        ("a byte follows the checksum", "trailing", [good.as_slice(), &[0]].concat()),
        ("damaged", "checksum", altered(HEADER, 1)),
        ("λ out of range", "malformed", resealed(altered(12, 0xff))),
        ("n is no step of the ladder", "malformed", resealed(altered(24, 1))),
        ("an offset is another", "malformed", resealed(altered(72, 8))),
        ("a reserved byte is not zero", "malformed", resealed(altered(120, 1))),
        ("more entries than n", "malformed", resealed(altered(buckets + 255, 0x40))),
        ("the directory is wrong", "malformed", resealed(altered(directory + 4, 1))),
        ("more than 63 entries in one bucket", "malformed", resealed(crowded(&good, buckets))),
    ];
    cases
        .into_iter()
        .map(|(name, reason, file)| {
            must_fail(name, TagSet::from_bytes(file.clone()))?;
            Ok(Vector::refused("tag_set", name, json!({ "file": hex::encode(file) }), reason))
        })
        .collect()
}

/// The same number of entries, all in the first buckets, 64 in one. Lows are zero, so that they ascend.
fn crowded(good: &[u8], buckets: usize) -> Vec<u8> {
    let mut file = good.to_vec();
    file.iter_mut().skip(HEADER).take(1_024).for_each(|byte| *byte = 0);
    // 16 buckets of 64 entries, and a zero after each: then nothing but zeros.
    let mut ones = Vec::new();
    for _ in 0..16 {
        ones.extend([true; 64]);
        ones.push(false);
    }
    ones.resize(2_048, false);
    for (byte, bits) in file.iter_mut().skip(buckets).zip(ones.chunks(8)) {
        *byte = bits.iter().rev().fold(0, |byte, bit| (byte << 1) | u8::from(*bit));
    }
    let directory: Vec<u8> =
        [0_u32, 1_024, 1_024, 1_024].iter().flat_map(|number| number.to_le_bytes()).collect();
    for (byte, right) in file.iter_mut().skip(buckets + 256).zip(directory) {
        *byte = right;
    }
    file
}
