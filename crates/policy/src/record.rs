//! What an owner knows of a record beside its identifiers.

mod column;
#[cfg(feature = "rules")]
mod facts;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use time::Date;

use crate::{
    BureauCode,
    rules::{DisclosedField, HandlingCode, RetentionClass, SubjectCategory},
};

pub use column::{DetailColumn, DetailError, MAX_FIELD_BYTES};
#[cfg(feature = "rules")]
pub use facts::AdmissionSetting;

/// What rules may look at when they decide whether a record enters a set, and whether it is
/// released. Nothing of it is an identifier. The default is a record without any flag.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordAttributes {
    /// Whom or what it concerns.
    pub subject_category: SubjectCategory,
    /// Whether the person concerned is a minor.
    pub minor: bool,
    /// Whether it is stated why keeping it is strictly necessary.
    pub strictly_necessary: bool,
    /// Whether it shows special categories of data.
    pub special_categories: bool,
    /// Whether the information was obtained in obvious violation of human rights.
    pub provenance_violation: bool,
    /// Whether the matter is predominantly political, military, religious or racial.
    pub political_matter: bool,
    /// Whether a lawyer has reviewed that.
    pub political_matter_reviewed: bool,
    /// Bureaus from which it is kept.
    pub excluded_countries: BTreeSet<BureauCode>,
    /// Bureaus of countries whose persecution the person fears.
    pub feared_countries: BTreeSet<BureauCode>,
    /// Whether the person is a refugee or seeks asylum.
    pub refugee: bool,
    /// Whether a national flag suspends the action that it asks for.
    pub national_flag: bool,
    /// Whether a person has looked at that flag in this case.
    pub national_flag_reviewed: bool,
    /// Whether the person concerned contests it.
    pub contested: bool,
    /// Whether it says so.
    pub contested_marked: bool,
    /// Whether the source from which it came has erased it.
    pub erased_at_source: bool,
    /// How long a record of its kind may stay.
    pub retention_class: Option<RetentionClass>,
    /// Whether keeping it longer was assessed for it, and recorded.
    pub extension_assessed: bool,
    /// When it was entered; its age counts from here. The day of its first load unless given.
    pub entered_on: Option<Date>,
    /// Its own last day.
    pub expires_on: Option<Date>,
    /// Since when it is held back for an operation.
    pub frozen_since: Option<Date>,
    /// Whether a judicial authority has authorised that.
    pub freeze_authorised: bool,
    /// How many people have approved entering it.
    pub approvals: u64,
    /// What a recipient may do with it.
    pub handling_code: HandlingCode,
    /// Evaluation of source and information, for instance `A1` (source A, B, C or X; information 1
    /// to 4); empty if not evaluated.
    pub evaluation: String,
}

impl Default for RecordAttributes {
    fn default() -> Self {
        Self {
            subject_category: SubjectCategory::Unknown,
            minor: false,
            strictly_necessary: false,
            special_categories: false,
            provenance_violation: false,
            political_matter: false,
            political_matter_reviewed: false,
            excluded_countries: BTreeSet::new(),
            feared_countries: BTreeSet::new(),
            refugee: false,
            national_flag: false,
            national_flag_reviewed: false,
            contested: false,
            contested_marked: false,
            erased_at_source: false,
            retention_class: None,
            extension_assessed: false,
            entered_on: None,
            expires_on: None,
            frozen_since: None,
            freeze_authorised: false,
            approvals: 0,
            handling_code: HandlingCode::None,
            evaluation: String::new(),
        }
    }
}

/// A record as its owner keeps it for a release: attributes, and the fields that may be released,
/// from a closed list.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordDetails {
    /// What rules look at.
    pub attributes: RecordAttributes,
    /// What could be released, field by field. Personal data: never logged.
    pub fields: BTreeMap<DisclosedField, String>,
}
