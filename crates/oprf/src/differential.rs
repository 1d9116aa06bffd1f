//! The back ends of this processor against dalek, on batches that bytes describe: what a fuzzer and
//! long random runs call. Not part of the interface.

mod batch;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use thiserror::Error;

use crate::hash::sha512;
use crate::hash_batch::sha512_each;
use crate::lanes::Backend;
use crate::lanes::fixed_base::FixedBase;
use crate::lanes::packed::{PackedPoints, Scalars, Undecodable};
use batch::{Batch, Operation};

/// A back end and dalek do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{operation:?} of {elements} elements: {back_end} gives {found:02x?}, dalek {expected:02x?}"
)]
pub struct Difference {
    operation: Operation,
    elements: usize,
    back_end: &'static str,
    found: Result<Vec<[u8; 32]>, Undecodable>,
    expected: Result<Vec<[u8; 32]>, Undecodable>,
}

/// How many elements the described batch has.
pub fn elements(description: &[u8]) -> usize {
    Batch::described_by(description).len()
}

/// Does with every back end of this processor what `description` says, any bytes at all.
///
/// The first byte says which operation, the next two how many elements, the fourth whether they
/// repeat; the rest is what those are made of, over and over until there is enough.
///
/// # Errors
///
/// The first [`Difference`] from what dalek makes of it.
pub fn compare(description: &[u8]) -> Result<(), Box<Difference>> {
    compare_on(Backend::ranked(), description)
}

/// The names of the back ends that [`compare`] compares with dalek.
pub fn back_ends() -> Vec<&'static str> {
    Backend::ranked().iter().map(|backend| backend.name()).collect()
}

/// A line for each back end that it passes over, because this processor does not have it.
pub fn skipped() -> Vec<String> {
    Backend::skipped()
}

fn compare_on(backends: &[Backend], description: &[u8]) -> Result<(), Box<Difference>> {
    let batch = Batch::described_by(description);
    let expected = by_dalek(&batch);
    for backend in backends.iter().copied() {
        let found = by_lanes(&batch, backend);
        if found != expected {
            return Err(Box::new(Difference {
                operation: batch.operation,
                elements: batch.len(),
                back_end: backend.name(),
                found,
                expected,
            }));
        }
    }
    Ok(())
}

/// Encodings, or why there are none.
type Outcome = Result<Vec<[u8; 32]>, Undecodable>;

fn by_dalek(batch: &Batch) -> Outcome {
    let Batch { points, scalars, base, .. } = batch;
    let pairs = || scalars.iter().zip(points);
    Ok(match batch.operation {
        Operation::Decode => {
            for (index, encoding) in batch.encodings.iter().enumerate() {
                match CompressedRistretto(*encoding).decompress() {
                    None => return Err(Undecodable::Invalid(index)),
                    Some(point) if point.is_identity() => {
                        return Err(Undecodable::Identity(index));
                    }
                    Some(_) => {}
                }
            }
            batch.encodings.clone()
        }
        Operation::Map => {
            let mapped = batch.uniform.iter().map(RistrettoPoint::from_uniform_bytes);
            mapped.zip(scalars).map(|(point, scalar)| encoded(scalar * point)).collect()
        }
        Operation::MultiplyEach => pairs().map(|(s, p)| encoded(s * p)).collect(),
        Operation::MultiplyByOne => points.iter().map(|p| encoded(batch.scalar * p)).collect(),
        Operation::Add => pairs().map(|(s, p)| encoded(p + s * base)).collect(),
        Operation::Subtract => pairs().map(|(s, p)| encoded(p - s * base)).collect(),
        Operation::Combine => {
            vec![encoded(RistrettoPoint::vartime_multiscalar_mul(scalars, points))]
        }
        Operation::Hash => {
            let digests = batch.messages.iter().map(|message| sha512(&[message]));
            digests.flat_map(halves).collect()
        }
    })
}

fn by_lanes(batch: &Batch, backend: Backend) -> Outcome {
    let halves_of = |scalars: &[Scalar]| -> Vec<[u8; 32]> {
        scalars.iter().map(|scalar| scalar.div_by_2().to_bytes()).collect()
    };
    let scalars: Vec<_> = batch.scalars.iter().map(Scalar::to_bytes).collect();
    let points = || PackedPoints::decode(backend, &batch.point_encodings);
    let sums = |minus| {
        let tables = FixedBase::new(backend, &encoded(batch.base));
        Ok(points()?.add_multiples_and_encode(&tables, &scalars, minus).to_vec())
    };
    match batch.operation {
        Operation::Decode => {
            let decoded = PackedPoints::decode(backend, &batch.encodings)?;
            let half = Scalar::ONE.div_by_2().to_bytes();
            Ok(decoded.multiply_double_and_encode(Scalars::One(&half)).to_vec())
        }
        Operation::Map => {
            let (mapped, identity) = PackedPoints::from_uniform(backend, &batch.uniform);
            let halves = halves_of(&batch.scalars);
            let products = mapped.multiply_double_and_encode(Scalars::Each(&halves));
            let is_identity = |wide| RistrettoPoint::from_uniform_bytes(wide).is_identity();
            // Not an outcome of its own: products say everything else about the points.
            if identity != batch.uniform.iter().position(is_identity) {
                return Err(Undecodable::Identity(identity.unwrap_or(batch.len())));
            }
            Ok(products.to_vec())
        }
        Operation::MultiplyEach => {
            let halves = halves_of(&batch.scalars);
            Ok(points()?.multiply_double_and_encode(Scalars::Each(&halves)).to_vec())
        }
        Operation::MultiplyByOne => {
            let half = batch.scalar.div_by_2().to_bytes();
            Ok(points()?.multiply_double_and_encode(Scalars::One(&half)).to_vec())
        }
        Operation::Add => sums(false),
        Operation::Subtract => sums(true),
        Operation::Combine => Ok(vec![points()?.multiscalar(&scalars)]),
        Operation::Hash => {
            let messages = &batch.messages;
            let digests = sha512_each(messages.len(), |index, buffer| {
                buffer.extend(messages.get(index).into_iter().flatten());
            });
            Ok(digests.iter().copied().flat_map(halves).collect())
        }
    }
}

fn encoded(point: RistrettoPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

fn halves(digest: [u8; 64]) -> Vec<[u8; 32]> {
    digest.as_chunks().0.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Descriptions of batches of every operation, with some of more than one window's width.
    fn descriptions() -> impl Iterator<Item = Vec<u8>> {
        (0..240u16).map(|number| {
            let recipe = sha512(&[b"differential", &number.to_le_bytes()]);
            let size = if number % 40 < 8 { [number as u8, 0xf9] } else { [recipe[0], 0] };
            [&[number as u8, size[0], size[1], recipe[1]], recipe.as_slice()].concat()
        })
    }

    #[test]
    fn described_batches_come_out_as_dalek_has_them() {
        Backend::say_what_is_skipped();
        let backends = [Backend::ranked(), &[Backend::portable()]].concat();
        for description in descriptions() {
            compare_on(&backends, &description).unwrap();
        }
        // The shortest, and some whose recipe says the same again and again.
        compare(&[]).unwrap();
        for byte in 0..=u8::MAX {
            compare(&[2, 3, 0, 0, byte]).unwrap();
            compare(&[0, 3, 0, 0, 0, byte]).unwrap();
        }
    }

    #[test]
    fn a_batch_that_is_not_the_same_is_a_difference() {
        for description in descriptions() {
            let batch = Batch::described_by(&description);
            let mut other = Batch::described_by(&description);
            other.spoil_last();
            assert_ne!(by_dalek(&batch), by_lanes(&other, Backend::portable()));
        }
    }

    #[test]
    fn descriptions_reach_everything_that_is_special() {
        let batches: Vec<_> = descriptions().map(|text| Batch::described_by(&text)).collect();
        let has = |what: &dyn Fn(&Batch) -> bool| batches.iter().any(what);
        assert!(has(&|batch| batch.len() == 1) && has(&|batch| batch.len() > 320));
        assert!(has(&|batch| batch.scalars.contains(&Scalar::ZERO)));
        assert!(has(&|batch| batch.scalars.contains(&-Scalar::ONE)));
        let is_identity = |wide: &_| RistrettoPoint::from_uniform_bytes(wide).is_identity();
        assert!(has(&|batch| batch.uniform.iter().any(is_identity)));
        let refusals: Vec<_> = batches.iter().filter_map(|batch| by_dalek(batch).err()).collect();
        assert!(refusals.iter().any(|refusal| matches!(refusal, Undecodable::Invalid(_))));
        assert!(refusals.iter().any(|refusal| matches!(refusal, Undecodable::Identity(_))));
    }
}
