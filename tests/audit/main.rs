//! Attacks on logs, with real nodes: each is found by a partner by itself and by `symbolon audit
//! verify` from files, and the evidence remains.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod calls;
mod common;
mod disclosures;
mod erasing;
mod files;
mod forks;
mod growth;
mod insider;
mod opening;
mod own_log;
mod rewriting;
mod withholding;
