//! The compiled core of the Python package `symbolon`: the same code that a bureau's node runs, for
//! whoever asks from Python.
//!
//! It does no I/O but for mapping tag set files, and reads no clock. Work on many identifiers runs on
//! all cores and without the interpreter's lock.

#![deny(unsafe_code)]

mod agreement;
mod asked;
mod cores;
mod encoding;
mod fault;
mod identifier;
mod manifest;
mod proofs;
mod question;
mod signing;

use pyo3::prelude::*;

/// Compiled core of the package; its users are the other modules.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::agreement::{Agreement, Offer, Party};
    #[pymodule_export]
    use super::asked::{Asked, Chunk, Found, Receipt};
    #[pymodule_export]
    use super::encoding::{
        answer_digest, canary_input, chunk_hash, commitment, derived_blind, finalized, measured,
        scope_id,
    };
    #[pymodule_export]
    use super::identifier::{Identifier, identifier_types, parse};
    #[pymodule_export]
    use super::manifest::{HeldSet, Manifest};
    #[pymodule_export]
    use super::proofs::{manifest_facts, receipt_facts, verify_consistency, verify_inclusion};
    #[pymodule_export]
    use super::question::Question;
    #[pymodule_export]
    use super::signing::HeaderKey;
}
