use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places for checks under way: so many in all, and so many for each partner, so that one partner
/// cannot keep the others out.
#[derive(Clone)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    most_for_one: usize,
    by_partner: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

impl Places {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(most)),
            most_for_one: most.div_ceil(4).max(1),
            by_partner: Arc::default(),
        }
    }

    /// A place among those of one partner, known by its SPIFFE identity: only identities that an
    /// agreement names come this far, so the map stays small.
    pub(super) fn of_partner(&self, spiffe_id: &str) -> Option<OwnedSemaphorePermit> {
        let mut by_partner = self.by_partner.lock().unwrap_or_else(PoisonError::into_inner);
        let places = by_partner
            .entry(spiffe_id.to_owned())
            .or_insert_with(|| Arc::new(Semaphore::new(self.most_for_one)));
        Arc::clone(places).try_acquire_owned().ok()
    }

    /// A place among all.
    pub(super) fn of_all(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_partner_cannot_take_the_places_of_the_others() {
        let places = Places::new(8);
        let taken: Vec<_> = (0..8).map_while(|_| places.of_partner("spiffe://a/x")).collect();
        assert_eq!(taken.len(), 2);
        assert!(places.of_partner("spiffe://b/x").is_some());
        drop(taken);
        assert!(places.of_partner("spiffe://a/x").is_some());
    }
}
