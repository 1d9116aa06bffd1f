use std::sync::OnceLock;

use prost::Message as _;
use symbolon_exchange::{AgreementNotice, AgreementText};
use symbolon_policy::{Party, SignedAgreement};
use symbolon_proto::partner::v1::{
    AgreementSignature, ExchangeAgreementRequest, ExchangeAgreementResponse,
};

use super::documents::key;

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

/// What another party answers to a text, as it is and as a party with a key would have signed it.
pub(crate) fn agreement_answer(data: &[u8]) {
    let Ok(answer) = ExchangeAgreementResponse::decode(data) else { return };
    answered(vectors(), &answer);
    answered(ours(), &signed_anew(&answer));
}

/// What is taken of an answer is of this text, is all of it, and is in order.
fn answered(text: &AgreementText, answer: &ExchangeAgreementResponse) {
    let Ok(taken) = text.answered(answer.clone()) else { return };
    assert_eq!(taken.hash(), text.hash());
    let file = taken.file();
    assert!(file.verify_signatures().is_ok());
    let is_kept = |one: &AgreementSignature| file.is_signed_by(&one.party.parse().unwrap());
    assert!(answer.signatures.iter().all(is_kept));
    assert!(file.signatures().len() <= answer.signatures.len());
    assert_eq!(taken.notices().len(), answer.notices.len());
    for (notice, document) in taken.notices() {
        assert_eq!(notice.hash, text.hash());
        assert!(answer.notices.contains(document));
    }
    let numbers = taken.notices().iter().map(|(notice, _)| (&notice.issuer, notice.counter));
    assert!(numbers.is_sorted_by(|one, next| one < next));
    let again = text.answered(taken.response()).unwrap();
    assert_eq!(again.response(), taken.response());
}

/// The text of the vectors, which their bureaus have signed.
fn vectors() -> &'static AgreementText {
    static TEXT: OnceLock<AgreementText> = OnceLock::new();
    TEXT.get_or_init(|| AgreementText::new(file(), Vec::new()).unwrap())
}

/// The same, but that the last party signs with a key that is here.
fn ours() -> &'static AgreementText {
    static TEXT: OnceLock<AgreementText> = OnceLock::new();
    TEXT.get_or_init(|| {
        let mut terms = file().terms().unwrap();
        terms.parties.last_mut().unwrap().keys.legal = key().verifying_key();
        AgreementText::new(SignedAgreement::draft(&terms).unwrap(), Vec::new()).unwrap()
    })
}

fn file() -> SignedAgreement {
    let file = crate::seeds::vector(&["agreement", "file"]).to_string();
    SignedAgreement::from_json(file.as_bytes()).unwrap()
}

/// The same answer about our text, with every signature made with the key that is here. What is no notice
/// stays as it is.
fn signed_anew(answer: &ExchangeAgreementResponse) -> ExchangeAgreementResponse {
    let text = ours();
    let signer = text.terms().parties.last().unwrap().code.clone();
    let mut file = text.file().clone();
    file.sign(&signer, key()).unwrap();
    let own = file.signatures().first().unwrap();
    let mut answer = answer.clone();
    for signature in &mut answer.signatures {
        signature.public_key = own.key.0.to_vec();
        signature.signature = own.signature.0.to_vec();
    }
    for document in &mut answer.notices {
        if let Ok(mut notice) = AgreementNotice::parse(&document.document) {
            notice.agreement = text.terms().id.clone();
            notice.hash = text.hash();
            *document = notice.sign(key());
        }
    }
    answer
}

/// What a party says of an agreement.
pub(crate) fn notice(data: &[u8]) {
    let Ok(notice) = AgreementNotice::parse(data) else { return };
    let signed = notice.sign(key());
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
