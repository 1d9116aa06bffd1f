//! What may not be kept any longer.

use std::time::Duration;

use symbolon_store::{Erased, StoreError};
use time::OffsetDateTime;
use tokio::time::interval;

use super::Jobs;
use crate::logging::event;

const ERASE_EVERY: Duration = Duration::from_secs(3_600);

impl Jobs {
    pub(super) async fn erase_old(&self) {
        let mut turns = interval(ERASE_EVERY);
        loop {
            turns.tick().await;
            let now = OffsetDateTime::now_utc();
            match self.store.erase_own_questions(now).await {
                Ok(0) => {}
                Ok(hashes) => {
                    event!(info, "old hashes of own questions were erased", hashes = hashes);
                }
                Err(error) => event!(warn, "old hashes could not be erased", error = error),
            }
            match self.store.erase_lapsed_texts(now).await {
                Ok(0) => {}
                Ok(texts) => event!(info, "proposals that had lapsed were erased", texts = texts),
                Err(error) => event!(warn, "lapsed proposals could not be erased", error = error),
            }
            let Some(before) = now.checked_sub(self.retention) else { continue };
            match self.store.erase_before(before, now).await {
                Ok(erased) => say_erased(erased),
                Err(error) => event!(warn, "old records could not be erased", error = error),
            }
            if let Err(error) = self.erase_as_agreed(before, now).await {
                event!(
                    warn,
                    "what agreements keep for a shorter time could not be erased",
                    error = error
                );
            }
        }
    }

    /// Erases what agreements let be kept for a shorter time than this node keeps everything.
    async fn erase_as_agreed(
        &self,
        everything_before: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let agreed = self.store.agreed_retentions().await?;
        if agreed.unreadable > 0 {
            event!(
                warn,
                "texts of agreements are damaged: what they let be kept for a shorter time is kept like \
                 everything else; restore the database from a backup",
                texts = agreed.unreadable,
            );
        }
        for (agreement, days) in agreed.fewest_days {
            // Whole days: looking the log through, and an entry that says so, once a day are enough.
            let midnight = now.replace_time(time::Time::MIDNIGHT);
            let before = midnight.checked_sub(time::Duration::days(days.into()));
            let Some(before) = before.filter(|before| *before > everything_before) else {
                continue;
            };
            say_erased(self.store.erase_under_agreement(&agreement, before, now).await?);
        }
        Ok(())
    }
}

fn say_erased(erased: Erased) {
    if erased != Erased::default() {
        event!(
            info,
            "what was older than it may be was erased",
            entries = erased.entries,
            asked = erased.asked,
            answered = erased.answered,
        );
    }
}
