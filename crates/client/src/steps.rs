//! Opens a request for a record to an inspector: each step that was taken on it, with the proof that the
//! log stands for exactly this step.

use symbolon_exchange::read_checkpoint;
use symbolon_ledger::TreeHash;
use symbolon_policy::{BureauCode, RequestId};
use symbolon_store::{DisclosureEvent, DisclosureEventEntry, LogId, LogRecord, Store, StoreError};
use time::OffsetDateTime;

/// One step on a request, of this bureau's side of it.
pub struct OpenedStep {
    /// Its number among all events of requests.
    pub index: u64,
    /// Its salted hash.
    pub leaf: [u8; 32],
    /// When.
    pub at: OffsetDateTime,
    /// What happened.
    pub event: DisclosureEvent,
    /// What proves it; `None` while its period has not ended, for then no log entry stands for it.
    pub proof: Option<StepProof>,
}

/// How a step follows from a log entry.
#[derive(Clone, Copy, Debug)]
pub struct StepProof {
    /// The log entry that has the root over the events of the period.
    pub entry: u64,
    /// The step's place among them, from 0.
    pub place: u64,
    /// How many they are.
    pub events: u64,
    /// Size of the newest signed checkpoint that covers the entry; `None` if none does yet.
    pub checkpoint: Option<u64>,
    /// Whether the step is under that root, the entry in the log, and the log the one that was signed.
    pub holds: bool,
}

/// All steps of a request that were not erased, oldest first; none if it is not known.
///
/// # Errors
/// When the database fails, or an event does not fit its salted hash.
pub async fn open_disclosure(
    store: &Store,
    us: &BureauCode,
    request: &RequestId,
) -> Result<Vec<OpenedStep>, StoreError> {
    let signed = Signed::newest(store, us).await?;
    let mut steps = Vec::new();
    for entry in store.disclosure_events_of(request).await? {
        let proof = proof(store, &entry, signed.as_ref()).await?;
        let DisclosureEventEntry { index, leaf, at, event, .. } = entry;
        let Some(event) = event else { continue };
        steps.push(OpenedStep { index, leaf: leaf.0, at, event, proof });
    }
    Ok(steps)
}

/// What this bureau signed of its log last.
struct Signed {
    size: u64,
    root: TreeHash,
}

impl Signed {
    async fn newest(store: &Store, us: &BureauCode) -> Result<Option<Self>, StoreError> {
        let log = LogId { bureau: us.clone(), key: store.keys().log.verifying_key() };
        let Some(known) = store.agreed_checkpoint(&log).await? else { return Ok(None) };
        let signed = read_checkpoint(&known.note, us, &log.key).ok();
        Ok(signed.map(|signed| {
            let checkpoint = signed.checkpoint();
            Self { size: checkpoint.size, root: checkpoint.root }
        }))
    }
}

async fn proof(
    store: &Store,
    event: &DisclosureEventEntry,
    signed: Option<&Signed>,
) -> Result<Option<StepProof>, StoreError> {
    let (Some(index), Some(inclusion)) = (event.entry, store.event_inclusion(event).await?) else {
        return Ok(None);
    };
    let is_under = inclusion
        .proof
        .verify(&event.leaf, inclusion.place, inclusion.size, &inclusion.root)
        .is_ok();
    let entry = store.log_entries(index, 1).await?.into_iter().find(|entry| entry.index == index);
    let root = hex::encode(inclusion.root.0);
    let is_root = entry.as_ref().is_some_and(|entry| {
        matches!(&entry.record, Some(LogRecord::Disclosures { root: logged }) if *logged == root)
    });
    let covering = signed.filter(|signed| index < signed.size);
    let is_in_log = match (covering, &entry) {
        (Some(signed), Some(entry)) => {
            let proof = store.log_inclusion(index, signed.size).await?;
            proof.verify(&entry.leaf, index, signed.size, &signed.root).is_ok()
        }
        (None, Some(_)) => true,
        (_, None) => false,
    };
    Ok(Some(StepProof {
        entry: index,
        place: inclusion.place,
        events: inclusion.size,
        checkpoint: covering.map(|signed| signed.size),
        holds: is_under && is_root && is_in_log,
    }))
}
