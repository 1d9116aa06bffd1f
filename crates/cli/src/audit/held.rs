use symbolon_ledger::{Commitment, SALT_LEN};
use symbolon_store::LogRecord;

use super::{
    folder::{AuditFolder, RecordLine},
    leaves::Leaves,
};
use crate::CliError;

/// What an exported log shows at an entry for which a receipt was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EntryFinding {
    /// The entry admits exactly this header.
    Holds,
    /// The leaf is the one of the receipt; its record was erased.
    Erased,
    /// The entry is another, or admits something else.
    Differs,
}

/// Holds one entry of an exported log against a receipt's leaf and the hash of the header that it is for.
pub(crate) fn held_entry(
    folder: &AuditFolder,
    index: u64,
    leaf: &[u8; 32],
    header: &str,
) -> Result<EntryFinding, CliError> {
    let (leaves, _) = Leaves::read(folder)?;
    if leaves.at(index).is_none_or(|found| &found.0 != leaf) {
        return Ok(EntryFinding::Differs);
    }
    let record = folder.records()?.into_iter().find(|record| record.index == index);
    Ok(match record {
        None => EntryFinding::Erased,
        Some(line) if is_of(&line, leaf) && admits(&line, header) => EntryFinding::Holds,
        Some(_) => EntryFinding::Differs,
    })
}

/// Whether a record with its salt is what the leaf stands for.
pub(super) fn is_of(line: &RecordLine, leaf: &[u8; 32]) -> bool {
    leaf_of(line).as_ref() == Some(leaf)
}

pub(super) fn leaf_of(line: &RecordLine) -> Option<[u8; 32]> {
    let mut salt = [0; SALT_LEN];
    hex::decode_to_slice(&line.salt, &mut salt).ok()?;
    Some(Commitment::new(&salt, line.record.as_bytes()).leaf_hash().0)
}

/// Whether a record is the admission of the header with that hash.
pub(super) fn admits(line: &RecordLine, hash: &str) -> bool {
    matches!(
        serde_json::from_str(&line.record),
        Ok(LogRecord::CheckAdmitted { header, .. }) if header == hash
    )
}
