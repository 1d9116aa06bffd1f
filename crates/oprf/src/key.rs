//! The owner's key pair.

use std::fmt;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use ring::rand::SecureRandom;
use zeroize::{Zeroize, Zeroizing};

use crate::group::ELEMENT_LEN;
use crate::scalar::{self, SCALAR_LEN, hash_to_scalar};
use crate::{Error, Mode};

/// The owner's key `k`: a scalar, never zero. Wiped when dropped.
pub struct SecretKey {
    scalar: Scalar,
    // Every proof names it, and computing it costs as much as half an evaluation.
    public_key: PublicKey,
}

impl SecretKey {
    /// A fresh key (RFC 9497 section 3.2, `GenerateKeyPair`).
    ///
    /// # Errors
    ///
    /// [`Error::Randomness`], and [`Error::ZeroScalar`], which nobody will meet.
    pub fn random(rng: &dyn SecureRandom) -> Result<Self, Error> {
        scalar::random_non_zero(rng).map(|scalar| Self::from_non_zero(&scalar))
    }

    /// The key that [`to_bytes`](Self::to_bytes) encoded.
    ///
    /// # Errors
    ///
    /// [`Error::NonCanonicalScalar`], [`Error::ZeroScalar`].
    pub fn from_bytes(bytes: &[u8; SCALAR_LEN]) -> Result<Self, Error> {
        scalar::non_zero_from_bytes(bytes).map(|scalar| Self::from_non_zero(&scalar))
    }

    /// The key that belongs to a secret `seed` and a public `info` in a mode (RFC 9497 section
    /// 3.2.1, `DeriveKeyPair`).
    ///
    /// # Errors
    ///
    /// [`Error::InfoTooLong`], and [`Error::KeyDerivation`], which nobody will meet.
    pub fn derive(seed: &[u8; 32], info: &[u8], mode: Mode) -> Result<Self, Error> {
        let info_len = u16::try_from(info.len()).map_err(|_| Error::InfoTooLong)?.to_be_bytes();
        (0..=u8::MAX)
            .map(|counter| {
                Zeroizing::new(hash_to_scalar(
                    &[seed, &info_len, info, &[counter]],
                    mode.derive_key_pair_dst(),
                ))
            })
            .find(|scalar| **scalar != Scalar::ZERO)
            .map(|scalar| Self::from_non_zero(&scalar))
            .ok_or(Error::KeyDerivation)
    }

    /// Its encoding, for whoever wraps it to store it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; SCALAR_LEN]> {
        Zeroizing::new(self.scalar.to_bytes())
    }

    /// The public half, `k·G`.
    pub fn public_key(&self) -> PublicKey {
        self.public_key
    }

    pub(crate) fn scalar(&self) -> &Scalar {
        &self.scalar
    }

    fn from_non_zero(scalar: &Scalar) -> Self {
        let point = RistrettoPoint::mul_base(scalar);
        let public_key = PublicKey { point, encoding: point.compress().to_bytes() };
        Self { scalar: *scalar, public_key }
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.scalar.zeroize();
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

/// The public half of a [`SecretKey`], which requesters pin: an element, never the identity.
///
/// It is shown as the hexadecimal digits of its encoding.
#[derive(Clone, Copy)]
pub struct PublicKey {
    point: RistrettoPoint,
    encoding: [u8; ELEMENT_LEN],
}

impl PublicKey {
    /// The key with this encoding of [`ELEMENT_LEN`] bytes.
    ///
    /// # Errors
    ///
    /// [`Error::WrongLength`]; [`Error::InvalidPublicKey`] for bytes that encode no element, not
    /// canonically, or the identity, under which every evaluation would have a valid proof (RFC
    /// 9497 section 2.1).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let encoding: [u8; ELEMENT_LEN] = bytes.try_into().map_err(|_| Error::WrongLength)?;
        let point = CompressedRistretto(encoding).decompress().filter(|point| !point.is_identity());
        let point = point.ok_or(Error::InvalidPublicKey)?;
        Ok(Self { point, encoding })
    }

    /// Its encoding (RFC 9497 section 4.1, `SerializeElement`).
    pub fn to_bytes(&self) -> [u8; ELEMENT_LEN] {
        self.encoding
    }

    pub(crate) fn point(&self) -> &RistrettoPoint {
        &self.point
    }

    pub(crate) fn encoding(&self) -> &[u8; ELEMENT_LEN] {
        &self.encoding
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.encoding == other.encoding
    }
}

impl Eq for PublicKey {}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.encoding.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}
