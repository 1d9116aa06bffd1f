//! What a bureau's lawyers keep in tables beside the rules: facts on partners, datasets and
//! offences that no program could know.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::{Adequacy, DisclosureFacts, EgressFacts, IngressFacts, Restriction, SubjectCategory};
use crate::{BureauCode, canonical};

/// Name of the file of tables beside the rules of a pack.
pub const TABLES_FILE: &str = "tables.toml";
/// Most bytes of that file: 256 KiB.
pub const MAX_TABLES_BYTES: usize = 256 << 10;

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
    /// Reads `tables.toml`, with the document as it was written: that is what is hashed, so that a
    /// later program with one row more reads the same hash from the same text.
    ///
    /// # Errors
    /// Where and what is wrong.
    pub(super) fn read(text: &str) -> Result<(Self, Value), TablesError> {
        if text.len() > MAX_TABLES_BYTES {
            return Err(TablesError::whole(format!("at most {MAX_TABLES_BYTES} bytes are read")));
        }
        let at = |error: &toml::de::Error| {
            error.span().map(|span| text.get(..span.start).unwrap_or(text).matches('\n').count())
        };
        let fault = |field: String, error: &toml::de::Error| TablesError {
            line: at(error).map(|before| before.saturating_add(1)),
            field,
            problem: error.message().to_owned(),
        };
        let document = toml::Deserializer::parse(text).map_err(|e| fault(String::new(), &e))?;
        let tables: Self = serde_path_to_error::deserialize(document).map_err(|error| {
            let path = error.path().to_string();
            fault(if path == "." { String::new() } else { path }, error.inner())
        })?;
        let written: toml::Table = toml::from_str(text).map_err(|e| fault(String::new(), &e))?;
        let written = serde_json::to_value(written)
            .ok()
            .filter(|value| canonical::to_bytes(value).is_some())
            .ok_or_else(|| {
                TablesError::whole("a number must be whole, from 0 to 2^53".to_owned())
            })?;
        Ok((tables, written))
    }

    /// Reads `tables.toml`.
    ///
    /// # Errors
    /// Where and what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, TablesError> {
        Self::read(text).map(|(tables, _)| tables)
    }

    /// Enters what the tables say into the facts of a question, by its partner and offence. Does the
    /// same at a decision and when a logged one is decided again under other tables.
    pub fn enter_egress(&self, facts: &mut EgressFacts) {
        let partner = facts.partner.parse().map(|code| self.partner(&code)).unwrap_or_default();
        facts.offence_max_sentence_months = self.max_sentence_months(&facts.offence_class);
        facts.partner_adequacy = partner.adequacy;
        facts.partner_restrictions = partner.restrictions;
        facts.partner_min_offence_months = partner.min_offence_months;
        facts.partner_demands_dual_criminality = partner.demands_dual_criminality;
        facts.partner_death_penalty = partner.death_penalty;
        facts.day_limit = partner.asked_a_day;
    }

    /// Enters what the tables say into the facts of a partner's check, by its requester, datasets,
    /// purpose and offence.
    pub fn enter_ingress(&self, facts: &mut IngressFacts) {
        let partner = facts.requester.parse().map(|code| self.partner(&code)).unwrap_or_default();
        let datasets: Vec<_> = facts.datasets.iter().map(|id| self.dataset(id)).collect();
        facts.purpose_authorised = partner.purposes_authorised.contains(&facts.purpose);
        facts.offence_max_sentence_months = self.max_sentence_months(&facts.offence_class);
        facts.min_offence_months =
            datasets.iter().map(|dataset| dataset.min_offence_months).max().unwrap_or(0);
        facts.partner_adequacy = partner.adequacy;
        facts.partner_restrictions = partner.restrictions;
        facts.partner_death_penalty = partner.death_penalty;
        facts.requester_denied = partner.denied;
        facts.datasets_denied = partner.datasets_denied;
        facts.day_limit = partner.answered_a_day;
        facts.never_leaves = datasets.iter().any(|dataset| dataset.never_leaves);
        facts.dpia_done = datasets.iter().all(|dataset| dataset.dpia_done);
    }

    /// Enters what the tables say into the facts of a release, by its requester, dataset, purpose and
    /// offence, where one of a past is decided again. What a record or a person may have brought in as
    /// well (that a partner may not have it, that a purpose is authorised, whom it concerns) the tables
    /// can add to, and do not take away.
    pub fn enter_disclosure(&self, facts: &mut DisclosureFacts) {
        let partner = facts.requester.parse().map(|code| self.partner(&code)).unwrap_or_default();
        let dataset = self.dataset(&facts.dataset);
        facts.requester_denied |=
            partner.denied || partner.datasets_denied.contains(&facts.dataset);
        facts.purpose_authorised |= partner.purposes_authorised.contains(&facts.purpose);
        facts.offence_max_sentence_months = self.max_sentence_months(&facts.offence_class);
        facts.min_offence_months = dataset.min_offence_months;
        facts.dual_criminality_demanded = dataset.dual_criminality_demanded;
        facts.judicial_authorisation_required = dataset.judicial_authorisation_required;
        if facts.subject_category == SubjectCategory::Unknown {
            facts.subject_category = dataset.subject_category;
        }
        facts.requester_death_penalty = partner.death_penalty;
        facts.partner_adequacy = partner.adequacy;
        facts.never_leaves = dataset.never_leaves;
    }

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
    /// Elements that may be asked of it in a day, all types and agreements together; 0 if only the
    /// agreements say.
    pub asked_a_day: u64,
    /// Elements that are answered to it in a day, all types and agreements together; 0 if only the
    /// agreements say.
    pub answered_a_day: u64,
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
            asked_a_day: 0,
            answered_a_day: 0,
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
    /// Whether only records with details enter: what is not known of a record then counts as unknown,
    /// and not as no.
    pub details_required: bool,
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
            details_required: false,
            retention_limit_days: 1_095,
        }
    }
}

/// Why tables were not read.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub struct TablesError {
    /// The line, from 1, where one is to blame.
    pub line: Option<usize>,
    /// The field, for instance `partners.XXB.adequacy`; empty where none is known.
    pub field: String,
    /// What is wrong.
    pub problem: String,
}

impl TablesError {
    fn whole(problem: String) -> Self {
        Self { line: None, field: String::new(), problem }
    }
}

impl fmt::Display for TablesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TABLES_FILE)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": {}", self.problem)
    }
}
