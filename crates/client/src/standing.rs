//! Standing checks: what a bureau keeps asked. Identifiers are asked once, as any check is; the tags
//! that the answers come to stay here, sealed, and are looked up in each new version of the owner's
//! list without a message to anyone.

mod keep;
mod look;
mod opening;
mod state;

pub use keep::{KeptIn, StandingItem, StandingKept};
pub use look::{MatchedIn, StandingHit, Survey};
pub use state::{Standing, StandingPart, StandingState};

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use symbolon_exchange::DocumentHash;
use symbolon_policy::{ScopeId, StandingId};
use symbolon_store::{SegmentId, StandingError, StoreError};
use thiserror::Error;
use tokio::sync::Mutex as AsyncMutex;

use crate::{check::CheckError, compute::Stopped};

/// Most identifiers that a standing check keeps.
const MOST_KEPT: usize = 4_000_000;

/// Why something was not done with a standing check.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StandingFailure {
    /// The check that it begins with, or that asks what is new, was not begun.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// A file of it is damaged, or the disk failed.
    #[error(transparent)]
    Files(#[from] StandingError),
    /// It would keep too much.
    #[error("a standing check keeps at most {MOST_KEPT} identifiers; begin another one")]
    Full,
    /// Nobody began it, somebody else did, or it was ended.
    #[error("there is no standing check of that id; `symbolon standing list` shows yours")]
    Unknown,
}

impl From<StoreError> for StandingFailure {
    fn from(error: StoreError) -> Self {
        Self::Files(error.into())
    }
}

impl From<Stopped> for StandingFailure {
    fn from(_: Stopped) -> Self {
        Self::Check(CheckError::Stopping)
    }
}

/// Who works on which standing check, and what the node has found in each by itself.
#[derive(Default)]
pub(crate) struct StandingTurns {
    turns: Mutex<HashMap<StandingId, Arc<AsyncMutex<()>>>>,
    found: Mutex<HashMap<(StandingId, SegmentId, ScopeId), Found>>,
}

/// What was found in one version of a set.
#[derive(Clone, Copy)]
struct Found {
    set: DocumentHash,
    /// Hits that no person has been shown.
    unseen: u64,
}

impl StandingTurns {
    fn turn(&self, standing: &StandingId) -> Arc<AsyncMutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(*standing).or_default())
    }

    fn found(&self) -> std::sync::MutexGuard<'_, HashMap<(StandingId, SegmentId, ScopeId), Found>> {
        // A map of whole entries: a panic elsewhere leaves nothing half written.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hits in `standing` that no person has been shown.
    fn unseen(&self, standing: &StandingId) -> u64 {
        let found = self.found();
        found.iter().filter(|((id, ..), _)| id == standing).map(|(_, found)| found.unseen).sum()
    }

    fn forget(&self, standing: &StandingId) {
        self.found().retain(|(id, ..), _| id != standing);
    }
}
