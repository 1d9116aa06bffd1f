//! Follows the logs of partners: that they only grow, and that everyone is shown the same.

use std::{collections::HashMap, time::Duration};

use symbolon_exchange::{
    MAX_CHECKPOINT_BYTES, MAX_CHECKPOINTS, cosign, log_origin, read_checkpoint,
};
use symbolon_ledger::{ConsistencyProof, SignedCheckpoint, TreeHash};
use symbolon_policy::{Agreement, AgreementId, BureauCode, Party, Reason, VerifyingKey};
use symbolon_proto::partner::v1::{
    ExchangeCheckpointsRequest, GetLogCheckpointRequest, GetLogConsistencyRequest,
};
use symbolon_store::{FaultKind, KnownCheckpoint, LogFault, LogId, Store, StoreError};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::{AgreementBook, failure::Failure, requester::Requester};

const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Checkpoints of receipts that are proven in one look at a partner; the rest waits for the next.
const PROVEN_AT_ONCE: u32 = 1_024;
/// Proofs for which a partner is waited for in vain in one look, which ends then.
const WAITED_AT_ONCE: usize = 8;
/// Looks in which a partner answers and does not prove a checkpoint, after which that is a fault: with
/// one look a minute no restart takes as long.
const WITHHELD_AFTER: u32 = 16;

/// The logs that a bureau knows of, its own among them.
#[derive(Clone)]
pub struct LogWatch {
    /// This bureau.
    pub us: BureauCode,
    /// Where checkpoints and contradictions are kept.
    pub store: Store,
    /// The agreements, which name the keys of logs.
    pub book: AgreementBook,
}

impl LogWatch {
    /// This bureau's own log.
    pub fn own(&self) -> LogId {
        LogId { bureau: self.us.clone(), key: self.store.keys().log.verifying_key() }
    }

    /// Takes in checkpoints that `source` has shown: those of other partners wait to be proven by their
    /// owner, those of this bureau are held against its own log. What cannot be read, or is of a log
    /// that no agreement names, is left out. Returns the contradictions found.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_in(
        &self,
        source: &BureauCode,
        notes: &[Vec<u8>],
        at: OffsetDateTime,
    ) -> Result<Vec<LogFault>, StoreError> {
        let known = self.keys();
        let mut faults = Vec::new();
        for note in notes.iter().take(MAX_CHECKPOINTS) {
            let Ok(named) = SignedCheckpoint::parse(note) else { continue };
            let read = known.iter().find_map(|log| {
                let ours = log_origin(&log.bureau) == named.checkpoint().origin;
                let signed = ours.then(|| read_checkpoint(note, &log.bureau, &log.key).ok());
                signed.flatten().map(|signed| (log.clone(), signed))
            });
            let Some((log, signed)) = read else { continue };
            let seen = known_checkpoint(log, &signed, source.clone(), at);
            let found = if seen.log.bureau == self.us {
                self.hold_against_own(&seen).await?
            } else {
                self.hold_against_agreed(&seen).await?
            };
            if let Some((kind, agreed)) = found {
                faults.extend(self.fault(&seen, kind, agreed.as_ref(), at).await?);
            }
        }
        Ok(faults)
    }

    /// Keeps the checkpoint of a receipt, to be proven to continue what the log was before and what
    /// others are shown.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn seen_in_receipt(
        &self,
        log: LogId,
        signed: &SignedCheckpoint,
    ) -> Result<(), StoreError> {
        let (source, now) = (log.bureau.clone(), OffsetDateTime::now_utc());
        self.store.keep_checkpoint(&known_checkpoint(log, signed, source, now)).await?;
        Ok(())
    }

    /// What partners are shown: the newest checkpoint of each log that this bureau found to agree, with
    /// its cosignature.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn to_show(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let most = u32::try_from(MAX_CHECKPOINTS).unwrap_or(u32::MAX);
        let mut room = MAX_CHECKPOINT_BYTES;
        let mut notes = Vec::new();
        for known in self.store.newest_agreed(&self.us, most).await? {
            let Some(left) = room.checked_sub(known.note.len()) else { break };
            room = left;
            notes.push(known.note);
        }
        Ok(notes)
    }

    /// Keeps a contradiction and drops the checkpoint that it is about; `None` if it is known.
    async fn fault(
        &self,
        seen: &KnownCheckpoint,
        kind: FaultKind,
        agreed: Option<&KnownCheckpoint>,
        at: OffsetDateTime,
    ) -> Result<Option<LogFault>, StoreError> {
        let fault = self.evidence(seen, kind, agreed, at).await?;
        self.store.drop_checkpoint(seen).await?;
        Ok(fault)
    }

    /// Keeps what is wrong with a checkpoint; `None` if it is known.
    async fn evidence(
        &self,
        seen: &KnownCheckpoint,
        kind: FaultKind,
        agreed: Option<&KnownCheckpoint>,
        at: OffsetDateTime,
    ) -> Result<Option<LogFault>, StoreError> {
        let fault = LogFault {
            log: seen.log.clone(),
            kind,
            agreed_size: agreed.map_or(0, |agreed| agreed.size),
            agreed_note: agreed.map(|agreed| agreed.note.clone()).unwrap_or_default(),
            note: seen.note.clone(),
            found_at: at,
        };
        let is_new = self.store.keep_fault(&fault).await?;
        Ok(is_new.then_some(fault))
    }

    /// A checkpoint that bears this bureau's signature: either it made it, or somebody else has its key
    /// or another log of it.
    async fn hold_against_own(&self, seen: &KnownCheckpoint) -> Result<Found, StoreError> {
        let agreed = self.store.agreed_checkpoint(&seen.log).await?;
        let is_ours = seen.size <= self.store.log_size().await?
            && self.store.log_root(seen.size).await?.0 == seen.root;
        if !is_ours {
            return Ok(Some((FaultKind::NotOurs, agreed)));
        }
        self.take_cosignatures(seen).await?;
        Ok(None)
    }

    /// Adds to a checkpoint of the own log what others have put to it, as far as their keys are known.
    async fn take_cosignatures(&self, seen: &KnownCheckpoint) -> Result<(), StoreError> {
        let Some(mut known) = self.store.checkpoint(&seen.log, seen.size, &seen.root).await? else {
            return Ok(());
        };
        let parsed = (SignedCheckpoint::parse(&known.note), SignedCheckpoint::parse(&seen.note));
        let (Ok(mut ours), Ok(theirs)) = parsed else { return Ok(()) };
        for log in self.keys().iter().filter(|log| log.bureau != self.us) {
            // Most of them have not cosigned it.
            let _ = ours.take_cosignature(&theirs, &log_origin(&log.bureau), &log.key.0);
        }
        known.note = ours.to_bytes();
        self.store.keep_checkpoint(&known).await?;
        Ok(())
    }

    async fn hold_against_agreed(&self, seen: &KnownCheckpoint) -> Result<Found, StoreError> {
        match self.store.agreed_checkpoint(&seen.log).await? {
            Some(agreed) if agreed.size == seen.size => {
                Ok((agreed.root != seen.root).then_some((FaultKind::Forked, Some(agreed))))
            }
            _ => {
                self.store.keep_checkpoint(seen).await?;
                Ok(None)
            }
        }
    }

    /// The logs of all parties to all agreements; the own one first.
    fn keys(&self) -> Vec<LogId> {
        let mut logs = vec![self.own()];
        for agreement in self.book.all().iter() {
            for party in &agreement.terms().parties {
                let log = LogId { bureau: party.code.clone(), key: party.keys.log };
                if !logs.contains(&log) {
                    logs.push(log);
                }
            }
        }
        logs
    }
}

/// A contradiction, with what was agreed before.
type Found = Option<(FaultKind, Option<KnownCheckpoint>)>;

/// What a look at one partner's log came to.
#[derive(Debug, Default)]
pub struct LogReport {
    /// Contradictions that were not known before.
    pub faults: Vec<LogFault>,
    /// Why it could not be looked at, if so: it is tried again.
    pub trouble: Option<String>,
}

impl Requester {
    /// What is known of logs.
    pub fn log_watch(&self) -> LogWatch {
        LogWatch { us: self.us.clone(), store: self.store.clone(), book: self.book.clone() }
    }

    /// The partners whose logs are to be followed, each once, with an agreement that says so.
    pub fn logs_to_follow(&self) -> Vec<LogFollow> {
        let now = OffsetDateTime::now_utc();
        let mut all: HashMap<(BureauCode, VerifyingKey), LogFollow> = HashMap::new();
        for agreement in self.book.all().iter() {
            if agreement.in_force(now).is_err() || agreement.party(&self.us).is_none() {
                continue;
            }
            for party in agreement.terms().parties.iter().filter(|party| party.code != self.us) {
                all.entry((party.code.clone(), party.keys.log)).or_insert_with(|| LogFollow {
                    requester: self.clone(),
                    agreement: agreement.clone(),
                    party: party.clone(),
                });
            }
        }
        all.into_values().collect()
    }
}

/// One partner's log, to be looked at.
pub struct LogFollow {
    requester: Requester,
    agreement: Agreement,
    party: Party,
}

impl LogFollow {
    /// Whose log it is.
    pub fn bureau(&self) -> &BureauCode {
        &self.party.code
    }

    /// Fetches the newest checkpoint, proves that it continues what was agreed, proves what receipts
    /// and other partners have shown, cosigns it, and exchanges what both know.
    pub async fn run(self) -> LogReport {
        let mut report = LogReport::default();
        if let Err(failure) = self.look(&mut report.faults).await {
            report.trouble = Some(failure.sentence);
        }
        report
    }

    async fn look(&self, faults: &mut Vec<LogFault>) -> Result<(), Failure> {
        let now = OffsetDateTime::now_utc();
        let watch = self.requester.log_watch();
        let log = LogId { bureau: self.party.code.clone(), key: self.party.keys.log };
        let agreed = self.requester.store.agreed_checkpoint(&log).await?;
        let (shown, proof) = self.newest(&log, agreed.as_ref(), now).await?;
        let proven = match judge(agreed.as_ref(), &shown, proof.as_ref()) {
            Ok(()) => {
                self.agree(shown, now).await?;
                self.prove_seen(&log, &watch, faults, now).await
            }
            Err(kind) => {
                faults.extend(watch.fault(&shown, kind, agreed.as_ref(), now).await?);
                Ok(())
            }
        };
        // Also where it contradicts itself, or proves nothing: it must be told what others hold of it.
        faults.extend(self.exchange(&watch, now).await?);
        proven
    }

    /// Has proven what receipts and other partners have shown, what was tried most often first until that
    /// is a fault, and last from then on: so silence about some ends in a fault however many others come
    /// meanwhile, and keeps these back no longer. The first failure is returned at the end.
    async fn prove_seen(
        &self,
        log: &LogId,
        watch: &LogWatch,
        faults: &mut Vec<LogFault>,
        now: OffsetDateTime,
    ) -> Result<(), Failure> {
        let store = &self.requester.store;
        let unproven = store.unproven_checkpoints(log, WITHHELD_AFTER, PROVEN_AT_ONCE).await?;
        let (mut first, mut waited) = (None, 0_usize);
        for one in unproven {
            let Some(agreed) = self.requester.store.agreed_checkpoint(log).await? else { break };
            match self.prove(&agreed, &one).await {
                Ok(Ok(())) => self.agree(one, now).await?,
                Ok(Err(kind)) => faults.extend(watch.fault(&one, kind, Some(&agreed), now).await?),
                Err(failure) => {
                    // It stays, to be proven all the same: the partner may be in trouble.
                    if self.requester.store.note_unproven(&one).await? == WITHHELD_AFTER {
                        let kind = FaultKind::Withheld;
                        faults.extend(watch.evidence(&one, kind, Some(&agreed), now).await?);
                    }
                    waited = waited.saturating_add(usize::from(failure.is_silence()));
                    first = first.or(Some(failure));
                }
            }
            if waited == WAITED_AT_ONCE {
                break;
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The newest checkpoint that the partner shows, and why it continues the one that was agreed.
    async fn newest(
        &self,
        log: &LogId,
        agreed: Option<&KnownCheckpoint>,
        now: OffsetDateTime,
    ) -> Result<(KnownCheckpoint, Option<ConsistencyProof>), Failure> {
        let request = GetLogCheckpointRequest {
            agreement_id: self.agreement_id().to_string(),
            known_size: agreed.map_or(0, |agreed| agreed.size),
        };
        let mut client = self.requester.partners.client(&self.party)?;
        let answer = timeout(CALL_TIMEOUT, client.get_log_checkpoint(request))
            .await
            .map_err(|_| Failure::timeout(CALL_TIMEOUT))??
            .into_inner();
        let signed = read_checkpoint(&answer.checkpoint, &log.bureau, &log.key)?;
        let proof = ConsistencyProof::from_bytes(&answer.consistency_proof).ok();
        Ok((known_checkpoint(log.clone(), &signed, log.bureau.clone(), now), proof))
    }

    /// Has the partner prove that one of two checkpoints continues the other.
    async fn prove(
        &self,
        agreed: &KnownCheckpoint,
        other: &KnownCheckpoint,
    ) -> Result<Result<(), FaultKind>, Failure> {
        let (first, second) =
            if agreed.size <= other.size { (agreed, other) } else { (other, agreed) };
        if first.size == second.size || first.size == 0 {
            return Ok(judge(Some(first), second, None));
        }
        let request = GetLogConsistencyRequest {
            agreement_id: self.agreement_id().to_string(),
            first_size: first.size,
            second_size: second.size,
        };
        let mut client = self.requester.partners.client(&self.party)?;
        let answer = timeout(CALL_TIMEOUT, client.get_log_consistency(request))
            .await
            .map_err(|_| Failure::timeout(CALL_TIMEOUT))?;
        match answer {
            Ok(answer) => {
                let proof = answer.into_inner().consistency_proof;
                let proof = ConsistencyProof::from_bytes(&proof).ok();
                Ok(judge(Some(first), second, proof.as_ref()))
            }
            Err(status) => {
                let failure = Failure::from(status);
                // It signed for that size, and says now that its log is not so long.
                if failure.reason == Reason::LogSizeUnknown.as_str() {
                    return Ok(Err(FaultKind::Shortened));
                }
                Err(failure)
            }
        }
    }

    async fn agree(&self, mut known: KnownCheckpoint, now: OffsetDateTime) -> Result<(), Failure> {
        let malformed = || Failure::untrusted("a checkpoint that was kept cannot be read");
        let mut signed = SignedCheckpoint::parse(&known.note).map_err(|_| malformed())?;
        cosign(&mut signed, &self.requester.us, now, &self.requester.store.keys().log);
        known.note = signed.to_bytes();
        self.requester.store.keep_checkpoint(&known).await?;
        self.requester.store.mark_agreed(&known, now).await?;
        Ok(())
    }

    async fn exchange(
        &self,
        watch: &LogWatch,
        now: OffsetDateTime,
    ) -> Result<Vec<LogFault>, Failure> {
        let request = ExchangeCheckpointsRequest {
            agreement_id: self.agreement_id().to_string(),
            checkpoints: watch.to_show().await?,
        };
        let mut client = self.requester.partners.client(&self.party)?;
        let shown = timeout(CALL_TIMEOUT, client.exchange_checkpoints(request))
            .await
            .map_err(|_| Failure::timeout(CALL_TIMEOUT))??
            .into_inner()
            .checkpoints;
        Ok(watch.take_in(&self.party.code, &shown, now).await?)
    }

    fn agreement_id(&self) -> &AgreementId {
        &self.agreement.terms().id
    }
}

/// Whether `next` continues `before`.
fn judge(
    before: Option<&KnownCheckpoint>,
    next: &KnownCheckpoint,
    proof: Option<&ConsistencyProof>,
) -> Result<(), FaultKind> {
    let Some(before) = before.filter(|before| before.size > 0) else { return Ok(()) };
    if next.size < before.size {
        return Err(FaultKind::Shortened);
    }
    if next.size == before.size {
        return if next.root == before.root { Ok(()) } else { Err(FaultKind::Forked) };
    }
    let (first, second) = (TreeHash(before.root), TreeHash(next.root));
    let holds =
        proof.is_some_and(|proof| proof.verify(before.size, &first, next.size, &second).is_ok());
    if holds { Ok(()) } else { Err(FaultKind::Rewritten) }
}

fn known_checkpoint(
    log: LogId,
    signed: &SignedCheckpoint,
    source: BureauCode,
    seen_at: OffsetDateTime,
) -> KnownCheckpoint {
    let checkpoint = signed.checkpoint();
    KnownCheckpoint {
        log,
        size: checkpoint.size,
        root: checkpoint.root.0,
        note: signed.to_bytes(),
        source,
        seen_at,
    }
}

#[cfg(test)]
mod tests {
    use symbolon_ledger::{Frontier, LeafHash, consistency_nodes, parent};

    use super::*;

    fn leaves(count: u8) -> Vec<LeafHash> {
        (0..count).map(|number| LeafHash([number; 32])).collect()
    }

    fn checkpoint(leaves: &[LeafHash]) -> KnownCheckpoint {
        let mut tree = Frontier::default();
        leaves.iter().for_each(|leaf| tree.append(leaf));
        KnownCheckpoint {
            log: LogId { bureau: "OWN".parse().unwrap(), key: VerifyingKey([1; 32]) },
            size: tree.len(),
            root: tree.root().0,
            note: Vec::new(),
            source: "OWN".parse().unwrap(),
            seen_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    /// From two leaves to three: the third alone.
    fn proof(leaves: &[LeafHash]) -> ConsistencyProof {
        assert_eq!(consistency_nodes(2, 3).unwrap().len(), 1);
        ConsistencyProof::from_nodes(2, 3, &[leaves[2].0]).unwrap()
    }

    #[test]
    fn a_log_that_grows_with_proof_agrees_and_so_does_one_that_stands_still() {
        let all = leaves(3);
        let (two, three) = (checkpoint(&all[..2]), checkpoint(&all));
        assert_eq!(three.root, parent(&parent(&all[0].0, &all[1].0), &all[2].0));
        assert_eq!(judge(Some(&two), &three, Some(&proof(&all))), Ok(()));
        assert_eq!(judge(Some(&two), &two, None), Ok(()));
        // The first that is ever seen is taken, and of nothing everything is a continuation.
        assert_eq!(judge(None, &three, None), Ok(()));
        assert_eq!(judge(Some(&checkpoint(&[])), &three, None), Ok(()));
    }

    #[test]
    fn each_contradiction_is_called_by_its_name() {
        let all = leaves(3);
        let mut other = all.clone();
        other.swap(0, 1);
        let (two, three) = (checkpoint(&all[..2]), checkpoint(&all));
        assert_eq!(judge(Some(&two), &three, None), Err(FaultKind::Rewritten));
        let of_other = Some(proof(&other));
        let rewritten = judge(Some(&two), &checkpoint(&other), of_other.as_ref());
        assert_eq!(rewritten, Err(FaultKind::Rewritten));
        assert_eq!(judge(Some(&three), &two, None), Err(FaultKind::Shortened));
        assert_eq!(judge(Some(&three), &checkpoint(&other), None), Err(FaultKind::Forked));
    }
}
