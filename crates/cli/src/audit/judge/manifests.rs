//! The lists that receipts speak of against those that the log has: an owner that shows one partner a list
//! of its own leaves it out of the log, or has two of one version there.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use symbolon_store::LogRecord;
use time::OffsetDateTime;

use super::{evidence::Held, may_be_later};
use crate::audit::{
    folder::RecordLine,
    held::is_of,
    leaves::Leaves,
    verdict::{Finding, FindingKind},
};

pub(super) fn hold_manifests(
    leaves: &Leaves,
    records: &[RecordLine],
    receipts: &[Held],
    exported_at: OffsetDateTime,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut published = HashSet::new();
    let mut versions: BTreeMap<(String, u64), (u64, String)> = BTreeMap::new();
    let sound = |line: &&RecordLine| leaves.at(line.index).is_some_and(|leaf| is_of(line, &leaf.0));
    let kept: BTreeSet<u64> = records.iter().filter(sound).map(|line| line.index).collect();
    let named = |line: &&RecordLine| line.record.contains("manifest_published");
    for line in records.iter().filter(|line| kept.contains(&line.index)).filter(named) {
        let record = serde_json::from_str(&line.record);
        let Ok(LogRecord::ManifestPublished { scope, version, manifest, .. }) = record else {
            continue;
        };
        published.insert(manifest.clone());
        let known = versions.entry((scope.to_string(), version));
        let (index, other) = known.or_insert_with(|| (line.index, manifest.clone()));
        if *other != manifest {
            let sentence = format!(
                "entries {index} and {} publish two different lists as version {version} of one scope",
                line.index
            );
            findings.push(Finding::at(FindingKind::ManifestTwice, line.index, sentence));
        }
    }
    // Where records are gone or changed, so may be the one that published it.
    if (0..leaves.len()).any(|index| !kept.contains(&index)) {
        return findings;
    }
    let spoken_of = receipts.iter().filter(|one| one.receipt.entry_index < leaves.len());
    for Held { receipt, holder } in spoken_of {
        // A version may be published while a check is answered; one of after the export is not in it.
        if may_be_later(receipt.issued_at, exported_at) {
            continue;
        }
        for manifest in receipt.manifests.iter().map(ToString::to_string) {
            if !published.contains(&manifest) {
                findings.push(Finding::at(
                    FindingKind::ManifestNotLogged,
                    receipt.entry_index,
                    format!(
                        "{holder} holds a receipt for entry {} that speaks of the list {manifest}, which \
                         the log does not have: it may have been shown to {holder} alone",
                        receipt.entry_index
                    ),
                ));
            }
        }
    }
    findings
}
