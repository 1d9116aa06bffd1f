use prost::Message as _;
use prost_types::Timestamp;
use symbolon_exchange::{
    CHUNK_ELEMENTS, CheckHeader, DocumentError, MAX_CHUNKS, MAX_DOCUMENT_LEN, MAX_ELEMENTS,
    MAX_SCOPES, Manifest, Receipt, ScopeQuery, sign,
};
use symbolon_policy::Label;
use symbolon_proto::v1::{self, Urgency};

use crate::fixture::{header, manifest, query, receipt, signing_key};

/// What a receiver makes of a header whose sender holds the right key but bends the rules.
fn bent_header(bend: impl FnOnce(&mut v1::CheckHeader)) -> Result<CheckHeader, DocumentError> {
    let key = signing_key();
    let sound = header().sign(&key);
    let mut message = v1::CheckHeader::decode(sound.document.as_slice()).unwrap();
    bend(&mut message);
    let signed = sign(&key, Label::CheckHeader, message.encode_to_vec());
    let verdict = CheckHeader::verify(&signed, &key.verifying_key()).map(|(header, _)| header);
    // Before it is verified no more is accepted than after.
    assert_eq!(CheckHeader::claimed_agreement(&signed).err(), verdict.as_ref().err().copied());
    verdict
}

#[track_caller]
fn header_without(field: &str, bend: impl FnOnce(&mut v1::CheckHeader)) {
    match bent_header(bend) {
        Err(DocumentError::Malformed { document: "header", field: named }) => {
            assert_eq!(named, field);
        }
        other => panic!("{other:?}"),
    }
}

fn context(message: &mut v1::CheckHeader) -> &mut v1::DeclaredContext {
    message.context.as_mut().unwrap()
}

fn bent_manifest(bend: impl FnOnce(&mut v1::Manifest)) -> Result<Manifest, DocumentError> {
    let key = signing_key();
    let sound = manifest().sign(&key);
    let mut message = v1::Manifest::decode(sound.document.as_slice()).unwrap();
    bend(&mut message);
    let signed = sign(&key, Label::Manifest, message.encode_to_vec());
    let verdict = Manifest::verify(&signed, &key.verifying_key()).map(|(manifest, _)| manifest);
    assert_eq!(Manifest::parse(&signed.document), verdict);
    verdict
}

#[track_caller]
fn manifest_without(field: &str, bend: impl FnOnce(&mut v1::Manifest)) {
    match bent_manifest(bend) {
        Err(DocumentError::Malformed { document: "manifest", field: named }) => {
            assert_eq!(named, field);
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn receipt_without(field: &str, bend: impl FnOnce(&mut v1::Receipt)) {
    let key = signing_key();
    let sound = receipt().sign(&key);
    let mut message = v1::Receipt::decode(sound.document.as_slice()).unwrap();
    bend(&mut message);
    let signed = sign(&key, Label::Receipt, message.encode_to_vec());
    let error = Receipt::verify(&signed, &key.verifying_key()).unwrap_err();
    match error {
        DocumentError::Malformed { document: "receipt", field: named } => assert_eq!(named, field),
        other => panic!("{other:?}"),
    }
    assert!(error.to_string().contains(field), "{error}");
}

/// A header's worth of different scopes of one element each.
fn many_scopes(count: usize) -> Vec<ScopeQuery> {
    (0..count)
        .map(|n| {
            let mut scope = query(0, 1);
            scope.scope.0[..8].copy_from_slice(&n.to_be_bytes());
            scope
        })
        .collect()
}

#[test]
fn a_header_asks_in_at_least_one_scope_and_at_most_in_all_that_a_bureau_may_offer() {
    let key = signing_key();
    let with = |count| {
        let signed = CheckHeader { scopes: many_scopes(count), ..header() }.sign(&key);
        CheckHeader::verify(&signed, &key.verifying_key()).map(|(header, _)| header.scopes.len())
    };
    let refused = DocumentError::Malformed { document: "header", field: "number of scopes" };
    assert_eq!(with(0), Err(refused));
    assert_eq!(with(1), Ok(1));
    assert_eq!(with(MAX_SCOPES), Ok(MAX_SCOPES));
    assert_eq!(with(MAX_SCOPES + 1), Err(refused));
}

#[test]
fn a_scope_stands_in_a_header_once() {
    header_without("list of scopes: one stands twice", |message| {
        message.scopes[1].scope_id = message.scopes[0].scope_id.clone();
    });
}

#[test]
fn a_scope_is_asked_at_least_1_and_at_most_the_greatest_number_of_elements() {
    let with = |elements: u32| {
        move |message: &mut v1::CheckHeader| message.scopes[1].element_count = elements
    };
    header_without("element count", with(0));
    header_without("element count", with(MAX_ELEMENTS + 1));
    header_without("element count", with(u32::MAX));
    let most = bent_header(|message| {
        message.scopes[0].element_count = MAX_ELEMENTS;
        message.scopes[0].chunk_hashes = vec![9; MAX_CHUNKS * 32];
    })
    .unwrap();
    assert_eq!(most.chunks().len(), MAX_CHUNKS + 1);
}

#[test]
fn every_chunk_has_its_hash_and_no_hash_is_without_chunk() {
    let with = |elements: u32, hash_bytes: usize| {
        move |message: &mut v1::CheckHeader| {
            message.scopes[0].element_count = elements;
            message.scopes[0].chunk_hashes = vec![9; hash_bytes];
        }
    };
    let chunk = u32::try_from(CHUNK_ELEMENTS).unwrap();
    for (elements, chunks) in [(1, 1), (chunk, 1), (chunk + 1, 2), (2 * chunk, 2)] {
        bent_header(with(elements, chunks * 32)).unwrap();
        for bytes in [0, (chunks - 1) * 32, chunks * 32 - 1, chunks * 32 + 1, (chunks + 1) * 32] {
            header_without("list of chunk hashes", with(elements, bytes));
        }
    }
}

#[test]
fn the_most_scopes_and_the_most_elements_each_fit_a_document() {
    let key = signing_key();
    let mut header = header();
    header.purpose = "p".repeat(64);
    header.offence_class = "o".repeat(64);
    for scopes in [many_scopes(MAX_SCOPES), (0..64).map(|n| query(n, MAX_ELEMENTS)).collect()] {
        header.scopes = scopes;
        let signed = header.sign(&key);
        assert!(signed.document.len() <= MAX_DOCUMENT_LEN);
        assert_eq!(CheckHeader::verify(&signed, &key.verifying_key()).unwrap().0, header);
    }
    // Both together do not, and are refused for it.
    header.scopes = (0..=255).map(|n| query(n, MAX_ELEMENTS)).collect();
    let verdict = CheckHeader::verify(&header.sign(&key), &key.verifying_key());
    assert_eq!(verdict, Err(DocumentError::TooLong));
}

#[test]
fn a_commitment_is_32_bytes() {
    for len in [0, 31, 33] {
        header_without("commitments", |message| {
            message.commitments.as_mut().unwrap().officer = vec![1; len];
        });
        header_without("commitments", |message| {
            message.commitments.as_mut().unwrap().case_reference = vec![1; len];
        });
        header_without("commitments", |message| {
            message.commitments.as_mut().unwrap().justification = vec![1; len];
        });
    }
    header_without("commitments", |message| message.commitments = None);
}

#[test]
fn a_purpose_is_a_code_and_must_be_there() {
    for bad in ["", "Border", "border control", "bordér", "a\nb", &"p".repeat(65)] {
        header_without("purpose", |message| context(message).purpose = bad.to_owned());
    }
    bent_header(|message| context(message).purpose = "p".repeat(64)).unwrap();
    header_without("context", |message| message.context = None);
}

#[test]
fn an_offence_class_is_a_code_or_nothing() {
    for bad in ["Theft", "theft of a car", "vol-à-main-armée", &"p".repeat(65)] {
        header_without("offence class", |message| {
            context(message).offence_class = bad.to_owned();
        });
    }
    let none = bent_header(|message| context(message).offence_class.clear()).unwrap();
    assert_eq!(none.offence_class, "");
}

#[test]
fn an_urgency_that_is_not_known_here_is_not_urgent() {
    for unknown in [4, 99, -1, i32::MIN] {
        let read = bent_header(|message| context(message).urgency = unknown).unwrap();
        assert_eq!(read.urgency, Urgency::Unspecified);
    }
    for known in [Urgency::Unspecified, Urgency::Routine, Urgency::Urgent, Urgency::Emergency] {
        let read = bent_header(|message| context(message).urgency = known.into()).unwrap();
        assert_eq!(read.urgency, known);
    }
}

#[test]
fn the_parts_of_a_header_have_their_lengths_and_forms() {
    for len in [0, 15, 17] {
        header_without("check id", |message| message.check_id = vec![1; len]);
    }
    for len in [0, 31, 33] {
        header_without("agreement hash", |message| message.agreement_hash = vec![1; len]);
        header_without("scope id", |message| message.scopes[0].scope_id = vec![1; len]);
    }
    for bad in ["", "FRA-DEU", "../../x"] {
        header_without("agreement id", |message| message.agreement_id = bad.to_owned());
    }
    for bad in ["", "fra", "FRANCE", "F1"] {
        header_without("requester", |message| message.requester = bad.to_owned());
        header_without("owner", |message| message.owner = bad.to_owned());
    }
}

/// Times that no clock shows.
fn no_times() -> [Option<Timestamp>; 6] {
    let at = |seconds, nanos| Some(Timestamp { seconds, nanos });
    [None, at(0, -1), at(0, 1_000_000_000), at(i64::MAX, 0), at(i64::MIN, 0), at(1 << 40, 0)]
}

#[test]
fn a_time_that_cannot_be_is_refused() {
    for time in no_times() {
        header_without("time", |message| message.issued_at = time);
        receipt_without("time", |message| message.issued_at = time);
        manifest_without("time", |message| message.issued_at = time);
        manifest_without("expiry", |message| message.expires_at = time);
        manifest_without("time of update", |message| message.updated_at = time);
    }
}

#[test]
fn what_is_no_message_is_refused_though_it_is_signed() {
    let key = signing_key();
    let public = key.verifying_key();
    let garbage = |label| sign(&key, label, vec![0xff; 40]);
    assert!(matches!(
        CheckHeader::verify(&garbage(Label::CheckHeader), &public),
        Err(DocumentError::Malformed { document: "header", field: "encoding" })
    ));
    assert!(matches!(
        Manifest::verify(&garbage(Label::Manifest), &public),
        Err(DocumentError::Malformed { document: "manifest", field: "encoding" })
    ));
    assert!(matches!(
        Receipt::verify(&garbage(Label::Receipt), &public),
        Err(DocumentError::Malformed { document: "receipt", field: "encoding" })
    ));
    // The empty message decodes, and says nothing.
    let empty = |label| sign(&key, label, Vec::new());
    assert!(CheckHeader::verify(&empty(Label::CheckHeader), &public).is_err());
    assert!(Manifest::verify(&empty(Label::Manifest), &public).is_err());
    assert!(Receipt::verify(&empty(Label::Receipt), &public).is_err());
}

#[test]
fn a_manifest_names_its_scope_twice_alike() {
    let scope = |message: &mut v1::Manifest, bend: fn(&mut v1::Scope)| {
        bend(message.scope.as_mut().unwrap());
    };
    manifest_without("scope", |message| message.scope = None);
    manifest_without("scope id", |message| message.scope_id[0] ^= 1);
    manifest_without("scope id", |message| message.scope_id.clear());
    manifest_without("scope id", |m| scope(m, |scope| scope.epoch += 1));
    manifest_without("scope id", |m| scope(m, |scope| scope.rules_version += 1));
    manifest_without("scope id", |m| scope(m, |scope| scope.dataset.push('x')));
    manifest_without("agreement id", |m| scope(m, |scope| scope.agreement_id.clear()));
    manifest_without("identifier type", |m| scope(m, |s| s.identifier_type = "VIN".to_owned()));
    manifest_without("rules version", |m| scope(m, |scope| scope.rules_version = 1 << 16));
}

#[test]
fn a_manifest_is_chained_to_the_one_before_it_unless_it_is_the_first() {
    manifest_without("version", |message| message.version = 0);
    manifest_without("previous manifest hash", |message| message.version = 1);
    manifest_without("previous manifest hash", |message| message.previous_manifest_hash.clear());
    for len in [31, 33] {
        manifest_without("previous manifest hash", |message| {
            message.previous_manifest_hash = vec![1; len];
        });
    }
    let first = bent_manifest(|message| {
        message.version = 1;
        message.previous_manifest_hash.clear();
    });
    assert_eq!(first.unwrap().previous, None);
}

#[test]
fn a_manifest_names_a_key_that_can_be_one() {
    // The identity of the group, and bytes that encode no element.
    for bad in [vec![], vec![0; 32], vec![0xff; 32], vec![1; 31], vec![1; 33]] {
        manifest_without("OPRF public key", |message| message.oprf_public_key = bad);
    }
}

#[test]
fn the_parts_of_a_manifest_have_their_lengths() {
    for len in [0, 31, 33] {
        manifest_without("file hash", |message| message.file_sha256 = vec![1; len]);
    }
    manifest_without("lambda", |message| message.lambda = 256);
}

#[test]
fn a_manifest_has_1_to_16_canaries_each_evaluated() {
    let with = |count: u32, bytes: usize, proof: usize| {
        move |message: &mut v1::Manifest| {
            let canaries = message.canaries.as_mut().unwrap();
            canaries.count = count;
            canaries.evaluated = vec![1; bytes];
            canaries.proof = vec![1; proof];
        }
    };
    manifest_without("canaries", |message| message.canaries = None);
    bent_manifest(with(1, 32, 64)).unwrap();
    bent_manifest(with(16, 16 * 32, 64)).unwrap();
    for (count, bytes, proof) in [
        (0, 0, 64),
        (17, 17 * 32, 64),
        (u32::MAX, 32, 64),
        (1, 31, 64),
        (1, 33, 64),
        (2, 32, 64),
        (1, 32, 63),
        (1, 32, 65),
        (1, 32, 0),
    ] {
        manifest_without("canaries", with(count, bytes, proof));
    }
}

#[test]
fn the_parts_of_a_receipt_have_their_lengths() {
    for len in [0, 15, 17] {
        receipt_without("check id", |message| message.check_id = vec![1; len]);
    }
    for len in [0, 31, 33] {
        receipt_without("header hash", |message| message.header_hash = vec![1; len]);
        receipt_without("digest", |message| message.evaluated_digest = vec![1; len]);
        receipt_without("leaf hash", |message| message.leaf_hash = vec![1; len]);
    }
    for len in [1, 31, 33, 63] {
        receipt_without("manifest hashes", |message| message.manifest_hashes = vec![1; len]);
    }
}
