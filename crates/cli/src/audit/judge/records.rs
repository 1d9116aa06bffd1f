//! Records against the leaves that stand for them.

use std::collections::HashMap;

use symbolon_store::LogRecord;

use crate::audit::{
    folder::RecordLine,
    held::{is_of, leaf_of},
    leaves::Leaves,
    verdict::{Finding, FindingKind},
};

/// Holds each record against its leaf, and the time beside it against the one that it says.
pub(super) fn hold_records(
    leaves: &Leaves,
    places: &HashMap<[u8; 32], u64>,
    records: &[RecordLine],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut first_dated, mut undated) = (u64::MAX, Vec::new());
    for line in records {
        if leaves.at(line.index).is_some_and(|leaf| is_of(line, &leaf.0)) {
            match LogRecord::time_in(line.record.as_bytes()) {
                None => undated.push(line.index),
                Some(at) => {
                    first_dated = first_dated.min(line.index);
                    if at != line.at.unix_timestamp() {
                        let sentence = format!(
                            "the record of entry {} is of another time than is said",
                            line.index
                        );
                        findings.push(Finding::at(
                            FindingKind::RecordTimeChanged,
                            line.index,
                            sentence,
                        ));
                    }
                }
            }
            continue;
        }
        let elsewhere = leaf_of(line).and_then(|leaf| places.get(&leaf));
        findings.push(match elsewhere {
            Some(other) => Finding::at(
                FindingKind::RecordMoved,
                line.index,
                format!("the record of entry {} is that of entry {other}", line.index),
            ),
            None => Finding::at(
                FindingKind::RecordChanged,
                line.index,
                format!("the record of entry {} is not what its leaf stands for", line.index),
            ),
        });
    }
    // Records of older programs do not say it, and there are none after the first that does.
    for index in undated.into_iter().filter(|index| *index > first_dated) {
        findings.push(Finding::at(
            FindingKind::RecordTimeChanged,
            index,
            format!("the record of entry {index} does not say when it was made, as older ones do"),
        ));
    }
    findings
}
