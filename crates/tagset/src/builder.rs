use std::io::Write;

use crate::dummies::DummySecret;
use crate::encoder::Encoder;
use crate::error::Error;
use crate::format::Header;
use crate::hash::MembershipHash;
use crate::ladder::padded_len;
use crate::parameters::Parameters;
use crate::position::Position;

/// What [`build`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// n: the number of entries, dummies included; a step of the ladder.
    pub padded_len: u64,
    /// Length of the file; bytes.
    pub file_len: u64,
    /// SHA-256 of the whole file, as `sha256sum` prints it.
    pub sha256: [u8; 32],
}

/// Builds a tag set and writes it to `out`.
///
/// Equal hashes count once. Dummies fill the set up to the step of the ladder for the number of
/// distinct hashes. Two different hashes at one position (and a dummy that equals a hash) both stay,
/// so that the number of entries is the step exactly. The same input in any order gives the same file.
///
/// Canaries go among `hashes`. The caller writes to a new file, syncs and renames it: a file must
/// never be seen half-written, nor change once it is in place.
///
/// Takes 16 bytes of memory per entry and 2.125 bits for the part of the file that is written last.
///
/// # Errors
///
/// [`Error::LambdaOutOfRange`], [`Error::TooMany`], and [`Error::Io`] from `out`.
pub fn build<W: Write>(
    parameters: &Parameters,
    mut hashes: Vec<MembershipHash>,
    dummies: &DummySecret,
    out: W,
) -> Result<Summary, Error> {
    parameters.check()?;
    hashes.sort_unstable_by_key(|hash| hash.to_number());
    hashes.dedup();
    let records = hashes.len() as u64;
    let padded_len = padded_len(records)?;
    let mut padding: Vec<_> = dummies.dummies(padded_len - records).collect();
    padding.sort_unstable_by_key(|hash| hash.to_number());

    let header = Header::new(parameters, padded_len);
    let mut encoder = Encoder::new(&header, out)?;
    for hash in merged(&hashes, &padding) {
        encoder.push(Position::of(&hash, padded_len, parameters.lambda))?;
    }
    let sha256 = encoder.finish()?;
    Ok(Summary { padded_len, file_len: header.layout.file_len, sha256 })
}

/// Two sorted lists as one.
fn merged(a: &[MembershipHash], b: &[MembershipHash]) -> impl Iterator<Item = MembershipHash> {
    let mut a = a.iter().copied().peekable();
    let mut b = b.iter().copied().peekable();
    std::iter::from_fn(move || match (a.peek(), b.peek()) {
        (Some(next), Some(other)) if next.to_number() <= other.to_number() => a.next(),
        (_, Some(_)) => b.next(),
        (_, None) => a.next(),
    })
}
