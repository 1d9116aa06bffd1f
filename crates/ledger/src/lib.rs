//! A bureau's append-only log: an RFC 6962 Merkle tree over salted commitments, proofs about it, and
//! the signed notes in which bureaus show each other how far it has grown.
//!
//! A leaf is not the record but a salted hash of it, so a record can be erased when its retention
//! ends (its salt with it) while the tree over the leaves stays verifiable.
//!
//! ```
//! use symbolon_ledger::{Commitment, Frontier, InclusionProof};
//!
//! let leaves = [b"a record", b"another "].map(|r| Commitment::new(&[7; 32], r).leaf_hash());
//! let mut log = Frontier::default();
//! leaves.iter().for_each(|leaf| log.append(leaf));
//!
//! let proof = InclusionProof::of_leaves(&leaves, 1)?;
//! proof.verify(&leaves[1], 1, log.len(), &log.root())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Keys stay with the caller: who signs hands in a closure. Nodes of the tree stay with it too: what
//! a hash or proof is made of is named by [`NodeId`], fetched by the caller, and handed back.

#![forbid(unsafe_code)]

mod checkpoint;
mod commitment;
mod consistency;
mod inclusion;
mod node_id;
mod note;
mod origin;
mod path;
mod proof_error;
mod signed_checkpoint;
mod span;
mod tile;
mod tree;

pub use checkpoint::Checkpoint;
pub use commitment::{Commitment, LeafHash, SALT_LEN};
pub use consistency::ConsistencyProof;
pub use inclusion::InclusionProof;
pub use node_id::{MAX_SIZE, NodeId, TreeError, consistency_nodes, inclusion_nodes, root_nodes};
pub use note::{
    MAX_NOTE_LEN, MAX_SIGNATURES, NoteError, PUBLIC_KEY_LEN, SIGNATURE_LEN, SignatureError,
};
pub use origin::{MAX_ORIGIN_LEN, Origin, OriginError};
pub use proof_error::ProofError;
pub use signed_checkpoint::SignedCheckpoint;
pub use tile::{TILE_WIDTH, Tile, tiles_for};
pub use tree::{Frontier, TreeHash, parent};
