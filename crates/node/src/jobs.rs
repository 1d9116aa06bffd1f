use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use symbolon_client::{AgreementBook, ContactBook, Requester, RuleBook, Rules, SyncReport};
use symbolon_policy::{AgreementHash, BureauCode};
use symbolon_store::{Erased, ExchangeMark, Store, StoreError};
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{
    disclosure::Examiner,
    logging::{PartnerTrouble, StateCode, event},
    metrics::{Metrics, StateLabel},
    node::say_rules,
    own_log::OwnLog,
    publish::Publisher,
    stopping::until_stopped,
    watch::OwnerWatch,
};

const ERASE_EVERY: Duration = Duration::from_secs(3_600);
const WATCH_EVERY: Duration = Duration::from_secs(300);
/// How soon a running node acts on what a person has done to an agreement beside it. A suspension
/// counts within a second.
const AGREEMENTS_EVERY: Duration = Duration::from_millis(200);
/// Rules that were approved hold within a second, loading included.
const RULES_EVERY: Duration = Duration::from_millis(250);

/// What a running node does by itself: reads agreements, publishes sets, fetches partners' sets.
pub(crate) struct Jobs {
    pub(crate) us: BureauCode,
    pub(crate) store: Store,
    pub(crate) book: AgreementBook,
    pub(crate) contacts: ContactBook,
    pub(crate) rules: RuleBook,
    pub(crate) publisher: Publisher,
    pub(crate) requester: Requester,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) every: Duration,
    pub(crate) own_log: OwnLog,
    pub(crate) checkpoint_every: Duration,
    pub(crate) retention: time::Duration,
    pub(crate) examiner: Examiner,
    pub(crate) disclosure_cadence_seconds: u64,
    pub(crate) disclosure_every: Duration,
    pub(crate) watch: OwnerWatch,
}

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

    /// Says under which agreements this bureau has promised to decide by other rules than are in force.
    fn look_at_promises(&self) {
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

    /// Works until `stop` says so. What waits for partners runs beside what does not.
    pub(crate) async fn run(
        self,
        known: ExchangeMark,
        adoptions: u64,
        stop: watch::Receiver<bool>,
    ) {
        tokio::select! {
            () = self.keep_agreements(known) => {}
            () = self.exchange_agreements() => {}
            () = self.keep_rules(adoptions) => {}
            () = self.keep_own_sets() => {}
            () = self.follow_partners() => {}
            () = self.keep_standing() => {}
            () = self.keep_log() => {}
            () = self.erase_old() => {}
            () = self.examine_disclosures() => {}
            () = self.exchange_disclosures() => {}
            () = self.watch_partners() => {}
            () = until_stopped(stop) => {}
        }
    }

    async fn keep_agreements(&self, mut known: ExchangeMark) {
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
    async fn exchange_agreements(&self) {
        let (troubles, under_way) = (Arc::<Troubles>::default(), Arc::<UnderWay>::default());
        let mut turns = interval(self.every);
        loop {
            tokio::select! {
                _ = turns.tick() => {}
                () = self.book.changed() => {}
            }
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

    /// Puts rules in force as soon as two people have; `known` is how often that was done before.
    async fn keep_rules(&self, mut known: u64) {
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

    async fn keep_own_sets(&self) {
        let mut turns = interval(self.every);
        loop {
            turns.tick().await;
            let now = OffsetDateTime::now_utc();
            if let Err(error) = self.publisher.bring_up_to_date(&self.book.all(), now).await {
                event!(warn, "own tag sets could not be brought up to date", error = error);
            }
        }
    }

    /// Destroys what may not be kept any longer, and matches what is kept against versions of lists
    /// that have come. No partner notices either.
    async fn keep_standing(&self) {
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

    /// Signs checkpoints on schedule, whatever was asked or found, and follows partners' logs.
    async fn keep_log(&self) {
        let troubles = Arc::<Troubles>::default();
        let mut turns = interval(self.checkpoint_every);
        loop {
            turns.tick().await;
            self.own_log.keep(OffsetDateTime::now_utc()).await;
            for partner in self.requester.logs_to_follow() {
                let (metrics, troubles) = (Arc::clone(&self.metrics), Arc::clone(&troubles));
                let own_log = self.own_log.clone();
                tokio::spawn(async move {
                    let bureau = partner.bureau().to_string();
                    let report = partner.run().await;
                    own_log.tell(&report.faults);
                    own_log.count_unproven().await;
                    let Some(trouble) = report.trouble else { return troubles.forget(&bureau) };
                    metrics.log_follow_failures.inc();
                    if troubles.is_new(&bureau, &trouble) {
                        event!(
                            warn,
                            "a partner's log could not be followed",
                            trouble = PartnerTrouble(&trouble),
                        );
                    }
                });
            }
        }
    }

    /// Examines partners' requests for records, watches their clocks, erases what may be kept no longer,
    /// and makes the log's entry for each period, whether there was a request or not.
    async fn examine_disclosures(&self) {
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

    /// Carries requests for records to partners, on schedule and whether there are any or not.
    async fn exchange_disclosures(&self) {
        let troubles = Arc::<Troubles>::default();
        let mut turns = interval(self.disclosure_every);
        for turn in 0_usize.. {
            turns.tick().await;
            if let Err(error) = self.requester.close_orphaned_disclosures().await {
                event!(warn, "requests for records could not be looked at", error = error);
            }
            for exchange in self.requester.disclosures_to_exchange(turn) {
                let (metrics, troubles) = (Arc::clone(&self.metrics), Arc::clone(&troubles));
                tokio::spawn(async move {
                    let owner = exchange.owner().to_string();
                    let report = exchange.run().await;
                    for request in &report.decided {
                        event!(
                            info,
                            "a partner has closed a request; `symbolon disclosure status` shows it",
                            request = request,
                        );
                    }
                    let Some(trouble) = report.trouble else { return troubles.forget(&owner) };
                    metrics.disclosure_exchange_failures.inc();
                    if troubles.is_new(&owner, &trouble) {
                        event!(
                            warn,
                            "requests for records could not be exchanged with a partner",
                            trouble = PartnerTrouble(&trouble),
                        );
                    }
                });
            }
        }
    }

    /// Looks for patterns in what partners asked. People decide what to make of them.
    async fn watch_partners(&self) {
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

    async fn erase_old(&self) {
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
        for (agreement, days) in self.store.agreed_retentions().await? {
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

    async fn follow_partners(&self) {
        let troubles = Arc::<Troubles>::default();
        let mut turns = interval(self.every);
        loop {
            turns.tick().await;
            for partner in self.requester.partners_to_sync() {
                let (metrics, troubles) = (Arc::clone(&self.metrics), Arc::clone(&troubles));
                tokio::spawn(async move { note(&metrics, &troubles, &partner.run().await) });
            }
            if let Err(error) = self.requester.drop_ended_sets().await {
                event!(warn, "partners' ended sets could not be dropped", error = error);
            }
            let held = self.requester.sets().all().len();
            self.metrics.partner_sets_held.set(i64::try_from(held).unwrap_or(i64::MAX));
        }
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

/// What each partner's trouble was last time: it is written when it changes, not at every look.
#[derive(Default)]
struct Troubles(Mutex<HashMap<String, String>>);

impl Troubles {
    fn is_new(&self, partner: &str, sentence: &str) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(partner.to_owned(), sentence.to_owned()).as_deref() != Some(sentence)
    }

    fn forget(&self, partner: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(partner);
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

fn note(metrics: &Metrics, troubles: &Troubles, report: &SyncReport) {
    if report.installed > 0 {
        event!(info, "a partner's tag sets were brought up to date", sets = report.installed);
    }
    metrics.sync_failures.inc_by(report.failures.len() as u64);
    for (partner, sentence) in &report.failures {
        if troubles.is_new(partner, sentence) {
            event!(warn, "a partner's sets are not up to date", trouble = PartnerTrouble(sentence));
        }
    }
}
