use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use symbolon_policy::{Agreement, AgreementId, Party, Refusal};
use symbolon_store::Store;
use tokio::sync::watch;

/// How long to wait before the database is asked again, after it has failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// How long whatever is under way goes on without asking the database again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The agreements that are in this node now; replaced whole when they change.
#[derive(Clone, Debug)]
pub struct AgreementBook {
    pages: Arc<RwLock<Arc<Vec<Agreement>>>>,
    // Holds nothing: it wakes whoever waits for a change.
    turned: watch::Sender<()>,
}

impl Default for AgreementBook {
    fn default() -> Self {
        Self { pages: Arc::default(), turned: watch::Sender::new(()) }
    }
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

    /// Replaces all of them, and wakes whoever waits for a change of any.
    pub fn replace(&self, agreements: Vec<Agreement>) {
        *self.pages.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(agreements);
        self.turned.send_replace(());
    }

    /// The changes of the agreements, or of what is known of any, from now on.
    pub fn changes(&self) -> BookChanges {
        BookChanges(self.turned.subscribe())
    }

    /// Resolves once nothing may be asked or answered under the agreement any more, with the reason:
    /// it was suspended, or has ended. Raced against what is under way, so that this ends as well.
    pub async fn until_withdrawn(&self, store: &Store, agreement: &Agreement) -> Refusal {
        let mut turned = self.turned.subscribe();
        loop {
            match store.withdrawn(agreement).await {
                Ok(Some(refusal)) => return refusal,
                // Woken as a rule; a book that could not be read for some other agreement's sake wakes
                // nobody.
                Ok(None) => {
                    let _ = tokio::time::timeout(LOOK_AGAIN, turned.changed()).await;
                }
                Err(_) => tokio::time::sleep(PAUSE_AFTER_FAILURE).await,
            }
        }
    }
}

/// The changes of a book. Those that come while nobody waits are told as one, and none is lost.
#[derive(Debug)]
pub struct BookChanges(watch::Receiver<()>);

impl BookChanges {
    /// Resolves at the next change; never once the book is gone.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Bureaus that are known by card, and by no agreement in place: texts of agreements are exchanged
/// with them, and nothing else. Replaced whole when they change.
#[derive(Clone, Default, Debug)]
pub struct ContactBook {
    cards: Arc<RwLock<Arc<Vec<Party>>>>,
}

impl ContactBook {
    /// All of them, as of now.
    pub fn all(&self) -> Arc<Vec<Party>> {
        Arc::clone(&self.cards.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces all of them.
    pub fn replace(&self, cards: Vec<Party>) {
        *self.cards.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(cards);
    }
}
