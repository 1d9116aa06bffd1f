use prost::Message as _;
use symbolon_exchange::{AgreementNotice, AgreementText};
use symbolon_policy::{Party, SignedAgreement};
use symbolon_proto::partner::v1::{AgreementSignature, ExchangeAgreementRequest};

/// A file with an agreement, signed or drafted.
pub(crate) fn agreement(data: &[u8]) {
    let Ok(file) = SignedAgreement::from_json(data) else { return };
    if let Ok(terms) = file.terms() {
        assert!(SignedAgreement::draft(&terms).is_ok());
        // Canonical once is canonical for good, and says the same.
        let canonical = file.canonical_text().unwrap();
        let again = SignedAgreement::from_json(&canonical).unwrap();
        assert_eq!(again.canonical_text().unwrap(), canonical);
        assert_eq!(again.hash().unwrap(), file.hash().unwrap());
    }
    let _ = file.verify_signatures();
    let _ = file.verify();
    if let Ok(json) = file.to_json() {
        assert!(SignedAgreement::from_json(json.as_bytes()).is_ok());
    }
}

/// A text as another party sends it: a message, or terms that become one.
pub(crate) fn agreement_text(data: &[u8]) {
    let request = ExchangeAgreementRequest::decode(data).unwrap_or_else(|_| {
        // The signatures that stand in a file, sent beside its terms.
        let file = SignedAgreement::from_json(data).ok();
        let signatures = file.iter().flat_map(SignedAgreement::signatures);
        ExchangeAgreementRequest {
            text: file.as_ref().and_then(|file| file.canonical_text().ok()).unwrap_or_default(),
            signatures: signatures
                .map(|one| AgreementSignature {
                    party: one.party.to_string(),
                    public_key: one.key.0.to_vec(),
                    signature: one.signature.0.to_vec(),
                })
                .collect(),
            notices: Vec::new(),
        }
    });
    let Ok(text) = AgreementText::read(request) else { return };
    let again = AgreementText::read(text.request().unwrap()).unwrap();
    assert_eq!(again.hash(), text.hash());
    assert!(text.answered(again.response()).is_ok());
}

/// What a party says of an agreement.
pub(crate) fn notice(data: &[u8]) {
    let Ok(notice) = AgreementNotice::parse(data) else { return };
    let signed = notice.sign(super::documents::key());
    assert!(AgreementNotice::parse(&signed.document).is_ok());
}

/// A bureau's card.
pub(crate) fn card(data: &[u8]) {
    let Ok(card) = serde_json::from_slice::<Party>(data) else { return };
    let fingerprint = card.fingerprint();
    assert_eq!(fingerprint.is_ok(), card.validate().is_ok());
    if let Ok(fingerprint) = fingerprint {
        assert!(!fingerprint.spoken().is_empty());
        let again: Party = serde_json::from_slice(&serde_json::to_vec(&card).unwrap()).unwrap();
        assert_eq!(again.fingerprint().unwrap(), fingerprint);
    }
}
