//! Signed checkpoints against the entries.

use std::collections::BTreeSet;

use symbolon_store::LogId;
use time::OffsetDateTime;

use super::{
    evidence::{Claim, Evidence},
    may_be_later,
};
use crate::audit::{
    leaves::Leaves,
    verdict::{Agreed, Finding, FindingKind},
};

/// What signed checkpoints come to beside the entries.
pub(super) struct Claimed {
    /// The last one before anything contradicts the entries.
    pub(super) last_agreed: Option<Agreed>,
    /// How many are of after the export, and go beyond it.
    pub(super) later: u64,
    pub(super) findings: Vec<Finding>,
}

/// Holds every signed checkpoint against the entries. What a bureau signs of a history that it made
/// later agrees with that history, and proves nothing.
pub(super) fn hold_claims(
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

pub(super) fn agreed(claim: &Claim) -> Agreed {
    Agreed {
        size: claim.size,
        root: hex::encode(claim.root.0),
        cosigned_by: claim.cosigned_by.clone(),
        note: claim.note.clone(),
    }
}
