use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    BureauCode,
    rules::{DisclosedField, RulePackHash},
};

/// What parties have agreed beyond who may ask what: part of the text that is signed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// Whether a check must declare a class of offence.
    pub offence_class_required: bool,
    /// How records are asked for after a hit. Absent: by telephone only, and requests for records
    /// are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<DisclosureTerms>,
    /// Days for which both sides keep what was logged of checks and requests for records before it is
    /// erased, or less where a node keeps everything for a shorter time; 1 to 3,660, and no less than
    /// the claim days. Absent: as each node is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    /// Of how many parties' epoch budgets all parties together may use up in one scope of an
    /// agreement of more than two; 1 to 256. Absent: as
    /// [`epoch_budget_of_all`](crate::AgreementTerms::epoch_budget_of_all) says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pooled_budgets: Option<u32>,
    /// The rule packs by which parties decide, where they have promised them to each other. Where
    /// another is in force at a party, its node decides nothing under the agreement.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rule_packs: BTreeMap<BureauCode, RulePackHash>,
}

/// How records are asked for and released.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureTerms {
    /// Until when the owner decides, in minutes from when all conditions are met, by urgency: each
    /// 1 to 527,040 (a year).
    pub deadline_minutes: Deadlines,
    /// Days after a check for which its hits may be followed by a request, also when the epoch has
    /// ended meanwhile; 0 to 366.
    pub claim_days: u32,
    /// What becomes of requests that are open when the agreement is suspended.
    pub when_suspended: OpenRequests,
    /// What becomes of requests that are open when the agreement is revoked or expires: never
    /// [`OpenRequests::Continue`], as nothing is released without an agreement; the others refuse them.
    pub when_revoked: OpenRequests,
    /// Days for which a recipient may keep what was released; 1 to 3,660.
    pub retention_days: u32,
}

/// Minutes until the owner has decided, by urgency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// No one waits.
    pub routine: u32,
    /// A person is being held up.
    pub urgent: u32,
    /// Imminent danger to life.
    pub emergency: u32,
}

/// What becomes of requests for records that are open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OpenRequests {
    /// They are decided as if nothing had happened; no new ones are taken. For a suspension only.
    Continue,
    /// They wait until the agreement is resumed; their clocks are paused. After a revocation they
    /// are refused.
    Pause,
    /// They are refused.
    Refuse,
}

/// What travels with a hit at once: a small label for each record, sealed in the set so that only
/// who had the very identifier evaluated can open it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelTerms {
    /// Length of each label in bytes, 16 to 256; shorter text is filled up, longer text is cut.
    pub bytes: u16,
    /// The fields of the record that it shows, in the order of their codes; at least one, and out of
    /// those that name and describe no person: case number, authority, description and status of an
    /// object, date and offence of acquisition.
    pub fields: BTreeSet<DisclosedField>,
}
