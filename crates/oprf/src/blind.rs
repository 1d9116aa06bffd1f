//! What hides an input.

use std::fmt;

use curve25519_dalek::scalar::Scalar;
use ring::rand::SecureRandom;
use zeroize::{Zeroize, Zeroizing};

use crate::Error;
use crate::hash_batch::{HMAC_KEY_LEN, hmac_sha512_each};
use crate::scalar::{self, SCALAR_LEN};

/// A secret scalar, never zero, that hides one input from the owner. Wiped when dropped.
pub struct Blind(Scalar);

impl Blind {
    /// A fresh blind (RFC 9497 section 4.7.2, `RandomScalar`).
    ///
    /// # Errors
    ///
    /// [`Error::Randomness`], and [`Error::ZeroScalar`], which nobody will meet.
    pub fn random(rng: &dyn SecureRandom) -> Result<Self, Error> {
        Ok(Self(*scalar::random_non_zero(rng)?))
    }

    /// The blind made of 64 bytes that are indistinguishable from random ones, such as a
    /// key-derivation function's output.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroScalar`], which nobody will meet with such bytes.
    pub fn from_uniform_bytes(bytes: &[u8; 64]) -> Result<Self, Error> {
        Ok(Self(*scalar::non_zero_from_uniform_bytes(bytes)?))
    }

    /// Blinds that whoever knows `secret` can make again: for each of `count` labels, which `write`
    /// appends to a buffer, HMAC-SHA-512 (RFC 2104) under the secret, as
    /// [`from_uniform_bytes`](Self::from_uniform_bytes) takes it. The labels must differ.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroScalar`], which nobody will meet.
    pub fn derive_each(
        secret: &[u8; HMAC_KEY_LEN],
        count: usize,
        write: impl Fn(usize, &mut Vec<u8>),
    ) -> Result<Vec<Self>, Error> {
        let uniform = hmac_sha512_each(secret, count, write);
        // Room for all from the start: a vector that grew would leave copies that nobody wipes.
        let mut blinds = Vec::with_capacity(count);
        for bytes in uniform.iter() {
            blinds.push(Self::from_uniform_bytes(bytes)?);
        }
        Ok(blinds)
    }

    /// The blind that [`to_bytes`](Self::to_bytes) encoded, also one that a partner opened to us.
    ///
    /// # Errors
    ///
    /// [`Error::NonCanonicalScalar`], [`Error::ZeroScalar`].
    pub fn from_bytes(bytes: &[u8; SCALAR_LEN]) -> Result<Self, Error> {
        Ok(Self(*scalar::non_zero_from_bytes(bytes)?))
    }

    /// Its encoding, to open an element with: whoever gets it can test inputs against that element.
    pub fn to_bytes(&self) -> Zeroizing<[u8; SCALAR_LEN]> {
        Zeroizing::new(self.0.to_bytes())
    }

    pub(crate) fn scalar(&self) -> &Scalar {
        &self.0
    }
}

impl Drop for Blind {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Blind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blind(…)")
    }
}
