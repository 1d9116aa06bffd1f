//! Rules that come into force, and what this bureau has promised of them.

use std::time::Duration;

use symbolon_client::Rules;
use tokio::time::interval;

use super::Jobs;
use crate::{logging::event, node::say_rules};

/// Rules that were approved hold within a second, loading included.
const RULES_EVERY: Duration = Duration::from_millis(250);

impl Jobs {
    /// Puts rules in force as soon as two people have; `known` is how often that was done before.
    pub(super) async fn keep_rules(&self, mut known: u64) {
        let mut turns = interval(RULES_EVERY);
        loop {
            turns.tick().await;
            let adopted = async {
                let present = self.store.adoptions_count().await?;
                if present == known {
                    return Ok(None);
                }
                Rules::in_force(&self.store).await.map(|in_force| Some((present, in_force)))
            };
            match adopted.await {
                Ok(None) => {}
                Ok(Some((present, (rules, adoption)))) => {
                    say_rules(&rules, adoption.as_ref());
                    self.rules.replace(rules);
                    self.look_at_promises();
                    known = adoption.map_or(present, |adoption| adoption.number);
                }
                Err(error) => event!(warn, "rules could not be read", error = error),
            }
        }
    }

    /// Says under which agreements this bureau has promised to decide by other rules than are in force.
    pub(super) fn look_at_promises(&self) {
        let rules = self.rules.current();
        let mut broken: i64 = 0;
        for agreement in self.book.all().iter() {
            if rules.are_as_promised(agreement, &self.us).is_err() {
                broken = broken.saturating_add(1);
                event!(
                    warn,
                    "this bureau has promised another rule pack in an agreement than is in force: \
                     nothing is asked, answered or released under it; `symbolon agreement show` says \
                     which",
                    agreement = agreement.terms().id,
                );
            }
        }
        self.metrics.agreements_not_as_promised.set(broken);
    }
}
