use std::{collections::HashMap, time::Duration};

use symbolon_client::{Failure, FailureKind, FailureReason, LabelTrouble};
use symbolon_exchange::{DocumentError, ERROR_DOMAIN, is_between_bureaus, refuse};
use symbolon_policy::{Reason, Refusal};
use symbolon_store::{StoreError, TagsEnd};
use time::OffsetDateTime;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// The reasons by which a bureau decides not to answer, as opposed to being unable to.
const BY_RULE: [Reason; 12] = [
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
];

#[test]
fn a_refusal_by_rule_is_shown_as_not_permitted_and_any_other_as_no_answer() {
    for reason in Reason::ALL.iter().filter(|reason| is_between_bureaus(**reason)) {
        let refusal = Refusal::new(*reason, "the owner's sentence");
        let failure = Failure::from(refuse(&refusal, NOW));
        let expected = if BY_RULE.contains(reason) {
            FailureKind::NotPermitted
        } else {
            FailureKind::NoAnswer
        };
        assert_eq!(failure.kind, expected, "{reason:?}");
        assert_eq!(failure.reason, reason.as_str());
        assert_eq!(failure.sentence, "the owner's sentence");
        assert_eq!(failure.retry_after, None);
    }
}

#[test]
fn a_partner_cannot_speak_for_this_bureaus_own_node() {
    let own_people = Reason::ALL.iter().filter(|reason| !is_between_bureaus(**reason));
    let own_node = FailureReason::ALL.iter().map(|reason| reason.as_str());
    // Two that a partner may have for itself as well.
    let own_node = own_node.filter(|reason| !["internal", "set_not_ready"].contains(reason));
    let kept = TagsEnd::ALL.iter().map(|end| end.as_str());
    let labels = LabelTrouble::ALL.iter().map(|trouble| trouble.as_str());
    let mut count = 0;
    for reason in own_people.map(|reason| reason.as_str()).chain(own_node).chain(kept).chain(labels)
    {
        let mut details = ErrorDetails::new();
        details.set_error_info(reason, ERROR_DOMAIN, HashMap::new());
        details.set_retry_info(Some(Duration::from_secs(1)));
        let status = Status::with_error_details(Code::Unavailable, "your own node", details);
        let failure = Failure::from(status);
        let said = (failure.kind, failure.reason.as_str(), failure.retry_after);
        assert_eq!(said, (FailureKind::NoAnswer, "unexpected", None), "{reason}");
        assert!(!failure.sentence.contains("your own node"));
        count += 1;
    }
    assert!(count > 30);
}

#[test]
fn how_long_to_wait_is_carried_over() {
    let refusal =
        Refusal::new(Reason::QuotaExhausted, "none left").retry_at(NOW + Duration::from_secs(90));
    let failure = Failure::from(refuse(&refusal, NOW));
    assert_eq!(failure.retry_after, Some(Duration::from_secs(90)));
    // What is over need not be waited for.
    let late = Failure::from(refuse(&refusal, NOW + Duration::from_secs(100)));
    assert_eq!(late.retry_after, Some(Duration::ZERO));
}

#[test]
fn a_reason_of_another_service_or_form_is_not_taken_for_one_of_ours() {
    for (reason, domain) in [
        ("not_a_party", "googleapis.com"),
        ("NOT_A_PARTY", ERROR_DOMAIN),
        ("", ERROR_DOMAIN),
        ("a b", ERROR_DOMAIN),
    ] {
        let mut details = ErrorDetails::new();
        details.set_error_info(reason, domain, HashMap::new());
        let status = Status::with_error_details(Code::Unavailable, "x", details);
        let failure = Failure::from(status);
        assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::NoAnswer, "unreachable"));
    }
}

#[test]
fn a_reason_that_a_newer_bureau_may_give_is_no_answer() {
    let mut details = ErrorDetails::new();
    details.set_error_info("moon_phase", ERROR_DOMAIN, HashMap::new());
    let status = Status::with_error_details(Code::PermissionDenied, "not at full moon", details);
    let failure = Failure::from(status);
    assert_eq!(failure.kind, FailureKind::NoAnswer);
    assert_eq!(
        (failure.reason.as_str(), failure.sentence.as_str()),
        ("moon_phase", "not at full moon")
    );
}

/// What transport and libraries say of themselves; none of it may reach an officer.
const INTERNALS: [&str; 8] =
    ["tonic", "h2", "hyper", "rustls", "transport", "127.0.0.1", "grpc-status", "tcp connect"];

fn assert_for_people(failure: &Failure) {
    let shown = failure.sentence.to_lowercase();
    for internal in INTERNALS {
        assert!(!shown.contains(internal), "{shown}");
    }
    assert!(!shown.is_empty());
}

#[test]
fn what_the_transport_says_is_not_shown() {
    for code in [Code::Unavailable, Code::Unknown, Code::Cancelled, Code::Internal] {
        let status = Status::new(
            code,
            "transport error: tcp connect error: 127.0.0.1:7443: rustls: h2 protocol error",
        );
        let failure = Failure::from(status);
        assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::NoAnswer, "unreachable"));
        assert!(failure.sentence.contains("could not be reached"));
        assert_for_people(&failure);
    }
    let late = Failure::from(Status::deadline_exceeded("tonic: Timeout expired"));
    assert_eq!((late.kind, late.reason.as_str()), (FailureKind::NoAnswer, "timeout"));
    assert_for_people(&late);
}

#[test]
fn what_the_library_says_of_a_malformed_answer_is_not_shown() {
    for status in [
        Status::out_of_range(
            "Error, decoded message length too large: found 3000000 bytes, the limit is: 2097152 \
             bytes",
        ),
        Status::unimplemented("grpc-status header missing, mapped from HTTP status code 404"),
        Status::unauthenticated("grpc-status header missing, mapped from HTTP status code 401"),
        Status::permission_denied("grpc-status header missing, mapped from HTTP status code 403"),
        Status::resource_exhausted("h2 protocol error: enhance your calm"),
    ] {
        let failure = Failure::from(status.clone());
        assert_eq!(failure.kind, FailureKind::NoAnswer);
        assert!(!failure.sentence.contains(status.message()), "{}", failure.sentence);
        assert_for_people(&failure);
    }
}

#[test]
fn every_code_without_a_reason_is_no_answer() {
    for code in 0..=16 {
        let failure = Failure::from(Status::new(Code::from(code), "x"));
        assert_eq!(failure.kind, FailureKind::NoAnswer, "{code}");
        assert!(!failure.reason.is_empty());
    }
}

#[test]
fn a_refusal_on_this_side_is_not_permitted_unless_this_side_is_at_fault() {
    for reason in Reason::ALL {
        let refusal = Refusal::new(*reason, "our sentence").retry_at(NOW + Duration::from_secs(5));
        let failure = Failure::refused_here(&refusal, NOW);
        let at_fault = matches!(reason, Reason::RulesVersionMismatch | Reason::Internal);
        let expected = if at_fault { FailureKind::NoAnswer } else { FailureKind::NotPermitted };
        assert_eq!(failure.kind, expected, "{reason:?}");
        assert_eq!(failure.reason, reason.as_str());
        assert_eq!(failure.sentence, "our sentence");
        assert_eq!(failure.retry_after, Some(Duration::from_secs(5)));
    }
    let past = Refusal::new(Reason::AgreementNotYetValid, "x").retry_at(NOW);
    let late = Failure::refused_here(&past, NOW + Duration::from_secs(1));
    assert_eq!(late.retry_after, None);
}

#[test]
fn a_document_that_does_not_hold_is_an_answer_not_trusted() {
    for error in [
        DocumentError::OtherKey,
        DocumentError::Signature,
        DocumentError::TooLong,
        DocumentError::Malformed { document: "receipt", field: "time" },
    ] {
        let failure = Failure::from(error);
        assert_eq!(failure.kind, FailureKind::NoAnswer);
        assert_eq!(failure.reason, "answer_not_trusted");
        assert_eq!(failure.sentence, error.to_string());
    }
}

#[test]
fn a_failing_disk_is_told_without_its_paths_and_statements() {
    let failure = Failure::from(StoreError::Damaged { what: "scope key" });
    assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::NoAnswer, "internal"));
    assert!(!failure.sentence.contains("scope key"));
}

#[test]
fn a_timeout_says_how_long_was_waited() {
    let failure = Failure::timeout(Duration::from_secs(10));
    assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::NoAnswer, "timeout"));
    assert!(failure.sentence.contains("10 seconds"));
}
