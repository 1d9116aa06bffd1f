use symbolon_client::Rules;
use symbolon_exchange::{DisclosureRequest, NO_DEATH_PENALTY, is_evaluation};
use symbolon_policy::{
    Agreement, RecordAttributes,
    disclosure::{DisclosureCourse, DisclosureState, Finding},
    rules::{
        DisclosedField, DisclosureFacts, Facts, HandlingCode, LoggedDecision, SubjectCategory,
        Urgency,
    },
};
use time::OffsetDateTime;

use super::ReleaseTerms;

/// All that a decision on a release looks at.
pub(super) struct Deciding<'a> {
    pub(super) rules: &'a Rules,
    pub(super) agreement: &'a Agreement,
    pub(super) request: &'a DisclosureRequest,
    pub(super) dataset: &'a str,
    pub(super) course: &'a DisclosureCourse,
    /// Whether the same record was released for the same hit before.
    pub(super) already_disclosed: bool,
    pub(super) now: OffsetDateTime,
}

/// Who decides a release, and on what terms.
pub(super) struct Deciders<'a> {
    pub(super) terms: &'a ReleaseTerms,
    pub(super) approvals: u64,
}

impl Deciding<'_> {
    /// What the rules say of a release on `terms` of a record with these attributes, with the facts.
    pub(super) fn decide(
        &self,
        attributes: &RecordAttributes,
        deciders: &Deciders<'_>,
    ) -> LoggedDecision {
        let facts = self.facts(attributes, deciders);
        let ruling = self.rules.pack.decide_disclosure(&facts);
        LoggedDecision { rules: self.rules.hash, facts: Facts::Disclosure(facts), ruling }
    }

    /// The facts of a release on `terms` of a record with these attributes.
    fn facts(&self, attributes: &RecordAttributes, deciders: &Deciders<'_>) -> DisclosureFacts {
        let request = self.request;
        let code = &request.requester;
        let tables = &self.rules.tables;
        let (partner, dataset) = (tables.partner(code), tables.dataset(self.dataset));
        let Deciders { terms, approvals } = deciders;
        let found = |finding| terms.findings.contains_key(&finding);
        let confirmation = request.confirmation.as_ref();
        DisclosureFacts {
            requester: code.to_string(),
            recipient_authority: request.recipient_authority.clone(),
            requester_denied: partner.denied
                || partner.datasets_denied.contains(self.dataset)
                || attributes.excluded_countries.contains(code),
            agreement: request.agreement.to_string(),
            dataset: self.dataset.to_owned(),
            purpose: request.purpose.clone(),
            purposes_agreed: self.agreement.terms().purposes.iter().cloned().collect(),
            purpose_authorised: partner.purposes_authorised.contains(&request.purpose)
                || found(Finding::PurposeAuthorised),
            offence_class: request.offence_class.clone(),
            offence_max_sentence_months: tables.max_sentence_months(&request.offence_class),
            min_offence_months: dataset.min_offence_months,
            dual_criminality_demanded: dataset.dual_criminality_demanded,
            dual_criminality_confirmed: found(Finding::DualCriminality),
            urgency: request.urgency,
            // Nobody gets here whose hit was not recognised.
            claim_recognised: true,
            confirmation_present: confirmation.is_some(),
            confirmed_by_human: confirmation.is_some_and(|one| one.by_person),
            confirmed_by_qualified: confirmation.is_some_and(|one| one.qualified),
            facts_present: !request.facts.is_empty(),
            judicial_authorisation_required: dataset.judicial_authorisation_required,
            judicial_authorisation_given: found(Finding::JudicialAuthorisation),
            clock_paused: self.course.state() == DisclosureState::Paused,
            hours_elapsed: u64::try_from(self.course.elapsed(self.now).whole_hours()).unwrap_or(0),
            fields: terms.fields.clone(),
            subject_category: category(attributes, dataset.subject_category),
            minor: attributes.minor,
            strictly_necessary: found(Finding::StrictlyNecessary),
            refugee: attributes.refugee,
            requester_feared: attributes.feared_countries.contains(code),
            requester_death_penalty: partner.death_penalty,
            // It stands in what the requester signed.
            assurance_obtained: request.assurances.contains(NO_DEATH_PENALTY),
            special_categories: attributes.special_categories,
            provenance_violation: attributes.provenance_violation,
            political_matter: attributes.political_matter,
            political_matter_reviewed: attributes.political_matter_reviewed
                || found(Finding::LegalReview),
            national_flag: attributes.national_flag,
            // A release always carries both marks where they apply.
            national_flag_shown: true,
            contested: attributes.contested,
            contested_marked: true,
            handling_code: terms.handling_code,
            handling_permission: found(Finding::HandlingPermission),
            handling_reviewed: found(Finding::HandlingReviewed),
            use_in_court: request.use_in_court,
            evaluation_present: is_evaluation(&terms.evaluation),
            // Only what is written freely can mix the two.
            assessments_separated: !terms.fields.contains(&DisclosedField::FreeText)
                || found(Finding::AssessmentsSeparated),
            retention_limit_days: terms.retention_days.into(),
            onward_transfer: !request.onward_to.is_empty(),
            onward_authorised: found(Finding::OnwardAuthorised),
            // By the very request.
            origin_informed: !request.onward_to.is_empty(),
            partner_adequacy: partner.adequacy,
            derogation_documented: found(Finding::DerogationDocumented),
            never_leaves: dataset.never_leaves,
            already_disclosed: self.already_disclosed,
            human_decision: true,
            approvals: *approvals,
            // Who asks is of another bureau. What it calls the person who confirmed the hit is its own
            // word, and must not keep anybody of this bureau from deciding.
            requester_among_approvers: false,
            reasons_recorded: request.urgency != Urgency::Emergency
                || !request.emergency_reasons.is_empty(),
        }
    }

    /// The terms on which a release would stand the best chance: all that people could still find out
    /// or choose. What rules forbid even then they forbid because of the request or the record.
    pub(super) fn best_terms(&self, retention_days: u32) -> ReleaseTerms {
        let limit = self.rules.tables.dataset(self.dataset).retention_limit_days;
        let days = match u32::try_from(limit) {
            Ok(limit) if limit > 0 => limit.min(retention_days),
            _ => retention_days,
        };
        ReleaseTerms {
            record: None,
            fields: self.request.fields.clone(),
            handling_code: HandlingCode::H0,
            restriction: String::new(),
            evaluation: "A1".to_owned(),
            retention_days: days,
            findings: Finding::ALL.iter().map(|finding| (*finding, String::new())).collect(),
        }
    }
}

/// Whom a record concerns: what it says itself, else what is entered for its dataset.
pub(super) fn category(
    attributes: &RecordAttributes,
    of_dataset: SubjectCategory,
) -> SubjectCategory {
    match attributes.subject_category {
        SubjectCategory::Unknown => of_dataset,
        known => known,
    }
}
