use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// What each partner's trouble was last time: it is written when it changes, not at every look.
#[derive(Default)]
pub(super) struct Troubles(Mutex<HashMap<String, String>>);

impl Troubles {
    pub(super) fn is_new(&self, partner: &str, sentence: &str) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(partner.to_owned(), sentence.to_owned()).as_deref() != Some(sentence)
    }

    pub(super) fn forget(&self, partner: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(partner);
    }
}
