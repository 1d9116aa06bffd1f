//! What the end-to-end tests share: whole bureaus whose nodes run as processes, and a requester
//! that can be made to misbehave.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test harness fails by panicking"
)]

pub mod misbehaving;
pub mod raw;
pub mod tap;
mod terms;
mod waiting;
pub mod world;

pub use misbehaving::MisbehavingNode;
pub use terms::with_disclosure;
pub use waiting::until;
pub use world::{Offer, World, program};
