use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use symbolon_client::Rules;
use symbolon_policy::ScopeId;
use time::OffsetDateTime;

/// What rules kept out of each scope when that was last decided.
#[derive(Default)]
pub(crate) struct DecidedBefore(Mutex<HashMap<ScopeId, Decided>>);

/// A decision and all that it depends on.
pub(super) struct Decided {
    pub(super) rules: Arc<Rules>,
    pub(super) revision: u64,
    pub(super) hour: i64,
    pub(super) digest: Option<[u8; 32]>,
}

impl DecidedBefore {
    pub(super) fn find(
        &self,
        scope: &ScopeId,
        rules: &Arc<Rules>,
        revision: u64,
        now: OffsetDateTime,
    ) -> Option<Option<[u8; 32]>> {
        let decided = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        decided
            .get(scope)
            .filter(|one| {
                Arc::ptr_eq(&one.rules, rules) && one.revision == revision && one.hour == hour(now)
            })
            .map(|one| one.digest)
    }

    pub(super) fn put(&self, scope: ScopeId, decided: Decided) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(scope, decided);
    }

    pub(super) fn keep(&self, living: &HashSet<ScopeId>) {
        let mut decided = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        decided.retain(|scope, _| living.contains(scope));
    }
}

/// What rules look at does not change within an hour.
pub(super) fn hour(now: OffsetDateTime) -> i64 {
    now.unix_timestamp().div_euclid(3_600)
}
