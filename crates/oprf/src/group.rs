//! ristretto255 by the batch. The work that grows with a batch is here and in the proof's
//! composites; a faster back end takes the place of these functions and of nothing else.

use std::borrow::Cow;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use zeroize::{Zeroize, Zeroizing};

use crate::hash::expand_message_xmd;
use crate::{Blind, Error, Mode, SecretKey};

/// Bytes in an encoded group element (RFC 9497 section 4.1, `SerializeElement`).
pub const ELEMENT_LEN: usize = 32;

/// Group elements, none the identity, together with their encodings.
///
/// Proofs hash encodings; keeping those that were on the wire means that none is ever computed
/// twice. INVARIANT: equally many of both, and at least one.
pub(crate) struct Elements<'a> {
    encodings: Cow<'a, [[u8; ELEMENT_LEN]]>,
    points: Vec<RistrettoPoint>,
}

impl<'a> Elements<'a> {
    /// RFC 9497 section 2.1, `DeserializeElement`, for elements end to end. Variable-time in what
    /// the peer sent.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let encodings = split(bytes)?;
        let mut points = Vec::with_capacity(encodings.len());
        for (index, encoding) in encodings.iter().enumerate() {
            let point = CompressedRistretto(*encoding).decompress();
            let point = point.ok_or(Error::InvalidElement { index })?;
            if point.is_identity() {
                return Err(Error::IdentityElement { index });
            }
            points.push(point);
        }
        Ok(Self { encodings: Cow::Borrowed(encodings), points })
    }

    pub(crate) fn encodings(&self) -> &[[u8; ELEMENT_LEN]] {
        &self.encodings
    }

    pub(crate) fn points(&self) -> &[RistrettoPoint] {
        &self.points
    }
}

impl Elements<'static> {
    /// The elements that public inputs hash to. One inversion each: canaries are few.
    pub(crate) fn of_public_inputs<I: AsRef<[u8]>>(
        mode: Mode,
        inputs: &[I],
    ) -> Result<Self, Error> {
        let points = std::mem::take(&mut *hash_to_group(mode, inputs)?);
        let encodings = points.iter().map(|point| point.compress().to_bytes()).collect();
        Ok(Self { encodings: Cow::Owned(encodings), points })
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
) -> Result<Zeroizing<Vec<RistrettoPoint>>, Error> {
    let mut points = Zeroizing::new(Vec::with_capacity(inputs.len()));
    for (index, input) in inputs.iter().enumerate() {
        let input = input.as_ref();
        if input.len() > usize::from(u16::MAX) {
            return Err(Error::InputTooLong);
        }
        let uniform = expand_message_xmd(&[input], mode.hash_to_group_dst());
        let point = RistrettoPoint::from_uniform_bytes(&uniform);
        if point.is_identity() {
            return Err(Error::InvalidInput { index });
        }
        points.push(point);
    }
    Ok(points)
}

/// Encodings of `s·P` for pairs of `s/2` and `P`, constant-time in both.
///
/// Encoding a point that is known to be a double needs no square root, only an inversion, and a
/// batch shares one inversion: a tenth of the cost of encoding each. So the scalars come halved,
/// and the products get doubled on their way out. (A product that is the identity would be encoded
/// correctly too.)
pub(crate) fn multiply_and_encode<'a>(
    factors: impl ExactSizeIterator<Item = (&'a Half, &'a RistrettoPoint)>,
) -> Zeroizing<Vec<CompressedRistretto>> {
    let products: Vec<RistrettoPoint> = factors.map(|(half, point)| half.0 * point).collect();
    let products = Zeroizing::new(products);
    Zeroizing::new(RistrettoPoint::double_and_compress_batch(products.iter()))
}

/// Half of a secret scalar, modulo the group's order. Wiped when dropped.
pub(crate) struct Half(Scalar);

impl Half {
    pub(crate) fn of_key(key: &SecretKey) -> Self {
        Self(key.scalar().div_by_2())
    }

    pub(crate) fn of_blinds(blinds: &[Blind]) -> Vec<Self> {
        blinds.iter().map(|blind| Self(blind.scalar().div_by_2())).collect()
    }

    /// Halves of the blinds' inverses, for the price of one inversion.
    pub(crate) fn of_inverted_blinds(blinds: &[Blind]) -> Vec<Self> {
        let doubled = blinds.iter().map(|blind| blind.scalar() + blind.scalar()).collect();
        let mut scalars: Zeroizing<Vec<Scalar>> = Zeroizing::new(doubled);
        // Constant-time: a fixed chain of multiplications. A zero among the scalars would spoil the
        // whole batch, but no blind is zero, and the order is odd, so no doubled blind is either.
        Scalar::invert_batch_alloc(&mut scalars).zeroize();
        scalars.iter().map(|scalar| Self(*scalar)).collect()
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
    use curve25519_dalek::traits::Identity;
    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn encoded_products_are_those_of_plain_multiplication_for_any_batch_size() {
        let rng = SystemRandom::new();
        for size in [0, 1, 2, 3, 31, 257] {
            let blinds: Vec<Blind> = (0..size).map(|_| Blind::random(&rng).unwrap()).collect();
            let points: Vec<RistrettoPoint> =
                (1..=size).map(|n| RISTRETTO_BASEPOINT_POINT * Scalar::from(n as u64)).collect();

            let halves = Half::of_blinds(&blinds);
            let products = multiply_and_encode(halves.iter().zip(&points));
            let inverted = Half::of_inverted_blinds(&blinds);
            let quotients = multiply_and_encode(inverted.iter().zip(&points));

            assert_eq!((products.len(), quotients.len()), (size, size));
            for (index, (blind, point)) in blinds.iter().zip(&points).enumerate() {
                assert_eq!(products[index], (blind.scalar() * point).compress());
                assert_eq!(quotients[index], (blind.scalar().invert() * point).compress());
            }
        }
    }

    #[test]
    fn an_identity_among_the_products_is_encoded_as_such_and_spoils_no_neighbour() {
        let half = Half(Scalar::from(5u64));
        let points = [
            RISTRETTO_BASEPOINT_POINT,
            RistrettoPoint::identity(),
            // Another representative of the identity: subtraction leaves coordinates other than (0,
            // 1, 1, 0).
            RISTRETTO_BASEPOINT_POINT - RISTRETTO_BASEPOINT_POINT,
            RISTRETTO_BASEPOINT_POINT + RISTRETTO_BASEPOINT_POINT,
        ];
        let encoded = multiply_and_encode(points.iter().map(|point| (&half, point)));
        for (encoding, point) in encoded.iter().zip(&points) {
            assert_eq!(*encoding, (Scalar::from(10u64) * point).compress());
        }
    }

    #[test]
    fn extreme_scalars_halve_and_invert_correctly() {
        let minus_one = Blind::from_bytes(&(-Scalar::ONE).to_bytes()).unwrap();
        let one = Blind::from_bytes(&Scalar::ONE.to_bytes()).unwrap();
        let two = Blind::from_bytes(&Scalar::from(2u64).to_bytes()).unwrap();
        for blind in [minus_one, one, two] {
            let halves = Half::of_blinds(std::slice::from_ref(&blind));
            let inverted = Half::of_inverted_blinds(std::slice::from_ref(&blind));
            for (half, inverse) in halves.iter().zip(&inverted) {
                assert_eq!(half.0 + half.0, *blind.scalar());
                assert_eq!((inverse.0 + inverse.0) * blind.scalar(), Scalar::ONE);
            }
        }
    }

    #[test]
    fn hashing_to_the_group_is_rfc_9496s_map_of_the_expanded_input() {
        for mode in [Mode::Oprf, Mode::Voprf] {
            let uniform = expand_message_xmd::<64>(&[b"input"], mode.hash_to_group_dst());
            let hashed = hash_to_group(mode, &["input"]).unwrap();
            assert_eq!(*hashed, vec![RistrettoPoint::from_uniform_bytes(&uniform)]);
        }
    }
}
