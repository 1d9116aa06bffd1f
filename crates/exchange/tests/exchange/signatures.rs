use symbolon_exchange::{
    CheckHeader, DocumentError, DocumentHash, MAX_DOCUMENT_LEN, Manifest, Receipt, sign, verify,
};
use symbolon_policy::{Label, SigningKey, VerifyingKey};
use symbolon_proto::v1::SignedDocument;

use crate::fixture::{header, manifest, receipt, signing_key};

type Verify = fn(&SignedDocument, &VerifyingKey) -> Result<(), DocumentError>;

/// One document of each kind, signed, and how a receiver reads that kind.
fn one_of_each(key: &SigningKey) -> [(&'static str, SignedDocument, Verify); 3] {
    [
        ("header", header().sign(key), |document, key| {
            CheckHeader::verify(document, key).map(|_| ())
        }),
        ("manifest", manifest().sign(key), |document, key| {
            Manifest::verify(document, key).map(|_| ())
        }),
        ("receipt", receipt().sign(key), |document, key| {
            Receipt::verify(document, key).map(|_| ())
        }),
    ]
}

#[test]
fn a_header_arrives_as_it_was_signed() {
    let (key, header) = (signing_key(), header());
    let signed = header.sign(&key);
    let (read, hash) = CheckHeader::verify(&signed, &key.verifying_key()).unwrap();
    assert_eq!(read, header);
    assert_eq!(hash, DocumentHash::of(&signed.document));
    assert_eq!(read.element_count(), 20_001);
    let chunks: Vec<_> =
        read.chunks().iter().map(|(p, hash)| (p.scope, p.chunk, p.elements, hash[0])).collect();
    assert_eq!(chunks, [(0, 0, 16_384, 3), (0, 1, 3_616, 3), (1, 0, 1, 4)]);
}

#[test]
fn a_header_tells_which_agreement_it_claims_before_it_is_verified() {
    let (agreement, requester) =
        CheckHeader::claimed_agreement(&header().sign(&signing_key())).unwrap();
    assert_eq!((agreement.as_str(), requester.as_str()), ("fra-deu-2026", "FRA"));
}

#[test]
fn a_manifest_arrives_as_it_was_signed() {
    let key = signing_key();
    for first in [false, true] {
        let mut manifest = manifest();
        if first {
            (manifest.version, manifest.previous) = (1, None);
        }
        let signed = manifest.sign(&key);
        let (read, hash) = Manifest::verify(&signed, &key.verifying_key()).unwrap();
        assert_eq!(read, manifest);
        assert_eq!(read.scope_id(), manifest.scope.id());
        assert_eq!(hash, DocumentHash::of(&signed.document));
        assert_eq!(Manifest::parse(&signed.document).unwrap(), manifest);
    }
}

#[test]
fn a_receipt_arrives_as_it_was_signed() {
    let (key, receipt) = (signing_key(), receipt());
    assert_eq!(Receipt::verify(&receipt.sign(&key), &key.verifying_key()).unwrap(), receipt);
}

#[test]
fn a_document_with_any_byte_altered_is_refused() {
    let key = signing_key();
    for (kind, signed, verify) in one_of_each(&key) {
        for position in 0..signed.document.len() {
            let mut altered = signed.clone();
            altered.document[position] ^= 1;
            let verdict = verify(&altered, &key.verifying_key());
            assert_eq!(verdict, Err(DocumentError::Signature), "{kind}, byte {position}");
        }
    }
}

#[test]
fn a_signature_with_any_bit_altered_is_refused() {
    let key = signing_key();
    for (kind, signed, verify) in one_of_each(&key) {
        for bit in 0..signed.signature.len() * 8 {
            let mut altered = signed.clone();
            altered.signature[bit / 8] ^= 1 << (bit % 8);
            let verdict = verify(&altered, &key.verifying_key());
            assert_eq!(verdict, Err(DocumentError::Signature), "{kind}, bit {bit}");
        }
    }
}

#[test]
fn a_document_cut_short_or_lengthened_is_refused() {
    let key = signing_key();
    for (kind, signed, verify) in one_of_each(&key) {
        let check = |edit: &dyn Fn(&mut SignedDocument), expected| {
            let mut altered = signed.clone();
            edit(&mut altered);
            assert_eq!(verify(&altered, &key.verifying_key()), Err(expected), "{kind}");
        };
        check(&|d| d.document.push(0), DocumentError::Signature);
        check(&|d| d.document.truncate(d.document.len() - 1), DocumentError::Signature);
        check(&|d| d.document.clear(), DocumentError::Signature);
        check(&|d| d.signature.push(0), DocumentError::Signature);
        check(&|d| d.signature.truncate(63), DocumentError::Signature);
        check(&|d| d.signature.clear(), DocumentError::Signature);
        check(&|d| d.public_key.push(0), DocumentError::OtherKey);
        check(&|d| d.public_key.clear(), DocumentError::OtherKey);
    }
}

#[test]
fn a_document_signed_by_another_key_is_refused() {
    let (ours, other) = (signing_key(), signing_key());
    for (_, mut signed, verify) in one_of_each(&other) {
        assert_eq!(verify(&signed, &ours.verifying_key()), Err(DocumentError::OtherKey));
        // Claiming to be by the right key does not help.
        signed.public_key = ours.verifying_key().0.to_vec();
        assert_eq!(verify(&signed, &ours.verifying_key()), Err(DocumentError::Signature));
    }
}

#[test]
fn a_document_of_one_kind_does_not_pass_for_another() {
    // Even where one key signs all kinds.
    let key = signing_key();
    let all = one_of_each(&key);
    for (kind, signed, verify) in &all {
        for (other_kind, _, other_verify) in &all {
            let verdict = other_verify(signed, &key.verifying_key());
            if kind == other_kind {
                assert_eq!(verdict, verify(signed, &key.verifying_key()));
                verdict.unwrap();
            } else {
                assert_eq!(verdict, Err(DocumentError::Signature), "{kind} as {other_kind}");
            }
        }
        let as_agreement = verify_as(Label::Agreement, signed, &key);
        assert_eq!(as_agreement, Err(DocumentError::Signature), "{kind}");
    }
}

fn verify_as(label: Label, signed: &SignedDocument, key: &SigningKey) -> Result<(), DocumentError> {
    verify(&key.verifying_key(), label, signed).map(|_| ())
}

#[test]
fn a_signature_covers_the_label_so_that_it_cannot_flow_into_the_document() {
    let key = signing_key();
    let signed = sign(&key, Label::Receipt, b"document".to_vec());
    assert_eq!(verify_as(Label::Receipt, &signed, &key), Ok(()));
    // Label, zero byte and document are one message: no other division of it may verify.
    let all = [Label::Receipt.as_str().as_bytes(), b"\0document"].concat();
    for cut in 0..all.len() {
        let moved = SignedDocument { document: all[cut..].to_vec(), ..signed.clone() };
        let holds = verify_as(Label::Receipt, &moved, &key).is_ok();
        assert_eq!(holds, moved.document == signed.document);
    }
}

#[test]
fn a_document_that_is_too_long_is_refused_before_its_signature_is_looked_at() {
    let key = signing_key();
    let longest = sign(&key, Label::Receipt, vec![0; MAX_DOCUMENT_LEN]);
    assert_eq!(verify_as(Label::Receipt, &longest, &key), Ok(()));
    let mut too_long = sign(&key, Label::Receipt, vec![0; MAX_DOCUMENT_LEN + 1]);
    assert_eq!(verify_as(Label::Receipt, &too_long, &key), Err(DocumentError::TooLong));
    too_long.signature.clear();
    assert_eq!(verify_as(Label::Receipt, &too_long, &key), Err(DocumentError::TooLong));
}
