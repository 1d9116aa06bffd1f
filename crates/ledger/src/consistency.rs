use crate::{
    node_id::TreeError,
    path::Path,
    proof_error::ProofError,
    span::consistency_spans,
    tree::{TreeHash, parent},
};

/// Why a tree continues a smaller one, that is, begins with the same leaves: hashes of 32 bytes, at
/// most [`ConsistencyProof::MAX_HASHES`] (RFC 9162, section 2.1.4; RFC 6962, section 2.1.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsistencyProof(Path);

impl ConsistencyProof {
    /// Most hashes that are read of a proof; no tree is so high that it needs more.
    pub const MAX_HASHES: usize = 128;

    /// Holds if the tree over `second` leaves that hashes to `second_root` continues the one over
    /// `first` leaves that hashes to `first_root` (RFC 9162, section 2.1.4.2). Where both sizes are the
    /// same, the hashes must be too, and the proof empty.
    ///
    /// # Errors
    /// When it is not shown to be so, or `first` is 0: of nothing, everything is a continuation.
    pub fn verify(
        &self,
        first: u64,
        first_root: &TreeHash,
        second: u64,
        second_root: &TreeHash,
    ) -> Result<(), ProofError> {
        let needed = consistency_spans(first, second)?.len();
        if self.0.0.len() != needed {
            return Err(ProofError::Length);
        }
        // Where the first tree is complete, or all of the second, its hash is where the proof begins.
        let (begin, beside) = match self.0.0.split_first() {
            Some((begin, beside)) if !first.is_power_of_two() => (begin, beside),
            _ => (&first_root.0, self.0.0.as_slice()),
        };
        // The RFC calls them fn, sn, fr and sr.
        let (mut at, mut last) = (first.saturating_sub(1), second.saturating_sub(1));
        while at % 2 == 1 {
            (at, last) = (at / 2, last / 2);
        }
        let (mut first_hash, mut second_hash) = (*begin, *begin);
        for hash in beside {
            if at % 2 == 1 || at == last {
                first_hash = parent(hash, &first_hash);
                second_hash = parent(hash, &second_hash);
                // At the right edge a subtree stays as it is until one is to its left.
                while at.is_multiple_of(2) && at != 0 {
                    (at, last) = (at / 2, last / 2);
                }
            } else {
                second_hash = parent(&second_hash, hash);
            }
            (at, last) = (at / 2, last / 2);
        }
        if TreeHash(first_hash) == *first_root && TreeHash(second_hash) == *second_root {
            Ok(())
        } else {
            Err(ProofError::OtherTree)
        }
    }

    /// The proof from the tree over the first `first` leaves to that over the first `second`, of the
    /// nodes that [`consistency_nodes`](crate::consistency_nodes) names, in that order.
    ///
    /// # Errors
    /// When `first` is 0 or more than `second`, or there are more or fewer nodes than it needs.
    pub fn from_nodes(first: u64, second: u64, nodes: &[[u8; 32]]) -> Result<Self, TreeError> {
        Ok(Self(Path::from_nodes(consistency_spans(first, second)?, nodes)?))
    }

    /// Reads the hashes one after the other, in the order of the RFC.
    ///
    /// # Errors
    /// When it is no list of 32-byte hashes, or of more than [`ConsistencyProof::MAX_HASHES`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        Ok(Self(Path::from_bytes(bytes, Self::MAX_HASHES)?))
    }

    /// The hashes one after the other, in the order of the RFC; empty where both trees are the same.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}
