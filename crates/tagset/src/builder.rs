use std::io::Write;
use std::num::NonZeroUsize;

use crate::dummies::DummySecret;
use crate::encoder::Encoder;
use crate::error::Error;
use crate::format::{Header, MOST_IN_A_BUCKET};
use crate::hash::MembershipHash;
use crate::ladder::padded_len;
use crate::parameters::Parameters;
use crate::position::Position;
use crate::sort::sort;

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

/// Builds a tag set on this thread and writes it to `out`.
///
/// Equal hashes count once. Dummies fill the set up to the step of the ladder for the number of
/// distinct hashes. Two different hashes at one position (and a dummy that equals a hash) both stay,
/// so that the number of entries is the step exactly. The same input in any order gives the same file.
///
/// Canaries go among `hashes`. The caller writes to a new file, syncs and renames it: a file must
/// never be seen half-written, nor change once it is in place.
///
/// Takes 16 bytes of memory per entry, those of `hashes` included, and 2.125 bits for the part of the
/// file that is written last. Hashes that come sorted are not sorted again.
///
/// # Errors
///
/// [`Error::LambdaOutOfRange`], [`Error::TooMany`], [`Error::Io`] from `out`, and [`Error::Crowded`],
/// which no hashes of a pseudorandom function are known to cause.
pub fn build<W: Write>(
    parameters: &Parameters,
    hashes: Vec<MembershipHash>,
    dummies: &DummySecret,
    out: W,
) -> Result<Summary, Error> {
    build_parallel(parameters, hashes, dummies, NonZeroUsize::MIN, out)
}

/// [`build`] with room for at least `room` entries beside dummies: the set is as large as one of so
/// many hashes, so that its size does not give away that fewer go in.
///
/// # Errors
///
/// Those of [`build`].
pub fn build_with_room<W: Write>(
    parameters: &Parameters,
    hashes: Vec<MembershipHash>,
    room: u64,
    dummies: &DummySecret,
    out: W,
) -> Result<Summary, Error> {
    build_on(parameters, hashes, room, dummies, NonZeroUsize::MIN, out)
}

/// [`build`] on `workers` threads, this one among them; all have ended when it returns.
///
/// Writes the same bytes whatever `workers` is, and takes no more memory. Sorting and dummies are shared
/// out; what is written goes through this thread.
///
/// # Errors
///
/// Those of [`build`].
pub fn build_parallel<W: Write>(
    parameters: &Parameters,
    hashes: Vec<MembershipHash>,
    dummies: &DummySecret,
    workers: NonZeroUsize,
    out: W,
) -> Result<Summary, Error> {
    build_on(parameters, hashes, 0, dummies, workers, out)
}

fn build_on<W: Write>(
    parameters: &Parameters,
    mut hashes: Vec<MembershipHash>,
    room: u64,
    dummies: &DummySecret,
    workers: NonZeroUsize,
    out: W,
) -> Result<Summary, Error> {
    parameters.check()?;
    sort(&mut hashes, workers);
    hashes.dedup();
    let records = hashes.len() as u64;
    let padded_len = padded_len(records.max(room))?;
    let mut padding = dummies.dummies(padded_len - records, workers)?;
    sort(&mut padding, workers);

    let header = Header::new(parameters, padded_len);
    let mut encoder = Encoder::new(&header, out)?;
    let (mut bucket, mut together) = (0, 0);
    for hash in merged(&hashes, &padding) {
        let position = Position::of(&hash, padded_len, parameters.lambda);
        together = if position.bucket == bucket { together + 1 } else { 1 };
        bucket = position.bucket;
        if together > MOST_IN_A_BUCKET {
            return Err(Error::Crowded);
        }
        encoder.push(position)?;
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
