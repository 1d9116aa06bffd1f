use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_exchange::{
    CHECK_SECRET_LEN, CheckHeader, CommitmentSalts, ScopeQuery, chunk_hash, chunks_of,
};
use symbolon_policy::{
    AgreementId, CheckId, Party, Reason, Refusal, ScopeId, may_keep, rules::EgressFacts,
};
use symbolon_proto::v1::SignedDocument;
use symbolon_store::{
    AskedHeader, AskedMeanwhile, AskedShare, DecidedHeader, LogRecord, NewCheck, OwnQuestions,
    QuotaRefusal, StoreError,
};
use symbolon_tagset::LabelSecret;
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::{
    Failure, FailureKind, FailureReason, Item, QuestionContext, Rules, Source,
    ask::{Ask, AskedScope, OpenedLabel, ScopeAnswer},
    batch::Batch,
    blinding::{Blinded, BlindedBatch, blind},
    egress::{self, Decided, DecidedUnit, Deciding},
    opening::{Opening, OpeningBatch, OpeningSalts, SealedOpening},
    plan::{Plan, Unit},
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

/// A unit of the plan with the header that is sent for it.
struct PreparedUnit {
    unit: Unit,
    header: SignedDocument,
    /// Whether it is sent for the first time, and was counted for that.
    is_new: bool,
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
                let sealed = SealedOpening::from_bytes(&stored.opening)
                    .ok_or(StoreError::Damaged { what: "record of a check" })?;
                if !sealed.asks(&request.context, &batches) {
                    return Err(CheckError::IdReused);
                }
                (read_secret(&sealed.opening)?, stored.headers.as_slice())
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
        } else {
            // The first time is no repetition of this one.
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
            self.record_again(check, &decided, now).await?;
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

    /// What a refused question did not use up after all, and what the partner said of it.
    async fn note_refusal(
        &self,
        owner: &Party,
        agreement: &AgreementId,
        shares: &[AskedShare],
        failure: &Failure,
    ) {
        let now = OffsetDateTime::now_utc();
        let quota = [Reason::QuotaExhausted, Reason::BudgetExhausted];
        let is_quota = quota.iter().any(|reason| reason.as_str() == failure.reason);
        // What is not known to have been refused may have been counted.
        if failure.kind != FailureKind::NotPermitted {
            return;
        }
        // The next question says as much again: nothing is lost but a better estimate.
        let _ = self.store.give_back(shares, now).await;
        if is_quota {
            let refusal = QuotaRefusal {
                owner: owner.code.clone(),
                agreement: agreement.clone(),
                reason: failure.reason.clone(),
                sentence: failure.sentence.clone(),
                refused_at: now,
                renews_at: failure
                    .retry_after
                    .and_then(|wait| now.checked_add(wait.try_into().ok()?)),
            };
            let _ = self.store.record_quota_refusal(&refusal).await;
        }
    }

    /// Signs a header for each unit and records the check with them before anything is sent. What
    /// has become forbidden in the meantime, because others have asked, is not sent either.
    async fn record(
        &self,
        preparing: Preparing,
        decided: Decided,
        watched: Option<OwnQuestions>,
    ) -> Result<(Vec<PreparedUnit>, Vec<(Source, Failure)>), CheckError> {
        let (check, at) = (preparing.check, preparing.now);
        let blinded = Arc::clone(&preparing.blinded);
        let Decided { rules, approvals, permitted, forbidden } = decided;
        let context = preparing.context.clone();
        let batches = Arc::clone(&preparing.batches);
        let mut grounds = Vec::with_capacity(permitted.len());
        let mut units = Vec::with_capacity(permitted.len());
        for DecidedUnit { unit, counts, decision } in permitted {
            units.push(unit);
            grounds.push((counts, decision));
        }
        let work = move || preparing.prepare(units);
        let (prepared, opening) =
            self.compute.run(work).await.map_err(|_| CheckError::Stopping)??;
        let permitted = prepared
            .iter()
            .zip(&grounds)
            .map(|(one, (counts, decision))| DecidedHeader {
                header: AskedHeader {
                    owner: one.unit.owner.code.clone(),
                    agreement: one.unit.agreement.terms().id.clone(),
                    header: one.header.clone().into(),
                },
                shares: shares_of(&one.unit, &blinded),
                counts: *counts,
                decision: decision.clone(),
            })
            .collect();
        let new = NewCheck {
            check,
            opening: &opening,
            permitted,
            forbidden,
            approved: Some((egress::approved_question(&context, &batches), approvals)),
            watched: watched.as_ref(),
            at,
        };
        let again = |place: usize, now: AskedMeanwhile| match grounds.get(place) {
            Some((_, decision)) => egress::again(&rules, decision, now),
            None => rules.decide_egress(EgressFacts::default(), now.counts),
        };
        let decisions = self.store.record_asked(new, again).await?;
        let (mut to_send, mut settled) = (Vec::new(), Vec::new());
        for (one, decision) in prepared.into_iter().zip(decisions) {
            if decision.ruling.permitted {
                to_send.push(one);
            } else {
                settled.extend(egress::forbidden(one.unit, &decision, at));
            }
        }
        Ok((to_send, settled))
    }

    /// A check that is asked again was recorded the first time; what rules say now is logged, with one
    /// entry whatever they say.
    async fn record_again(
        &self,
        check: CheckId,
        decided: &Decided,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let permitted = decided.permitted.iter().map(|one| &one.decision);
        let decisions = permitted.chain(&decided.forbidden).cloned().collect();
        self.store.append(&LogRecord::CheckAskedAgain { check, decisions }, at).await?;
        Ok(())
    }

    async fn ask_unit(
        &self,
        check: CheckId,
        prepared: PreparedUnit,
        blinded: Arc<Blinded>,
        limit: Duration,
        keep: bool,
        reporter: Reporter,
    ) {
        let PreparedUnit { unit, header, is_new } = prepared;
        let shares = shares_of(&unit, &blinded);
        let Unit { agreement, owner, scopes } = unit;
        let (scopes, sources): (Vec<_>, Vec<_>) = scopes
            .into_iter()
            .map(|(scope, source)| {
                (AskedScope { id: scope.id(), kind: scope.identifier_type }, source)
            })
            .unzip();
        let until = may_keep(&agreement, OffsetDateTime::now_utc()).ok().filter(|_| keep);
        let (id, asked) = (agreement.terms().id.clone(), scopes.clone());
        let ask = Ask { requester: self, check, agreement, owner, scopes, header, blinded };
        let (partner, under) = (ask.owner.clone(), ask.agreement.clone());
        let outcome = tokio::select! {
            // What was suspended or ended since is not asked any further.
            biased;
            refusal = self.book.until_withdrawn(&self.store, &under) => {
                Err(Failure::refused_here(&refusal, OffsetDateTime::now_utc()))
            }
            outcome = tokio::time::timeout(limit, ask.run()) => outcome.unwrap_or_else(|_| {
                // A connection that hangs must not serve the next check too.
                self.partners.forget(&partner);
                Err(Failure::timeout(limit))
            }),
        };
        match outcome {
            Ok(answers) => {
                for ((source, scope), answer) in sources.into_iter().zip(asked).zip(answers) {
                    match answer {
                        Ok(ScopeAnswer { version, updated_at, hits, tags, labels, secrets }) => {
                            let kept = until.map(|until| KeptTags {
                                agreement: id.clone(),
                                scope: scope.id,
                                until,
                                tags,
                                secrets,
                            });
                            let coverage = Some((version, updated_at));
                            reporter.report(source, coverage, Ok((hits, labels)), kept).await;
                        }
                        Err(failure) => reporter.report(source, None, Err(failure), None).await,
                    }
                }
            }
            Err(failure) => {
                if is_new {
                    self.note_refusal(&partner, &id, &shares, &failure).await;
                }
                for source in sources {
                    reporter.report(source, None, Err(failure.clone()), None).await;
                }
            }
        }
    }
}

/// All that headers and the record of a check are made of.
struct Preparing {
    requester: Requester,
    check: CheckId,
    context: QuestionContext,
    batches: Arc<Vec<Batch>>,
    blinded: Arc<Blinded>,
    secret: Zeroizing<[u8; CHECK_SECRET_LEN]>,
    now: OffsetDateTime,
}

impl Preparing {
    /// Signs a header for each unit, and makes the record: to be sealed, and of millions of bytes
    /// where a check is big.
    fn prepare(
        self,
        units: Vec<Unit>,
    ) -> Result<(Vec<PreparedUnit>, Zeroizing<Vec<u8>>), StoreError> {
        let Self { requester, check, context, batches, blinded, secret, now } = self;
        let random = SystemRandom::new();
        let mut salts = Vec::new();
        let mut prepared = Vec::new();
        for unit in units {
            let fresh = CommitmentSalts::random(&random).map_err(|_| StoreError::Randomness)?;
            let terms = unit.agreement.terms();
            let header = CheckHeader {
                check_id: check,
                agreement: terms.id.clone(),
                agreement_hash: unit.agreement.hash(),
                requester: requester.us.clone(),
                owner: unit.owner.code.clone(),
                scopes: scope_queries(&check, &unit, &blinded),
                purpose: context.purpose.clone(),
                offence_class: context.offence_class.clone(),
                urgency: context.urgency,
                commitments: fresh.commit_all(&context.facts),
                issued_at: now,
            };
            salts.push(OpeningSalts {
                owner: unit.owner.code.to_string(),
                agreement: terms.id.to_string(),
                officer: hex::encode(fresh.officer),
                case_reference: hex::encode(fresh.case_reference),
                justification: hex::encode(fresh.justification),
            });
            let header = header.sign(&requester.store.keys().header);
            prepared.push(PreparedUnit { header, unit, is_new: true });
        }
        let opening = Opening {
            secret: hex::encode(secret),
            agency: context.agency,
            purpose: context.purpose,
            offence_class: context.offence_class,
            urgency: context.urgency.into(),
            officer: context.facts.officer.clone(),
            case_reference: context.facts.case_reference.clone(),
            justification: context.facts.justification.clone(),
            stated: context.stated,
            batches: batches.iter().map(OpeningBatch::of).collect(),
            salts,
        };
        let opening =
            opening.to_bytes(&batches).ok_or(StoreError::Damaged { what: "record of a check" })?;
        Ok((prepared, opening))
    }
}

/// Sends results on with the callers' own numbers.
#[derive(Clone)]
struct Reporter {
    sender: mpsc::Sender<SourceResult>,
    batches: Arc<Vec<Batch>>,
    began: Instant,
}

impl Reporter {
    async fn report(
        &self,
        source: Source,
        coverage: Option<(u64, OffsetDateTime)>,
        outcome: Result<(Vec<bool>, Vec<(usize, OpenedLabel)>), Failure>,
        kept: Option<KeptTags>,
    ) {
        let Some(batch) = self.batches.iter().find(|batch| batch.kind == source.kind) else {
            return;
        };
        let (outcome, labels) = match outcome {
            Ok((hits, labels)) => (Ok(batch.for_caller(&hits)), batch.labels_for_caller(&labels)),
            Err(failure) => (Err(failure), BTreeMap::new()),
        };
        let references = Arc::clone(&batch.references);
        let elapsed = self.began.elapsed();
        // The caller may have gone away; the check goes on all the same, so that what an owner
        // sees of it does not depend on that.
        let _ = self
            .sender
            .send(SourceResult { source, coverage, references, outcome, labels, elapsed, kept })
            .await;
    }
}

/// What a unit asks of each list.
fn shares_of(unit: &Unit, blinded: &Blinded) -> Vec<AskedShare> {
    let count = |kind| blinded.get(&kind).map_or(0, BlindedBatch::count);
    unit.scopes
        .iter()
        .map(|(scope, source)| AskedShare {
            scope: scope.id(),
            owner: source.bureau.clone(),
            agreement: scope.agreement.clone(),
            dataset: scope.dataset.clone(),
            identifier_type: scope.identifier_type,
            elements: u64::from(count(scope.identifier_type)),
        })
        .collect()
}

fn scope_queries(check: &CheckId, unit: &Unit, blinded: &Blinded) -> Vec<ScopeQuery> {
    let counts: Vec<u32> = unit
        .scopes
        .iter()
        .map(|(scope, _)| blinded.get(&scope.identifier_type).map_or(0, BlindedBatch::count))
        .collect();
    let mut queries: Vec<_> = unit
        .scopes
        .iter()
        .zip(&counts)
        .map(|((scope, _), count)| ScopeQuery {
            scope: scope.id(),
            elements: *count,
            chunk_hashes: Vec::new(),
        })
        .collect();
    for position in chunks_of(counts) {
        let index = usize::try_from(position.scope).unwrap_or(usize::MAX);
        let (Some((scope, _)), Some(query)) = (unit.scopes.get(index), queries.get_mut(index))
        else {
            continue;
        };
        let batch = blinded.get(&scope.identifier_type);
        if let Some(elements) = batch.and_then(|batch| batch.elements(position.chunk)) {
            query.chunk_hashes.push(chunk_hash(check, &position, elements));
        }
    }
    queries
}

/// The headers sent before, for the units that had one; the others cannot join a check afterwards.
fn with_known_headers(
    units: Vec<Unit>,
    headers: &[AskedHeader],
) -> (Vec<PreparedUnit>, Vec<(Source, Failure)>) {
    let mut prepared = Vec::new();
    let mut unknown = Vec::new();
    for unit in units {
        let known = headers.iter().find(|known| {
            known.owner == unit.owner.code && known.agreement == unit.agreement.terms().id
        });
        match known {
            Some(known) => {
                let header = known.header.clone().into();
                prepared.push(PreparedUnit { unit, header, is_new: false });
            }
            None => {
                let refusal = Refusal::new(
                    Reason::CheckIdReused,
                    "this bureau was not part of the check when it was first asked; ask it anew",
                );
                let now = OffsetDateTime::now_utc();
                unknown.extend(
                    unit.scopes
                        .into_iter()
                        .map(|(_, source)| (source, Failure::refused_here(&refusal, now))),
                );
            }
        }
    }
    (prepared, unknown)
}

fn random_bytes<const N: usize>(random: &SystemRandom) -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    random.fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    Ok(bytes)
}

pub(crate) fn read_secret(
    opening: &Opening,
) -> Result<Zeroizing<[u8; CHECK_SECRET_LEN]>, StoreError> {
    let mut secret = Zeroizing::new([0; CHECK_SECRET_LEN]);
    hex::decode_to_slice(&opening.secret, secret.as_mut())
        .map_err(|_| StoreError::Damaged { what: "record of a check" })?;
    Ok(secret)
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
