use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::plan::QuestionContext;

/// What is sealed at the requester for each check: enough to open any of its elements to an
/// inspector, and to ask the same check again.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Opening {
    /// Hexadecimal.
    pub(crate) secret: String,
    /// Who certified the caller: the SPIFFE identity of the agency's certificate.
    pub(crate) agency: String,
    pub(crate) purpose: String,
    pub(crate) offence_class: String,
    pub(crate) urgency: i32,
    pub(crate) officer: String,
    pub(crate) case_reference: String,
    pub(crate) justification: String,
    pub(crate) batches: Vec<OpeningBatch>,
    pub(crate) salts: Vec<OpeningSalts>,
}

/// The identifiers of one type, in the order of their elements.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpeningBatch {
    pub(crate) identifier_type: String,
    /// Canonical values, hexadecimal.
    pub(crate) canonical: Vec<String>,
}

/// The salts of the commitments in one header, hexadecimal.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpeningSalts {
    pub(crate) owner: String,
    pub(crate) agreement: String,
    pub(crate) officer: String,
    pub(crate) case_reference: String,
    pub(crate) justification: String,
}

impl Opening {
    pub(crate) fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(self).ok().map(Zeroizing::new)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Whether this is the same question by the same person for the same reason.
    pub(crate) fn asks(&self, context: &QuestionContext, batches: &[OpeningBatch]) -> bool {
        let facts = &context.facts;
        self.agency == context.agency
            && self.purpose == context.purpose
            && self.offence_class == context.offence_class
            && self.urgency == i32::from(context.urgency)
            && self.officer == facts.officer
            && self.case_reference == facts.case_reference
            && self.justification == facts.justification
            && self.batches == batches
    }
}
