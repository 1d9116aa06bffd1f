//! What is signed and recorded of a check before anything of it is sent.

use std::sync::Arc;

use ring::rand::SystemRandom;
use symbolon_exchange::{
    CHECK_SECRET_LEN, CheckHeader, CommitmentSalts, ScopeQuery, chunk_hash, chunks_of,
};
use symbolon_policy::{CheckId, Reason, Refusal, rules::EgressFacts};
use symbolon_proto::v1::SignedDocument;
use symbolon_store::{
    AskedHeader, AskedMeanwhile, AskedShare, DecidedHeader, LogRecord, NewCheck, OwnQuestions,
    StoreError,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::CheckError;
use crate::{
    Failure, QuestionContext, Source,
    batch::Batch,
    blinding::{Blinded, BlindedBatch},
    egress::{self, Decided, DecidedUnit},
    opening::{DAMAGED, Opening, OpeningBatch, OpeningSalts},
    plan::Unit,
    requester::Requester,
};

/// A unit of the plan with the header that is sent for it.
pub(super) struct PreparedUnit {
    pub(super) unit: Unit,
    pub(super) header: SignedDocument,
    /// Whether it is sent for the first time, and was counted for that.
    pub(super) is_new: bool,
}

impl Requester {
    /// Signs a header for each unit and records the check with them before anything is sent. What
    /// has become forbidden in the meantime, because others have asked, is not sent either.
    pub(super) async fn record(
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
    pub(super) async fn record_again(
        &self,
        check: CheckId,
        decided: &Decided,
        known_headers: &[AskedHeader],
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let permitted = decided.permitted.iter().map(|one| &one.decision);
        let decisions = permitted.chain(&decided.forbidden).cloned().collect();
        let agreements = known_headers.iter().map(|known| known.agreement.clone()).collect();
        let record = LogRecord::CheckAskedAgain { check, decisions, agreements };
        self.store.append(&record, at).await?;
        Ok(())
    }
}

/// All that headers and the record of a check are made of.
pub(super) struct Preparing {
    pub(super) requester: Requester,
    pub(super) check: CheckId,
    pub(super) context: QuestionContext,
    pub(super) batches: Arc<Vec<Batch>>,
    pub(super) blinded: Arc<Blinded>,
    pub(super) secret: Zeroizing<[u8; CHECK_SECRET_LEN]>,
    pub(super) now: OffsetDateTime,
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
        let opening = opening.to_bytes(&batches).ok_or(DAMAGED)?;
        Ok((prepared, opening))
    }
}

/// What a unit asks of each list.
pub(super) fn shares_of(unit: &Unit, blinded: &Blinded) -> Vec<AskedShare> {
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
pub(super) fn with_known_headers(
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
