use std::time::Duration;

use symbolon_exchange::{DocumentError, Received, SetError, is_between_bureaus};
use symbolon_policy::{Reason, Refusal};
use symbolon_store::{StoreError, TagsEnd};
use time::OffsetDateTime;
use tonic::{Code, Status};

use crate::{LabelTrouble, codes::codes, compute::Stopped};

codes! {
    /// Machine-readable reason that the asking side gives by itself, beside those of
    /// [`Reason`], which a refusal has.
    FailureReason:
    /// A text of an agreement, or what another party holds of it, cannot be taken in or sent.
    Agreement => "agreement",
    /// What the agreement says of the bureau's address or root cannot be used.
    AgreementUnusable => "agreement_unusable",
    /// The owner sent something that does not hold: signature, order, or place in its log.
    AnswerNotTrusted => "answer_not_trusted",
    /// The owner's list does not fit its key or its rules.
    CanaryFailed => "canary_failed",
    /// What a standing check keeps is damaged.
    Damaged => "damaged",
    /// This bureau's own node failed.
    Internal => "internal",
    /// The party is not known by the card that the text has.
    NotAContact => "not_a_contact",
    /// The owner could not prove that it used its published key.
    ProofInvalid => "proof_invalid",
    /// The owner's list is not held here, or may not be used now.
    SetNotReady => "set_not_ready",
    /// The copy of the owner's list that is held here is not the one that its receipt names.
    SetOutdated => "set_outdated",
    /// This bureau's own node is stopping.
    Stopping => "stopping",
    /// The owner took too long.
    Timeout => "timeout",
    /// The owner answered in a way that this program does not understand.
    Unexpected => "unexpected",
    /// No connection, or it broke.
    Unreachable => "unreachable",
}

/// Why a source gives neither hit nor no hit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Whether the owner (or this bureau) decided not to, or something went wrong.
    pub kind: FailureKind,
    /// For programs: a [`FailureReason`], a [`Reason`], or one that a partner of a later version gave. Of
    /// those that this side knows a partner gives only such as are [between bureaus](is_between_bureaus).
    pub reason: String,
    /// For a person.
    pub sentence: String,
    /// When it makes sense to ask again.
    pub retry_after: Option<Duration>,
}

/// How to show a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureKind {
    /// Agreement or rules do not let this be asked or answered.
    NotPermitted,
    /// The owner did not answer, or not in a way that can be trusted.
    NoAnswer,
}

impl Failure {
    /// Something went wrong.
    pub fn no_answer(reason: FailureReason, sentence: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::NoAnswer,
            reason: reason.as_str().to_owned(),
            sentence: sentence.into(),
            retry_after: None,
        }
    }

    /// The rules say no, on this side.
    pub fn refused_here(refusal: &Refusal, now: OffsetDateTime) -> Self {
        let kind = match refusal.reason {
            Reason::RulesVersionMismatch | Reason::Internal => FailureKind::NoAnswer,
            _ => FailureKind::NotPermitted,
        };
        Self {
            kind,
            reason: refusal.reason.as_str().to_owned(),
            sentence: refusal.sentence.clone(),
            retry_after: refusal.retry_at.and_then(|at| Duration::try_from(at - now).ok()),
        }
    }

    /// The owner sent something that does not hold: bad proof, signature, or order.
    pub fn untrusted(sentence: impl Into<String>) -> Self {
        Self::no_answer(FailureReason::AnswerNotTrusted, sentence)
    }

    /// No connection, or it broke.
    pub fn unreachable(sentence: impl Into<String>) -> Self {
        Self::no_answer(FailureReason::Unreachable, sentence)
    }

    /// It took too long.
    pub fn timeout(limit: Duration) -> Self {
        Self::no_answer(
            FailureReason::Timeout,
            format!("no answer within {} seconds; try again later", limit.as_secs()),
        )
    }

    /// The owner's set is not here, or not fit for use.
    pub fn no_set(sentence: impl Into<String>) -> Self {
        Self::no_answer(FailureReason::SetNotReady, sentence)
    }

    /// The owner answered something that is none of its answers.
    fn unexpected() -> Self {
        Self::no_answer(
            FailureReason::Unexpected,
            "the bureau answered in a way that this program does not understand; tell its desk",
        )
    }

    /// Whether the partner said nothing at all.
    pub(crate) fn is_silence(&self) -> bool {
        [FailureReason::Timeout, FailureReason::Unreachable]
            .iter()
            .any(|silence| silence.as_str() == self.reason)
    }

    /// Whether the same request may succeed at once over a new connection.
    pub(crate) fn is_broken_connection(&self) -> bool {
        self.reason == FailureReason::Unreachable.as_str()
    }
}

/// Whether a partner may have given this reason. Some are what this bureau's own node says of itself, of
/// the connection, of the caller or of what it keeps: from a partner they would have the node do, and its
/// people believe, what only they themselves can know.
pub(crate) fn is_for_a_partner_to_give(reason: &str) -> bool {
    if let Some(known) = Reason::ALL.iter().find(|known| known.as_str() == reason) {
        return is_between_bureaus(*known);
    }
    // Others may be of a later version.
    let own = FailureReason::ALL.iter().map(|own| own.as_str());
    let ends = TagsEnd::ALL.iter().map(|end| end.as_str());
    let labels = LabelTrouble::ALL.iter().map(|trouble| trouble.as_str());
    !own.chain(ends).chain(labels).any(|own| own == reason)
}

/// What a partner answered to a call.
impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let received = Received::read(&status);
        if let Some(reason) = &received.reason {
            if !is_for_a_partner_to_give(reason) {
                return Self::unexpected();
            }
            let kind = if received.is_refusal_by_rule() {
                FailureKind::NotPermitted
            } else {
                FailureKind::NoAnswer
            };
            return Self {
                kind,
                reason: reason.clone(),
                sentence: received.sentence,
                retry_after: received.retry_after,
            };
        }
        match status.code() {
            Code::DeadlineExceeded => {
                Self::no_answer(FailureReason::Timeout, "the bureau took too long")
            }
            // What the transport says names addresses and library internals, not what to do.
            Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal => {
                Self::unreachable(
                    "the bureau could not be reached, or the connection broke; its desk can say \
                     whether its node is up",
                )
            }
            _ => Self::unexpected(),
        }
    }
}

impl From<Stopped> for Failure {
    fn from(_: Stopped) -> Self {
        Self::no_answer(FailureReason::Stopping, "this bureau's node is stopping")
    }
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Self {
        Self::untrusted(error.to_string())
    }
}

impl From<SetError> for Failure {
    fn from(error: SetError) -> Self {
        let sentence = error.to_string();
        match error {
            SetError::Canaries(_) | SetError::CanaryMissing => {
                Self::no_answer(FailureReason::CanaryFailed, sentence)
            }
            SetError::KeyChanged
            | SetError::Lambda
            | SetError::NotChained
            | SetError::Older
            | SetError::TooLong => Self::untrusted(sentence),
            _ => Self::no_set(sentence),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(_: StoreError) -> Self {
        Self::no_answer(
            FailureReason::Internal,
            "this bureau's own node could not use its disk; see its log",
        )
    }
}
