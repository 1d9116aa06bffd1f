//! Entries without records against the entries that say what was erased.

use std::collections::{BTreeSet, HashMap};

use symbolon_store::LogRecord;
use time::OffsetDateTime;

use super::count;
use crate::audit::{
    folder::{ErasedLine, RecordLine},
    held::is_of,
    leaves::Leaves,
    verdict::{Finding, FindingKind},
};

/// Holds the entries without records against the entries that say what was erased: each has to be
/// older than an erasure after it reached, and there have to be as many as the newest one says.
pub(super) fn hold_erasures(
    leaves: &Leaves,
    records: &[RecordLine],
    erased: &[ErasedLine],
) -> Vec<Finding> {
    let kept: BTreeSet<u64> = records.iter().map(|line| line.index).collect();
    let said: HashMap<u64, OffsetDateTime> =
        erased.iter().map(|line| (line.index, line.at)).collect();
    let erasures = erasures(leaves, records);
    let (mut findings, mut covered, mut uncovered) = (Vec::new(), Vec::new(), Vec::new());
    for index in (0..leaves.len()).filter(|index| !kept.contains(index)) {
        let Some(at) = said.get(&index) else {
            findings.push(Finding::at(
                FindingKind::RecordMissing,
                index,
                format!("entry {index} has no record, and is not among those that were erased"),
            ));
            continue;
        };
        // Times are kept in whole seconds, and what is erased is older than the second named.
        let is_covered = erasures
            .iter()
            .any(|one| one.index > index && one.before.unix_timestamp() > at.unix_timestamp());
        if is_covered { covered.push(index) } else { uncovered.push(index) }
    }
    if let (Some(first), Some(last)) = (uncovered.first(), uncovered.last()) {
        findings.push(Finding::over(
            FindingKind::ErasedUnsaid,
            *first..last.saturating_add(1),
            format!(
                "{} records from entry {first} to {last} were erased without an entry that says so",
                uncovered.len()
            ),
        ));
    }
    if let Some(newest) = erasures.iter().max_by_key(|one| one.index)
        && !newest.counts(count(&covered))
    {
        findings.push(Finding::at(
            FindingKind::ErasedUnsaid,
            newest.index,
            format!(
                "by entry {} other records are gone than the {} that are said to have been erased",
                newest.index,
                covered.len()
            ),
        ));
    }
    findings
}

/// What an entry says of an erasure.
pub(super) struct Erasure {
    pub(super) index: u64,
    pub(super) before: OffsetDateTime,
    entries: u64,
    in_all: Option<u64>,
}

impl Erasure {
    /// Whether so many entries may be without a record after it. Older programs did not count those of
    /// earlier erasures, whose own entries may be gone.
    fn counts(&self, erased: u64) -> bool {
        self.in_all.map_or(self.entries <= erased, |in_all| in_all == erased)
    }
}

/// The erasures of which the log has the records. Others were erased themselves, by a later one.
pub(super) fn erasures(leaves: &Leaves, records: &[RecordLine]) -> Vec<Erasure> {
    let is_sound =
        |line: &&RecordLine| leaves.at(line.index).is_some_and(|leaf| is_of(line, &leaf.0));
    let read = |line: &RecordLine| match serde_json::from_str(&line.record) {
        Ok(LogRecord::RecordsErased { before, entries, in_all, .. }) => {
            Some(Erasure { index: line.index, before, entries, in_all })
        }
        _ => None,
    };
    records
        .iter()
        .filter(|line| line.record.contains("records_erased"))
        .filter(is_sound)
        .filter_map(read)
        .collect()
}
