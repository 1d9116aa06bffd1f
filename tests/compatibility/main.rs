//! Whoever was built from the frozen contract of version 1 and whoever was built from this one understand each
//! other, and what neither knows harms nobody.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod baseline;
mod bureau_face;
mod first;
mod later_peers;
mod partner_face;
mod wild;
