//! Bad input of every kind is refused with a reason, loses nothing, and the node goes on.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod agreements;
mod bureau_face;
mod certificates;
mod chunks;
mod common;
mod disclosures;
mod elements;
mod fake_owner;
mod files;
mod flood;
mod full_disk;
mod handshakes;
mod hostile_labels;
mod keys;
mod long_messages;
mod misbehaving_owner;
mod replay;
mod silent_partners;
mod stopping;
mod tag_sets;
mod wrong_bureau;
