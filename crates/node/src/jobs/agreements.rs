//! What people do to agreements, what time does, and what other parties are shown of them.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use symbolon_policy::{AgreementHash, BureauCode};
use symbolon_store::{ExchangeMark, StoreError};
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};

use super::{Jobs, troubles::Troubles, turns::Turns};
use crate::{
    logging::{PartnerTrouble, StateCode, event},
    metrics::StateLabel,
};

/// How soon a running node acts on what a person has done to an agreement beside it. A suspension
/// counts within a second.
const AGREEMENTS_EVERY: Duration = Duration::from_millis(200);

impl Jobs {
    /// Takes the steps that time brings, and reads agreements and contacts if anything about them
    /// has changed; says whether it has.
    pub(crate) async fn read_agreements(
        &self,
        known: &mut ExchangeMark,
    ) -> Result<bool, StoreError> {
        let now = OffsetDateTime::now_utc();
        self.store.advance_agreements(now).await?;
        let present = self.store.exchange_mark().await?;
        if &present == known {
            return Ok(false);
        }
        self.contacts.replace(self.store.exchange_parties(&self.us, now).await?);
        // Wakes whatever is under way, so after all else is in place.
        self.book.replace(self.store.agreements().await?);
        self.store.destroy_what_has_ended(now).await?;
        for (state, count) in self.store.agreements_by_state().await? {
            let label = StateLabel { state: state.as_str() };
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.metrics.agreements.get_or_create(&label).set(count);
        }
        self.look_at_promises();
        *known = present;
        Ok(true)
    }

    /// Ends anew what was ended before the database was restored from a backup of before.
    pub(crate) async fn remember_endings(&self) -> Result<(), StoreError> {
        for agreement in self.store.remember_endings(OffsetDateTime::now_utc()).await? {
            event!(
                warn,
                "an agreement that was ended for good stood as living in the database: a backup of \
                 before was restored. It stays ended",
                agreement = agreement,
            );
        }
        Ok(())
    }

    pub(super) async fn keep_agreements(&self, mut known: ExchangeMark) {
        let mut turns = interval(AGREEMENTS_EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failed = false;
        loop {
            turns.tick().await;
            match self.read_agreements(&mut known).await {
                Ok(true) => {
                    let agreements = self.book.all().len();
                    event!(info, "agreements were read", agreements = agreements);
                    failed = false;
                }
                Ok(false) => failed = false,
                // Said once, not five times a second.
                Err(error) if !failed => {
                    event!(warn, "agreements could not be read", error = error);
                    failed = true;
                }
                Err(_) => {}
            }
        }
    }

    /// Shows other parties what they may not hold yet of texts of agreements, until they do.
    pub(super) async fn exchange_agreements(&self) {
        let (troubles, under_way) = (Arc::<Troubles>::default(), Arc::<UnderWay>::default());
        let mut turns = Turns::new(self.every, &self.book);
        loop {
            turns.next().await;
            let exchanges = match self.requester.agreements_to_exchange(&self.contacts).await {
                Ok(exchanges) => exchanges,
                Err(error) => {
                    event!(warn, "texts of agreements could not be read", error = error);
                    continue;
                }
            };
            for exchange in exchanges {
                let Some(turn) = UnderWay::begin(&under_way, exchange.key()) else { continue };
                let (metrics, troubles) = (Arc::clone(&self.metrics), Arc::clone(&troubles));
                tokio::spawn(async move {
                    let _turn = turn;
                    let bureau = exchange.bureau().clone();
                    // One trouble for each text: a bureau may have several.
                    let name = format!("{bureau} {}", exchange.key().0);
                    match exchange.run().await {
                        Ok((agreement, states)) => {
                            troubles.forget(&name);
                            event!(
                                info,
                                "a text of an agreement was exchanged",
                                agreement = agreement,
                                bureau = bureau,
                            );
                            for state in states {
                                event!(
                                    info,
                                    "an agreement has changed its state",
                                    agreement = agreement,
                                    state = StateCode(state),
                                );
                            }
                        }
                        Err(failure) => {
                            metrics.agreement_exchange_failures.inc();
                            if troubles.is_new(&name, &failure.sentence) {
                                event!(
                                    warn,
                                    "a text of an agreement could not be exchanged; it is tried \
                                     again",
                                    bureau = bureau,
                                    trouble = PartnerTrouble::from(&failure),
                                );
                            }
                        }
                    }
                });
            }
        }
    }
}

/// Exchanges that are under way: one at a time of each text with each party.
#[derive(Default)]
struct UnderWay(Mutex<HashSet<ExchangeKey>>);

type ExchangeKey = (AgreementHash, BureauCode);

impl UnderWay {
    fn begin(all: &Arc<Self>, key: ExchangeKey) -> Option<ExchangeTurn> {
        let is_new = all.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_new.then(|| ExchangeTurn { all: Arc::clone(all), key })
    }
}

/// Gives the turn back when it is dropped.
struct ExchangeTurn {
    all: Arc<UnderWay>,
    key: ExchangeKey,
}

impl Drop for ExchangeTurn {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
