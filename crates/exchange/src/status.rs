use std::{collections::HashMap, time::Duration};

use symbolon_policy::{Reason, Refusal};
use time::OffsetDateTime;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// The `domain` of every `google.rpc.ErrorInfo` that a bureau sends.
pub const ERROR_DOMAIN: &str = "symbolon";

/// A refusal as a gRPC status: a code, the sentence, and `google.rpc` details with the reason and,
/// where waiting helps, how long.
pub fn refuse(refusal: &Refusal, now: OffsetDateTime) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(refusal.reason.as_str(), ERROR_DOMAIN, HashMap::new());
    if let Some(at) = refusal.retry_at {
        let wait = Duration::try_from(at - now).unwrap_or(Duration::ZERO);
        details.set_retry_info(Some(wait));
    }
    Status::with_error_details(code(refusal.reason), refusal.sentence.clone(), details)
}

fn code(reason: Reason) -> Code {
    match reason {
        Reason::CertificateNotAgreed | Reason::HeaderSignature => Code::Unauthenticated,
        Reason::NotAParty | Reason::PurposeNotAgreed | Reason::TypeNotAgreed => {
            Code::PermissionDenied
        }
        Reason::AgreementUnknown | Reason::ScopeUnknown => Code::NotFound,
        Reason::QuotaExhausted | Reason::LimitExceeded => Code::ResourceExhausted,
        Reason::CheckIdReused => Code::AlreadyExists,
        Reason::ChunkAltered
        | Reason::ChunkMissing
        | Reason::ElementInvalid
        | Reason::HeaderInvalid
        | Reason::HeaderTime
        | Reason::InvalidArgument
        | Reason::OtherOwner => Code::InvalidArgument,
        Reason::AgreementDiffers
        | Reason::AgreementExpired
        | Reason::AgreementNotYetValid
        | Reason::RulesVersionMismatch => Code::FailedPrecondition,
        Reason::SetNotReady | Reason::TryAgain => Code::Unavailable,
        _ => Code::Internal,
    }
}

/// What a caller makes of a status that came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// The reason, if the other side gave one that is well formed.
    pub reason: Option<String>,
    /// The sentence, cut to 512 characters and stripped of control characters: it is shown to
    /// people and was written by someone else.
    pub sentence: String,
    /// How long to wait before trying again.
    pub retry_after: Option<Duration>,
}

impl Received {
    /// Reads a status.
    pub fn read(status: &Status) -> Self {
        let details = status.get_error_details();
        let reason = details
            .error_info()
            .filter(|info| info.domain == ERROR_DOMAIN && is_reason(&info.reason))
            .map(|info| info.reason.clone());
        let sentence = status.message().chars().filter(|c| !c.is_control()).take(512).collect();
        let retry_after = details.retry_info().and_then(|info| info.retry_delay);
        Self { reason, sentence, retry_after }
    }

    /// Whether the other side decided not to answer, as opposed to being unable to.
    pub fn is_refusal_by_rule(&self) -> bool {
        self.reason.as_deref().is_some_and(|reason| {
            [
                Reason::AgreementExpired,
                Reason::AgreementNotYetValid,
                Reason::AgreementUnknown,
                Reason::NotAParty,
                Reason::PurposeNotAgreed,
                Reason::QuotaExhausted,
                Reason::TypeNotAgreed,
            ]
            .iter()
            .any(|by_rule| by_rule.as_str() == reason)
        })
    }
}

fn is_reason(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_reason_sentence_and_wait_across_the_wire() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let refusal = Refusal::new(Reason::QuotaExhausted, "none left")
            .retry_at(now + Duration::from_secs(90));
        let received = Received::read(&refuse(&refusal, now));
        assert_eq!(received.reason.as_deref(), Some("quota_exhausted"));
        assert_eq!(received.sentence, "none left");
        assert_eq!(received.retry_after, Some(Duration::from_secs(90)));
        assert!(received.is_refusal_by_rule());
    }

    #[test]
    fn every_reason_has_a_code_that_is_not_ok() {
        for reason in Reason::ALL {
            let status = refuse(&Refusal::new(*reason, ""), OffsetDateTime::UNIX_EPOCH);
            assert_ne!(status.code(), Code::Ok);
            assert_eq!(status.code() == Code::Internal, *reason == Reason::Internal, "{reason:?}");
        }
    }

    #[test]
    fn a_status_cannot_carry_control_characters_or_odd_reasons_to_a_screen() {
        let mut details = ErrorDetails::new();
        details.set_error_info("rm -rf", ERROR_DOMAIN, HashMap::new());
        let status = Status::with_error_details(Code::Internal, "a\u{1b}[31mb\nc", details);
        let received = Received::read(&status);
        assert_eq!(received.reason, None);
        assert_eq!(received.sentence, "a[31mbc");
    }
}
