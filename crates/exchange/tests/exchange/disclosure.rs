//! Requests for records and decisions on them: only what the named key signed, within bounds.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use ring::rand::SystemRandom;
use symbolon_exchange::{
    CHUNK_ELEMENTS, ChunkPosition, DisclosureDecision, DisclosureRefusal, DisclosureRequest,
    DisclosureWithdrawal, DocumentError, DocumentHash, EXCHANGE_STEP, ElementOpening, ElementProof,
    HitConfirmation, ReleasedRecord, exchange_padding, is_evaluation,
};
use symbolon_identifiers::{IdentifierType, parse};
use symbolon_oprf::{Blind, voprf};
use symbolon_policy::{
    AgreementHash, CheckId, RequestId,
    disclosure::RefusalGround,
    rules::{DisclosedField, HandlingCode, SubjectCategory, Urgency},
};
use symbolon_proto::{partner::v1::ExchangeDisclosuresRequest, v1};
use time::macros::datetime;
use zeroize::Zeroizing;

use crate::fixture::{receipt, signing_key};

fn element(additive: bool) -> ElementOpening {
    let identifier = parse(IdentifierType::Imo, "9074729", None).unwrap();
    let blind = Blind::random(&SystemRandom::new()).unwrap();
    let input = [identifier.oprf_input()];
    let one = std::slice::from_ref(&blind);
    let blinded = match additive {
        true => voprf::additive::blind(&input, one).unwrap(),
        false => voprf::blind(&input, one).unwrap(),
    };
    let position = ChunkPosition { scope: 1, chunk: 0, elements: 20 };
    let mut elements = vec![7; 19 * 32];
    elements.extend(blinded);
    let proof = ElementProof::of(&position, &elements, 19).unwrap();
    ElementOpening { proof, identifier, blind }
}

fn request() -> DisclosureRequest {
    DisclosureRequest {
        request: RequestId([3; 16]),
        check: CheckId([1; 16]),
        agreement: "fra-deu-2026".parse().unwrap(),
        agreement_hash: AgreementHash([2; 32]),
        requester: "FRA".parse().unwrap(),
        owner: "DEU".parse().unwrap(),
        element: element(true),
        claim: Zeroizing::new([9; 16]),
        receipt: receipt().sign(&signing_key()),
        confirmation: Some(HitConfirmation {
            by: "officer 17".to_owned(),
            role: "desk officer".to_owned(),
            by_person: true,
            qualified: true,
            method: "hull number read by hand".to_owned(),
            at: datetime!(2026-03-04 05:06:07 UTC),
        }),
        facts: "in port\nsince noon".to_owned(),
        offence_class: "theft".to_owned(),
        purpose: "border_control".to_owned(),
        urgency: Urgency::Urgent,
        subject_category: SubjectCategory::Object,
        fields: BTreeSet::from([DisclosedField::ObjectStatus, DisclosedField::Authority]),
        recipient_authority: "Port police".to_owned(),
        use_in_court: false,
        onward_to: String::new(),
        assurances: BTreeSet::from(["no_death_penalty".to_owned()]),
        emergency_reasons: String::new(),
        issued_at: datetime!(2026-03-04 05:10:00 UTC),
    }
}

fn released() -> ReleasedRecord {
    ReleasedRecord {
        fields: BTreeMap::from([
            (DisclosedField::ObjectStatus, "stolen".to_owned()),
            (DisclosedField::Authority, "Water police".to_owned()),
        ]),
        subject_category: SubjectCategory::Object,
        handling_code: HandlingCode::H1,
        restriction: String::new(),
        evaluation: "A1".to_owned(),
        keep_until: datetime!(2027-03-04 05:10:00 UTC),
        contested: true,
        national_flag: false,
        released_by: "spiffe://deu/legal-3".to_owned(),
        approved_by: "spiffe://deu/approver-1".to_owned(),
    }
}

fn decision(outcome: Result<ReleasedRecord, DisclosureRefusal>) -> DisclosureDecision {
    DisclosureDecision {
        request_hash: DocumentHash([4; 32]),
        request: RequestId([3; 16]),
        requester: "FRA".parse().unwrap(),
        owner: "DEU".parse().unwrap(),
        decided_at: datetime!(2026-03-04 06:00:00 UTC),
        outcome,
    }
}

#[test]
fn a_request_comes_out_as_it_went_in_and_under_its_own_key_only() {
    let key = signing_key();
    let signed = request().sign(&key).unwrap();
    let (read, hash) = DisclosureRequest::verify(&signed, &key.verifying_key()).unwrap();
    assert_eq!(hash, DocumentHash::of(&signed.document));
    assert_eq!(read.element.identifier, request().element.identifier);
    assert_eq!(read.fields, request().fields);
    assert_eq!(read.confirmation, request().confirmation);
    assert_eq!((read.facts.as_str(), read.urgency), ("in port\nsince noon", Urgency::Urgent));
    assert!(read.element.opens());
    // Signed again it is the same document: nothing was lost.
    assert_eq!(read.sign(&key).unwrap().document, signed.document);
    let other = signing_key().verifying_key();
    assert!(matches!(DisclosureRequest::verify(&signed, &other), Err(DocumentError::OtherKey)));
    for position in (0..signed.document.len()).step_by(37) {
        let mut altered = signed.clone();
        altered.document[position] ^= 1;
        assert!(DisclosureRequest::verify(&altered, &key.verifying_key()).is_err(), "{position}");
    }
    // A withdrawal under the same key is no request, and the other way round.
    let withdrawal = DisclosureWithdrawal { request: hash, issued_at: read.issued_at };
    let back = withdrawal.sign(&key);
    assert_eq!(DisclosureWithdrawal::verify(&back, &key.verifying_key()).unwrap(), withdrawal);
    assert!(DisclosureRequest::verify(&back, &key.verifying_key()).is_err());
    assert!(DisclosureWithdrawal::verify(&signed, &key.verifying_key()).is_err());
}

#[test]
fn an_element_opens_in_either_way_of_blinding_and_to_nothing_else() {
    for additive in [true, false] {
        let opened = element(additive);
        assert!(opened.opens(), "additive: {additive}");
        let other = parse(IdentifierType::Imo, "9305219", None).unwrap();
        assert!(!ElementOpening { identifier: other, ..element(additive) }.opens());
        let blind = Blind::random(&SystemRandom::new()).unwrap();
        assert!(!ElementOpening { blind, ..element(additive) }.opens());
        let mut proof = opened.proof.clone();
        proof.index = 18;
        assert!(!ElementOpening { proof, ..opened }.opens());
    }
}

#[test]
fn a_request_without_confirmation_facts_or_offence_starts_no_clock() {
    assert!(request().is_complete());
    assert!(!DisclosureRequest { confirmation: None, ..request() }.is_complete());
    assert!(!DisclosureRequest { facts: String::new(), ..request() }.is_complete());
    let by_program = request().confirmation.map(|one| HitConfirmation { by_person: false, ..one });
    assert!(!DisclosureRequest { confirmation: by_program, ..request() }.is_complete());
    let no_offence = |subject_category| DisclosureRequest {
        offence_class: String::new(),
        subject_category,
        ..request()
    };
    assert!(no_offence(SubjectCategory::Object).is_complete());
    assert!(no_offence(SubjectCategory::Missing).is_complete());
    assert!(!no_offence(SubjectCategory::Suspect).is_complete());
}

#[test]
fn a_request_that_breaks_a_bound_is_neither_signed_nor_read() {
    let key = signing_key();
    let broken = [
        DisclosureRequest { facts: "x".repeat(4_001), ..request() },
        DisclosureRequest { facts: "a\u{1b}[31m".to_owned(), ..request() },
        DisclosureRequest { purpose: String::new(), ..request() },
        DisclosureRequest { purpose: "Border".to_owned(), ..request() },
        DisclosureRequest { fields: BTreeSet::new(), ..request() },
        DisclosureRequest { recipient_authority: String::new(), ..request() },
        DisclosureRequest { onward_to: "a\nb".to_owned(), ..request() },
        DisclosureRequest { emergency_reasons: "x".repeat(1_001), ..request() },
    ];
    for (number, one) in broken.iter().enumerate() {
        assert!(one.sign(&key).is_err(), "{number}");
    }
    type Change = fn(&mut v1::DisclosureRequest);
    let changes: [Change; 12] = [
        |one| one.request_id.push(0),
        |one| one.check_id.clear(),
        |one| one.claim.push(1),
        |one| one.urgency = "very".to_owned(),
        |one| one.subject_category = "alien".to_owned(),
        |one| one.fields = vec!["object_status".to_owned(), "authority".to_owned()],
        |one| one.fields.push("object_status".to_owned()),
        |one| one.fields = vec!["everything".to_owned()],
        |one| one.element = None,
        |one| one.receipt = None,
        |one| one.element.as_mut().unwrap().blind = vec![0; 32],
        |one| one.element.as_mut().unwrap().identifier_type = "IMO".to_owned(),
    ];
    let sound = request().sign(&key).unwrap().document;
    assert!(DisclosureRequest::parse(&sound).is_ok());
    for (number, change) in changes.iter().enumerate() {
        let mut read = v1::DisclosureRequest::decode(sound.as_slice()).unwrap();
        change(&mut read);
        assert!(DisclosureRequest::parse(&read.encode_to_vec()).is_err(), "change {number}");
    }
    assert!(matches!(
        DisclosureRequest::parse(&vec![0; (32 << 10) + 1]),
        Err(DocumentError::TooLong)
    ));
}

#[test]
fn the_largest_request_that_is_allowed_fits() {
    let key = signing_key();
    let identifier =
        parse(IdentifierType::Email, &format!("{}@example.org", "a".repeat(60)), None).unwrap();
    let position = ChunkPosition { scope: 0, chunk: 0, elements: CHUNK_ELEMENTS };
    let elements = vec![1; CHUNK_ELEMENTS * 32];
    let proof = ElementProof::of(&position, &elements, CHUNK_ELEMENTS - 1).unwrap();
    let blind = Blind::random(&SystemRandom::new()).unwrap();
    let largest = DisclosureRequest {
        element: ElementOpening { proof, identifier, blind },
        facts: "x".repeat(4_000),
        emergency_reasons: "x".repeat(1_000),
        recipient_authority: "x".repeat(256),
        onward_to: "x".repeat(256),
        fields: DisclosedField::ALL.iter().copied().collect(),
        ..request()
    };
    assert!(largest.sign(&key).is_ok());
}

#[test]
fn a_decision_comes_out_as_it_went_in_and_under_the_owners_key_only() {
    let key = signing_key();
    let refusal = DisclosureRefusal {
        ground: RefusalGround::NotRecognised,
        sentence: "no such hit".to_owned(),
    };
    for outcome in [Ok(released()), Err(refusal)] {
        let decision = decision(outcome);
        let signed = decision.sign(&key).unwrap();
        let read = DisclosureDecision::verify(&signed, &key.verifying_key()).unwrap();
        assert!(read == decision);
        assert!(DisclosureDecision::verify(&signed, &signing_key().verifying_key()).is_err());
        for position in 0..signed.document.len() {
            let mut altered = signed.clone();
            altered.document[position] ^= 1;
            assert!(DisclosureDecision::verify(&altered, &key.verifying_key()).is_err());
        }
    }
}

#[test]
fn a_release_without_codes_or_fields_is_no_release() {
    let key = signing_key();
    let broken = [
        ReleasedRecord { fields: BTreeMap::new(), ..released() },
        ReleasedRecord { handling_code: HandlingCode::None, ..released() },
        ReleasedRecord { evaluation: String::new(), ..released() },
        ReleasedRecord { evaluation: "D9".to_owned(), ..released() },
        ReleasedRecord { released_by: String::new(), ..released() },
        ReleasedRecord {
            fields: BTreeMap::from([(DisclosedField::Name, "x".repeat(2_049))]),
            ..released()
        },
    ];
    for (number, record) in broken.into_iter().enumerate() {
        assert!(decision(Ok(record)).sign(&key).is_err(), "{number}");
    }
    assert!(["A1", "B2", "C3", "X4"].into_iter().all(is_evaluation));
    assert!(!["", "A", "A5", "D1", "a1", "A11"].into_iter().any(is_evaluation));
}

#[test]
fn an_exchange_has_one_of_few_sizes_whatever_it_carries() {
    for len in (0..3 * EXCHANGE_STEP).step_by(11).chain(EXCHANGE_STEP - 6..EXCHANGE_STEP + 6) {
        let mut message = ExchangeDisclosuresRequest {
            agreement_id: "x".repeat(len),
            letters: Vec::new(),
            padding: Vec::new(),
        };
        message.padding = vec![0; exchange_padding(message.encoded_len())];
        let size = message.encoded_len();
        assert_eq!(size % EXCHANGE_STEP, 0, "{len}");
        assert!(size <= len + 2 * EXCHANGE_STEP, "{len}: {size}");
    }
}
