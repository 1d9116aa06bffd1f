use std::fmt;

use ring::digest::{SHA256, digest};
use symbolon_policy::{Label, Signature, SigningKey, VerifyingKey};
use symbolon_proto::v1::SignedDocument;
use thiserror::Error;

use crate::limits::MAX_DOCUMENT_LEN;

/// SHA-256 of a document's bytes, 32 bytes; shown as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentHash(pub [u8; 32]);

impl DocumentHash {
    /// The hash of these bytes.
    pub fn of(document: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, document).as_ref());
        Self(hash)
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Signs the bytes of a document.
pub fn sign(key: &SigningKey, label: Label, document: Vec<u8>) -> SignedDocument {
    let signature = key.sign(label, &document);
    SignedDocument {
        document,
        public_key: key.verifying_key().0.to_vec(),
        signature: signature.0.to_vec(),
    }
}

/// The bytes of a document, if `key`, the one that the agreement names, signed them.
///
/// # Errors
/// When it is too long, signed by another key, or the signature does not hold.
pub fn verify<'a>(
    key: &VerifyingKey,
    label: Label,
    signed: &'a SignedDocument,
) -> Result<&'a [u8], DocumentError> {
    if signed.document.len() > MAX_DOCUMENT_LEN {
        return Err(DocumentError::TooLong);
    }
    if signed.public_key != key.0 {
        return Err(DocumentError::OtherKey);
    }
    let signature =
        Signature(signed.signature.as_slice().try_into().map_err(|_| DocumentError::Signature)?);
    if !key.verifies(label, &signed.document, &signature) {
        return Err(DocumentError::Signature);
    }
    Ok(&signed.document)
}

/// Why a document from the other side cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// A field is missing or not as it must be.
    #[error("the {document} has no valid {field}")]
    Malformed {
        /// Kind of document.
        document: &'static str,
        /// Which field.
        field: &'static str,
    },
    /// Signed by a key that the agreement does not name.
    #[error("the document was signed by a key that the agreement does not name")]
    OtherKey,
    /// The signature does not hold.
    #[error("the signature does not hold: the document was changed on its way")]
    Signature,
    /// Longer than any document.
    #[error("the document is longer than {MAX_DOCUMENT_LEN} bytes")]
    TooLong,
}
