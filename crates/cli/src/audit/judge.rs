use std::collections::{BTreeMap, BTreeSet, HashMap};

use symbolon_client::SignedFile;
use symbolon_exchange::{Receipt, log_origin, read_checkpoint};
use symbolon_ledger::{SignatureError, SignedCheckpoint, TreeHash};
use symbolon_policy::VerifyingKey;
use symbolon_store::{LogId, LogRecord};
use time::{Duration, OffsetDateTime};

use super::{
    folder::{AuditFolder, ErasedLine, RecordLine},
    held::{admits, is_of, leaf_of},
    leaves::Leaves,
    verdict::{Agreed, Finding, FindingKind, HeldEntry, HeldState, KeySource, Verdict},
};
use crate::CliError;

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
            verdict.key_from = key_from;
            if agreed.is_some_and(|agreed| !agreed.contains(log)) {
                verdict.findings.insert(0, not_agreed(log));
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

/// How far the clock of who saw a checkpoint may be behind that of the bureau whose it is.
const CLOCKS_DIFFER: Duration = Duration::seconds(60);
/// The same for what a bureau keeps of its own, in whole seconds.
const WHOLE_SECONDS: Duration = Duration::seconds(2);

/// A checkpoint that bears the signature of the log's key.
struct Claim {
    size: u64,
    root: TreeHash,
    /// It was there at the latest then, by the clock of the log's bureau: what it has beyond an export
    /// of before is growth.
    at: OffsetDateTime,
    note: String,
    /// Who holds it, and how it came.
    holder: String,
    cosigned_by: Vec<String>,
}

/// What should be a checkpoint, before it is looked at.
struct Noted {
    log: LogId,
    note: String,
    holder: String,
    at: OffsetDateTime,
}

/// A receipt that holds.
struct Held {
    receipt: Receipt,
    holder: String,
}

/// What all folders together say of each log.
#[derive(Default)]
struct Evidence {
    logs: Vec<LogId>,
    claims: HashMap<LogId, Vec<Claim>>,
    receipts: HashMap<LogId, Vec<Held>>,
    findings: HashMap<LogId, Vec<Finding>>,
}

impl Evidence {
    fn read(folders: &[AuditFolder]) -> Result<Self, CliError> {
        let mut all = Self::default();
        let mut notes = Vec::new();
        for folder in folders {
            let holder = folder.about.bureau.to_string();
            all.know(folder.about.log());
            for line in folder.checkpoints()? {
                let log = LogId { bureau: line.bureau, key: line.log_key };
                all.know(log.clone());
                let (holder, tolerance) = if log.bureau == folder.about.bureau {
                    (holder.clone(), WHOLE_SECONDS)
                } else {
                    (format!("{holder}, shown by {}", line.source), CLOCKS_DIFFER)
                };
                let at = line.seen_at.saturating_add(tolerance);
                notes.push(Noted { log, note: line.note, holder, at });
            }
            for fault in folder.faults()? {
                let log = LogId { bureau: fault.bureau, key: fault.log_key };
                all.know(log.clone());
                let at = fault.found_at.saturating_add(CLOCKS_DIFFER);
                for note in [fault.agreed_note, fault.note] {
                    if !note.is_empty() {
                        let holder = format!("{holder}, kept as a fault");
                        notes.push(Noted { log: log.clone(), note, holder, at });
                    }
                }
            }
        }
        for folder in folders {
            let holder = folder.about.bureau.to_string();
            for line in folder.receipts()? {
                let key = line.receipt.public_key.as_slice().try_into().map(VerifyingKey);
                let Ok(key) = key else { continue };
                let log = LogId { bureau: line.owner, key };
                all.know(log.clone());
                match read_receipt(&log, &line.receipt) {
                    Some(receipt) => {
                        let note = String::from_utf8_lossy(&receipt.checkpoint).into_owned();
                        notes.push(Noted {
                            log: log.clone(),
                            note,
                            holder: format!("{holder}, in a receipt"),
                            at: receipt.issued_at,
                        });
                        let held = Held { receipt, holder: holder.clone() };
                        all.receipts.entry(log).or_default().push(held);
                    }
                    None => {
                        let sentence = format!(
                            "{holder} holds what should be a receipt of {}, but signature, \
                             checkpoint or proof does not hold",
                            log.bureau
                        );
                        let finding = Finding::new(FindingKind::ReceiptInvalid, sentence);
                        all.findings.entry(log).or_default().push(finding);
                    }
                }
            }
        }
        for noted in notes {
            all.add_note(noted);
        }
        Ok(all)
    }

    fn know(&mut self, log: LogId) {
        if !self.logs.contains(&log) {
            self.logs.push(log);
        }
    }

    fn add_note(&mut self, noted: Noted) {
        let Noted { log, note, holder, at } = noted;
        let Ok(signed) = read_checkpoint(note.as_bytes(), &log.bureau, &log.key) else {
            let sentence = format!(
                "a checkpoint is not signed by {}'s log key (held by {holder})",
                log.bureau
            );
            let finding = Finding::new(FindingKind::CheckpointForged, sentence).with(&note);
            self.findings.entry(log).or_default().push(finding);
            return;
        };
        let (cosigned_by, forged) = self.cosigners(&log, &signed);
        for cosigner in forged {
            let sentence = format!("a cosignature of {cosigner} does not hold (held by {holder})");
            let finding = Finding::new(FindingKind::CosignatureForged, sentence).with(&note);
            self.findings.entry(log.clone()).or_default().push(finding);
        }
        let (size, root) = (signed.checkpoint().size, signed.checkpoint().root);
        let claims = self.claims.entry(log).or_default();
        if let Some(known) =
            claims.iter_mut().find(|known| known.size == size && known.root == root)
        {
            let more: Vec<_> =
                cosigned_by.into_iter().filter(|one| !known.cosigned_by.contains(one)).collect();
            known.cosigned_by.extend(more);
            known.at = known.at.min(at);
        } else {
            claims.push(Claim { size, root, at, note, holder, cosigned_by });
        }
    }

    /// The bureaus whose cosignature holds under a key that is known, and those whose does not.
    fn cosigners(&self, log: &LogId, signed: &SignedCheckpoint) -> (Vec<String>, Vec<String>) {
        let (mut held, mut forged) = (BTreeSet::new(), BTreeSet::new());
        for other in self.logs.iter().filter(|other| other.bureau != log.bureau) {
            match signed.verify_cosignature(&log_origin(&other.bureau), &other.key.0) {
                Ok(_) => held.insert(other.bureau.to_string()),
                Err(SignatureError::Invalid) => forged.insert(other.bureau.to_string()),
                Err(_) => false,
            };
        }
        (held.into_iter().collect(), forged.into_iter().collect())
    }

    fn claims(&self, log: &LogId) -> &[Claim] {
        self.claims.get(log).map(Vec::as_slice).unwrap_or_default()
    }

    fn receipts(&self, log: &LogId) -> &[Held] {
        self.receipts.get(log).map(Vec::as_slice).unwrap_or_default()
    }

    fn findings(&self, log: &LogId) -> Vec<Finding> {
        self.findings.get(log).cloned().unwrap_or_default()
    }

    /// Two roots for one size.
    fn forks(&self, log: &LogId) -> Vec<Finding> {
        let mut by_size: BTreeMap<u64, Vec<&Claim>> = BTreeMap::new();
        for claim in self.claims(log) {
            by_size.entry(claim.size).or_default().push(claim);
        }
        let forked = by_size.into_iter().filter(|(_, claims)| claims.len() > 1);
        forked
            .map(|(size, claims)| {
                let holders: Vec<_> = claims.iter().map(|claim| claim.holder.as_str()).collect();
                let sentence = format!(
                    "{} signed {} different roots for {size} entries (held by {})",
                    log.bureau,
                    claims.len(),
                    holders.join("; ")
                );
                let fork = Finding::new(FindingKind::Forked, sentence);
                claims.iter().fold(fork, |fork, claim| fork.with(&claim.note))
            })
            .collect()
    }
}

fn read_receipt(log: &LogId, file: &SignedFile) -> Option<Receipt> {
    let receipt = Receipt::verify(&file.to_document(), &log.key).ok()?;
    receipt.logged(&log.bureau, &log.key).ok()?;
    Some(receipt)
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
        last_agreed,
        findings,
        held,
    })
}

/// Holds each record against its leaf, and the time beside it against the one that it says.
fn hold_records(
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

/// Holds the entries without records against the entries that say what was erased: each has to be
/// older than an erasure after it reached, and there have to be as many as the newest one says.
fn hold_erasures(leaves: &Leaves, records: &[RecordLine], erased: &[ErasedLine]) -> Vec<Finding> {
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
struct Erasure {
    index: u64,
    before: OffsetDateTime,
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
fn erasures(leaves: &Leaves, records: &[RecordLine]) -> Vec<Erasure> {
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

/// What became of an entry of which somebody holds the leaf.
fn state(
    leaves: &Leaves,
    places: &HashMap<[u8; 32], u64>,
    index: u64,
    leaf: &[u8; 32],
) -> (HeldState, Option<u64>) {
    match (leaves.at(index), places.get(leaf)) {
        (Some(found), _) if &found.0 == leaf => (HeldState::Holds, None),
        (_, Some(place)) => (HeldState::Moved, Some(*place)),
        (Some(_), None) => (HeldState::Changed, None),
        (None, None) if index < leaves.len() => (HeldState::NotShown, None),
        (None, None) => (HeldState::Missing, None),
    }
}

fn entry_finding(held: &HeldEntry) -> Option<Finding> {
    let HeldEntry { index, by, holder, .. } = held;
    let (kind, what) = match held.state {
        // A missing tile was found already.
        HeldState::Holds | HeldState::NotShown => return None,
        HeldState::Changed => (FindingKind::EntryChanged, "another entry stands there now".into()),
        HeldState::Missing => (FindingKind::EntryMissing, "the log has no such entry now".into()),
        HeldState::Moved => {
            let place = held.moved_to.unwrap_or_default();
            (FindingKind::EntryMoved, format!("it stands at {place} now"))
        }
    };
    Some(Finding::at(kind, *index, format!("entry {index} is held by {by} ({holder}): {what}")))
}

/// What signed checkpoints come to beside the entries.
struct Claimed {
    /// The last one before anything contradicts the entries.
    last_agreed: Option<Agreed>,
    /// How many are of after the export, and go beyond it.
    later: u64,
    findings: Vec<Finding>,
}

/// Holds every signed checkpoint against the entries. What a bureau signs of a history that it made
/// later agrees with that history, and proves nothing.
fn hold_claims(
    log: &LogId,
    leaves: &Leaves,
    evidence: &Evidence,
    exported_at: OffsetDateTime,
) -> Claimed {
    let claims = evidence.claims(log);
    let sizes: BTreeSet<u64> = claims.iter().map(|claim| claim.size).collect();
    let roots = leaves.roots(&sizes.into_iter().collect::<Vec<_>>());
    let (mut agree, mut contradict, mut later) = (Vec::new(), Vec::new(), 0_u64);
    for claim in claims {
        match roots.get(&claim.size) {
            Some(root) if *root == claim.root => agree.push(claim),
            // Where tiles are missing below it, that was found already.
            None if claim.size <= leaves.len() => {}
            None if may_be_later(claim.at, exported_at) => later = later.saturating_add(1),
            _ => contradict.push(claim),
        }
    }
    contradict.sort_by_key(|claim| claim.size);
    let first = contradict.first().map_or(u64::MAX, |claim| claim.size);
    let last = agree.into_iter().filter(|one| one.size < first).max_by_key(|one| one.size);
    let from = last.map_or(0, |last| last.size);
    let findings = contradict.into_iter().map(|claim| {
        let (size, holder) = (claim.size, &claim.holder);
        let finding = if size > leaves.len() {
            let sentence = format!(
                "{} signed a checkpoint of {size} entries (held by {holder}), but shows only {}",
                log.bureau,
                leaves.len()
            );
            Finding::over(FindingKind::Shortened, leaves.len()..size, sentence)
        } else {
            let sentence = format!(
                "the first {size} entries are not those that {} signed (held by {holder}): something \
                 from entry {from} on was changed, removed or put in another order",
                log.bureau
            );
            Finding::over(FindingKind::Rewritten, from..size, sentence)
        };
        finding.with(&claim.note)
    });
    Claimed { last_agreed: last.map(agreed), later, findings: findings.collect() }
}

fn agreed(claim: &Claim) -> Agreed {
    Agreed {
        size: claim.size,
        root: hex::encode(claim.root.0),
        cosigned_by: claim.cosigned_by.clone(),
        note: claim.note.clone(),
    }
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
