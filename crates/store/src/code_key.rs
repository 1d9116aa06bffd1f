//! Keys for codes by which something is recognised that is not kept itself.

use ring::{
    hkdf::{HKDF_SHA256, Salt},
    hmac,
};

use crate::SealError;

/// A key for HMAC-SHA-256 from a node's key-encryption key, by HKDF-SHA-256 (RFC 5869) with this salt and
/// info: it says nothing of the key-encryption key, nor of one with another salt.
pub(crate) fn code_key(
    key_encryption: &[u8],
    salt: &[u8],
    info: &[u8],
) -> Result<hmac::Key, SealError> {
    Salt::new(HKDF_SHA256, salt)
        .extract(key_encryption)
        .expand(&[info], hmac::HMAC_SHA256)
        .map(hmac::Key::from)
        .map_err(|_| SealError::KeyLength)
}
