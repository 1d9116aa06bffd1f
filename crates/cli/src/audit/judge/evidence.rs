//! What all folders together say of each log: signed checkpoints, receipts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use symbolon_client::SignedFile;
use symbolon_exchange::{Receipt, log_origin, read_checkpoint};
use symbolon_ledger::{SignatureError, SignedCheckpoint, TreeHash};
use symbolon_policy::VerifyingKey;
use symbolon_store::LogId;
use time::{Duration, OffsetDateTime};

use super::CLOCKS_DIFFER;
use crate::{
    CliError,
    audit::{
        folder::AuditFolder,
        verdict::{Finding, FindingKind},
    },
};

/// The same for what a bureau keeps of its own, in whole seconds.
const WHOLE_SECONDS: Duration = Duration::seconds(2);

/// A checkpoint that bears the signature of the log's key.
pub(super) struct Claim {
    pub(super) size: u64,
    pub(super) root: TreeHash,
    /// It was there at the latest then, by the clock of the log's bureau: what it has beyond an export
    /// of before is growth.
    pub(super) at: OffsetDateTime,
    pub(super) note: String,
    /// Who holds it, and how it came.
    pub(super) holder: String,
    pub(super) cosigned_by: Vec<String>,
}

/// What should be a checkpoint, before it is looked at.
struct Noted {
    log: LogId,
    note: String,
    holder: String,
    at: OffsetDateTime,
}

/// A receipt that holds.
pub(super) struct Held {
    pub(super) receipt: Receipt,
    pub(super) holder: String,
}

/// What all folders together say of each log.
#[derive(Default)]
pub(super) struct Evidence {
    pub(super) logs: Vec<LogId>,
    claims: HashMap<LogId, Vec<Claim>>,
    receipts: HashMap<LogId, Vec<Held>>,
    findings: HashMap<LogId, Vec<Finding>>,
}

impl Evidence {
    pub(super) fn read(folders: &[AuditFolder]) -> Result<Self, CliError> {
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

    pub(super) fn claims(&self, log: &LogId) -> &[Claim] {
        self.claims.get(log).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn receipts(&self, log: &LogId) -> &[Held] {
        self.receipts.get(log).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn findings(&self, log: &LogId) -> Vec<Finding> {
        self.findings.get(log).cloned().unwrap_or_default()
    }

    /// Two roots for one size.
    pub(super) fn forks(&self, log: &LogId) -> Vec<Finding> {
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
