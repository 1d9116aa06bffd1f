//! Asks one partner, and reports what came of it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use symbolon_policy::{AgreementId, CheckId, Party, Reason, may_keep};
use symbolon_store::{AskedShare, QuotaRefusal};
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::{
    KeptTags, SourceResult,
    record::{PreparedUnit, shares_of},
};
use crate::{
    Failure, FailureKind, Source,
    ask::{Ask, AskedScope, OpenedLabel, ScopeAnswer},
    batch::Batch,
    blinding::Blinded,
    plan::Unit,
    requester::Requester,
};

impl Requester {
    pub(super) async fn ask_unit(
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
}

/// Sends results on with the callers' own numbers.
#[derive(Clone)]
pub(super) struct Reporter {
    pub(super) sender: mpsc::Sender<SourceResult>,
    pub(super) batches: Arc<Vec<Batch>>,
    pub(super) began: Instant,
}

impl Reporter {
    pub(super) async fn report(
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
