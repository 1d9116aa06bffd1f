//! What travels between bureaus: only what the named key signed under the right label, unaltered
//! and within bounds, is ever read.
#![cfg(test)]

mod bounds;
mod canaries;
mod digests;
mod disclosure;
mod fixture;
mod log;
mod properties;
mod signatures;
mod texts;
