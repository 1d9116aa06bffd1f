//! Signed documents and proofs of a log, verified one by one: so that a program can check itself against the test
//! vectors, and what it has kept against a bureau's keys.

use pyo3::prelude::*;
use symbolon_exchange::{Manifest, Receipt};
use symbolon_ledger::{ConsistencyProof, InclusionProof, LeafHash, TreeHash};
use symbolon_policy::VerifyingKey;

use crate::{
    fault::{invalid, untrusted},
    signing::signed,
};

type ManifestFacts = ([u8; 32], u64, [u8; 32], u64, Vec<[u8; 16]>);
type ReceiptFacts = ([u8; 16], [u8; 32], Vec<[u8; 32]>, [u8; 32], u64, u64, [u8; 32]);

/// What a manifest says that this key has signed and whose canaries hold (section 6): scope id, version, OPRF
/// public key, length of the file, membership hashes of the canaries.
#[pyfunction]
pub(crate) fn manifest_facts(
    document: &[u8],
    public_key: &[u8],
    signature: &[u8],
    manifest_key: [u8; 32],
) -> PyResult<ManifestFacts> {
    let signed = signed(document, public_key, signature);
    let (manifest, _) =
        Manifest::verify(&signed, &VerifyingKey(manifest_key)).map_err(untrusted)?;
    let kind = manifest.scope.identifier_type;
    let canaries =
        manifest.canaries.membership_hashes(&manifest.public_key, kind).map_err(untrusted)?;
    Ok((
        manifest.scope_id().0,
        manifest.version,
        manifest.public_key.to_bytes(),
        manifest.file_len,
        canaries.iter().map(|hash| hash.0).collect(),
    ))
}

/// What a receipt says that this owner has signed and logged (section 9): check id, hash of the header, hashes of
/// the manifests, digest of the evaluated elements, number of elements, index of the log entry, hash of its leaf.
/// Whether that is what was asked is for the caller to compare.
#[pyfunction]
pub(crate) fn receipt_facts(
    document: &[u8],
    public_key: &[u8],
    signature: &[u8],
    owner: &str,
    log_key: [u8; 32],
) -> PyResult<ReceiptFacts> {
    let (owner, key) = (owner.parse().map_err(invalid)?, VerifyingKey(log_key));
    let signed = signed(document, public_key, signature);
    let receipt = Receipt::verify(&signed, &key).map_err(untrusted)?;
    receipt.logged(&owner, &key).map_err(untrusted)?;
    Ok((
        receipt.check_id.0,
        receipt.header_hash.0,
        receipt.manifests.iter().map(|hash| hash.0).collect(),
        receipt.evaluated,
        receipt.answered,
        receipt.entry_index,
        receipt.leaf_hash,
    ))
}

/// Refuses unless the leaf is at this place in the tree with this root (RFC 9162, section 2.1.3.2).
#[pyfunction]
pub(crate) fn verify_inclusion(
    leaf_hash: [u8; 32],
    entry_index: u64,
    tree_size: u64,
    root: [u8; 32],
    proof: &[u8],
) -> PyResult<()> {
    let proof = InclusionProof::from_bytes(proof).map_err(untrusted)?;
    proof.verify(&LeafHash(leaf_hash), entry_index, tree_size, &TreeHash(root)).map_err(untrusted)
}

/// Refuses unless the second tree continues the first (RFC 9162, section 2.1.4.2).
#[pyfunction]
pub(crate) fn verify_consistency(
    first_size: u64,
    first_root: [u8; 32],
    second_size: u64,
    second_root: [u8; 32],
    proof: &[u8],
) -> PyResult<()> {
    let proof = ConsistencyProof::from_bytes(proof).map_err(untrusted)?;
    proof
        .verify(first_size, &TreeHash(first_root), second_size, &TreeHash(second_root))
        .map_err(untrusted)
}
