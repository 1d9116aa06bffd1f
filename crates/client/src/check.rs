mod record;
mod sending;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_policy::{AgreementId, CheckId, ScopeId};
use symbolon_store::StoreError;
use symbolon_tagset::LabelSecret;
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use self::{
    record::{Preparing, with_known_headers},
    sending::Reporter,
};
use crate::{
    Failure, FailureReason, Item, QuestionContext, Rules, Source,
    ask::OpenedLabel,
    batch::Batch,
    blinding::blind,
    egress::{self, Deciding},
    opening::{DAMAGED, SealedOpening},
    plan::Plan,
    requester::Requester,
    statistics::Counting,
    tags::Tags,
    watch::{self, WatchError, Watched},
};

/// A question: identifiers, and who asks why.
pub struct CheckRequest {
    /// Identity, if the caller wants to be able to repeat the check; else one is chosen.
    pub check: Option<CheckId>,
    /// What is asked. Equal identifiers are asked and counted once.
    pub items: Vec<Item>,
    /// Who, why, whom.
    pub context: QuestionContext,
    /// How long to wait for each bureau.
    pub timeout: Duration,
    /// Whether the tags are wanted, to be kept. Then only lists are asked whose agreements allow
    /// that; what the others are is reported as for a check that they do not permit.
    pub keep_tags: bool,
}

/// A check under way.
pub struct StartedCheck {
    /// Its identity.
    pub check: CheckId,
    /// How many results will come.
    pub sources: usize,
    /// The results, each as soon as its bureau has answered.
    pub results: mpsc::Receiver<SourceResult>,
}

/// What one source has to say.
pub struct SourceResult {
    /// The source.
    pub source: Source,
    /// Version of the set looked in, and when its owner last loaded records.
    pub coverage: Option<(u64, OffsetDateTime)>,
    /// The callers' numbers of the items asked of it.
    pub references: Arc<[u64]>,
    /// For each of them whether it hit, in the same order; or why there is no answer.
    pub outcome: Result<Vec<bool>, Failure>,
    /// What is released at once with the hits, by the place of the item among them; empty where nothing
    /// is agreed.
    pub labels: BTreeMap<usize, OpenedLabel>,
    /// Since the check began.
    pub elapsed: Duration,
    /// The tags, where they were wanted and there is an answer.
    pub(crate) kept: Option<KeptTags>,
}

/// Tags that may be kept.
pub(crate) struct KeptTags {
    pub(crate) agreement: AgreementId,
    pub(crate) scope: ScopeId,
    pub(crate) until: OffsetDateTime,
    /// In the order in which each different identifier of the type was first given.
    pub(crate) tags: Tags,
    /// What opens their labels, in the same order; empty in a scope without.
    pub(crate) secrets: Vec<LabelSecret>,
}

impl Requester {
    /// Asks all partners at once. Returns as soon as the check is recorded and under way; results
    /// come one by one.
    ///
    /// # Errors
    /// When the check id was used for another question, or the check cannot be recorded: nothing
    /// has been sent then.
    pub async fn check(&self, request: CheckRequest) -> Result<StartedCheck, CheckError> {
        let began = Instant::now();
        let now = OffsetDateTime::now_utc();
        let random = SystemRandom::new();
        let check = match request.check {
            Some(check) => check,
            None => CheckId(random_bytes(&random)?),
        };
        let items = request.items;
        let work = move || Batch::group(&items);
        let batches = Arc::new(self.compute.run(work).await.map_err(|_| CheckError::Stopping)?);
        let kinds: Vec<_> = batches.iter().map(|batch| batch.kind).collect();
        let mut plan = Plan::new(&self.us, &self.book.all(), &kinds, &request.context, now);

        let before = self.store.asked(&check).await?;
        let (secret, known_headers) = match &before {
            Some(stored) => {
                let sealed = SealedOpening::from_bytes(&stored.opening).ok_or(DAMAGED)?;
                if !sealed.asks(&request.context, &batches) {
                    return Err(CheckError::IdReused);
                }
                (sealed.opening.check_secret().ok_or(DAMAGED)?, stored.headers.as_slice())
            }
            None => (Zeroizing::new(random_bytes(&random)?), [].as_slice()),
        };
        self.settle_withdrawn(&mut plan, now).await?;
        let rules = self.rules.current();
        self.settle_unpromised(&mut plan, &rules, now);
        if request.keep_tags {
            plan.settle_unkept(now);
        }
        let mut watched = self.look_at_own(&batches, &request.context, now).await?;
        if before.is_none() {
            self.settle_unready(&mut plan, now);
            watch::tell(&self.store, &watched, &request.context, check, now).await?;
        } else if !known_headers.is_empty() {
            // The first time is no repetition of this one, if it was sent.
            watched.findings.repeats = watched.findings.repeats.saturating_sub(1);
        }
        let counted = match &before {
            Some(_) => self.store.counted_when_asked(&check).await?,
            None => None,
        };
        let deciding = Deciding {
            context: &request.context,
            batches: &batches,
            mode: egress::mode(request.keep_tags, &batches),
            counted,
            repeats: before.is_some().then_some(check),
            watch: watched.findings,
            rules: &rules,
            now,
        };
        let decided = self.decide(&mut plan, &deciding).await?;
        // What nobody may be asked costs no work.
        let blinded = if decided.permitted.is_empty() {
            Arc::default()
        } else {
            Arc::new(blind(&self.compute, &batches, check, &secret).await?)
        };
        let mut settled = plan.settled;
        let prepared = if before.is_some() {
            self.record_again(check, &decided, known_headers, now).await?;
            let units = decided.permitted.into_iter().map(|one| one.unit).collect();
            let (prepared, unknown) = with_known_headers(units, known_headers);
            settled.extend(unknown);
            prepared
        } else {
            let preparing = Preparing {
                requester: self.clone(),
                check,
                context: request.context.clone(),
                batches: Arc::clone(&batches),
                blinded: Arc::clone(&blinded),
                secret,
                now,
            };
            let (prepared, forbidden) = self.record(preparing, decided, watched.questions).await?;
            settled.extend(forbidden);
            prepared
        };

        let sources =
            settled.len().saturating_add(prepared.iter().map(|p| p.unit.scopes.len()).sum());
        // Room for all results: what is settled is reported before anyone listens.
        let (sender, results) = mpsc::channel(sources.max(1));
        let (sender, results) = if before.is_none() {
            let counting = Counting {
                store: self.store.clone(),
                purpose: request.context.purpose.clone(),
                counts: batches.iter().map(|batch| (batch.kind, batch.count() as u64)).collect(),
                // Of what is kept, hits are seen when somebody looks, again and again.
                count_hits: !request.keep_tags,
                at: now,
            };
            (counting.between(sender, sources), results)
        } else {
            (sender, results)
        };
        let reporter = Reporter { sender, batches, began };
        for (source, failure) in settled {
            reporter.report(source, None, Err(failure), None).await;
        }
        for one in prepared {
            let (requester, blinded, reporter) =
                (self.clone(), Arc::clone(&blinded), reporter.clone());
            let (timeout, keep) = (request.timeout, request.keep_tags);
            let sources: Vec<_> =
                one.unit.scopes.iter().map(|(_, source)| source.clone()).collect();
            let fallback = reporter.clone();
            let asking = tokio::spawn(async move {
                requester.ask_unit(check, one, blinded, timeout, keep, reporter).await;
            });
            tokio::spawn(async move {
                // Whatever went wrong, each list has its line.
                if asking.await.is_err() {
                    for source in sources {
                        let failure = Failure::no_answer(
                            FailureReason::Internal,
                            "this bureau's own node failed at this list; its log knows more",
                        );
                        fallback.report(source, None, Err(failure), None).await;
                    }
                }
            });
        }
        Ok(StartedCheck { check, sources, results })
    }

    /// Takes out what is asked under agreements that are suspended or have ended, as the database
    /// has it at this moment.
    async fn settle_withdrawn(
        &self,
        plan: &mut Plan,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        for unit in std::mem::take(&mut plan.units) {
            match self.withdrawn(&unit.agreement, now).await? {
                None => plan.units.push(unit),
                Some(failure) => plan
                    .settled
                    .extend(unit.scopes.into_iter().map(|(_, source)| (source, failure.clone()))),
            }
        }
        Ok(())
    }

    /// Takes out what is asked under agreements in which this bureau has promised to decide by other
    /// rules than are in force.
    fn settle_unpromised(&self, plan: &mut Plan, rules: &Rules, now: OffsetDateTime) {
        for unit in std::mem::take(&mut plan.units) {
            match rules.are_as_promised(&unit.agreement, &self.us) {
                Ok(()) => plan.units.push(unit),
                Err(refusal) => {
                    let failure = Failure::refused_here(&refusal, now);
                    let settled = unit.scopes.into_iter();
                    plan.settled.extend(settled.map(|(_, source)| (source, failure.clone())));
                }
            }
        }
    }

    /// Takes out what cannot be looked up anyway, so that one list that is missing here does not
    /// keep the bureau's others from answering; it is fetched beside the check.
    fn settle_unready(&self, plan: &mut Plan, now: OffsetDateTime) {
        let settled_before = plan.settled.len();
        for unit in &mut plan.units {
            let scopes = std::mem::take(&mut unit.scopes);
            for (scope, source) in scopes {
                match self.sets.usable(&scope.id(), now) {
                    Ok(_) => unit.scopes.push((scope, source)),
                    Err(failure) => plan.settled.push((source, failure)),
                }
            }
        }
        plan.units.retain(|unit| !unit.scopes.is_empty());
        if plan.settled.len() > settled_before {
            for partner in self.partners_to_sync() {
                tokio::spawn(partner.run());
            }
        }
    }

    /// Looks at the question as this bureau's own watch does.
    async fn look_at_own(
        &self,
        batches: &Arc<Vec<Batch>>,
        context: &QuestionContext,
        now: OffsetDateTime,
    ) -> Result<Watched, CheckError> {
        let watched = watch::look(&self.store, &self.compute, batches, context, now).await;
        watched.map_err(|error| match error {
            WatchError::Store(error) => CheckError::Store(error),
            WatchError::Stopped(_) => CheckError::Stopping,
        })
    }
}

fn random_bytes<const N: usize>(random: &SystemRandom) -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    random.fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    Ok(bytes)
}

/// Why a check was not begun. Nothing has been sent then.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// An identifier could not be blinded.
    #[error("the identifiers could not be blinded: {0}")]
    Blinding(#[source] symbolon_oprf::Error),
    /// The id belongs to another question.
    #[error("this check id was used for another question before; choose a fresh one")]
    IdReused,
    /// The node is stopping.
    #[error("the node is stopping; ask again when it is up")]
    Stopping,
    /// The check could not be recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
}
