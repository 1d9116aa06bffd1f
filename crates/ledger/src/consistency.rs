use crate::{
    node_id::TreeError,
    path::Path,
    proof_error::ProofError,
    span::{consistency_spans, has_beginning},
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
        has_beginning(first, second)?;
        if first == second {
            return match (self.0.0.is_empty(), first_root == second_root) {
                (false, _) => Err(ProofError::Length),
                (true, false) => Err(ProofError::OtherTree),
                (true, true) => Ok(()),
            };
        }
        // The hash of a complete tree is a node of the larger one, and the verifier has it: the proof
        // begins with what comes after.
        let (begin, path) = match self.0.0.split_first() {
            None => return Err(ProofError::Length),
            Some(_) if first.is_power_of_two() => (&first_root.0, self.0.0.as_slice()),
            Some((begin, path)) => (begin, path),
        };
        // The RFC calls them fn, sn, fr and sr.
        let (mut at, mut last) = (first.saturating_sub(1), second.saturating_sub(1));
        while at % 2 == 1 {
            (at, last) = (at / 2, last / 2);
        }
        let (mut first_hash, mut second_hash) = (*begin, *begin);
        for beside in path {
            if last == 0 {
                return Err(ProofError::Length);
            }
            if at % 2 == 1 || at == last {
                first_hash = parent(beside, &first_hash);
                second_hash = parent(beside, &second_hash);
                // At the right edge a subtree stays as it is until one is to its left.
                while at.is_multiple_of(2) && at != 0 {
                    (at, last) = (at / 2, last / 2);
                }
            } else {
                second_hash = parent(&second_hash, beside);
            }
            (at, last) = (at / 2, last / 2);
        }
        if last != 0 {
            return Err(ProofError::Length);
        }
        if first_hash == first_root.0 && second_hash == second_root.0 {
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
