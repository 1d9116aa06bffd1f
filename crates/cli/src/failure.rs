use std::{io, path::Path};

use symbolon_client::{DisclosureFailure, EvidenceError, InspectionError, TlsError};
use symbolon_exchange::Received;
use symbolon_mock::{FaultsError, OfferError};
use symbolon_node::{CertificateError, DeskError, FoundingError, NodeError};
use symbolon_policy::{
    AgreementError, Invalid,
    rules::{RuleError, RuleProblem, RuleSetError},
};
use symbolon_store::{ActError, FolderError, StoreError};
use thiserror::Error;
use tonic::Status;

/// Why a command failed: a reason for programs and a sentence for the person at the keyboard.
#[derive(Debug, Error)]
#[error("{sentence}")]
pub struct CliError {
    /// For programs.
    pub reason: String,
    /// For a person: what is wrong and what to do.
    pub sentence: String,
}

impl CliError {
    /// A failure with a reason and a sentence.
    pub fn new(reason: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { reason: reason.into(), sentence: sentence.into() }
    }

    /// The system refused something about a file.
    pub fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        FolderError::io(action, path, source).into()
    }
}

/// The reason where a node said nothing that this program understands.
pub(crate) const NODE_UNREACHABLE: &str = "node_unreachable";

impl From<Status> for CliError {
    fn from(status: Status) -> Self {
        let received = Received::read(&status);
        match received.reason {
            Some(reason) => Self { reason, sentence: received.sentence },
            None => Self::new(
                NODE_UNREACHABLE,
                "the bureau's node did not answer, or refused this certificate. Is it running, \
                 and does the profile name its address and a certificate that it issued?",
            ),
        }
    }
}

/// An example that comes out otherwise is most often that of another rule than the one being written, so it
/// says how that can be.
impl From<RuleSetError> for CliError {
    fn from(error: RuleSetError) -> Self {
        if let RuleSetError::Pack(RuleError {
            file,
            rule: Some(rule),
            example: Some(example),
            problem,
        }) = &error
            && let RuleProblem::ComesOutOtherwise { expected, found, explanation } = problem
        {
            let sentence = format!(
                "{file}: the example “{example}” of rule {rule} must come out as {expected}, and under the \
                 whole pack it comes out as {found}: {explanation} Every example is decided under all rules \
                 together, so a rule that you write or change can also stop a case that another rule's \
                 example shows as allowed. Narrow the rule that decides here, or change this example if its \
                 case is meant to come out as {found} from now on"
            );
            return Self::new("rules", sentence);
        }
        Self::new("rules", error.to_string())
    }
}

macro_rules! from {
    ($($error:ty => $reason:literal),* $(,)?) => {
        $(impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::new($reason, error.to_string())
            }
        })*
    };
}

from! {
    ActError => "act",
    AgreementError => "agreement",
    CertificateError => "certificate",
    DeskError => "disclosure",
    DisclosureFailure => "disclosure",
    EvidenceError => "evidence",
    FaultsError => "mock",
    FolderError => "folder",
    FoundingError => "founding",
    InspectionError => "inspection",
    Invalid => "invalid",
    NodeError => "node",
    OfferError => "mock",
    StoreError => "store",
    TlsError => "tls",
}
