//! Signed documents: whoever signs may sign anything.

use std::sync::OnceLock;

use ring::rand::SystemRandom;
use symbolon_exchange::{
    CheckHeader, DisclosureDecision, DisclosureRequest, DisclosureWithdrawal, DocumentHash,
    Manifest, Receipt, sign,
};
use symbolon_policy::{Label, SigningKey};
use symbolon_proto::v1::SignedDocument;

pub(crate) fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let document = SigningKey::generate(&SystemRandom::new()).unwrap();
        SigningKey::from_pkcs8(document.as_ref()).unwrap()
    })
}

fn signed(label: Label, data: &[u8]) -> SignedDocument {
    sign(key(), label, data.to_vec())
}

pub(crate) fn check_header(data: &[u8]) {
    let document = signed(Label::CheckHeader, data);
    let claimed = CheckHeader::claimed_agreement(&document);
    let Ok((header, hash)) = CheckHeader::verify(&document, &key().verifying_key()) else {
        return;
    };
    assert_eq!(hash, DocumentHash::of(data));
    assert_eq!(claimed.unwrap(), (header.agreement.clone(), header.requester.clone()));
    let chunks = header.chunks();
    let elements: u64 = chunks.iter().map(|(position, _)| position.elements as u64).sum();
    assert_eq!(elements, header.element_count());
    let again = header.sign(key());
    let (again, _) = CheckHeader::verify(&again, &key().verifying_key()).unwrap();
    assert_eq!(again, header);
}

pub(crate) fn manifest(data: &[u8]) {
    let _ = Manifest::verify(&signed(Label::Manifest, data), &key().verifying_key());
    let Ok(manifest) = Manifest::parse(data) else { return };
    let again = Manifest::parse(&manifest.sign(key()).document).unwrap();
    assert_eq!(again, manifest);
    let kind = manifest.scope.identifier_type;
    let _ = manifest.canaries.membership_hashes(&manifest.public_key, kind);
}

pub(crate) fn receipt(data: &[u8]) {
    let own = key().verifying_key();
    let Ok(receipt) = Receipt::verify(&signed(Label::Receipt, data), &own) else { return };
    let again = Receipt::verify(&receipt.sign(key()), &own).unwrap();
    assert_eq!(again, receipt);
    let _ = receipt.logged(&"OWN".parse().unwrap(), &own);
}

/// A byte for the kind, then the document.
pub(crate) fn disclosure(data: &[u8]) {
    let Some((kind, document)) = data.split_first() else { return };
    let own = key().verifying_key();
    match kind % 3 {
        0 => {
            let signed = signed(Label::DisclosureRequest, document);
            let claimed = DisclosureRequest::claimed_agreement(&signed);
            let Ok((request, _)) = DisclosureRequest::verify(&signed, &own) else { return };
            assert_eq!(claimed.unwrap().0, request.agreement);
            let _ = request.element.opens();
            // What was read can be said again, unless it had fields that this version does not know.
            let again = request.sign(key()).unwrap();
            assert!(DisclosureRequest::parse(&again.document).is_ok());
        }
        1 => {
            let signed = signed(Label::DisclosureDecision, document);
            let Ok(decision) = DisclosureDecision::verify(&signed, &own) else { return };
            let again = decision.sign(key()).unwrap();
            assert!(
                DisclosureDecision::parse(&again.document).is_ok_and(|again| again == decision)
            );
        }
        _ => {
            let signed = signed(Label::DisclosureWithdrawal, document);
            let Ok(withdrawal) = DisclosureWithdrawal::verify(&signed, &own) else { return };
            assert!(DisclosureWithdrawal::verify(&withdrawal.sign(key()), &own).is_ok());
        }
    }
}
