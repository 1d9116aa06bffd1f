use std::collections::BTreeSet;

use symbolon_identifiers::IdentifierType;

use super::{facts, texts};
use crate::rules::{
    Adequacy, CheckMode, ElementCounts, Restriction, Role, SubjectCategory, Urgency,
};

facts! {
    /// What the asking bureau knows of a question, before anything of it is sent.
    ///
    /// The default is a border check of one travel document: an officer and a case are named, no
    /// offence is declared.
    EgressFacts {
        /// Whether the person who asks is named.
        officer_present: bool = true,
        /// SPIFFE id of the agency or person whose certificate was shown.
        agency: String = "spiffe://bureau.example/border-police".to_owned(),
        /// The roles of that certificate or token.
        roles: BTreeSet<Role> = BTreeSet::from([Role::Officer]),
        /// Whether one individual case is named.
        case_reference_present: bool = true,
        /// Length of the written grounds, in bytes; 0 if there are none.
        justification_bytes: u64 = 0,
        /// The declared purpose, one of the agreements' codes.
        purpose: String = "border_check".to_owned(),
        /// The declared class of offence; empty if none.
        offence_class: String = String::new(),
        /// Whether the agreement asks for a class of offence.
        offence_asked: bool = false,
        /// Maximum sentence for the offence, in months, by the bureau's own table; 0 if unknown.
        offence_max_sentence_months: u64 = 0,
        /// Whom the question concerns.
        subject_category: SubjectCategory = SubjectCategory::Unknown,
        /// Whether the officer states why the question is strictly necessary.
        strictly_necessary: bool = false,
        /// Code of the legal basis; empty if none is named.
        legal_basis: String = String::new(),
        /// Whether the person concerned is a minor.
        minor: bool = false,
        /// How soon the answer matters.
        urgency: Urgency = Urgency::Routine,
        /// How many elements of each type are asked.
        elements: ElementCounts = ElementCounts::of(IdentifierType::TravelDocument, 1),
        /// In what way is asked.
        mode: CheckMode = CheckMode::Single,
        /// Whether the question shows special categories of data (origin, opinions, belief, health,
        /// genetic data, sexual life).
        special_categories: bool = false,
        /// Whether people were selected by special categories alone.
        special_categories_only: bool = false,
        /// Whether the matter is predominantly political, military, religious or racial.
        political_matter: bool = false,
        /// Whether a lawyer has reviewed that.
        political_matter_reviewed: bool = false,
        /// How many people have approved the question, the asker not counted.
        approvals: u64 = 0,
        /// Code of the bureau that would be asked.
        partner: String = "XXB".to_owned(),
        /// On what ground data may go to its country. An agreement in force that lawyers of both
        /// sides have signed is a safeguard.
        partner_adequacy: Adequacy = Adequacy::Adequate,
        /// Whether date, time, recipient, justification and data of the derogation are recorded.
        derogation_documented: bool = false,
        /// Elements asked of the partner under a derogation in the last 30 days.
        derogation_elements_window: u64 = 0,
        /// What the own bureau has ruled out with the partner.
        partner_restrictions: BTreeSet<Restriction> = BTreeSet::new(),
        /// Maximum sentence below which the partner does not want to be asked, in months; 0 if any.
        partner_min_offence_months: u64 = 0,
        /// Whether the partner demands that the act be an offence in both countries.
        partner_demands_dual_criminality: bool = false,
        /// Whether that has been found to be so.
        dual_criminality_confirmed: bool = false,
        /// Whether the partner's country has the death penalty.
        partner_death_penalty: bool = false,
        /// Id of the agreement.
        agreement: String = "own-partner".to_owned(),
        /// The purposes that the agreement allows.
        purposes_agreed: BTreeSet<String> = texts(&["border_check", "criminal_investigation"]),
        /// The identifier types that the partner offers.
        #[serde(with = "super::type_names")]
        types_agreed: BTreeSet<IdentifierType> = IdentifierType::ALL.iter().copied().collect(),
        /// Hour of the day, UTC, 0 to 23.
        hour_utc: u64 = 10,
        /// Elements asked of the partner today, those of this question not counted.
        elements_today: u64 = 0,
        /// Elements that may be asked of the partner in a day; 0 if none is declared.
        day_limit: u64 = 0,
        /// How many elements of this question lie next to others that the same person has asked.
        neighbouring_elements: u64 = 0,
        /// How often elements of this question were asked of the partner in the last 30 days.
        repeats: u64 = 0,
        /// Whether an identifier of the asker is among the elements.
        own_identifier: bool = false,
    }
}
