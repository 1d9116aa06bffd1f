//! Scalars: the integers modulo the group's order.

use curve25519_dalek::scalar::Scalar;
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use crate::Error;
use crate::hash::{Dst, expand_message_xmd};

/// Bytes in an encoded scalar: little-endian, below the group's order (RFC 9497 section 4.1).
pub const SCALAR_LEN: usize = 32;

/// RFC 9497 section 4.7.2, `RandomScalar`: drawn wide and reduced, so that no value is more likely
/// than another.
pub(crate) fn random_non_zero(rng: &dyn SecureRandom) -> Result<Zeroizing<Scalar>, Error> {
    let mut wide = Zeroizing::new([0; 64]);
    rng.fill(wide.as_mut()).map_err(|_| Error::Randomness)?;
    non_zero_from_uniform_bytes(&wide)
}

pub(crate) fn non_zero_from_uniform_bytes(wide: &[u8; 64]) -> Result<Zeroizing<Scalar>, Error> {
    refuse_zero(Zeroizing::new(Scalar::from_bytes_mod_order_wide(wide)))
}

pub(crate) fn non_zero_from_bytes(bytes: &[u8; SCALAR_LEN]) -> Result<Zeroizing<Scalar>, Error> {
    refuse_zero(Zeroizing::new(from_bytes(bytes)?))
}

/// RFC 9497 section 2.1, `DeserializeScalar`.
pub(crate) fn from_bytes(bytes: &[u8; SCALAR_LEN]) -> Result<Scalar, Error> {
    Scalar::from_canonical_bytes(*bytes).into_option().ok_or(Error::NonCanonicalScalar)
}

/// RFC 9497 section 4.1, `HashToScalar`; the message is `parts`, end to end.
pub(crate) fn hash_to_scalar(parts: &[&[u8]], dst: Dst) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&expand_message_xmd(parts, dst))
}

fn refuse_zero(scalar: Zeroizing<Scalar>) -> Result<Zeroizing<Scalar>, Error> {
    if *scalar == Scalar::ZERO { Err(Error::ZeroScalar) } else { Ok(scalar) }
}
