//! The tag set: what an owner publishes so that a requester can look up locally, with the outcome of
//! an evaluation, whether the owner holds a record.
//!
//! # The set
//!
//! Each match key of each record gives one [`MembershipHash`] (16 bytes of PRF output). With n the
//! padded number of entries and λ the agreed precision, a hash h (read as a 128-bit big-endian
//! number) stands at the position floor(h · n · 2^λ / 2^128), so that a hash which is not in the set
//! is taken for one that is with probability at most 2^-λ per look-up. [`build`] removes duplicates,
//! pads with dummies to the next step of a public ladder ([`padded_len`]), sorts and encodes;
//! [`TagSet`] maps the file and answers from it in place.
//!
//! Canaries, the published entries by which a requester tests a new version, are ordinary hashes
//! to this crate: the caller puts them among the hashes it builds from and looks them up like any
//! other.
//!
//! # The coding
//!
//! Elias–Fano (P. Elias, "Efficient storage and retrieval by content and address of static files",
//! 1974; R. Fano, "On the number of bits required to implement an associative memory", 1971), in the
//! form that S. Vigna gave it ("Quasi-succinct indices", 2013). Because the universe is exactly 2^λ
//! positions per entry, the lower λ bits of a position are stored as they are, and its upper part,
//! the *bucket*, in unary: two bits an entry. A directory with the rank of each 256th bucket adds
//! 1/8 bit. That makes λ + 2.125 bits an entry, and 160 bytes; the bound for any coding is λ + 1.44.
//! `FORMAT.md` beside this crate describes the file byte by byte.
//!
//! An open set keeps a finer directory in memory, with the rank of each 32nd bucket: 1 bit an entry. It
//! is counted while the file is checked, and makes it one step to find a bucket.
//!
//! # What it costs
//!
//! A look-up waits for memory three times in turn: directory, bucket, lower parts. In a batch
//! ([`TagSet::contains_batch`]) many wait together. [`build`] sorts by bytes in place and merges the
//! dummies in as it writes; [`build_parallel`] does the same on several threads. How long that takes on
//! a machine: `cargo bench -p symbolon-tagset`.
//!
//! # What a look-up gives away
//!
//! Look-ups are not constant-time: they run on the requester's own machine, on the requester's own
//! hashes. What must not depend on their outcome is anything that the owner can see.

#![deny(unsafe_code)]

mod batch;
mod bits;
mod builder;
mod dummies;
mod encoder;
mod error;
mod few_behind;
mod format;
mod hash;
mod labels;
mod ladder;
mod look_up;
mod map;
mod parameters;
mod position;
mod ranks;
mod set;
mod sort;
mod structure;
mod workers;

pub use builder::{Summary, build, build_parallel, build_with_room};
pub use dummies::DummySecret;
pub use error::Error;
pub use few_behind::sort_few_behind;
pub use hash::MembershipHash;
pub use labels::{
    Label, LabelParameters, LabelSecret, LabelSummary, Labels, MAX_LABEL_LEN, MIN_LABEL_LEN,
    build_labels,
};
pub use ladder::{MAX_PADDED_LEN, MIN_PADDED_LEN, padded_len};
pub use parameters::{DEFAULT_LAMBDA, MAX_LAMBDA, MIN_LAMBDA, Parameters};
pub use set::TagSet;
