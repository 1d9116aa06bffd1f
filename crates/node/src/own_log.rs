//! Checkpoints of this bureau's own log, and what is said where a log contradicts itself.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use symbolon_client::LogWatch;
use symbolon_exchange::{read_checkpoint, sign_checkpoint};
use symbolon_ledger::InclusionProof;
use symbolon_store::{
    FaultKind, FolderError, KnownCheckpoint, LogFault, Store, StoreError, write_private,
};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::Mutex;

use crate::{
    logging::{FaultCode, event},
    metrics::Metrics,
};

/// Entries that are looked over before each scheduled checkpoint.
const LOOKED_OVER_AT_ONCE: u32 = 1_024;

/// This bureau's log, as others are told of it.
#[derive(Clone)]
pub(crate) struct OwnLog {
    watch: LogWatch,
    metrics: Arc<Metrics>,
    state: Arc<State>,
}

/// What was found of the own log. Until it was held against what was signed, it is not sound.
#[derive(Default)]
struct State {
    continues: AtomicBool,
    is_damaged: AtomicBool,
    /// Whether it was said that nothing more is signed.
    was_told: AtomicBool,
    /// Where looking over goes on.
    next: AtomicU64,
    /// Held while a checkpoint is signed, so that none is taken back by one that was begun before.
    turn: Mutex<()>,
}

/// That an entry is in the log: a checkpoint that covers it, and why.
pub(crate) struct Inclusion {
    pub(crate) checkpoint: Vec<u8>,
    pub(crate) proof: InclusionProof,
}

/// Something that this bureau has signed of its log.
struct Signed {
    size: u64,
    root: [u8; 32],
    note: Vec<u8>,
}

impl OwnLog {
    pub(crate) fn new(watch: LogWatch, metrics: Arc<Metrics>) -> Self {
        Self { watch, metrics, state: Arc::default() }
    }

    pub(crate) fn watch(&self) -> &LogWatch {
        &self.watch
    }

    /// Whether anything may be signed for it.
    pub(crate) fn is_sound(&self) -> bool {
        self.state.continues.load(Ordering::Acquire)
            && !self.state.is_damaged.load(Ordering::Acquire)
    }

    /// The newest checkpoint that was signed on schedule.
    pub(crate) async fn newest(&self) -> Result<Option<KnownCheckpoint>, OwnLogError> {
        Ok(self.store().agreed_checkpoint(&self.watch.own()).await?)
    }

    /// Looks over, signs on schedule, and says what keeps it from that.
    pub(crate) async fn keep(&self, at: OffsetDateTime) {
        let kept = async {
            self.look_over(at).await?;
            self.sign_now(at).await
        };
        match kept.await {
            Ok(newest) => {
                self.state.was_told.store(false, Ordering::Release);
                let size = i64::try_from(newest.size).unwrap_or(i64::MAX);
                self.metrics.log_checkpoint_size.set(size);
            }
            // Said once, not at every turn.
            Err(OwnLogError::Altered) => {
                if !self.state.was_told.swap(true, Ordering::AcqRel) {
                    event!(
                        warn,
                        "the own log does not continue what was signed; nothing more is signed or \
                         answered. Was an old backup restored, or the database changed?"
                    );
                }
            }
            Err(OwnLogError::Folder(error)) => {
                event!(warn, "no checkpoint could be signed", error = error);
            }
            Err(OwnLogError::Store(error)) => {
                event!(warn, "no checkpoint could be signed", error = error);
            }
        }
    }

    /// Signs a checkpoint of the log as it is now, unless the newest one is; refuses if the log does
    /// not continue everything that is known to have been signed, for then a signature would be a lie.
    pub(crate) async fn sign_now(
        &self,
        at: OffsetDateTime,
    ) -> Result<KnownCheckpoint, OwnLogError> {
        let _turn = self.state.turn.lock().await;
        let held = self.hold_against_signed(at).await;
        match held {
            Ok(()) => self.state.continues.store(true, Ordering::Release),
            Err(OwnLogError::Altered) => self.state.continues.store(false, Ordering::Release),
            // That it could not be looked at says nothing about it.
            Err(_) => {}
        }
        self.metrics.log_sound.set(i64::from(self.is_sound()));
        held?;
        if !self.is_sound() {
            return Err(OwnLogError::Altered);
        }
        let size = self.store().log_size().await?;
        let known = match self.newest().await? {
            Some(newest) if newest.size == size => newest,
            _ => {
                let known = self.sign(size, at).await?;
                self.store().keep_checkpoint(&known).await?;
                self.store().mark_agreed(&known, at).await?;
                known
            }
        };
        write_private(&self.store().folder().log_checkpoint(), &known.note)?;
        Ok(known)
    }

    /// Looks some more entries over, and once in each round whether as many records are gone as the log
    /// says were erased. An entry that is not what the tree was made over is no entry that may be signed
    /// for, and nor is a log from which records were taken.
    pub(crate) async fn look_over(&self, at: OffsetDateTime) -> Result<(), OwnLogError> {
        let first = self.state.next.load(Ordering::Acquire);
        let looked = async {
            let erasures_hold = first > 0 || self.store().erasures_hold().await?;
            let look = self.store().look_log_over(first, LOOKED_OVER_AT_ONCE).await?;
            Ok::<_, StoreError>((look, erasures_hold))
        };
        let (look, erasures_hold) = match looked.await {
            Err(error @ StoreError::Damaged { .. }) => {
                self.state.is_damaged.store(true, Ordering::Release);
                return Err(error.into());
            }
            other => other?,
        };
        self.state.next.store(look.next.unwrap_or(0), Ordering::Release);
        if look.damaged.is_empty() && erasures_hold {
            return Ok(());
        }
        let was_known = self.state.is_damaged.swap(true, Ordering::AcqRel);
        for entry in look.damaged.iter().filter(|_| !was_known) {
            event!(
                warn,
                "an entry of the own log is not what its tree was made over; nothing more is signed. \
                 `symbolon audit log` shows it",
                entry = *entry,
            );
        }
        if !erasures_hold && !was_known {
            event!(
                warn,
                "other records of the own log are gone than it says were erased; nothing more is \
                 signed. `symbolon audit log` shows which are there"
            );
        }
        let agreed = self.newest().await?;
        let fault = LogFault {
            log: self.watch.own(),
            kind: FaultKind::Damaged,
            agreed_size: agreed.as_ref().map_or(0, |agreed| agreed.size),
            agreed_note: agreed.map(|agreed| agreed.note).unwrap_or_default(),
            note: Vec::new(),
            found_at: at,
        };
        if self.store().keep_fault(&fault).await? {
            self.tell(&[fault]);
        }
        Ok(())
    }

    /// A checkpoint that covers the entry at `index`, which is in the log.
    pub(crate) async fn include(
        &self,
        index: u64,
        at: OffsetDateTime,
    ) -> Result<Inclusion, OwnLogError> {
        if !self.is_sound() {
            return Err(OwnLogError::Altered);
        }
        let size = self.store().log_size().await?;
        let proof = self.store().log_inclusion(index, size).await?;
        Ok(Inclusion { checkpoint: self.sign(size, at).await?.note, proof })
    }

    /// Says, counts and marks contradictions that were found.
    pub(crate) fn tell(&self, faults: &[LogFault]) {
        for fault in faults {
            self.metrics.log_faults.inc();
            event!(
                warn,
                "a log contradicts itself; `symbolon audit faults` shows the evidence",
                bureau = fault.log.bureau,
                kind = FaultCode(fault.kind),
                agreed_size = fault.agreed_size,
            );
        }
    }

    /// Counts what partners still have to prove. A database that fails is heard of elsewhere.
    pub(crate) async fn count_unproven(&self) {
        if let Ok(unproven) = self.store().unproven_count().await {
            self.metrics.log_unproven.set(i64::try_from(unproven).unwrap_or(i64::MAX));
        }
    }

    /// Refuses unless the log continues all that is known to have been signed of it.
    async fn hold_against_signed(&self, at: OffsetDateTime) -> Result<(), OwnLogError> {
        // In this order: meanwhile the log may grow, but what was signed is no longer than it.
        let all = self.signed_before().await?;
        let size = self.store().log_size().await?;
        for signed in all {
            let continues =
                signed.size <= size && self.store().log_root(signed.size).await?.0 == signed.root;
            if continues {
                continue;
            }
            let kind = if signed.size > size { FaultKind::Shortened } else { FaultKind::Rewritten };
            let fault = LogFault {
                log: self.watch.own(),
                kind,
                agreed_size: signed.size,
                agreed_note: signed.note,
                note: Vec::new(),
                found_at: at,
            };
            if self.store().keep_fault(&fault).await? {
                self.tell(&[fault]);
            }
            return Err(OwnLogError::Altered);
        }
        Ok(())
    }

    /// What the database has, what lies beside it, and what others have shown with this bureau's
    /// signature that the log did not continue when they did.
    async fn signed_before(&self) -> Result<Vec<Signed>, OwnLogError> {
        let own = self.watch.own();
        let mut all = Vec::new();
        all.extend(self.newest().await?.map(|newest| Signed {
            size: newest.size,
            root: newest.root,
            note: newest.note,
        }));
        let path = self.store().folder().log_checkpoint();
        let mut notes = match fs::read(&path) {
            Ok(note) => vec![note],
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(FolderError::io("read", &path, error).into()),
        };
        let faults = self.store().log_faults().await?;
        notes.extend(faults.into_iter().filter(|fault| fault.log == own).map(|fault| fault.note));
        for note in notes {
            // One under another key is of another log: this bureau's before it changed its key.
            let Ok(signed) = read_checkpoint(&note, &own.bureau, &own.key) else { continue };
            let (size, root) = (signed.checkpoint().size, signed.checkpoint().root.0);
            all.push(Signed { size, root, note });
        }
        Ok(all)
    }

    async fn sign(&self, size: u64, at: OffsetDateTime) -> Result<KnownCheckpoint, StoreError> {
        let root = self.store().log_root(size).await?;
        let signed = sign_checkpoint(&self.watch.us, size, root, &self.store().keys().log);
        Ok(KnownCheckpoint {
            log: self.watch.own(),
            size,
            root: root.0,
            note: signed.to_bytes(),
            source: self.watch.us.clone(),
            seen_at: at,
        })
    }

    fn store(&self) -> &Store {
        &self.watch.store
    }
}

/// Why no checkpoint was signed.
#[derive(Debug, Error)]
pub(crate) enum OwnLogError {
    /// The log does not continue what was signed, or is damaged.
    #[error("the log does not continue what was signed")]
    Altered,
    /// A file.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
