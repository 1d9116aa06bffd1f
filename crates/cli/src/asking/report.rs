use serde::Serialize;
use symbolon_proto::bureau::v1::ReleasedLabel;

use super::PassedOver;

/// All that came of a check.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CheckReport {
    /// The check, hexadecimal.
    pub check_id: String,
    /// From the first item to the last answer.
    pub elapsed_ms: f64,
    /// How many answers of each kind.
    pub summary: Summary,
    /// Why nobody was asked: for programs. Absent where somebody was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The same for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<&'static str>,
    /// Items that could not be read and were not asked.
    pub rejected: Vec<Rejected>,
    /// What a person should know of items that were asked as they were written.
    pub warnings: Vec<ItemWarning>,
    /// Lists that were not asked because no agreement opens them for the purpose of the check; `None` if the
    /// node did not say which.
    pub passed_over: Option<Vec<PassedOver>>,
    /// One for each item and list; of hits only, where no more was wanted.
    pub answers: Vec<Answer>,
    /// All answers counted by list.
    #[serde(skip)]
    pub lists: Vec<ListTally>,
    /// What was neither hit nor no hit, counted by bureau and reason.
    #[serde(skip)]
    pub troubles: Vec<Trouble>,
}

/// How many answers of each kind.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Summary {
    /// Identifiers asked.
    pub asked: u64,
    /// Hits.
    pub hit: u64,
    /// No hits.
    pub no_hit: u64,
    /// Not permitted.
    pub not_permitted: u64,
    /// No answer.
    pub no_answer: u64,
    /// Identifiers that could not be read.
    pub rejected: u64,
}

/// The answers of one list, over all identifier types.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct ListTally {
    /// Name of the bureau.
    pub bureau_name: String,
    /// Title of the list; empty where none is offered.
    pub dataset_title: String,
    /// Questions put to it.
    pub asked: u64,
    /// Hits.
    pub hit: u64,
    /// No hits.
    pub no_hit: u64,
    /// Not permitted.
    pub not_permitted: u64,
    /// No answer.
    pub no_answer: u64,
    /// Until its last answer, in milliseconds since the beginning of the check.
    pub slowest_ms: f64,
    /// When its owner last loaded records, RFC 3339; empty where it did not answer.
    pub updated_at: String,
}

/// Answers of one bureau that are neither hit nor no hit, for one reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// Name of the bureau.
    pub bureau_name: String,
    /// `not_permitted` or `no_answer`.
    pub outcome: &'static str,
    /// For programs.
    pub reason: String,
    /// For a person.
    pub sentence: String,
    /// How many answers.
    pub count: u64,
}

/// Something odd about an item that was asked all the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ItemWarning {
    /// The caller's number.
    #[serde(rename = "ref")]
    pub reference: u64,
    /// The identifier as it was read.
    pub identifier: String,
    /// For programs.
    pub reason: String,
    /// For a person.
    pub sentence: String,
}

/// An item that could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Rejected {
    /// The caller's number.
    #[serde(rename = "ref")]
    pub reference: u64,
    /// The identifier as it was given.
    pub identifier: String,
    /// For programs.
    pub reason: String,
    /// For a person.
    pub sentence: String,
}

/// One identifier, one list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Answer {
    /// The caller's number.
    #[serde(rename = "ref")]
    pub reference: u64,
    /// The identifier as it was read, with its issuer.
    pub identifier: String,
    /// Its type.
    pub identifier_type: String,
    /// Code of the bureau.
    pub bureau: String,
    /// Its name.
    pub bureau_name: String,
    /// Id of the list; empty where none is offered.
    pub dataset: String,
    /// Its title.
    pub dataset_title: String,
    /// `hit`, `no_hit`, `not_permitted` or `no_answer`.
    pub outcome: &'static str,
    /// Why, where it is neither hit nor no hit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The same for a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sentence: String,
    /// What the owner releases with the hit at once; absent where nothing is agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Released>,
    /// What the answer speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// Whom to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<Desk>,
    /// Since the beginning of the check.
    pub elapsed_ms: f64,
}

/// What an owner releases with a hit at once. Whatever becomes of it, the hit is a hit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Released {
    /// The text; empty where the owner says nothing of this record, or it cannot be shown.
    pub text: String,
    /// Why it cannot be shown: `label_not_here`, `label_does_not_open` or `label_not_kept`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The same for a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sentence: String,
}

impl Released {
    /// As a person reads it in one line.
    pub fn shown(&self) -> &str {
        match (self.text.as_str(), self.sentence.as_str()) {
            ("", "") => "nothing on this record",
            ("", trouble) => trouble,
            (text, _) => text,
        }
    }
}

impl From<&ReleasedLabel> for Released {
    fn from(label: &ReleasedLabel) -> Self {
        Self {
            text: label.text.clone(),
            reason: label.reason.clone(),
            sentence: label.sentence.clone(),
        }
    }
}

/// What an answer speaks of: the list as it was then. No hit is not the same as not known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Coverage {
    /// Version of the set.
    pub version: u64,
    /// When its owner last loaded records, RFC 3339.
    pub updated_at: String,
}

/// Whom to call after a hit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Desk {
    /// Its name.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// Electronic mail.
    pub email: String,
}

impl CheckReport {
    /// Whether every question got hit or no hit. Where there was nobody to ask, none did.
    pub fn is_complete(&self) -> bool {
        !self.lists.is_empty() && self.summary.not_permitted == 0 && self.summary.no_answer == 0
    }
}
