use prost::Message as _;
use ring::digest::{Context, SHA256, digest};
use symbolon_ledger::{InclusionProof, LeafHash, SignedCheckpoint};
use symbolon_policy::{BureauCode, CheckId, Label, SigningKey, VerifyingKey};
use symbolon_proto::v1::{self, SignedDocument};
use time::OffsetDateTime;

use crate::{
    log::read_checkpoint,
    signed::{self, DocumentError, DocumentHash},
    time as timestamp,
};

/// What an owner signs when it has answered (see `symbolon.v1.Receipt`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The check.
    pub check_id: CheckId,
    /// Hash of its header.
    pub header_hash: DocumentHash,
    /// The manifest in force for each scope asked, in order.
    pub manifests: Vec<DocumentHash>,
    /// Digest of all that was answered.
    pub evaluated: [u8; 32],
    /// How many elements were answered.
    pub answered: u64,
    /// Index of the owner's log entry.
    pub entry_index: u64,
    /// Leaf hash of that entry.
    pub leaf_hash: [u8; 32],
    /// The owner's clock.
    pub issued_at: OffsetDateTime,
    /// A checkpoint of the owner's log that covers the entry, as a signed note.
    pub checkpoint: Vec<u8>,
    /// Why the entry is in the tree of that checkpoint.
    pub inclusion: InclusionProof,
}

impl Receipt {
    /// Signs it with the owner's log key.
    pub fn sign(&self, key: &SigningKey) -> SignedDocument {
        let receipt = v1::Receipt {
            check_id: self.check_id.0.to_vec(),
            header_hash: self.header_hash.0.to_vec(),
            manifest_hashes: self.manifests.iter().flat_map(|hash| hash.0).collect(),
            evaluated_digest: self.evaluated.to_vec(),
            answered: self.answered,
            entry_index: self.entry_index,
            leaf_hash: self.leaf_hash.to_vec(),
            issued_at: Some(timestamp::to_proto(self.issued_at)),
            checkpoint: self.checkpoint.clone(),
            inclusion_proof: self.inclusion.to_bytes(),
        };
        signed::sign(key, Label::Receipt, receipt.encode_to_vec())
    }

    /// The receipt, if `key` signed it.
    ///
    /// # Errors
    /// When it was not signed by `key` or a field is not as it must be.
    pub fn verify(document: &SignedDocument, key: &VerifyingKey) -> Result<Self, DocumentError> {
        let bytes = signed::verify(key, Label::Receipt, document)?;
        let receipt = v1::Receipt::decode(bytes).map_err(|_| malformed("encoding"))?;
        let (manifests, rest) = receipt.manifest_hashes.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(malformed("manifest hashes"));
        }
        Ok(Self {
            check_id: CheckId(
                receipt.check_id.as_slice().try_into().map_err(|_| malformed("check id"))?,
            ),
            header_hash: DocumentHash(
                receipt.header_hash.as_slice().try_into().map_err(|_| malformed("header hash"))?,
            ),
            manifests: manifests.iter().copied().map(DocumentHash).collect(),
            evaluated: receipt
                .evaluated_digest
                .as_slice()
                .try_into()
                .map_err(|_| malformed("digest"))?,
            answered: receipt.answered,
            entry_index: receipt.entry_index,
            leaf_hash: receipt
                .leaf_hash
                .as_slice()
                .try_into()
                .map_err(|_| malformed("leaf hash"))?,
            issued_at: timestamp::from_proto(receipt.issued_at).ok_or(malformed("time"))?,
            checkpoint: receipt.checkpoint,
            inclusion: InclusionProof::from_bytes(&receipt.inclusion_proof)
                .map_err(|_| malformed("inclusion proof"))?,
        })
    }

    /// The checkpoint of `owner`'s log that this receipt leads to, if `key` signed it and the entry is
    /// in its tree.
    ///
    /// # Errors
    /// When it is not such a checkpoint, or the proof does not hold.
    pub fn logged(
        &self,
        owner: &BureauCode,
        key: &VerifyingKey,
    ) -> Result<SignedCheckpoint, DocumentError> {
        let signed = read_checkpoint(&self.checkpoint, owner, key)?;
        let tree = signed.checkpoint();
        self.inclusion
            .verify(&LeafHash(self.leaf_hash), self.entry_index, tree.size, &tree.root)
            .map_err(|_| malformed("inclusion proof"))?;
        Ok(signed)
    }
}

/// Digest of a check's evaluated elements, fed chunk by chunk on both sides: SHA-256 over the
/// SHA-256 of each chunk.
#[derive(Clone)]
pub struct AnswerDigest(Context);

impl Default for AnswerDigest {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl AnswerDigest {
    /// Adds the evaluated elements of the next chunk.
    pub fn add(&mut self, evaluated: &[u8]) {
        self.0.update(digest(&SHA256, evaluated).as_ref());
    }

    /// The digest, 32 bytes.
    pub fn finish(self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(self.0.finish().as_ref());
        out
    }
}

fn malformed(field: &'static str) -> DocumentError {
    DocumentError::Malformed { document: "receipt", field }
}
