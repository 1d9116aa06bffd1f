mod claims;
mod entries;
mod erasures;
pub(super) mod events;
mod evidence;
mod manifests;
mod records;

use std::collections::BTreeMap;

use symbolon_store::LogId;
use time::{Duration, OffsetDateTime};

use self::{
    claims::{agreed, hold_claims},
    entries::{entry_finding, state},
    erasures::{erasures, hold_erasures},
    events::{hold_events, hold_other_events},
    evidence::{Claim, Evidence, Held},
    manifests::hold_manifests,
    records::hold_records,
};
use super::{
    folder::AuditFolder,
    held::admits,
    leaves::Leaves,
    verdict::{Finding, FindingKind, HeldEntry, HeldState, KeySource, Verdict},
};
use crate::CliError;

/// How far the clock of who saw something may be behind that of the bureau whose it is.
const CLOCKS_DIFFER: Duration = Duration::seconds(60);

/// Judges every log that the folders show something of. If `agreed` is given, only keys in it count.
pub(crate) fn judge(
    folders: &[AuditFolder],
    agreed: Option<&[LogId]>,
) -> Result<Vec<Verdict>, CliError> {
    let evidence = Evidence::read(folders)?;
    let mut verdicts = Vec::new();
    let key_from = if agreed.is_some() { KeySource::Agreement } else { KeySource::Folder };
    for folder in folders {
        let mut verdict = shown(folder, folders, &evidence)?;
        verdict.key_from = key_from;
        let log = folder.about.log();
        if agreed.is_some_and(|agreed| !agreed.contains(&log)) {
            verdict.findings.insert(0, not_agreed(&log));
        }
        verdict.holds = verdict.findings.is_empty();
        verdicts.push(verdict);
    }
    for log in &evidence.logs {
        if folders.iter().all(|folder| folder.about.log() != *log) {
            let mut verdict = spoken_of(log, &evidence);
            // Of a bureau that the agreements given do not name, others may hold something all the same.
            let is_named = |agreed: &[LogId]| agreed.iter().any(|one| one.bureau == log.bureau);
            if let Some(agreed) = agreed.filter(|agreed| is_named(agreed)) {
                verdict.key_from = KeySource::Agreement;
                if !agreed.contains(log) {
                    verdict.findings.insert(0, not_agreed(log));
                }
            }
            verdict.holds = verdict.findings.is_empty();
            verdicts.push(verdict);
        }
    }
    Ok(verdicts)
}

fn not_agreed(log: &LogId) -> Finding {
    Finding::new(
        FindingKind::KeyNotAgreed,
        format!("{} is not the key of {}'s log in the agreements given", log.key, log.bureau),
    )
}

/// A log of which there are only others' checkpoints and receipts.
fn spoken_of(log: &LogId, evidence: &Evidence) -> Verdict {
    let mut findings = evidence.findings(log);
    findings.extend(evidence.forks(log));
    let mut leaves = BTreeMap::new();
    for held in evidence.receipts(log) {
        let Held { receipt, holder } = held;
        let first = leaves.entry(receipt.entry_index).or_insert((receipt.leaf_hash, holder));
        if first.0 != receipt.leaf_hash {
            findings.push(Finding::at(
                FindingKind::EntryChanged,
                receipt.entry_index,
                format!(
                    "{} gave receipts for two different entries {} (held by {} and {holder})",
                    log.bureau, receipt.entry_index, first.1
                ),
            ));
        }
    }
    let claims = evidence.claims(log);
    let last_agreed = if findings.is_empty() {
        claims.iter().max_by_key(|claim| claim.size).map(agreed)
    } else {
        None
    };
    Verdict {
        bureau: log.bureau.clone(),
        log_key: log.key,
        key_from: KeySource::Folder,
        folder: None,
        holds: false,
        entries: claims.iter().map(|claim| claim.size).max().unwrap_or(0),
        records: 0,
        root: None,
        not_covered: 0,
        later: 0,
        checkpoints: count(claims),
        cosignatures: cosignatures(claims),
        receipts: count(evidence.receipts(log)),
        events: None,
        last_agreed,
        findings,
        held: Vec::new(),
    }
}

/// A log whose tiles and records are in a folder.
fn shown(
    folder: &AuditFolder,
    folders: &[AuditFolder],
    evidence: &Evidence,
) -> Result<Verdict, CliError> {
    let log = folder.about.log();
    let (leaves, mut findings) = Leaves::read(folder)?;
    let records = folder.records()?;
    let places = leaves.places();
    findings.extend(hold_records(&leaves, &places, &records));
    findings.extend(hold_erasures(&leaves, &records, &folder.erased()?));
    let exported_at = folder.about.exported_at;
    findings.extend(hold_manifests(&leaves, &records, evidence.receipts(&log), exported_at));
    let periods = folder.disclosures()?;
    let events = periods.as_deref().map(|periods| {
        let erasures = erasures(&leaves, &records);
        let (events, found) = hold_events(&leaves, &records, &erasures, periods);
        findings.extend(found);
        events
    });
    let (mut held, mut later) = (Vec::new(), 0_u64);
    for one in evidence.receipts(&log) {
        let receipt = &one.receipt;
        let entry = state(&leaves, &places, receipt.entry_index, &receipt.leaf_hash);
        if entry.0 == HeldState::Missing && may_be_later(receipt.issued_at, exported_at) {
            later = later.saturating_add(1);
            continue;
        }
        held.push(HeldEntry {
            index: receipt.entry_index,
            by: "receipt",
            holder: one.holder.clone(),
            state: entry.0,
            moved_to: entry.1,
        });
        let hash = receipt.header_hash.to_string();
        let record = records.iter().find(|line| line.index == receipt.entry_index);
        if entry.0 == HeldState::Holds && record.is_some_and(|line| !admits(line, &hash)) {
            findings.push(Finding::at(
                FindingKind::EntryContradictsReceipt,
                receipt.entry_index,
                format!(
                    "{} holds a receipt by which entry {} admits check {}, but its record says \
                     something else",
                    one.holder, receipt.entry_index, receipt.check_id
                ),
            ));
        }
    }
    for other in
        folders.iter().filter(|other| other.about.log() == log && other.path() != folder.path())
    {
        if let (Some(ours), Some(theirs)) = (&periods, other.disclosures()?) {
            let is_later = other.about.exported_at > exported_at;
            let holder = other.path().display().to_string();
            findings.extend(hold_other_events(ours, &theirs, is_later, &holder));
        }
        let (theirs, _) = Leaves::read(other)?;
        for (index, leaf) in theirs.iter() {
            let Some(leaf) = leaf else { continue };
            let entry = state(&leaves, &places, index, &leaf.0);
            // What the later of two exports has beyond the other is only growth.
            let is_growth = entry.0 == HeldState::Missing && other.about.exported_at > exported_at;
            if entry.0 != HeldState::Holds && !is_growth {
                held.push(HeldEntry {
                    index,
                    by: "export",
                    holder: other.path().display().to_string(),
                    state: entry.0,
                    moved_to: entry.1,
                });
            }
        }
    }
    held.sort_by(|a, b| (a.index, a.by, &a.holder).cmp(&(b.index, b.by, &b.holder)));
    findings.extend(held.iter().filter_map(entry_finding));
    let claimed = hold_claims(&log, &leaves, evidence, exported_at);
    let last_agreed = claimed.last_agreed;
    later = later.saturating_add(claimed.later);
    findings.extend(claimed.findings);
    findings.extend(evidence.findings(&log));
    findings.extend(evidence.forks(&log));
    let claims = evidence.claims(&log);
    let covered = last_agreed.as_ref().map_or(0, |last| last.size);
    Ok(Verdict {
        bureau: log.bureau,
        log_key: log.key,
        key_from: KeySource::Folder,
        folder: Some(folder.path().display().to_string()),
        holds: false,
        entries: leaves.len(),
        records: count(&records),
        root: leaves.roots(&[leaves.len()]).get(&leaves.len()).map(|root| hex::encode(root.0)),
        not_covered: leaves.len().saturating_sub(covered),
        later,
        checkpoints: count(claims),
        cosignatures: cosignatures(claims),
        receipts: held.iter().filter(|one| one.by == "receipt").map(|_| 1).sum(),
        events,
        last_agreed,
        findings,
        held,
    })
}

fn cosignatures(claims: &[Claim]) -> u64 {
    claims.iter().map(|claim| count(&claim.cosigned_by)).sum()
}

fn count<T>(all: &[T]) -> u64 {
    u64::try_from(all.len()).unwrap_or(u64::MAX)
}

/// Whether something may have come after an export. Some times are kept in whole seconds: what is of the
/// second of the export accuses nobody.
fn may_be_later(at: OffsetDateTime, exported_at: OffsetDateTime) -> bool {
    at.unix_timestamp() >= exported_at.unix_timestamp()
}
