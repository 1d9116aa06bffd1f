use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use symbolon_policy::{Agreement, AgreementId, BureauCode, Party};
use symbolon_store::Store;
use tokio::sync::Mutex as AsyncMutex;

use crate::standing::StandingTurns;
use crate::{AgreementBook, Compute, Credentials, RuleBook, SetShelf, partner::PartnerPool};

/// What a bureau asks its partners with. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Requester {
    pub(crate) us: BureauCode,
    pub(crate) store: Store,
    pub(crate) book: AgreementBook,
    pub(crate) rules: RuleBook,
    pub(crate) sets: SetShelf,
    pub(crate) partners: Arc<PartnerPool>,
    pub(crate) compute: Compute,
    pub(crate) standing: Arc<StandingTurns>,
    turns: Arc<Mutex<HashMap<(AgreementId, BureauCode), Arc<AsyncMutex<()>>>>>,
}

impl Requester {
    /// A requester for the bureau `us`, which asks under the agreements in `book` what `rules` permit
    /// and shows `credentials` to partners.
    pub fn new(
        us: BureauCode,
        store: Store,
        book: AgreementBook,
        rules: RuleBook,
        credentials: Credentials,
        compute: Compute,
    ) -> Self {
        Self {
            us,
            store,
            book,
            rules,
            sets: SetShelf::default(),
            partners: Arc::new(PartnerPool::new(credentials)),
            compute,
            standing: Arc::default(),
            turns: Arc::default(),
        }
    }

    /// The partners' sets held here.
    pub fn sets(&self) -> &SetShelf {
        &self.sets
    }

    pub(crate) fn sync_turn(&self, agreement: &Agreement, owner: &Party) -> Arc<AsyncMutex<()>> {
        let key = (agreement.terms().id.clone(), owner.code.clone());
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(key).or_default())
    }
}
