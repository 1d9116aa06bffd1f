//! What a bureau's lawyers keep in tables beside the rules: facts on partners, datasets and
//! offences that no program could know.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Adequacy, Restriction, SubjectCategory};
use crate::BureauCode;

/// The legal tables of a bureau: `tables.toml` beside its rule pack. What is not entered has the
/// default of its row.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LegalTables {
    /// By code of the partner.
    pub partners: BTreeMap<BureauCode, PartnerEntry>,
    /// By id of the own dataset.
    pub datasets: BTreeMap<String, DatasetEntry>,
    /// Maximum sentence by class of offence, in months.
    pub offences: BTreeMap<String, u64>,
}

impl LegalTables {
    /// What is entered for a partner, or the default row.
    pub fn partner(&self, code: &BureauCode) -> PartnerEntry {
        self.partners.get(code).cloned().unwrap_or_default()
    }

    /// What is entered for an own dataset, or the default row.
    pub fn dataset(&self, id: &str) -> DatasetEntry {
        self.datasets.get(id).cloned().unwrap_or_default()
    }

    /// Maximum sentence for a class of offence in months; 0 if it is not entered.
    pub fn max_sentence_months(&self, offence_class: &str) -> u64 {
        self.offences.get(offence_class).copied().unwrap_or(0)
    }
}

/// What holds for a partner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartnerEntry {
    /// On what ground personal data may go there. An agreement in force that lawyers of both sides
    /// have signed is a safeguard, and the default.
    pub adequacy: Adequacy,
    /// What is ruled out with it, in both directions.
    pub restrictions: BTreeSet<Restriction>,
    /// Whether nothing is answered or released to it.
    pub denied: bool,
    /// Own datasets that are not opened to it.
    pub datasets_denied: BTreeSet<String>,
    /// Purposes that are authorised for it beside those agreed.
    pub purposes_authorised: BTreeSet<String>,
    /// Maximum sentence below which it does not want to be asked, in months; 0 if any.
    pub min_offence_months: u64,
    /// Whether it demands that the act be an offence in both countries.
    pub demands_dual_criminality: bool,
    /// Whether its country has the death penalty, or inhuman treatment is feared.
    pub death_penalty: bool,
}

impl Default for PartnerEntry {
    fn default() -> Self {
        Self {
            adequacy: Adequacy::Safeguards,
            restrictions: BTreeSet::new(),
            denied: false,
            datasets_denied: BTreeSet::new(),
            purposes_authorised: BTreeSet::new(),
            min_offence_months: 0,
            demands_dual_criminality: false,
            death_penalty: false,
        }
    }
}

/// What holds for an own dataset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatasetEntry {
    /// Whether its data protection impact assessment is done.
    pub dpia_done: bool,
    /// Whether it never leaves the country.
    pub never_leaves: bool,
    /// Whether entering records in it was found proportionate, with an estimate of the hits.
    pub proportionality_assessed: bool,
    /// Maximum sentence below which it is neither asked nor released, in months; 0 if any.
    pub min_offence_months: u64,
    /// Whether a release needs a judicial authorisation.
    pub judicial_authorisation_required: bool,
    /// Whether a release demands that the act be an offence in both countries.
    pub dual_criminality_demanded: bool,
    /// What its records concern unless they say otherwise.
    pub subject_category: SubjectCategory,
    /// For how many days a recipient may keep what is released; 0 if no limit is set.
    pub retention_limit_days: u64,
}

impl Default for DatasetEntry {
    fn default() -> Self {
        Self {
            dpia_done: true,
            never_leaves: false,
            proportionality_assessed: true,
            min_offence_months: 0,
            judicial_authorisation_required: false,
            dual_criminality_demanded: false,
            subject_category: SubjectCategory::Unknown,
            retention_limit_days: 1_095,
        }
    }
}
