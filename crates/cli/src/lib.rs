//! The `symbolon` program: every job a person does at a bureau, one verb each.
//!
//! The library half holds what the end-to-end tests and developer tools share with the program:
//! [`scenario`] sets up whole bureaus and runs their nodes as processes, [`asking`] asks one,
//! [`standing`] keeps lists asked there, [`legal`] signs and ends agreements.

#![forbid(unsafe_code)]

mod acting;
mod answer_file;
pub mod asking;
mod audit;
mod card;
mod commands;
mod failure;
pub mod legal;
mod moment;
mod output;
mod profile;
mod prose;
pub mod rows;
pub mod rule_folder;
pub mod scenario;
pub mod standing;
mod statistics;
mod typed;

#[doc(hidden)]
pub use audit::judge_exports;
pub use commands::{Cli, run};
pub use failure::CliError;
pub use profile::Profile;
