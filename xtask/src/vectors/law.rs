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
    Label, Party, RequestId, VerifyingKey,
    disclosure::RefusalGround,
    rules::{DisclosedField, HandlingCode, SubjectCategory, Urgency},
};
use symbolon_proto::v1::SignedDocument;
use time::{OffsetDateTime, macros::datetime};

use super::{
    fixed::{
        BLIND_SECRET, CHECK, Question, VIN, WHEN, agreement, header, oprf_key, question, scope,
        signed, signing_key,
    },
    must_fail, receipt,
    vector::Vector,
};

const BY: &str = "officer-7";
const ROLE: &str = "desk officer";
const METHOD: &str = "chassis number read from the vehicle";
const RELEASED_BY: &str = "spiffe://own.example/people/legal-1";
const KEEP_UNTIL: OffsetDateTime = datetime!(2027-01-02 03:04:05 UTC);
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

pub(super) fn vectors() -> Result<Vec<Vector>, Box<dyn Error>> {
    let terms = agreement()?.verify()?;
    let [requester, owner] = terms.terms().parties.as_slice() else {
        return Err("two parties".into());
    };
    let question = question()?;
    let receipt = receipt::document(&question)?;
    let request = request(&question, &receipt)?;
    let document = request.sign(&signing_key(0x10)?)?;
    let hash = DocumentHash::of(&document.document);
    DisclosureRequest::verify(&document, &requester.keys.header)?;
    if !request.element.opens() {
        return Err("the element does not open".into());
    }
    let mut vectors = vec![card(requester)?, card(owner)?];
    vectors.extend(notices()?);
    vectors.extend(request_vectors(&request, &receipt, &document)?);
    let withdrawal =
        DisclosureWithdrawal { request: hash, issued_at: WHEN }.sign(&signing_key(0x10)?);
    DisclosureWithdrawal::verify(&withdrawal, &requester.keys.header)?;
    vectors.push(document_vector(
        "disclosure_withdrawal",
        "",
        (Label::DisclosureWithdrawal, &requester.keys.header),
        &withdrawal,
        json!({ "request_hash": hash.to_string(), "issued_at": WHEN.unix_timestamp() }),
    ));
    vectors.extend(decisions(hash, requester, owner)?);
    vectors.push(events());
    Ok(vectors)
}

/// A card, and what two people compare of it.
fn card(party: &Party) -> Result<Vector, Box<dyn Error>> {
    let fingerprint = party.fingerprint()?;
    Ok(Vector::new(
        "card_fingerprint",
        party.code.as_str(),
        json!({ "card": party }),
        json!({ "fingerprint": fingerprint }),
    ))
}

/// A signed document of which every field is to be read.
fn document_vector(
    kind: &str,
    name: &str,
    (label, key): (Label, &VerifyingKey),
    document: &SignedDocument,
    fields: Value,
) -> Vector {
    let expect = json!({
        "document_hash": DocumentHash::of(&document.document).to_string(),
        "fields": fields,
    });
    Vector::new(kind, name, given(label, key, document), expect)
}

fn given(label: Label, key: &VerifyingKey, document: &SignedDocument) -> Value {
    json!({ "label": label.as_str(), "key": key, "signed": signed(document) })
}

/// Notices of the requester on the agreement of the other vectors.
fn notices() -> Result<Vec<Vector>, Box<dyn Error>> {
    let agreement = agreement()?.verify()?;
    let legal = signing_key(0x13)?;
    let notice = |kind, counter, reason: &str| -> Result<AgreementNotice, Box<dyn Error>> {
        Ok(AgreementNotice {
            agreement: agreement.terms().id.clone(),
            hash: agreement.hash(),
            issuer: "REQ".parse()?,
            kind,
            counter,
            reason: reason.to_owned(),
            issued_at: WHEN,
        })
    };
    let mut vectors = Vec::new();
    for (kind, name, counter, reason) in [
        (NoticeKind::Suspend, "suspend", 1, "audit of the owner's list"),
        (NoticeKind::Resume, "resume", 2, "the audit is done"),
        (NoticeKind::Revoke, "revoke", 3, "it was replaced"),
    ] {
        let document = notice(kind, counter, reason)?.sign(&legal);
        AgreementNotice::verify(&document, agreement.terms(), &agreement.hash())?;
        vectors.push(document_vector(
            "agreement_notice",
            name,
            (Label::AgreementNotice, &legal.verifying_key()),
            &document,
            json!({
                "agreement_id": agreement.terms().id,
                "agreement_hash": agreement.hash(),
                "issuer": "REQ",
                "kind": name,
                "counter": counter,
                "reason": reason,
                "issued_at": WHEN.unix_timestamp(),
            }),
        ));
    }
    let other = notice(NoticeKind::Revoke, 4, "no")?.sign(&signing_key(0x10)?);
    let name = "by another key of the party";
    must_fail(name, AgreementNotice::verify(&other, agreement.terms(), &agreement.hash()))?;
    let given = given(Label::AgreementNotice, &legal.verifying_key(), &other);
    vectors.push(Vector::refused("agreement_notice", name, given, "key"));
    Ok(vectors)
}

fn request_vectors(
    request: &DisclosureRequest,
    receipt: &SignedDocument,
    document: &SignedDocument,
) -> Result<Vec<Vector>, Box<dyn Error>> {
    let key = signing_key(0x10)?.verifying_key();
    let element = &request.element;
    let fields = json!({
        "request_id": hex::encode(REQUEST.0),
        "check_id": CHECK.to_string(),
        "agreement_id": request.agreement,
        "agreement_hash": request.agreement_hash,
        "requester": request.requester,
        "owner": request.owner,
        "element": {
            "scope": 0,
            "chunk": 0,
            "elements": 1,
            "index": 0,
            "block": hex::encode(element.proof.element().ok_or("no element")?),
            "path": "",
            "identifier_type": "vin",
            "canonical": hex::encode(element.identifier.canonical()),
            "blind": hex::encode(*element.blind.to_bytes()),
        },
        "claim": hex::encode(*request.claim),
        "receipt": signed(receipt),
        "confirmation": {
            "by": BY,
            "role": ROLE,
            "by_person": true,
            "qualified": true,
            "method": METHOD,
            "at": WHEN.unix_timestamp(),
        },
        "facts": request.facts,
        "offence_class": "",
        "purpose": request.purpose,
        "urgency": "urgent",
        "subject_category": "object",
        "fields": ["authority", "object_status"],
        "recipient_authority": request.recipient_authority,
        "use_in_court": false,
        "onward_to": "",
        "assurances": [],
        "emergency_reasons": "",
        "issued_at": WHEN.unix_timestamp(),
    });
    let how = (Label::DisclosureRequest, &key);
    let mut altered = document.clone();
    if let Some(last) = altered.document.last_mut() {
        *last ^= 1;
    }
    must_fail("one bit changed", DisclosureRequest::verify(&altered, &key))?;
    Ok(vec![
        document_vector("disclosure_request", "", how, document, fields),
        Vector::refused(
            "disclosure_request",
            "one bit changed",
            given(Label::DisclosureRequest, &key, &altered),
            "signature",
        ),
    ])
}

fn decisions(
    request_hash: DocumentHash,
    requester: &Party,
    owner: &Party,
) -> Result<Vec<Vector>, Box<dyn Error>> {
    let released = json!({
        "fields": [{ "field": "object_status", "value": "stolen" }],
        "subject_category": "object",
        "handling_code": "H1",
        "restriction": "",
        "evaluation": "A1",
        "keep_until": KEEP_UNTIL.unix_timestamp(),
        "contested": false,
        "national_flag": false,
        "released_by": RELEASED_BY,
        "approved_by": "",
    });
    let refusal = DisclosureRefusal {
        ground: RefusalGround::Disproportionate,
        sentence: "The fields asked for go beyond the facts that are given.".to_owned(),
    };
    let refused = json!({ "ground": "disproportionate", "sentence": refusal.sentence });
    [("released", Ok(record()), released), ("refused", Err(refusal), refused)]
        .into_iter()
        .map(|(name, outcome, expected)| {
            let decision = DisclosureDecision {
                request_hash,
                request: REQUEST,
                requester: requester.code.clone(),
                owner: owner.code.clone(),
                decided_at: WHEN,
                outcome,
            };
            let document = decision.sign(&signing_key(0x22)?)?;
            DisclosureDecision::verify(&document, &owner.keys.log)?;
            let mut fields = json!({
                "request_hash": request_hash.to_string(),
                "request_id": hex::encode(REQUEST.0),
                "requester": requester.code,
                "owner": owner.code,
                "decided_at": WHEN.unix_timestamp(),
            });
            if let Some(fields) = fields.as_object_mut() {
                fields.insert(name.to_owned(), expected);
            }
            let how = (Label::DisclosureDecision, &owner.keys.log);
            Ok(document_vector("disclosure_decision", name, how, &document, fields))
        })
        .collect()
}

/// The request for the record behind the only element of the header of the other vectors.
fn request(
    question: &Question,
    receipt: &SignedDocument,
) -> Result<DisclosureRequest, Box<dyn Error>> {
    let identifier = parse(IdentifierType::Vin, VIN, None)?;
    let input = identifier.oprf_input();
    let blind = derive_blind(&BLIND_SECRET, &CHECK, IdentifierType::Vin, 7, &input)?;
    let outputs = voprf::evaluate(&oprf_key()?, &[&input])?;
    let output = outputs.first().ok_or("no output")?;
    let header = header(&scope()?, &agreement()?, &question.blinded)?;
    let position = ChunkPosition { scope: 0, chunk: 0, elements: 1 };
    Ok(DisclosureRequest {
        request: REQUEST,
        check: CHECK,
        agreement: header.agreement,
        agreement_hash: header.agreement_hash,
        requester: header.requester,
        owner: header.owner,
        element: ElementOpening {
            proof: ElementProof::of(&position, &question.blinded, 0).ok_or("no such element")?,
            identifier,
            blind,
        },
        claim: output.claim().into(),
        receipt: receipt.clone(),
        confirmation: Some(HitConfirmation {
            by: BY.to_owned(),
            role: ROLE.to_owned(),
            by_person: true,
            qualified: true,
            method: METHOD.to_owned(),
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
        keep_until: KEEP_UNTIL,
        contested: false,
        national_flag: false,
        released_by: RELEASED_BY.to_owned(),
        approved_by: String::new(),
    }
}

/// What stands in the log for two events of requests.
fn events() -> Vector {
    let mut tree = Frontier::default();
    let mut given = Vec::new();
    let mut leaves = Vec::new();
    for (salt, event) in (0x60_u8..).zip(EVENTS) {
        let leaf = Commitment::new(&[salt; 32], event.as_bytes()).leaf_hash();
        tree.append(&leaf);
        given.push(json!({ "salt": hex::encode([salt; 32]), "record": event }));
        leaves.push(hex::encode(leaf.0));
    }
    Vector::new(
        "disclosure_events",
        "",
        json!({ "events": given }),
        json!({ "leaves": leaves, "root": hex::encode(tree.root().0) }),
    )
}
