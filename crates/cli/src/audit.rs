//! A bureau's log as files, and what can be proven of it from files alone.

mod exported_steps;
mod exports;
mod folder;
mod held;
mod judge;
mod leaves;
mod verdict;

pub(crate) use exported_steps::{ExportedStep, exported_steps};
pub use exports::judge_exports;
pub(crate) use folder::AuditFolder;
pub(crate) use held::{EntryFinding, held_entry};
pub(crate) use judge::judge;
pub(crate) use verdict::{KeySource, Verdict};
