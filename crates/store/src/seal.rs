use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use thiserror::Error;
use zeroize::Zeroizing;

/// Seals and opens under one 256-bit key: AES-256-GCM with a random nonce in front.
///
/// A random nonce bears 2^32 uses of a key (NIST SP 800-38D, 8.3); a node's key-encryption key is
/// used once a check and once for each record whose details changed, and a wrapping key once a scope.
pub struct Sealer(LessSafeKey);

impl Sealer {
    /// Length of a key in bytes.
    pub const KEY_LEN: usize = 32;

    /// Uses this key.
    ///
    /// # Errors
    /// When it is not 32 bytes long.
    pub fn new(key: &[u8]) -> Result<Self, SealError> {
        UnboundKey::new(&AES_256_GCM, key)
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| SealError::KeyLength)
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn random_key() -> Result<Zeroizing<[u8; Self::KEY_LEN]>, SealError> {
        let mut key = Zeroizing::new([0; Self::KEY_LEN]);
        SystemRandom::new().fill(key.as_mut()).map_err(|_| SealError::Randomness)?;
        Ok(key)
    }

    /// Seals `plain` so that it opens only with this key and the same `about`.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, about: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealError::Randomness)?;
        // Reserved whole, so that no reallocation leaves a copy of the plain text behind.
        let mut sealed =
            Vec::with_capacity(plain.len().saturating_add(AES_256_GCM.tag_len() + NONCE_LEN));
        sealed.extend_from_slice(plain);
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about),
                &mut sealed,
            )
            .map_err(|_| SealError::Randomness)?;
        sealed.splice(0..0, nonce);
        Ok(sealed)
    }

    /// Opens what was sealed with this key and `about`.
    ///
    /// # Errors
    /// When it was not, or has been altered.
    pub fn open(&self, about: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let plain_len = self.open_in_place(about, &mut buffer)?.len();
        buffer.copy_within(NONCE_LEN..NONCE_LEN.saturating_add(plain_len), 0);
        buffer.truncate(plain_len);
        Ok(buffer)
    }

    /// The same where it lies.
    ///
    /// # Errors
    /// When it was not, or has been altered; then nothing of it is of use.
    pub(crate) fn open_in_place<'a>(
        &self,
        about: &[u8],
        sealed: &'a mut [u8],
    ) -> Result<&'a [u8], SealError> {
        let (nonce, body) =
            sealed.split_first_chunk_mut::<NONCE_LEN>().ok_or(SealError::DoesNotOpen)?;
        self.0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(about), body)
            .map(|plain| &*plain)
            .map_err(|_| SealError::DoesNotOpen)
    }
}

/// Why sealing or opening failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SealError {
    /// Another key, other context, or altered.
    #[error(
        "a sealed value does not open: its key was destroyed or replaced, or the value was altered"
    )]
    DoesNotOpen,
    /// The key is not 32 bytes.
    #[error("a sealing key must be 32 bytes long; the key file is damaged")]
    KeyLength,
    /// The system's random number generator failed.
    #[error("the system's random number generator gave nothing; check /dev/urandom")]
    Randomness,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_opens_with_its_key_and_context_only_and_not_altered() {
        let ours = Sealer::new(Sealer::random_key().unwrap().as_ref()).unwrap();
        let other = Sealer::new(Sealer::random_key().unwrap().as_ref()).unwrap();
        let sealed = ours.seal(b"about", b"plain").unwrap();
        assert_eq!(ours.open(b"about", &sealed).unwrap().as_slice(), b"plain");
        assert_eq!(ours.open(b"About", &sealed).unwrap_err(), SealError::DoesNotOpen);
        assert_eq!(other.open(b"about", &sealed).unwrap_err(), SealError::DoesNotOpen);
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert_eq!(ours.open(b"about", &altered).unwrap_err(), SealError::DoesNotOpen);
        }
        for len in 0..sealed.len() {
            assert!(ours.open(b"about", &sealed[..len]).is_err());
        }
    }

    #[test]
    fn the_same_plain_text_never_seals_to_the_same_bytes() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        assert_ne!(sealer.seal(b"", b"x").unwrap(), sealer.seal(b"", b"x").unwrap());
    }
}
