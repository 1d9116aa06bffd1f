use thiserror::Error;

use crate::span::{Span, consistency_spans, inclusion_spans};

/// The largest tree that can be spoken of: 2^63 - 1 leaves, as many as other implementations and
/// databases can count.
pub const MAX_SIZE: u64 = u64::MAX >> 1;

/// A node that never changes again: the hash over a complete subtree, whose 2^`level` leaves begin at
/// leaf `index` · 2^`level`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId {
    /// Height above the leaves, which are of level 0; at most 63.
    pub level: u8,
    /// Its place among the nodes of its level, from 0.
    pub index: u64,
}

/// The nodes that make the hash of the tree over the first `size` leaves, from the left: at most 64,
/// and none for the empty tree. See [`TreeHash::from_nodes`](crate::TreeHash::from_nodes).
pub fn root_nodes(size: u64) -> Vec<NodeId> {
    Span { start: 0, end: size }.nodes().collect()
}

/// The nodes that make the proof for leaf `index` in the tree over the first `size` leaves (RFC 6962,
/// section 2.1.1): fewer than 128. See [`InclusionProof::from_nodes`](crate::InclusionProof::from_nodes).
///
/// # Errors
/// When the tree has no such leaf, or is larger than [`MAX_SIZE`].
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<NodeId>, TreeError> {
    Ok(inclusion_spans(index, size)?.into_iter().flat_map(Span::nodes).collect())
}

/// The nodes that make the proof that the tree over the first `second` leaves continues that over the
/// first `first` (RFC 6962, section 2.1.2): fewer than 128. See
/// [`ConsistencyProof::from_nodes`](crate::ConsistencyProof::from_nodes).
///
/// # Errors
/// When `first` is 0 or more than `second`, or `second` is more than [`MAX_SIZE`].
pub fn consistency_nodes(first: u64, second: u64) -> Result<Vec<NodeId>, TreeError> {
    Ok(consistency_spans(first, second)?.into_iter().flat_map(Span::nodes).collect())
}

/// Why a question about a tree has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The tree has no such leaf.
    #[error("a tree of {size} leaves has no leaf {index}; leaves are counted from 0")]
    NoSuchLeaf {
        /// Index of the leaf.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The one tree cannot be a beginning of the other.
    #[error("a tree of {first} leaves is no beginning of one of {second}; give 1 to {second}")]
    NoBeginning {
        /// Leaves of the smaller tree.
        first: u64,
        /// Leaves of the larger tree.
        second: u64,
    },
    /// The tree is larger than [`MAX_SIZE`].
    #[error("a tree of {size} leaves is larger than any can be")]
    TooLarge {
        /// Leaves of the tree.
        size: u64,
    },
    /// Other nodes were given than were named.
    #[error("{needed} nodes are needed, {given} were given")]
    Nodes {
        /// How many are needed.
        needed: usize,
        /// How many were given.
        given: usize,
    },
}
