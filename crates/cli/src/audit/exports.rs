//! What another bureau's export reaches, without a command. For fuzzing.

use std::path::Path;

use serde_json::Value;
use symbolon_ledger::tiles_for;
use symbolon_policy::RequestId;

use super::{AuditFolder, exported_steps, held_entry, judge};
use crate::CliError;

/// The verdicts that `symbolon audit verify` prints as JSON of these folders. What `audit element` and
/// `audit open` read of the first is read as well, and thrown away.
///
/// # Errors
/// When a folder is not as `symbolon audit export` writes it.
#[doc(hidden)]
pub fn judge_exports(folders: &[&Path]) -> Result<Vec<Value>, CliError> {
    let folders =
        folders.iter().map(|path| AuditFolder::open(path)).collect::<Result<Vec<_>, _>>()?;
    let verdicts = judge(&folders, None)?;
    if let Some(first) = folders.first() {
        if let Some(tile) = tiles_for(first.about.size).next()
            && let Some((index, leaf)) = (0..).zip(first.tile(&tile)?).last()
        {
            held_entry(first, index, &leaf, "")?;
        }
        exported_steps(first, &RequestId([0xd1; 16]))?;
    }
    let written = verdicts.iter().map(serde_json::to_value).collect::<Result<_, _>>();
    written.map_err(|error| CliError::new("output", error.to_string()))
}
