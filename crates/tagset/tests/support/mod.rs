//! What the tests share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use symbolon_tagset::{DummySecret, MembershipHash, Parameters, Summary, TagSet, build};

/// SplitMix64 of Steele, Lea and Flood, 2014: the n-th number of a fixed sequence.
fn scatter(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The n-th of a fixed sequence of uniform hashes.
pub(crate) fn hash(n: u64) -> MembershipHash {
    let number = (u128::from(scatter(2 * n)) << 64) | u128::from(scatter(2 * n + 1));
    MembershipHash(number.to_be_bytes())
}

pub(crate) fn hashes(range: std::ops::Range<u64>) -> Vec<MembershipHash> {
    range.map(hash).collect()
}

pub(crate) fn parameters(lambda: u8) -> Parameters {
    Parameters { lambda, scope: [0x11; 32], version: 7 }
}

pub(crate) fn secret() -> DummySecret {
    DummySecret::new([0x22; 32])
}

pub(crate) fn file(lambda: u8, hashes: Vec<MembershipHash>) -> (Summary, Vec<u8>) {
    let mut file = Vec::new();
    let summary = build(&parameters(lambda), hashes, &secret(), &mut file).unwrap();
    (summary, file)
}

pub(crate) fn set(lambda: u8, hashes: Vec<MembershipHash>) -> TagSet {
    TagSet::from_bytes(file(lambda, hashes).1).unwrap()
}

/// Dummy i, computed here as FORMAT.md says: GCM's keystream begins with counter 2.
pub(crate) fn dummy(index: u64) -> MembershipHash {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[0x22; 32]).unwrap());
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&(index / 4_096).to_be_bytes());
    let place = index as usize % 4_096 * 16;
    let mut zeros = vec![0; place + 16];
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut zeros).unwrap();
    MembershipHash(zeros[place..place + 16].try_into().unwrap())
}

/// The position of a hash in plain long multiplication, bit by bit from the top: an independent way
/// to say floor(h · n · 2^λ / 2^128).
pub(crate) fn position(hash: &MembershipHash, n: u64, lambda: u8) -> u128 {
    // h · n in two parts, so that nothing is lost: n < 2^32.
    let h = u128::from_be_bytes(hash.0);
    let low = (h & 0xffff_ffff_ffff_ffff_ffff_ffff) * u128::from(n);
    let high = (h >> 96) * u128::from(n) + (low >> 96);
    let low = low & 0xffff_ffff_ffff_ffff_ffff_ffff;
    // The product is high · 2^96 + low; wanted: product / 2^(128 - λ).
    match u32::from(lambda) {
        lambda @ ..=32 => high >> (32 - lambda),
        lambda => (high << (lambda - 32)) | (low >> (128 - lambda)),
    }
}

/// Makes the checksum right again, as a malicious owner would.
pub(crate) fn resealed(mut file: Vec<u8>) -> Vec<u8> {
    let end = file.len() - 32;
    let checksum = digest(&SHA256, &file[..end]);
    file[end..].copy_from_slice(checksum.as_ref());
    file
}
