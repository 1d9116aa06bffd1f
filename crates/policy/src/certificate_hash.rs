use std::fmt;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::signature::as_hexadecimal;

/// SHA-256 of a certificate in DER, 32 bytes; shown as hexadecimal. By it one certificate is told
/// apart from another of the same person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateHash(pub [u8; 32]);

as_hexadecimal!(CertificateHash, 32);

impl CertificateHash {
    /// That of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, certificate).as_ref());
        Self(hash)
    }
}
