use symbolon_proto::v1::SignedDocument;

/// A signed document as it is kept: the exact bytes, who signed, and the signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredDocument {
    /// The bytes that were signed.
    pub document: Vec<u8>,
    /// Ed25519 public key, 32 bytes.
    pub public_key: Vec<u8>,
    /// Ed25519 signature, 64 bytes.
    pub signature: Vec<u8>,
}

impl From<SignedDocument> for StoredDocument {
    fn from(SignedDocument { document, public_key, signature }: SignedDocument) -> Self {
        Self { document, public_key, signature }
    }
}

impl From<StoredDocument> for SignedDocument {
    fn from(StoredDocument { document, public_key, signature }: StoredDocument) -> Self {
        Self { document, public_key, signature }
    }
}
