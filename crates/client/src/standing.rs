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
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use symbolon_exchange::DocumentHash;
use symbolon_policy::{ScopeId, StandingId};
use symbolon_store::{Bitmap, SegmentId, StandingError, StoreError};
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
    found: Mutex<HashMap<FoundKey, Found>>,
}

/// What was found in one version of a set.
struct Found {
    set: DocumentHash,
    /// What hits, whatever of it was removed since.
    hits: Arc<Bitmap>,
    /// Those of them that no person has been shown, as far as is known.
    unseen: Bitmap,
    /// Whether that is so still.
    is_counted: bool,
}

/// Which tags: of which segment, in which scope.
type FoundKey = (StandingId, SegmentId, ScopeId);

impl StandingTurns {
    fn turn(&self, standing: &StandingId) -> Arc<AsyncMutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(*standing).or_default())
    }

    fn found(&self) -> MutexGuard<'_, HashMap<FoundKey, Found>> {
        // A map of whole entries: a panic elsewhere leaves nothing half written.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What hits in that version of the set, if it was looked up before.
    fn hits(&self, key: &FoundKey, set: &DocumentHash) -> Option<Arc<Bitmap>> {
        let found = self.found();
        found.get(key).filter(|found| found.set == *set).map(|found| Arc::clone(&found.hits))
    }

    /// Hits in `standing` that no person has been shown.
    fn unseen(&self, standing: &StandingId) -> u64 {
        let found = self.found();
        found.iter().filter(|((id, ..), _)| id == standing).map(|(_, one)| one.unseen.count()).sum()
    }

    /// What hits stays known; how much of it is unseen does not.
    fn count_anew(&self, standing: &StandingId) {
        let mut found = self.found();
        let of_it = found.iter_mut().filter(|((id, ..), _)| id == standing);
        of_it.for_each(|(_, one)| one.is_counted = false);
    }

    fn forget(&self, standing: &StandingId) {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).remove(standing);
        self.found().retain(|(id, ..), _| id != standing);
    }

    fn forget_segments(&self, segments: &[SegmentId]) {
        self.found().retain(|(_, segment, _), _| !segments.contains(segment));
    }
}
