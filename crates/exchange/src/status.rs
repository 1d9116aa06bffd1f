use std::{collections::HashMap, time::Duration};

use prost::Message as _;
use symbolon_policy::{Reason, Refusal};
use time::OffsetDateTime;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _, pb};

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

/// The gRPC code that goes with a reason.
pub fn code(reason: Reason) -> Code {
    match reason {
        Reason::HeaderSignature
        | Reason::TokenExpired
        | Reason::TokenMissing
        | Reason::TokenRevoked
        | Reason::TokenUnknown => Code::Unauthenticated,
        Reason::AgreementRevoked
        | Reason::AgreementSuspended
        | Reason::CertificateExpired
        | Reason::CertificateRevoked
        | Reason::DisclosureNotAgreed
        | Reason::NotAParty
        | Reason::PurposeNotAgreed
        | Reason::RoleMissing
        | Reason::RuleForbids
        | Reason::StandingNotAgreed
        | Reason::TypeNotAgreed => Code::PermissionDenied,
        Reason::AgreementUnknown
        | Reason::DisclosureNotRecognised
        | Reason::ScopeUnknown
        | Reason::StandingUnknown => Code::NotFound,
        Reason::BudgetExhausted
        | Reason::QuotaExhausted
        | Reason::LimitExceeded
        | Reason::RepeatedTooOften
        | Reason::TooManyAttempts => Code::ResourceExhausted,
        Reason::CheckIdReused | Reason::DisclosureIdReused => Code::AlreadyExists,
        Reason::ChunkAltered
        | Reason::ChunkMissing
        | Reason::DisclosureInvalid
        | Reason::ElementInvalid
        | Reason::HeaderInvalid
        | Reason::HeaderTime
        | Reason::InvalidArgument
        | Reason::MediaType
        | Reason::NoticeInvalid
        | Reason::OtherOwner => Code::InvalidArgument,
        Reason::AgreementDiffers
        | Reason::AgreementExpired
        | Reason::AgreementNotYetValid
        | Reason::ClaimExpired
        | Reason::LogAltered
        | Reason::LogSizeUnknown
        | Reason::ProposalRefused
        | Reason::RulesDamaged
        | Reason::RulesNotAsPromised
        | Reason::RulesVersionMismatch => Code::FailedPrecondition,
        Reason::SetNotReady | Reason::TryAgain => Code::Unavailable,
        Reason::MethodNotAllowed | Reason::MethodUnknown | Reason::PathUnknown => {
            Code::Unimplemented
        }
        Reason::TooSlow => Code::DeadlineExceeded,
        _ => Code::Internal,
    }
}

/// Whether one bureau gives this reason to another. The others are for a bureau's own people alone: on its
/// bureau face, or as what the asking side says by itself.
pub fn is_between_bureaus(reason: Reason) -> bool {
    !matches!(
        reason,
        Reason::CertificateExpired
            | Reason::CertificateRevoked
            | Reason::MediaType
            | Reason::MethodNotAllowed
            | Reason::PathUnknown
            | Reason::RoleMissing
            | Reason::StandingNotAgreed
            | Reason::StandingUnknown
            | Reason::TokenExpired
            | Reason::TokenMissing
            | Reason::TokenRevoked
            | Reason::TokenUnknown
            | Reason::TooManyAttempts
            | Reason::TooSlow
            | Reason::TypeNotAgreed
    )
}

/// What a caller makes of a status that came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// The reason, if the other side gave one that is well formed.
    pub reason: Option<String>,
    /// The sentence, cut to 512 characters and 1,024 bytes and stripped of control characters: it is
    /// shown to people and was written by someone else.
    pub sentence: String,
    /// How long to wait before trying again.
    pub retry_after: Option<Duration>,
}

impl Received {
    /// Reads a status.
    pub fn read(status: &Status) -> Self {
        let details = Details::read(status.details());
        let reason = details
            .error_info
            .filter(|info| info.domain == ERROR_DOMAIN && is_reason(&info.reason))
            .map(|info| info.reason);
        let sentence = cut(status.message());
        let retry_after = details.retry_info.and_then(|info| wait(info.retry_delay?));
        Self { reason, sentence, retry_after }
    }

    /// Whether the other side decided not to answer, as opposed to being unable to.
    pub fn is_refusal_by_rule(&self) -> bool {
        self.reason.as_deref().is_some_and(|reason| {
            [
                Reason::AgreementExpired,
                Reason::AgreementNotYetValid,
                Reason::AgreementRevoked,
                Reason::AgreementSuspended,
                Reason::AgreementUnknown,
                Reason::BudgetExhausted,
                Reason::NotAParty,
                Reason::PurposeNotAgreed,
                Reason::QuotaExhausted,
                Reason::RepeatedTooOften,
                Reason::RuleForbids,
                Reason::RulesNotAsPromised,
                Reason::TypeNotAgreed,
            ]
            .iter()
            .any(|by_rule| by_rule.as_str() == reason)
        })
    }
}

/// The two kinds of detail that are of use, read with care: they were written by someone else, and
/// the library's own reader converts durations that overflow.
#[derive(Default)]
struct Details {
    error_info: Option<pb::ErrorInfo>,
    retry_info: Option<pb::RetryInfo>,
}

impl Details {
    fn read(bytes: &[u8]) -> Self {
        let mut details = Self::default();
        for any in pb::Status::decode(bytes).map(|status| status.details).unwrap_or_default() {
            match any.type_url.as_str() {
                "type.googleapis.com/google.rpc.ErrorInfo" => {
                    details.error_info = pb::ErrorInfo::decode(any.value.as_slice()).ok();
                }
                "type.googleapis.com/google.rpc.RetryInfo" => {
                    details.retry_info = pb::RetryInfo::decode(any.value.as_slice()).ok();
                }
                _ => {}
            }
        }
        details
    }
}

/// A wait of 0 to 10,000 years, as protobuf has it; anything else is none.
fn wait(delay: prost_types::Duration) -> Option<Duration> {
    let seconds = u64::try_from(delay.seconds).ok().filter(|s| *s <= 315_576_000_000)?;
    let nanos = u32::try_from(delay.nanos).ok().filter(|n| *n < 1_000_000_000)?;
    Some(Duration::new(seconds, nanos))
}

/// No longer than a message with one for each of 4,096 answers has room for.
fn cut(sentence: &str) -> String {
    let mut kept = String::new();
    for one in sentence.chars().filter(|c| !c.is_control()).take(512) {
        if kept.len().saturating_add(one.len_utf8()) > 1_024 {
            break;
        }
        kept.push(one);
    }
    kept
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
    fn a_wait_out_of_range_is_no_wait_and_harms_nobody() {
        for (seconds, nanos) in [(i64::MIN, 0), (i64::MAX, 0), (1, i32::MIN), (-1, -1)] {
            let delay = prost_types::Duration { seconds, nanos };
            let info = pb::RetryInfo { retry_delay: Some(delay) }.encode_to_vec();
            let any = prost_types::Any {
                type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
                value: info,
            };
            let details = pb::Status { code: 14, message: String::new(), details: vec![any] };
            let status =
                Status::with_details(Code::Unavailable, "", details.encode_to_vec().into());
            assert_eq!(Received::read(&status).retry_after, None);
        }
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

    #[test]
    fn a_sentence_is_cut_to_what_an_answer_has_room_for() {
        let long = |one: char| Received::read(&Status::internal(one.to_string().repeat(5_000)));
        assert_eq!(long('a').sentence.len(), 512);
        assert_eq!(long('é').sentence.chars().count(), 512);
        assert_eq!(long('\u{1f513}').sentence.len(), 1_024);
    }
}
