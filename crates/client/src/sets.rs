use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use symbolon_exchange::{DocumentHash, Manifest};
use symbolon_policy::ScopeId;
use symbolon_tagset::TagSet;
use time::OffsetDateTime;

use crate::failure::Failure;

/// A partner's tag set that is held here, checked against its manifest and its canaries.
pub struct HeldSet {
    /// Its manifest.
    pub manifest: Manifest,
    /// Hash of the manifest's bytes.
    pub hash: DocumentHash,
    /// The set.
    pub tags: TagSet,
}

/// The partners' sets by scope: each is held, or it is known why it is not.
#[derive(Clone, Default)]
pub struct SetShelf {
    places: Arc<RwLock<HashMap<ScopeId, Result<Arc<HeldSet>, Failure>>>>,
}

impl SetShelf {
    /// The set of a scope, if it may be used at `now`.
    ///
    /// # Errors
    /// Why there is none: not fetched yet, expired, or it failed its canaries.
    pub fn usable(&self, scope: &ScopeId, now: OffsetDateTime) -> Result<Arc<HeldSet>, Failure> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let held = places.get(scope).cloned().unwrap_or_else(|| {
            Err(Failure::no_set("the bureau's list has not been fetched yet; try again shortly"))
        })?;
        if held.manifest.expires_at <= now {
            return Err(Failure::no_set(
                "the copy of the bureau's list held here is too old to be used",
            ));
        }
        Ok(held)
    }

    /// The version held of a scope, usable or not.
    pub fn held(&self, scope: &ScopeId) -> Option<Arc<HeldSet>> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        places.get(scope)?.as_ref().ok().cloned()
    }

    /// All that are held.
    pub fn all(&self) -> Vec<Arc<HeldSet>> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        places.values().filter_map(|place| place.as_ref().ok().cloned()).collect()
    }

    pub(crate) fn put(&self, scope: ScopeId, set: HeldSet) {
        self.set(scope, Ok(Arc::new(set)));
    }

    /// From now on the scope has no answer, for this reason.
    pub(crate) fn bar(&self, scope: ScopeId, why: Failure) {
        self.set(scope, Err(why));
    }

    pub(crate) fn remove(&self, scope: &ScopeId) {
        self.places.write().unwrap_or_else(PoisonError::into_inner).remove(scope);
    }

    fn set(&self, scope: ScopeId, place: Result<Arc<HeldSet>, Failure>) {
        self.places.write().unwrap_or_else(PoisonError::into_inner).insert(scope, place);
    }
}
