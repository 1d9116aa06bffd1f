use crate::{
    commitment::LeafHash,
    node_id::TreeError,
    path::Path,
    proof_error::ProofError,
    span::{has_leaf, inclusion_spans},
    tree::{Frontier, TreeHash, parent},
};

/// Why a leaf is in a tree: the hashes beside the way from the leaf up to the root, 32 bytes each, at
/// most [`InclusionProof::MAX_HASHES`] (RFC 9162, section 2.1.3; RFC 6962, section 2.1.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InclusionProof(Path);

impl InclusionProof {
    /// Most hashes that are read of a proof; no tree is so high that it needs more.
    pub const MAX_HASHES: usize = 64;

    /// Holds if `leaf` is leaf `index` of the tree over `size` leaves that hashes to `root` (RFC 9162,
    /// section 2.1.3.2).
    ///
    /// # Errors
    /// When it is not shown to be so.
    pub fn verify(
        &self,
        leaf: &LeafHash,
        index: u64,
        size: u64,
        root: &TreeHash,
    ) -> Result<(), ProofError> {
        if self.root(leaf, index, size)? == *root { Ok(()) } else { Err(ProofError::OtherTree) }
    }

    /// The hash of the only tree over `size` leaves for which this proves that `leaf` is leaf `index`
    /// (RFC 9162, section 2.1.3.2). It proves nothing until the hash is known from elsewhere.
    ///
    /// # Errors
    /// When the tree has no such leaf, or a proof for it has another number of hashes.
    pub fn root(&self, leaf: &LeafHash, index: u64, size: u64) -> Result<TreeHash, ProofError> {
        has_leaf(index, size)?;
        // The RFC calls them fn, sn and r.
        let (mut at, mut last, mut hash) = (index, size.saturating_sub(1), leaf.0);
        for beside in &self.0.0 {
            if last == 0 {
                return Err(ProofError::Length);
            }
            if at % 2 == 1 || at == last {
                hash = parent(beside, &hash);
                // At the right edge a subtree stays as it is until one is to its left.
                while at.is_multiple_of(2) && at != 0 {
                    (at, last) = (at / 2, last / 2);
                }
            } else {
                hash = parent(&hash, beside);
            }
            (at, last) = (at / 2, last / 2);
        }
        if last == 0 { Ok(TreeHash(hash)) } else { Err(ProofError::Length) }
    }

    /// The proof for leaf `index` of the tree over all of `leaves`, which are hashed for it anew.
    ///
    /// # Errors
    /// When there is no such leaf.
    pub fn of_leaves(leaves: &[LeafHash], index: u64) -> Result<Self, TreeError> {
        let size = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
        let no_leaf = TreeError::NoSuchLeaf { index, size };
        let hashes = inclusion_spans(index, size)?.into_iter().map(|span| {
            let range = usize::try_from(span.start).ok()?..usize::try_from(span.end).ok()?;
            let mut subtree = Frontier::default();
            leaves.get(range)?.iter().for_each(|leaf| subtree.append(leaf));
            Some(subtree.root().0)
        });
        Ok(Self(Path(hashes.collect::<Option<_>>().ok_or(no_leaf)?)))
    }

    /// The proof for leaf `index` of the tree over the first `size` leaves, of the nodes that
    /// [`inclusion_nodes`](crate::inclusion_nodes) names, in that order.
    ///
    /// # Errors
    /// When the tree has no such leaf, or there are more or fewer nodes than it needs.
    pub fn from_nodes(index: u64, size: u64, nodes: &[[u8; 32]]) -> Result<Self, TreeError> {
        Ok(Self(Path::from_nodes(inclusion_spans(index, size)?, nodes)?))
    }

    /// Reads the hashes one after the other, from the leaf up.
    ///
    /// # Errors
    /// When it is no list of 32-byte hashes, or of more than [`InclusionProof::MAX_HASHES`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        Ok(Self(Path::from_bytes(bytes, Self::MAX_HASHES)?))
    }

    /// The hashes one after the other, from the leaf up; empty for the only leaf of a tree.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}
