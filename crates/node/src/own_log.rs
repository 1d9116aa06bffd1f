//! Checkpoints of this bureau's own log, and what is said where a log contradicts itself.

use std::sync::Arc;

use symbolon_client::LogWatch;
use symbolon_exchange::sign_checkpoint;
use symbolon_ledger::InclusionProof;
use symbolon_store::{FaultKind, KnownCheckpoint, LogFault, Store, StoreError};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    logging::{FaultCode, event},
    metrics::Metrics,
};

/// This bureau's log, as others are told of it.
#[derive(Clone)]
pub(crate) struct OwnLog {
    watch: LogWatch,
    metrics: Arc<Metrics>,
}

/// That an entry is in the log: a checkpoint that covers it, and why.
pub(crate) struct Inclusion {
    pub(crate) checkpoint: Vec<u8>,
    pub(crate) proof: InclusionProof,
}

impl OwnLog {
    pub(crate) fn new(watch: LogWatch, metrics: Arc<Metrics>) -> Self {
        Self { watch, metrics }
    }

    pub(crate) fn watch(&self) -> &LogWatch {
        &self.watch
    }

    /// The newest checkpoint that was signed on schedule.
    pub(crate) async fn newest(&self) -> Result<Option<KnownCheckpoint>, OwnLogError> {
        Ok(self.store().agreed_checkpoint(&self.watch.own()).await?)
    }

    /// Signs a checkpoint of the log as it is now, unless the newest one is; refuses if the log does
    /// not continue that one, for then a signature would be a lie.
    pub(crate) async fn sign_now(&self, at: OffsetDateTime) -> Result<KnownCheckpoint, OwnLogError> {
        let before = self.newest().await?;
        let size = self.store().log_size().await?;
        if let Some(before) = before {
            let continues = before.size <= size
                && self.store().log_root(before.size).await?.0 == before.root;
            if !continues {
                let kind =
                    if before.size > size { FaultKind::Shortened } else { FaultKind::Rewritten };
                let fault = LogFault {
                    log: before.log,
                    kind,
                    agreed_size: before.size,
                    agreed_note: before.note,
                    note: Vec::new(),
                    found_at: at,
                };
                if self.store().keep_fault(&fault).await? {
                    self.tell(&[fault]);
                }
                return Err(OwnLogError::Altered);
            }
            if before.size == size {
                return Ok(before);
            }
        }
        let known = self.sign(size, at).await?;
        self.store().keep_checkpoint(&known).await?;
        self.store().mark_agreed(&known, at).await?;
        Ok(known)
    }

    /// A checkpoint that covers the entry at `index`, which is in the log.
    pub(crate) async fn include(
        &self,
        index: u64,
        at: OffsetDateTime,
    ) -> Result<Inclusion, StoreError> {
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
    /// The log does not continue the checkpoint that was signed last.
    #[error("the log does not continue the checkpoint that was signed last")]
    Altered,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
