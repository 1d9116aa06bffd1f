use std::time::Duration;

use symbolon_client::{AgreementBook, BookChanges};
use tokio::time::{Interval, interval};

/// When something is to be done that agreements decide: every so often, and at once when they have changed.
pub(super) struct Turns {
    every: Interval,
    changes: BookChanges,
}

impl Turns {
    pub(super) fn new(every: Duration, book: &AgreementBook) -> Self {
        Self { every: interval(every), changes: book.changes() }
    }

    /// Resolves when it is time; at once the first time.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.every.tick() => {}
            () = self.changes.next() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_change_of_agreements_is_a_turn_also_if_it_came_while_something_was_done() {
        let book = AgreementBook::default();
        let mut turns = Turns::new(Duration::from_secs(3_600), &book);
        turns.next().await;
        assert!(timeout(Duration::from_millis(20), turns.next()).await.is_err());
        book.replace(Vec::new());
        book.replace(Vec::new());
        assert!(timeout(Duration::from_secs(5), turns.next()).await.is_ok());
        // Several changes are one turn.
        assert!(timeout(Duration::from_millis(20), turns.next()).await.is_err());
    }
}
