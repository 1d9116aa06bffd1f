use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use symbolon_exchange::{DocumentHash, Manifest};
use symbolon_oprf::SecretKey;
use symbolon_policy::ScopeId;
use symbolon_proto::v1::SignedDocument;

/// A scope that this bureau answers in: its key and the set now in force.
pub(crate) struct PublishedScope {
    pub(crate) key: Arc<SecretKey>,
    pub(crate) manifest: Manifest,
    pub(crate) hash: DocumentHash,
    pub(crate) document: SignedDocument,
}

/// All scopes that this bureau answers in. What is not here is not answered.
#[derive(Clone, Default)]
pub(crate) struct Published {
    scopes: Arc<RwLock<HashMap<ScopeId, Arc<PublishedScope>>>>,
}

impl Published {
    pub(crate) fn find(&self, scope: &ScopeId) -> Option<Arc<PublishedScope>> {
        self.scopes.read().unwrap_or_else(PoisonError::into_inner).get(scope).cloned()
    }

    pub(crate) fn put(&self, scope: ScopeId, published: PublishedScope) {
        let published = Arc::new(published);
        self.scopes.write().unwrap_or_else(PoisonError::into_inner).insert(scope, published);
    }

    /// Stops answering in every scope that `lives` does not hold of; their keys leave memory with
    /// the last check that still uses them.
    pub(crate) fn keep(&self, lives: impl Fn(&ScopeId) -> bool) {
        let mut scopes = self.scopes.write().unwrap_or_else(PoisonError::into_inner);
        scopes.retain(|scope, _| lives(scope));
    }
}
