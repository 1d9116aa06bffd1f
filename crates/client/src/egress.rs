//! May this bureau's officer ask this? Decided for each partner and agreement before anything of a
//! check is recorded as sent.

use std::{collections::BTreeMap, sync::Arc};

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    BureauCode, CheckId,
    rules::{CheckMode, EgressFacts, ElementCounts, Facts, LoggedDecision, Urgency},
};
use symbolon_proto::v1;
use symbolon_store::{ApprovedQuestion, AskedMeanwhile, Direction, PartnerCounts, StoreError};
use time::OffsetDateTime;

use crate::{
    Failure, QuestionContext, Requester, Rules, WatchFindings,
    batch::Batch,
    plan::{Plan, Unit},
    rule_book::rule_refusal,
};

/// Up to so many identifiers under one case are one matter: a person with papers, telephone and car.
/// More are a list.
pub const MOST_OF_ONE_MATTER: u64 = 10;

/// A check that is being decided.
pub(crate) struct Deciding<'a> {
    pub(crate) context: &'a QuestionContext,
    pub(crate) batches: &'a [Batch],
    pub(crate) mode: CheckMode,
    /// When the same check was asked before, if it was, and the facts by which it was counted then.
    pub(crate) counted: Option<(OffsetDateTime, Vec<Facts>)>,
    /// The check, if it was asked before: approvals that it used up then are its own.
    pub(crate) repeats: Option<CheckId>,
    /// What this bureau's own watch has found in it.
    pub(crate) watch: WatchFindings,
    /// The rules by which is decided: those for which it was looked whether they are as promised.
    pub(crate) rules: &'a Arc<Rules>,
    pub(crate) now: OffsetDateTime,
}

/// A unit that may be asked, and why.
pub(crate) struct DecidedUnit {
    pub(crate) unit: Unit,
    pub(crate) counts: PartnerCounts,
    pub(crate) decision: LoggedDecision,
}

/// What came of deciding a plan. What is forbidden has its lines in the plan already.
pub(crate) struct Decided {
    pub(crate) rules: Arc<Rules>,
    /// How many people's approvals cover the question.
    pub(crate) approvals: u64,
    pub(crate) permitted: Vec<DecidedUnit>,
    pub(crate) forbidden: Vec<LoggedDecision>,
}

impl Requester {
    /// Decides all units of `plan`, and takes them out of it.
    pub(crate) async fn decide(
        &self,
        plan: &mut Plan,
        deciding: &Deciding<'_>,
    ) -> Result<Decided, StoreError> {
        let rules = deciding.rules;
        let approvals = self.approvals(deciding).await?;
        let mut decided = Decided {
            rules: Arc::clone(rules),
            approvals,
            permitted: Vec::new(),
            forbidden: Vec::new(),
        };
        let units: Vec<_> = std::mem::take(&mut plan.units)
            .into_iter()
            .map(|unit| (deciding.facts(&unit, approvals), unit))
            .collect();
        let mut so_far: BTreeMap<BureauCode, PartnerCounts> = BTreeMap::new();
        for (facts, unit) in units {
            let owner = &unit.owner.code;
            let counts = match so_far.get(owner) {
                Some(counts) => *counts,
                None => {
                    let now = deciding.now;
                    let counts = self.store.partner_counts(owner, Direction::Asked, now).await?;
                    match &deciding.counted {
                        Some((asked_at, counted)) => {
                            // Under all agreements with that partner together.
                            let of_owner = counted.iter().filter(|facts| {
                                matches!(facts, Facts::Egress(one) if one.partner == owner.as_str())
                            });
                            counts.without(of_owner, *asked_at, now)
                        }
                        None => counts,
                    }
                }
            };
            let decision = rules.decide_egress(facts, counts);
            if decision.ruling.permitted {
                so_far.insert(owner.clone(), counts.and(&decision.facts));
                decided.permitted.push(DecidedUnit { unit, counts, decision });
            } else {
                plan.settled.extend(forbidden(unit, &decision, deciding.now));
                decided.forbidden.push(decision);
            }
        }
        Ok(decided)
    }

    /// How many people other than the asker have approved such a question beforehand.
    async fn approvals(&self, deciding: &Deciding<'_>) -> Result<u64, StoreError> {
        match &deciding.repeats {
            Some(check) => self.store.approvals_used(check, deciding.now).await,
            None => {
                let question = approved_question(deciding.context, deciding.batches);
                self.store.check_approvals(&question, deciding.now).await
            }
        }
    }
}

/// A question, as far as approvals of other people go.
pub(crate) fn approved_question<'a>(
    context: &'a QuestionContext,
    batches: &[Batch],
) -> ApprovedQuestion<'a> {
    ApprovedQuestion {
        case_reference: &context.facts.case_reference,
        purpose: &context.purpose,
        asker: &context.agency,
        types: batches.iter().map(|batch| batch.kind).collect(),
        elements: identifiers(batches),
    }
}

/// The lines of a unit that may not be asked.
pub(crate) fn forbidden(
    unit: Unit,
    decision: &LoggedDecision,
    now: OffsetDateTime,
) -> impl Iterator<Item = (crate::Source, Failure)> + use<> {
    let failure = Failure::refused_here(&rule_refusal(&decision.ruling), now);
    unit.scopes.into_iter().map(move |(_, source)| (source, failure.clone()))
}

/// Decides again what was decided on other counts and approvals.
pub(crate) fn again(
    rules: &Rules,
    decision: &LoggedDecision,
    now: AskedMeanwhile,
) -> LoggedDecision {
    match &decision.facts {
        Facts::Egress(facts) => {
            let facts = EgressFacts { approvals: now.approvals, ..facts.clone() };
            rules.decide_egress(facts, now.counts)
        }
        // No question is decided on facts of another point.
        _ => decision.clone(),
    }
}

impl Deciding<'_> {
    /// All but what tables and counts say.
    fn facts(&self, unit: &Unit, approvals: u64) -> EgressFacts {
        let watch = self.watch;
        let Self { context, now, .. } = self;
        let (terms, stated) = (unit.agreement.terms(), &context.stated);
        let elements: ElementCounts =
            unit.scopes.iter().map(|(scope, _)| self.count(scope.identifier_type)).collect();
        let kinds = unit.agreement.scopes_of(&unit.owner.code, *now);
        EgressFacts {
            officer_present: !context.facts.officer.trim().is_empty(),
            agency: context.agency.clone(),
            roles: context.roles.clone(),
            case_reference_present: !context.facts.case_reference.trim().is_empty(),
            justification_bytes: context.facts.justification.trim().len() as u64,
            purpose: context.purpose.clone(),
            offence_class: context.offence_class.clone(),
            offence_asked: terms.conditions.as_ref().is_some_and(|c| c.offence_class_required),
            subject_category: stated.subject_category,
            strictly_necessary: stated.strictly_necessary,
            legal_basis: stated.legal_basis.clone(),
            minor: stated.minor,
            urgency: urgency(context.urgency),
            mode: self.mode,
            special_categories: stated.special_categories,
            special_categories_only: stated.special_categories_only,
            political_matter: stated.political_matter,
            political_matter_reviewed: stated.political_matter_reviewed,
            approvals,
            partner: unit.owner.code.to_string(),
            derogation_documented: stated.derogation_documented,
            dual_criminality_confirmed: stated.dual_criminality_confirmed,
            agreement: terms.id.to_string(),
            purposes_agreed: terms.purposes.iter().cloned().collect(),
            types_agreed: kinds.map(|(scope, ..)| scope.identifier_type).collect(),
            hour_utc: now.hour().into(),
            neighbouring_elements: watch.neighbouring_elements,
            repeats: watch.repeats,
            own_identifier: watch.own_identifier,
            elements,
            ..EgressFacts::default()
        }
    }

    fn count(&self, kind: IdentifierType) -> (IdentifierType, u64) {
        let batch = self.batches.iter().find(|batch| batch.kind == kind);
        (kind, batch.map_or(0, |batch| batch.count() as u64))
    }
}

/// How a check asks: kept, as a list, or in a single matter.
pub(crate) fn mode(keep: bool, batches: &[Batch]) -> CheckMode {
    if keep {
        CheckMode::Standing
    } else if identifiers(batches) > MOST_OF_ONE_MATTER {
        CheckMode::Batch
    } else {
        CheckMode::Single
    }
}

fn identifiers(batches: &[Batch]) -> u64 {
    batches.iter().map(|batch| batch.count() as u64).sum()
}

/// As rules call it.
pub fn urgency(declared: v1::Urgency) -> Urgency {
    match declared {
        v1::Urgency::Emergency => Urgency::Emergency,
        v1::Urgency::Urgent => Urgency::Urgent,
        v1::Urgency::Routine | v1::Urgency::Unspecified => Urgency::Routine,
    }
}

#[cfg(test)]
mod tests {
    use symbolon_identifiers::parse;

    use super::*;
    use crate::plan::Item;

    fn batches(identifiers: u64) -> Vec<Batch> {
        let item = |reference| {
            let value = format!("somebody{reference}@x.example");
            Item { reference, identifier: parse(IdentifierType::Email, &value, None).unwrap() }
        };
        // The first stands there twice and is one identifier all the same.
        let items: Vec<_> = [1].into_iter().chain(1..=identifiers).map(item).collect();
        Batch::group(&items)
    }

    #[test]
    fn more_than_ten_identifiers_are_a_list_and_what_is_kept_is_standing() {
        assert_eq!(mode(false, &batches(1)), CheckMode::Single);
        assert_eq!(mode(false, &batches(MOST_OF_ONE_MATTER)), CheckMode::Single);
        assert_eq!(mode(false, &batches(MOST_OF_ONE_MATTER + 1)), CheckMode::Batch);
        assert_eq!(mode(true, &batches(1)), CheckMode::Standing);
    }
}
