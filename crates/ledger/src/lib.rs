//! The hashing of a bureau's append-only log: RFC 6962 Merkle tree over salted commitments.
//!
//! A leaf is not the record but a salted hash of it, so a record can be erased when its retention
//! ends (its salt with it) while the tree over the leaves stays verifiable.
//!
//! ```
//! use symbolon_ledger::{Commitment, Frontier};
//!
//! let mut log = Frontier::default();
//! log.append(&Commitment::new(&[7; 32], b"a record").leaf_hash());
//! assert_eq!(log.len(), 1);
//! ```

#![forbid(unsafe_code)]

mod commitment;
mod tree;

pub use commitment::{Commitment, LeafHash, SALT_LEN};
pub use tree::{Frontier, TreeHash};
