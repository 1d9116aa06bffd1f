use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use symbolon_exchange::{
    AgreementNotice, AgreementText, DocumentError, MAX_NOTICES, MAX_SIGNATURES, MAX_TEXT_LEN,
    NoticeKind, TextError,
};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    AgreementTerms, BureauCode, Dataset, Desk, OfferedType, Party, PartyKeys, SignedAgreement,
    SigningKey, WhoLearns,
};
use symbolon_proto::{partner::v1::AgreementSignature, v1::SignedDocument};
use time::macros::datetime;

use crate::fixture::signing_key;

fn root() -> String {
    static ROOT: OnceLock<String> = OnceLock::new();
    ROOT.get_or_init(|| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        STANDARD.encode(made.der())
    })
    .clone()
}

struct Bureau {
    party: Party,
    legal: SigningKey,
}

fn bureau(name: &str) -> Bureau {
    let legal = signing_key();
    let public = || signing_key().verifying_key();
    let keys = PartyKeys {
        header: public(),
        manifest: public(),
        log: public(),
        legal: legal.verifying_key(),
    };
    let party = Party {
        code: name.parse().unwrap(),
        name: name.to_owned(),
        endpoint: "https://bureau.example:7443".to_owned(),
        spiffe_id: format!("spiffe://{name}.example/face"),
        tls_root: root(),
        keys,
        desk: Desk {
            name: "Desk".to_owned(),
            phone: "+000 555 0100".to_owned(),
            email: "desk@bureau.example".to_owned(),
        },
    };
    Bureau { party, legal }
}

fn terms(bureaus: &[&Bureau]) -> AgreementTerms {
    let kind = IdentifierType::Vin;
    AgreementTerms {
        format: AgreementTerms::FORMAT.to_owned(),
        id: "test-2026".parse().unwrap(),
        title: "Title".to_owned(),
        parties: bureaus.iter().map(|bureau| bureau.party.clone()).collect(),
        datasets: vec![Dataset {
            id: "list".to_owned(),
            owner: bureaus[0].party.code.clone(),
            title: "List".to_owned(),
            who_learns: WhoLearns::Requester,
            labels: None,
            types: vec![OfferedType {
                identifier_type: kind,
                rules_version: kind.rules_version(),
                daily_quota: 1,
                epoch_budget: None,
            }],
        }],
        purposes: vec!["border_control".to_owned()],
        epoch_days: 30,
        standing_days: None,
        conditions: None,
        valid_from: datetime!(2026-01-01 00:00 UTC),
        valid_until: datetime!(2027-01-01 00:00 UTC),
    }
}

fn signed(bureaus: &[&Bureau], by: &[&Bureau]) -> SignedAgreement {
    let mut file = SignedAgreement::draft(&terms(bureaus)).unwrap();
    for bureau in by {
        file.sign(&bureau.party.code, &bureau.legal).unwrap();
    }
    file
}

fn notice(file: &SignedAgreement, issuer: &str, kind: NoticeKind, counter: u64) -> AgreementNotice {
    AgreementNotice {
        agreement: file.terms().unwrap().id,
        hash: file.hash().unwrap(),
        issuer: issuer.parse().unwrap(),
        kind,
        counter,
        reason: "a reason for people".to_owned(),
        issued_at: datetime!(2026-03-04 05:06:07 UTC),
    }
}

fn verified(
    file: &SignedAgreement,
    document: &SignedDocument,
) -> Result<AgreementNotice, DocumentError> {
    AgreementNotice::verify(document, &file.terms().unwrap(), &file.hash().unwrap())
}

#[test]
fn a_text_arrives_with_the_signatures_and_notices_with_which_it_was_sent() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let file = signed(&[&fra, &deu], &[&fra]);
    let word = notice(&file, "FRA", NoticeKind::Suspend, 1).sign(&fra.legal);
    let sent = AgreementText::new(file.clone(), vec![word]).unwrap();
    let read = AgreementText::read(sent.request().unwrap()).unwrap();
    assert_eq!(read.hash(), file.hash().unwrap());
    assert_eq!(read.file().signatures(), file.signatures());
    assert_eq!(read.notices(), sent.notices());
    let answered = sent.answered(read.response()).unwrap();
    assert_eq!(answered.file().signatures(), file.signatures());
    assert_eq!(answered.notices(), sent.notices());
}

#[test]
fn a_notice_holds_for_its_issuer_text_and_content_only() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let file = signed(&[&fra, &deu], &[&fra, &deu]);
    let sound = notice(&file, "FRA", NoticeKind::Revoke, 7);
    let document = sound.sign(&fra.legal);
    assert_eq!(verified(&file, &document).unwrap(), sound);
    // DEU gives notice in the name of FRA, and a stranger does.
    assert_eq!(verified(&file, &sound.sign(&deu.legal)), Err(DocumentError::OtherKey));
    assert_eq!(verified(&file, &sound.sign(&signing_key())), Err(DocumentError::OtherKey));
    let mut named = sound.sign(&deu.legal);
    named.public_key = fra.legal.verifying_key().0.to_vec();
    assert_eq!(verified(&file, &named), Err(DocumentError::Signature));
    // Another key of the same party does not give notice.
    let other_key = sound.sign(&signing_key());
    assert!(verified(&file, &other_key).is_err());
    // About another text under the same id.
    let mut other = terms(&[&fra, &deu]);
    other.title = "Other".to_owned();
    let other = SignedAgreement::draft(&other).unwrap();
    assert!(verified(&other, &document).is_err());
    for at in 0..document.document.len() {
        let mut altered = document.clone();
        altered.document[at] ^= 1;
        assert!(verified(&file, &altered).is_err(), "byte {at}");
    }
    // The signature of the text itself is none of a notice.
    let mut crossed = document.clone();
    crossed.signature = file.signatures()[0].signature.0.to_vec();
    assert!(verified(&file, &crossed).is_err());
}

#[test]
fn a_notice_with_a_field_out_of_bounds_is_refused_whoever_signs_it() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let file = signed(&[&fra, &deu], &[&fra, &deu]);
    let spoiled = |change: &dyn Fn(&mut AgreementNotice)| {
        let mut one = notice(&file, "FRA", NoticeKind::Suspend, 1);
        change(&mut one);
        verified(&file, &one.sign(&fra.legal))
    };
    assert!(spoiled(&|_| {}).is_ok());
    assert!(spoiled(&|one| one.counter = 0).is_err());
    assert!(spoiled(&|one| one.counter = 1 << 63).is_err());
    assert!(spoiled(&|one| one.reason = String::new()).is_err());
    assert!(spoiled(&|one| one.reason = "  ".to_owned()).is_err());
    assert!(spoiled(&|one| one.reason = "a\nb".to_owned()).is_err());
    assert!(spoiled(&|one| one.reason = "é".repeat(256)).is_ok());
    assert!(spoiled(&|one| one.reason = "é".repeat(257)).is_err());
}

#[test]
fn what_does_not_hold_is_refused_with_the_whole_message() {
    let (fra, deu, esp) = (bureau("FRA"), bureau("DEU"), bureau("ESP"));
    let file = signed(&[&fra, &deu], &[&fra]);
    let sound = AgreementText::new(file.clone(), Vec::new()).unwrap().request().unwrap();
    assert!(AgreementText::read(sound.clone()).is_ok());
    let refused = |change: &dyn Fn(&mut symbolon_proto::partner::v1::ExchangeAgreementRequest)| {
        let mut request = sound.clone();
        change(&mut request);
        AgreementText::read(request).unwrap_err()
    };
    // Another spelling of the same text, a text that is signed inside, and no text.
    let pretty = serde_text(&file);
    assert!(matches!(refused(&|r| r.text = pretty.clone()), TextError::NotCanonical));
    let whole = file.to_json().unwrap().into_bytes();
    assert!(matches!(refused(&|r| r.text = whole.clone()), TextError::NotCanonical));
    assert!(matches!(refused(&|r| r.text.clear()), TextError::Agreement(_)));
    // Signatures of a stranger, by a wrong key, altered, or that are none.
    let stranger = signed(&[&fra, &esp], &[&esp]).signatures()[0].clone();
    assert!(matches!(
        refused(&|r| r.signatures[0] = AgreementSignature {
            party: "ESP".to_owned(),
            public_key: stranger.key.0.to_vec(),
            signature: stranger.signature.0.to_vec(),
        }),
        TextError::Agreement(_)
    ));
    assert!(matches!(
        refused(&|r| r.signatures[0].party = "DEU".to_owned()),
        TextError::Agreement(_)
    ));
    assert!(matches!(refused(&|r| r.signatures[0].signature[0] ^= 1), TextError::Agreement(_)));
    assert!(matches!(refused(&|r| r.signatures[0].signature.clear()), TextError::Signature));
    assert!(matches!(refused(&|r| r.signatures[0].party.clear()), TextError::Signature));
    // Two notices under one number.
    let one = notice(&file, "FRA", NoticeKind::Suspend, 1).sign(&fra.legal);
    let two = notice(&file, "FRA", NoticeKind::Revoke, 1).sign(&fra.legal);
    assert!(matches!(
        refused(&|r| r.notices = vec![one.clone(), two.clone()]),
        TextError::CounterTwice
    ));
}

/// The terms laid out for people.
fn serde_text(file: &SignedAgreement) -> Vec<u8> {
    let canonical = String::from_utf8(file.canonical_text().unwrap()).unwrap();
    canonical.replacen(':', ": ", 1).into_bytes()
}

#[test]
fn sizes_are_looked_at_before_anything_is_read() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let file = signed(&[&fra, &deu], &[&fra]);
    let sound = AgreementText::new(file.clone(), Vec::new()).unwrap().request().unwrap();
    let too_much = |change: &dyn Fn(&mut symbolon_proto::partner::v1::ExchangeAgreementRequest)| {
        let mut request = sound.clone();
        change(&mut request);
        assert!(matches!(AgreementText::read(request), Err(TextError::TooMuch)));
    };
    too_much(&|r| r.text = vec![b' '; MAX_TEXT_LEN + 1]);
    too_much(&|r| r.signatures = vec![r.signatures[0].clone(); MAX_SIGNATURES + 1]);
    too_much(&|r| r.notices = vec![SignedDocument::default(); MAX_NOTICES + 1]);
    let large = SignedDocument { document: vec![0; 300_000], ..SignedDocument::default() };
    too_much(&|r| r.notices = vec![large.clone(), large.clone()]);
}

#[test]
fn notices_stand_in_the_order_of_their_counters_for_each_issuer() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let file = signed(&[&fra, &deu], &[&fra, &deu]);
    let make = |issuer: &Bureau, kind, counter| {
        notice(&file, issuer.party.code.as_str(), kind, counter).sign(&issuer.legal)
    };
    let text = AgreementText::new(
        file.clone(),
        vec![
            make(&fra, NoticeKind::Resume, 2),
            make(&deu, NoticeKind::Suspend, 5),
            make(&fra, NoticeKind::Suspend, 1),
        ],
    )
    .unwrap();
    let order: Vec<(BureauCode, u64)> =
        text.notices().iter().map(|(one, _)| (one.issuer.clone(), one.counter)).collect();
    assert_eq!(
        order,
        [("DEU".parse().unwrap(), 5), ("FRA".parse().unwrap(), 1), ("FRA".parse().unwrap(), 2)]
    );
}
