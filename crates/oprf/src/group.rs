//! Group elements on their way in and out, and scalars prepared for them.

use std::borrow::Cow;

use curve25519_dalek::scalar::Scalar;
use zeroize::{Zeroize, Zeroizing};

use crate::engine::Usage;
use crate::hash_batch::expand_each;
use crate::lanes::packed::Scalars;
use crate::points::Points;
use crate::{Blind, Error, Mode, SecretKey};

/// Bytes in an encoded group element (RFC 9497 section 4.1, `SerializeElement`).
pub const ELEMENT_LEN: usize = 32;

/// Group elements, none the identity, together with their encodings.
///
/// Proofs hash encodings; keeping those that were on the wire means that none is ever computed
/// twice. INVARIANT: equally many of both, and at least one.
pub(crate) struct Elements<'a> {
    encodings: Cow<'a, [[u8; ELEMENT_LEN]]>,
    points: Points,
}

impl<'a> Elements<'a> {
    /// RFC 9497 section 2.1, `DeserializeElement`, for elements end to end. Variable-time in what
    /// the peer sent.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let encodings = split(bytes)?;
        let points = Points::decode(encodings, Usage::Products)?;
        Ok(Self { points, encodings: Cow::Borrowed(encodings) })
    }

    pub(crate) fn encodings(&self) -> &[[u8; ELEMENT_LEN]] {
        &self.encodings
    }

    pub(crate) fn points(&self) -> &Points {
        &self.points
    }
}

impl Elements<'static> {
    /// The elements that public inputs hash to.
    pub(crate) fn of_public_inputs<I: AsRef<[u8]>>(
        mode: Mode,
        inputs: &[I],
    ) -> Result<Self, Error> {
        let points = hash_to_group(mode, inputs, Usage::Products)?;
        let half_of_one = Scalar::ONE.div_by_2().to_bytes();
        let mut encodings = points.multiply_and_encode(Scalars::One(&half_of_one));
        Ok(Self { encodings: Cow::Owned(std::mem::take(&mut *encodings)), points })
    }
}

/// How many elements `bytes` has room for, without looking at them.
pub(crate) fn element_count(bytes: &[u8]) -> Result<usize, Error> {
    split(bytes).map(<[_]>::len)
}

fn split(bytes: &[u8]) -> Result<&[[u8; ELEMENT_LEN]], Error> {
    match bytes.as_chunks() {
        ([], []) => Err(Error::EmptyBatch),
        (encodings, []) => Ok(encodings),
        (_, _) => Err(Error::WrongLength),
    }
}

/// RFC 9497 section 4.1, `HashToGroup`, constant-time in the inputs' content. The result is as
/// secret as they.
pub(crate) fn hash_to_group<I: AsRef<[u8]>>(
    mode: Mode,
    inputs: &[I],
    usage: Usage,
) -> Result<Points, Error> {
    if inputs.iter().any(|input| input.as_ref().len() > usize::from(u16::MAX)) {
        return Err(Error::InputTooLong);
    }
    let uniform = expand_each(inputs.len(), mode.hash_to_group_dst(), |index, message| {
        message.extend(inputs.get(index).map(AsRef::as_ref).unwrap_or_default());
    });
    Points::from_uniform(&uniform, usage)
}

/// Half of a secret scalar, modulo the group's order. Wiped when dropped.
pub(crate) struct Half(Zeroizing<[u8; 32]>);

impl Half {
    pub(crate) fn of_key(key: &SecretKey) -> Self {
        Self(Zeroizing::new(Zeroizing::new(key.scalar().div_by_2()).to_bytes()))
    }

    pub(crate) fn for_all(&self) -> Scalars<'_> {
        Scalars::One(&self.0)
    }
}

/// Halves of several secret scalars. Wiped when dropped.
pub(crate) struct Halves(Zeroizing<Vec<[u8; 32]>>);

impl Halves {
    pub(crate) fn of_blinds(blinds: &[Blind]) -> Self {
        let half = |blind: &Blind| Zeroizing::new(blind.scalar().div_by_2()).to_bytes();
        Self(Zeroizing::new(blinds.iter().map(half).collect()))
    }

    /// Halves of the blinds' inverses, for the price of one inversion.
    pub(crate) fn of_inverted_blinds(blinds: &[Blind]) -> Self {
        let doubled = blinds.iter().map(|blind| blind.scalar() + blind.scalar()).collect();
        let mut scalars: Zeroizing<Vec<Scalar>> = Zeroizing::new(doubled);
        // Constant-time: a fixed chain of multiplications. A zero among the scalars would spoil the
        // whole batch, but no blind is zero, and the order is odd, so no doubled blind is either.
        Scalar::invert_batch_alloc(&mut scalars).zeroize();
        Self(Zeroizing::new(scalars.iter().map(Scalar::to_bytes).collect()))
    }

    pub(crate) fn for_each(&self) -> Scalars<'_> {
        Scalars::Each(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
    use curve25519_dalek::ristretto::RistrettoPoint;
    use ring::rand::SystemRandom;

    use super::*;
    use crate::engine::Engine;
    use crate::hash::expand_message_xmd;

    #[test]
    fn encoded_products_are_those_of_plain_multiplication_for_any_batch_size_and_engine() {
        let rng = SystemRandom::new();
        for engine in Engine::all() {
            for size in [1, 2, 3, 31, 257] {
                let blinds: Vec<Blind> = (0..size).map(|_| Blind::random(&rng).unwrap()).collect();
                let points: Vec<RistrettoPoint> = (1..=size)
                    .map(|n| RISTRETTO_BASEPOINT_POINT * Scalar::from(n as u64))
                    .collect();
                let encodings: Vec<_> = points.iter().map(|p| p.compress().to_bytes()).collect();

                let decoded = engine.force(|| Points::decode(&encodings, Usage::Products)).unwrap();
                let halves = Halves::of_blinds(&blinds);
                let products = decoded.multiply_and_encode(halves.for_each());
                let inverted = Halves::of_inverted_blinds(&blinds);
                let quotients = decoded.multiply_and_encode(inverted.for_each());

                assert_eq!((products.len(), quotients.len()), (size, size));
                for (index, (blind, point)) in blinds.iter().zip(&points).enumerate() {
                    let product = (blind.scalar() * point).compress();
                    assert_eq!(products[index], product.to_bytes());
                    let quotient = (blind.scalar().invert() * point).compress();
                    assert_eq!(quotients[index], quotient.to_bytes());
                }
            }
        }
    }

    #[test]
    fn extreme_scalars_halve_and_invert_correctly() {
        let minus_one = Blind::from_bytes(&(-Scalar::ONE).to_bytes()).unwrap();
        let one = Blind::from_bytes(&Scalar::ONE.to_bytes()).unwrap();
        let two = Blind::from_bytes(&Scalar::from(2u64).to_bytes()).unwrap();
        let blinds = [minus_one, one, two];
        let scalar = |bytes: &[u8; 32]| Scalar::from_canonical_bytes(*bytes).unwrap();
        let halves = Halves::of_blinds(&blinds);
        let inverted = Halves::of_inverted_blinds(&blinds);
        for ((blind, half), inverse) in blinds.iter().zip(halves.0.iter()).zip(inverted.0.iter()) {
            assert_eq!(scalar(half) + scalar(half), *blind.scalar());
            assert_eq!((scalar(inverse) + scalar(inverse)) * blind.scalar(), Scalar::ONE);
        }
    }

    #[test]
    fn hashing_to_the_group_is_rfc_9496s_map_of_the_expanded_input() {
        for engine in Engine::all() {
            for mode in [Mode::Oprf, Mode::Voprf] {
                let uniform = expand_message_xmd::<64>(&[b"input"], mode.hash_to_group_dst());
                let hashed = engine.force(|| Elements::of_public_inputs(mode, &["input"])).unwrap();
                let expected = RistrettoPoint::from_uniform_bytes(&uniform).compress();
                assert_eq!(hashed.encodings(), [expected.to_bytes()]);
            }
        }
    }
}
