use std::collections::BTreeSet;

use symbolon_identifiers::IdentifierType;
use time::OffsetDateTime;

use super::RecordAttributes;
use crate::{
    Agreement, BureauCode, Scope,
    rules::{Adequacy, AdmissionFacts, DatasetEntry, LegalTables, RetentionClass, SubjectCategory},
};

/// Where a record would enter: the same for all records of a scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdmissionSetting {
    agreement: String,
    dataset: String,
    identifier_type: IdentifierType,
    parties: BTreeSet<String>,
    parties_adequacy: Adequacy,
    entry: DatasetEntry,
}

impl AdmissionSetting {
    /// Of a scope that `us` offers under an agreement, with what the legal tables say of the dataset
    /// and of the other parties: each of them can test the set, so the lowest ground counts.
    pub fn new(
        us: &BureauCode,
        agreement: &Agreement,
        scope: &Scope,
        tables: &LegalTables,
    ) -> Self {
        let parties = agreement.terms().parties.iter().map(|party| &party.code);
        let others: Vec<_> = parties.filter(|code| *code != us).collect();
        Self {
            agreement: scope.agreement.as_str().to_owned(),
            dataset: scope.dataset.clone(),
            identifier_type: scope.identifier_type,
            parties_adequacy: others
                .iter()
                .map(|code| tables.partner(code).adequacy)
                .max()
                .unwrap_or(Adequacy::None),
            parties: others.into_iter().map(|code| code.as_str().to_owned()).collect(),
            entry: tables.dataset(&scope.dataset),
        }
    }

    /// What rules look at for a record of which nothing but identifiers is known, at `now`.
    pub fn facts_without_details(&self, now: OffsetDateTime) -> AdmissionFacts {
        let facts = self.facts(&RecordAttributes::default(), now);
        AdmissionFacts { details_present: false, ..facts }
    }

    /// What rules look at for a record with these attributes, at `now`. They change with the hour
    /// at most.
    pub fn facts(&self, attributes: &RecordAttributes, now: OffsetDateTime) -> AdmissionFacts {
        let today = now.date();
        let subject_category = match attributes.subject_category {
            SubjectCategory::Unknown => self.entry.subject_category,
            said => said,
        };
        let age = attributes.entered_on.map_or(0, |entered| (today - entered).whole_days());
        let held_back = attributes.frozen_since.filter(|since| *since <= today);
        let held_for = held_back.map(|since| now - since.midnight().assume_utc());
        AdmissionFacts {
            agreement: self.agreement.clone(),
            dataset: self.dataset.clone(),
            parties: self.parties.clone(),
            parties_adequacy: self.parties_adequacy,
            excluded_countries: codes(&attributes.excluded_countries),
            feared_countries: codes(&attributes.feared_countries),
            identifier_type: self.identifier_type,
            subject_category,
            minor: attributes.minor,
            strictly_necessary: attributes.strictly_necessary,
            special_categories: attributes.special_categories,
            provenance_violation: attributes.provenance_violation,
            political_matter: attributes.political_matter,
            political_matter_reviewed: attributes.political_matter_reviewed,
            national_flag: attributes.national_flag,
            national_flag_reviewed: attributes.national_flag_reviewed,
            contested: attributes.contested,
            contested_marked: attributes.contested_marked,
            expired: attributes.expires_on.is_some_and(|last| last < today),
            erased_at_source: attributes.erased_at_source,
            // The shorter time for whatever is not said to be a thing.
            retention_class: attributes.retention_class.unwrap_or(match subject_category {
                SubjectCategory::Object => RetentionClass::Objects10Years,
                _ => RetentionClass::Persons3Years,
            }),
            age_days: u64::try_from(age).unwrap_or(0),
            extension_assessed: attributes.extension_assessed,
            frozen: held_back.is_some(),
            freeze_hours: held_for
                .and_then(|held| u64::try_from(held.whole_hours()).ok())
                .unwrap_or(0),
            freeze_authorised: attributes.freeze_authorised,
            dpia_done: self.entry.dpia_done,
            never_leaves: self.entry.never_leaves,
            proportionality_assessed: self.entry.proportionality_assessed,
            details_present: true,
            details_required: self.entry.details_required,
            approvals: attributes.approvals,
        }
    }
}

fn codes(bureaus: &BTreeSet<BureauCode>) -> BTreeSet<String> {
    bureaus.iter().map(|code| code.as_str().to_owned()).collect()
}
