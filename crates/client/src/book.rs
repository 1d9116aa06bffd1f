use std::sync::{Arc, PoisonError, RwLock};

use symbolon_policy::{Agreement, AgreementId};

/// The agreements that are in this node now; replaced whole when they change.
#[derive(Clone, Default, Debug)]
pub struct AgreementBook {
    pages: Arc<RwLock<Arc<Vec<Agreement>>>>,
}

impl AgreementBook {
    /// All of them, as of now.
    pub fn all(&self) -> Arc<Vec<Agreement>> {
        // Only whole values are ever stored, so a panic elsewhere leaves nothing half written.
        Arc::clone(&self.pages.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The one with this id.
    pub fn find(&self, id: &AgreementId) -> Option<Agreement> {
        self.all().iter().find(|agreement| &agreement.terms().id == id).cloned()
    }

    /// Replaces all of them.
    pub fn replace(&self, agreements: Vec<Agreement>) {
        *self.pages.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(agreements);
    }
}
