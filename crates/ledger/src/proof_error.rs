use thiserror::Error;

use crate::node_id::TreeError;

/// Why a proof proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The bytes are not a list of hashes, or of more than any proof has.
    #[error("a proof is at most {most} hashes of 32 bytes each, and nothing else")]
    Encoding {
        /// Most hashes of such a proof.
        most: usize,
    },
    /// There can be no such proof.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// It has more or fewer hashes than a proof for these sizes.
    #[error("the proof has more or fewer hashes than one for trees of these sizes")]
    Length,
    /// It leads to another tree.
    #[error("the proof leads to another tree hash than the one that was to be proven")]
    OtherTree,
}
