use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use symbolon_client::SignedFile;
use symbolon_exchange::{DisclosureDecision, DisclosureRequest};
use symbolon_policy::{
    DisclosureTerms,
    disclosure::{DisclosureCourse, Finding},
    rules::{DisclosedField, HandlingCode, LoggedDecision, Ruling},
};
use symbolon_store::{StoreError, StoredDisclosure};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// Everything that is sealed of a request at the owner.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    /// The signed request.
    pub(crate) request: SignedFile,
    /// What the agreement said when it came, so that it holds when the agreement is gone.
    pub(crate) terms: DisclosureTerms,
    pub(crate) course: DisclosureCourse,
    /// The dataset of the record, once the hit is recognised.
    #[serde(default)]
    pub(crate) dataset: Option<String>,
    /// What the rules say as things stand, for people.
    #[serde(default)]
    pub(crate) ruled: Option<RuledFile>,
    /// Each time that the rules were asked, oldest first, so that it can be explained and decided again.
    /// Requests of before have none.
    #[serde(default)]
    pub(crate) decisions: Vec<DecidedFile>,
    /// What a person has proposed to release.
    #[serde(default)]
    pub(crate) proposal: Option<Proposal>,
    /// The signed decision.
    #[serde(default)]
    pub(crate) decision: Option<SignedFile>,
    /// Which step or rule found a reason to refuse, for this bureau alone.
    #[serde(default)]
    pub(crate) found: String,
}

/// What the rules said, and which rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuledFile {
    /// Hash of the pack with its tables, hexadecimal.
    pub rules: String,
    /// What they said.
    pub ruling: Ruling,
}

/// A decision by rules, and when it was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidedFile {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By which rules, on what facts, and what they said.
    pub decision: LoggedDecision,
}

/// Most decisions of one request that are kept; of more, the last ones.
const MOST_DECISIONS: usize = 64;

/// A proposal with who made it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proposal {
    pub(crate) terms: ReleaseTerms,
    pub(crate) by: String,
}

/// What a person chooses when a record is to be released.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseTerms {
    /// The record, by the owner's reference; needed where the identifier stands in several.
    pub record: Option<String>,
    /// The fields, of those that a record of its kind can have.
    pub fields: BTreeSet<DisclosedField>,
    /// What the recipient may do with it.
    pub handling_code: HandlingCode,
    /// The restriction in words, for [`HandlingCode::H3`].
    pub restriction: String,
    /// Evaluation of source and information, for instance `A1`; that of the record where it is empty.
    pub evaluation: String,
    /// Days for which the recipient may keep it.
    pub retention_days: u32,
    /// What was found out before, each with a word on how.
    pub findings: BTreeMap<Finding, String>,
}

impl CaseFile {
    /// # Errors
    /// When the file was erased or is damaged.
    pub(crate) fn read(stored: &StoredDisclosure) -> Result<Self, StoreError> {
        let bytes = stored.file.as_ref().ok_or(DAMAGED)?;
        serde_json::from_slice(bytes).map_err(|_| DAMAGED)
    }

    pub(crate) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        serde_json::to_vec(self).map(Zeroizing::new).map_err(|_| DAMAGED)
    }

    /// The request, which was verified when it came in.
    pub(crate) fn request(&self) -> Result<DisclosureRequest, StoreError> {
        DisclosureRequest::parse(&self.request.document).map_err(|_| DAMAGED)
    }

    pub(crate) fn decision(&self) -> Result<Option<DisclosureDecision>, StoreError> {
        let parse =
            |file: &SignedFile| DisclosureDecision::parse(&file.document).map_err(|_| DAMAGED);
        self.decision.as_ref().map(parse).transpose()
    }

    /// Keeps a decision. The same one again, on a later look, says nothing new.
    pub(crate) fn keep_decision(&mut self, decision: LoggedDecision, at: OffsetDateTime) {
        if self.decisions.last().is_some_and(|last| last.decision == decision) {
            return;
        }
        if self.decisions.len() >= MOST_DECISIONS {
            self.decisions.remove(0);
        }
        self.decisions.push(DecidedFile { at, decision });
    }

    /// Puts this file and its state into what is stored.
    pub(crate) fn put_into(&self, stored: &mut StoredDisclosure) -> Result<(), StoreError> {
        stored.file = Some(self.to_bytes()?);
        stored.state = self.course.state();
        Ok(())
    }
}

pub(crate) const DAMAGED: StoreError = StoreError::Damaged { what: "request for a record" };
