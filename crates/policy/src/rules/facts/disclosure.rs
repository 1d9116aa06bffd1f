use std::collections::BTreeSet;

use super::{facts, texts};
use crate::rules::{Adequacy, DisclosedField, HandlingCode, SubjectCategory, Urgency};

facts! {
    /// What the owner of a record knows when a requester that has found a hit asks for the record.
    ///
    /// The default is a suspect's core data, asked in an investigation of fraud after a confirmed
    /// hit, released by a person.
    DisclosureFacts {
        /// Code of the bureau that asks.
        requester: String = "XXA".to_owned(),
        /// The authority that would receive the record.
        recipient_authority: String = "XXA border police".to_owned(),
        /// Whether the owner releases nothing to this requester.
        requester_denied: bool = false,
        /// Id of the agreement.
        agreement: String = "own-partner".to_owned(),
        /// The dataset of the record.
        dataset: String = "wanted-persons".to_owned(),
        /// What the record is asked for.
        purpose: String = "criminal_investigation".to_owned(),
        /// The purposes that the agreement allows.
        purposes_agreed: BTreeSet<String> = texts(&["border_check", "criminal_investigation"]),
        /// Whether the owner has authorised this other purpose beforehand.
        purpose_authorised: bool = false,
        /// The class of offence; empty if none is named.
        offence_class: String = "fraud".to_owned(),
        /// Maximum sentence for it, in months; 0 if unknown.
        offence_max_sentence_months: u64 = 60,
        /// Maximum sentence below which this dataset is not released, in months; 0 if any.
        min_offence_months: u64 = 12,
        /// Whether the owner demands that the act be an offence in both countries.
        dual_criminality_demanded: bool = false,
        /// Whether that has been found to be so.
        dual_criminality_confirmed: bool = false,
        /// How soon the record matters.
        urgency: Urgency = Urgency::Routine,
        /// Whether the owner recognises the claim as that of its record.
        claim_recognised: bool = true,
        /// Whether the requester has confirmed the hit.
        confirmation_present: bool = true,
        /// Whether a person has confirmed it, not a program.
        confirmed_by_human: bool = true,
        /// Whether that person holds a role for it and is trained.
        confirmed_by_qualified: bool = true,
        /// Whether the facts of the case are described.
        facts_present: bool = true,
        /// Whether the owner's law asks for a judicial authorisation.
        judicial_authorisation_required: bool = false,
        /// Whether it has been given.
        judicial_authorisation_given: bool = false,
        /// Whether the clock of the request is paused.
        clock_paused: bool = false,
        /// Hours since the clock started, pauses not counted.
        hours_elapsed: u64 = 0,
        /// The fields asked for.
        fields: BTreeSet<DisclosedField> = BTreeSet::from([
            DisclosedField::Name,
            DisclosedField::DateOfBirth,
            DisclosedField::Nationality,
            DisclosedField::CaseNumber,
            DisclosedField::Authority,
        ]),
        /// Whom or what the record concerns.
        subject_category: SubjectCategory = SubjectCategory::Suspect,
        /// Whether the person concerned is a minor.
        minor: bool = false,
        /// Whether it is stated why the release is strictly necessary.
        strictly_necessary: bool = false,
        /// Whether the person is a refugee or seeks asylum.
        refugee: bool = false,
        /// Whether the person fears persecution by the requester's country.
        requester_feared: bool = false,
        /// Whether the requester's country has the death penalty, or inhuman treatment is feared.
        requester_death_penalty: bool = false,
        /// Whether its assurance against that has been obtained for this person.
        assurance_obtained: bool = false,
        /// Whether the record shows special categories of data.
        special_categories: bool = false,
        /// Whether the information was obtained in obvious violation of human rights.
        provenance_violation: bool = false,
        /// Whether the matter is predominantly political, military, religious or racial.
        political_matter: bool = false,
        /// Whether a lawyer has reviewed that.
        political_matter_reviewed: bool = false,
        /// Whether a national flag suspends the action that the record asks for.
        national_flag: bool = false,
        /// Whether the release says so.
        national_flag_shown: bool = false,
        /// Whether the person concerned contests the record.
        contested: bool = false,
        /// Whether the release says so.
        contested_marked: bool = false,
        /// What the recipient may do with it.
        handling_code: HandlingCode = HandlingCode::H1,
        /// Whether the originator has given the permission that the handling code asks for.
        handling_permission: bool = false,
        /// Whether a person has read the restriction of a code H3 and found the use allowed.
        handling_reviewed: bool = false,
        /// Whether the recipient wants to use it in court.
        use_in_court: bool = false,
        /// Whether source and information are evaluated.
        evaluation_present: bool = true,
        /// Whether facts are told apart from assessments.
        assessments_separated: bool = true,
        /// For how many days the recipient may keep it; 0 if no limit is set.
        retention_limit_days: u64 = 1_095,
        /// Whether the recipient wants to pass it on to a third country or organisation.
        onward_transfer: bool = false,
        /// Whether the originator has authorised that.
        onward_authorised: bool = false,
        /// Whether the originator is told at the same time.
        origin_informed: bool = false,
        /// On what ground data may go to the requester's country. An agreement in force that
        /// lawyers of both sides have signed is a safeguard.
        partner_adequacy: Adequacy = Adequacy::Adequate,
        /// Whether date, time, recipient, justification and data of the derogation are recorded.
        derogation_documented: bool = false,
        /// Whether the dataset never leaves the country.
        never_leaves: bool = false,
        /// Whether the same record has been released for the same hit before.
        already_disclosed: bool = false,
        /// Whether a person takes the decision, not a program.
        human_decision: bool = true,
        /// How many people have approved the release.
        approvals: u64 = 0,
        /// Whether the person who asks is one of them.
        requester_among_approvers: bool = false,
        /// Whether the reasons of an emergency are recorded.
        reasons_recorded: bool = false,
    }
}
