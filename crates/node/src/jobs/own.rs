//! What the node does by itself with what is here, whatever partners do.

use std::{collections::HashSet, time::Duration};

use time::OffsetDateTime;
use tokio::time::interval;

use super::{Jobs, turns::Turns};
use crate::logging::event;

const WATCH_EVERY: Duration = Duration::from_secs(300);

impl Jobs {
    pub(super) async fn keep_own_sets(&self) {
        let mut turns = Turns::new(self.every, &self.book);
        loop {
            // At once when an agreement is resumed: until its lists are in place nothing is answered.
            turns.next().await;
            let now = OffsetDateTime::now_utc();
            if let Err(error) = self.publisher.bring_up_to_date(&self.book.all(), now).await {
                event!(warn, "own tag sets could not be brought up to date", error = error);
            }
        }
    }

    /// Destroys what may not be kept any longer, and matches what is kept against versions of lists
    /// that have come. No partner notices either.
    pub(super) async fn keep_standing(&self) {
        let mut told = HashSet::new();
        let mut turns = interval(self.every);
        loop {
            turns.tick().await;
            match self.requester.destroy_ended_tags().await {
                Ok(0) => {}
                Ok(scopes) => event!(info, "tags that were kept were destroyed", scopes = scopes),
                Err(error) => event!(warn, "kept tags could not be destroyed", error = error),
            }
            match self.requester.survey_standing().await {
                Ok(surveys) => {
                    for survey in &surveys {
                        let Some(error) = &survey.trouble else {
                            told.remove(&survey.standing);
                            continue;
                        };
                        // Said once, not at every look.
                        if told.insert(survey.standing) {
                            event!(
                                warn,
                                "a standing check could not be matched",
                                standing = survey.standing,
                                error = error,
                            );
                        }
                    }
                    for survey in surveys.iter().filter(|survey| survey.has_more) {
                        event!(
                            info,
                            "a standing check has hits that nobody has been shown",
                            standing = survey.standing,
                            hits = survey.unseen,
                        );
                    }
                    let alerts = surveys.iter().filter(|survey| survey.unseen > 0).count();
                    let alerts = i64::try_from(alerts).unwrap_or(i64::MAX);
                    self.metrics.standing_alerts.set(alerts);
                }
                Err(error) => event!(warn, "standing checks could not be matched", error = error),
            }
        }
    }

    /// Examines partners' requests for records, watches their clocks, erases what may be kept no longer,
    /// and makes the log's entry for each period, whether there was a request or not.
    pub(super) async fn examine_disclosures(&self) {
        let mut turns = interval(self.every);
        loop {
            turns.tick().await;
            let now = OffsetDateTime::now_utc();
            if let Err(error) = self.examiner.look(now).await {
                event!(warn, "requests for records could not be examined", error = error);
            }
            match self.store.erase_disclosures(now).await {
                Ok(0) => {}
                Ok(erased) => event!(info, "released records were erased", records = erased),
                Err(error) => event!(warn, "released records could not be erased", error = error),
            }
            if let Err(error) =
                self.store.log_disclosures(self.disclosure_cadence_seconds, now).await
            {
                event!(warn, "the log's entry on requests could not be made", error = error);
            }
        }
    }

    /// Looks for patterns in what partners asked. People decide what to make of them.
    pub(super) async fn watch_partners(&self) {
        let mut turns = interval(WATCH_EVERY);
        loop {
            turns.tick().await;
            let now = OffsetDateTime::now_utc();
            if let Err(error) = self.store.sum_up_refusals(now).await {
                event!(warn, "refusals could not be summed up", error = error);
            }
            if let Err(error) = self.watch.look(&self.book.all(), now).await {
                event!(warn, "partners' questions could not be looked at", error = error);
            }
        }
    }
}
