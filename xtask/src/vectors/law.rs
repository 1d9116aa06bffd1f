//! Vectors of what people sign and compare: cards, notices, and the documents that follow a hit; and of
//! the root that stands for what happened to requests.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
};

use serde_json::{Value, json};
use symbolon_client::derive_blind;
use symbolon_exchange::{
    AgreementNotice, ChunkPosition, DisclosureDecision, DisclosureRefusal, DisclosureRequest,
    DisclosureWithdrawal, DocumentHash, ElementOpening, ElementProof, HitConfirmation, NoticeKind,
    ReleasedRecord,
};
use symbolon_identifiers::{IdentifierType, parse};
use symbolon_ledger::{Commitment, Frontier};
use symbolon_oprf::voprf;
use symbolon_policy::{
    Label, Party, RequestId,
    disclosure::RefusalGround,
    rules::{DisclosedField, HandlingCode, SubjectCategory, Urgency},
};
use symbolon_proto::v1::SignedDocument;
use time::Duration;

use super::{CHECK, VIN, WHEN, agreement, header, oprf_key, scope, signed, signing_key};

const REQUEST: RequestId = RequestId([0xd1; 16]);
/// What a program hashes of two events; the salts are 32 bytes of 0x60 and of 0x61.
const EVENTS: [&str; 2] = [
    concat!(
        r#"{"at":1767323045,"event":"recognised","#,
        r#""request":"d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1","clock_started":true}"#
    ),
    concat!(
        r#"{"at":1767323045,"event":"lapsed","#,
        r#""request":"d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"}"#
    ),
];

pub(super) fn vectors(receipt: &SignedDocument) -> Result<Value, Box<dyn Error>> {
    let terms = agreement()?.verify()?;
    let [requester, owner] = terms.terms().parties.as_slice() else {
        return Err("two parties".into());
    };
    let request = request(receipt)?;
    let document = request.sign(&signing_key(0x10)?)?;
    let hash = DocumentHash::of(&document.document);
    DisclosureRequest::verify(&document, &requester.keys.header)?;
    if !request.element.opens() {
        return Err("the element does not open".into());
    }
    let withdrawal =
        DisclosureWithdrawal { request: hash, issued_at: WHEN }.sign(&signing_key(0x10)?);
    DisclosureWithdrawal::verify(&withdrawal, &requester.keys.header)?;
    let decided = |outcome| -> Result<Value, Box<dyn Error>> {
        let decision = DisclosureDecision {
            request_hash: hash,
            request: REQUEST,
            requester: requester.code.clone(),
            owner: owner.code.clone(),
            decided_at: WHEN,
            outcome,
        };
        let document = decision.sign(&signing_key(0x22)?)?;
        DisclosureDecision::verify(&document, &owner.keys.log)?;
        Ok(signed(&document, Label::DisclosureDecision))
    };
    Ok(json!({
        "card": card(requester)?,
        "notice_suspend": notice(NoticeKind::Suspend, 1, "audit of the owner's list")?,
        "notice_resume": notice(NoticeKind::Resume, 2, "the audit is done")?,
        "notice_revoke": notice(NoticeKind::Revoke, 3, "it was replaced")?,
        "disclosure_request": signed(&document, Label::DisclosureRequest),
        "disclosure_withdrawal": signed(&withdrawal, Label::DisclosureWithdrawal),
        "disclosure_released": decided(Ok(record()))?,
        "disclosure_refused": decided(Err(DisclosureRefusal {
            ground: RefusalGround::Disproportionate,
            sentence: "The fields asked for go beyond the facts that are given.".to_owned(),
        }))?,
        "disclosure_events": events(),
    }))
}

/// A card, and what two people compare of it.
fn card(party: &Party) -> Result<Value, Box<dyn Error>> {
    let fingerprint = party.fingerprint()?;
    Ok(json!({
        "card": party,
        "fingerprint": fingerprint,
        "spoken": fingerprint.spoken(),
    }))
}

/// A notice of the requester on the agreement of the other vectors.
fn notice(kind: NoticeKind, counter: u64, reason: &str) -> Result<Value, Box<dyn Error>> {
    let agreement = agreement()?.verify()?;
    let notice = AgreementNotice {
        agreement: agreement.terms().id.clone(),
        hash: agreement.hash(),
        issuer: "REQ".parse()?,
        kind,
        counter,
        reason: reason.to_owned(),
        issued_at: WHEN,
    };
    let document = notice.sign(&signing_key(0x13)?);
    AgreementNotice::verify(&document, agreement.terms(), &agreement.hash())?;
    Ok(signed(&document, Label::AgreementNotice))
}

/// The request for the record behind the only element of the header of the other vectors.
fn request(receipt: &SignedDocument) -> Result<DisclosureRequest, Box<dyn Error>> {
    let identifier = parse(IdentifierType::Vin, VIN, None)?;
    let input = identifier.oprf_input();
    let blind = derive_blind(&[0x5e; 32], &CHECK, IdentifierType::Vin, 7, &input)?;
    let blinded = voprf::additive::blind(&[&input], std::slice::from_ref(&blind))?;
    let outputs = voprf::evaluate(&oprf_key()?, &[&input])?;
    let output = outputs.first().ok_or("no output")?;
    let agreement = agreement()?;
    let header = header(&scope()?, &agreement, &blinded)?;
    let position = ChunkPosition { scope: 0, chunk: 0, elements: 1 };
    Ok(DisclosureRequest {
        request: REQUEST,
        check: CHECK,
        agreement: header.agreement,
        agreement_hash: header.agreement_hash,
        requester: header.requester,
        owner: header.owner,
        element: ElementOpening {
            proof: ElementProof::of(&position, &blinded, 0).ok_or("no such element")?,
            identifier,
            blind,
        },
        claim: output.claim().into(),
        receipt: receipt.clone(),
        confirmation: Some(HitConfirmation {
            by: "officer-7".to_owned(),
            role: "desk officer".to_owned(),
            by_person: true,
            qualified: true,
            method: "chassis number read from the vehicle".to_owned(),
            at: WHEN,
        }),
        facts: "Vehicle held at the border; the driver cannot say whose it is.".to_owned(),
        offence_class: String::new(),
        purpose: "border_check".to_owned(),
        urgency: Urgency::Urgent,
        subject_category: SubjectCategory::Object,
        fields: BTreeSet::from([DisclosedField::ObjectStatus, DisclosedField::Authority]),
        recipient_authority: "Border police of Requestia".to_owned(),
        use_in_court: false,
        onward_to: String::new(),
        assurances: BTreeSet::new(),
        emergency_reasons: String::new(),
        issued_at: WHEN,
    })
}

fn record() -> ReleasedRecord {
    ReleasedRecord {
        fields: BTreeMap::from([(DisclosedField::ObjectStatus, "stolen".to_owned())]),
        subject_category: SubjectCategory::Object,
        handling_code: HandlingCode::H1,
        restriction: String::new(),
        evaluation: "A1".to_owned(),
        keep_until: WHEN + Duration::days(365),
        contested: false,
        national_flag: false,
        released_by: "spiffe://own.example/people/legal-1".to_owned(),
        approved_by: String::new(),
    }
}

/// What stands in the log for two events of requests.
fn events() -> Value {
    let mut tree = Frontier::default();
    let lines: Vec<_> = (0x60_u8..)
        .zip(EVENTS)
        .map(|(salt, event)| {
            let leaf = Commitment::new(&[salt; 32], event.as_bytes()).leaf_hash();
            tree.append(&leaf);
            json!({ "salt": hex::encode([salt; 32]), "record": event, "leaf": hex::encode(leaf.0) })
        })
        .collect();
    json!({ "events": lines, "root": hex::encode(tree.root().0) })
}
