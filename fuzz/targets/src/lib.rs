//! Everything that a stranger's bytes can reach, each behind a function that must not panic, whatever it is
//! given. A function panics where a promise is broken.
//!
//! `cargo xtask fuzz` runs them all on what is in `fuzz/corpus` and on bytes made from it, with the stable
//! compiler; `cargo fuzz run NAME` in this folder's parent runs one with libFuzzer, for as long as you like.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a broken promise is found by panicking"
)]

mod agreements;
#[cfg(feature = "program")]
mod bureau_face;
mod documents;
mod elements;
#[cfg(feature = "program")]
mod exports;
mod identifiers;
#[cfg(feature = "program")]
mod json_face;
mod logs;
mod messages;
mod mutate;
#[cfg(feature = "program")]
mod program;
mod rules;
pub mod seeds;
mod sets;

pub use mutate::Mutator;

/// One thing that strangers' bytes reach.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Gives it these bytes.
    pub run: fn(&[u8]),
    /// The most bytes that are worth trying.
    pub longest: usize,
}

macro_rules! targets {
    ($($(#[$cfg:meta])* $name:ident $longest:literal $run:path,)*) => {
        /// All of them.
        pub const TARGETS: &[Target] = &[
            $($(#[$cfg])* Target { name: stringify!($name), run: $run, longest: $longest },)*
        ];
    };
}

targets! {
    agreement 16_384 agreements::agreement,
    agreement_answer 4_096 agreements::agreement_answer,
    agreement_text 16_384 agreements::agreement_text,
    #[cfg(feature = "program")]
    approval 2_048 bureau_face::approval,
    #[cfg(feature = "program")]
    audit_folder 16_384 exports::audit_folder,
    #[cfg(feature = "program")]
    bearer 512 json_face::bearer,
    #[cfg(feature = "program")]
    bureau_check 8_192 bureau_face::bureau_check,
    card 4_096 agreements::card,
    #[cfg(feature = "program")]
    certificate 4_096 program::certificate,
    check_header 8_192 documents::check_header,
    checkpoint 8_192 logs::checkpoint,
    #[cfg(feature = "program")]
    csv 8_192 program::csv,
    disclosure 8_192 documents::disclosure,
    element_proof 8_192 logs::element_proof,
    elements 2_048 elements::elements,
    #[cfg(feature = "program")]
    evidence 16_384 program::evidence,
    identifiers 512 identifiers::identifiers,
    #[cfg(feature = "program")]
    json_body 8_192 bureau_face::json_body,
    #[cfg(feature = "program")]
    json_lines 4_096 json_face::json_lines,
    label_file 40_000 sets::label_file,
    lanes 256 elements::lanes,
    log_proof 8_192 logs::proof,
    manifest 4_096 documents::manifest,
    messages 8_192 messages::messages,
    mrz 256 identifiers::mrz,
    notice 4_096 agreements::notice,
    #[cfg(feature = "program")]
    profile 2_048 program::profile,
    receipt 16_384 documents::receipt,
    rule_pack 8_192 rules::rule_pack,
    #[cfg(feature = "program")]
    standing_items 8_192 bureau_face::standing_items,
    status 2_048 messages::status,
    tables 4_096 rules::tables,
    tag_set 16_384 sets::tag_set,
}

/// The target of that name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().copied().find(|target| target.name == name)
}
