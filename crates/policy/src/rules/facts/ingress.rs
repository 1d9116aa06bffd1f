use std::collections::BTreeSet;

use symbolon_identifiers::IdentifierType;

use super::{facts, texts};
use crate::rules::{Adequacy, ElementCounts, Restriction, Urgency};

facts! {
    /// What the asked bureau sees of a check, and what it knows by itself.
    ///
    /// The default is a check of one travel document for a border check, under an agreement that
    /// asks for no class of offence.
    IngressFacts {
        /// Code of the asking bureau, as authenticated.
        requester: String = "XXA".to_owned(),
        /// Id of the agreement.
        agreement: String = "own-partner".to_owned(),
        /// The datasets that are asked.
        datasets: BTreeSet<String> = texts(&["stolen-documents"]),
        /// The declared purpose.
        purpose: String = "border_check".to_owned(),
        /// The purposes that the agreement allows.
        purposes_agreed: BTreeSet<String> = texts(&["border_check", "criminal_investigation"]),
        /// Whether the owner has authorised this other purpose beforehand.
        purpose_authorised: bool = false,
        /// The declared class of offence; empty if none.
        offence_class: String = String::new(),
        /// Whether the agreement asks for a class of offence.
        offence_asked: bool = false,
        /// Maximum sentence for that class, in months, by the owner's table; 0 if unknown.
        offence_max_sentence_months: u64 = 0,
        /// Maximum sentence below which these datasets are not asked, in months; 0 if any.
        min_offence_months: u64 = 0,
        /// How soon the answer matters, as declared.
        urgency: Urgency = Urgency::Routine,
        /// How many elements of each type are asked.
        elements: ElementCounts = ElementCounts::of(IdentifierType::TravelDocument, 1),
        /// The identifier types that these datasets offer.
        #[serde(with = "super::type_names")]
        types_agreed: BTreeSet<IdentifierType> = IdentifierType::ALL.iter().copied().collect(),
        /// Whether the check carries commitments to officer, case and grounds.
        commitments_present: bool = true,
        /// On what ground data may go to the requester's country. An agreement in force that
        /// lawyers of both sides have signed is a safeguard.
        partner_adequacy: Adequacy = Adequacy::Adequate,
        /// Elements answered to the requester under a derogation in the last 30 days.
        derogation_elements_window: u64 = 0,
        /// What the owner has ruled out with the requester.
        partner_restrictions: BTreeSet<Restriction> = BTreeSet::new(),
        /// Whether the requester's country has the death penalty.
        partner_death_penalty: bool = false,
        /// Whether the owner answers nothing to this requester.
        requester_denied: bool = false,
        /// The datasets that the owner does not open to this requester.
        datasets_denied: BTreeSet<String> = BTreeSet::new(),
        /// Whether the agreement is suspended.
        suspended: bool = false,
        /// Hour of the day, UTC, 0 to 23.
        hour_utc: u64 = 10,
        /// Elements that the requester has asked today, those of this check not counted.
        elements_today: u64 = 0,
        /// Elements that the requester has asked in the last 30 days, those of this check not
        /// counted.
        elements_window: u64 = 0,
        /// Elements that the requester may ask in a day; 0 if none is declared here.
        day_limit: u64 = 0,
        /// Days for which the agreement lets the requester keep what it asked; 0 if none.
        standing_days: u64 = 0,
        /// Whether one of the datasets never leaves the country.
        never_leaves: bool = false,
        /// Whether each of the datasets has its data protection impact assessment.
        dpia_done: bool = true,
    }
}
