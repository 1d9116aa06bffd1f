//! What is framed, hashed, signed and blinded.

use std::error::Error;

use serde_json::{Value, json};
use symbolon_exchange::{
    AnswerDigest, CheckHeader, ChunkPosition, DocumentHash, chunk_hash, commit,
};
use symbolon_identifiers::{IdentifierType, canary_input, parse};
use symbolon_oprf::voprf;
use symbolon_policy::{Label, SignedAgreement};
use symbolon_proto::v1::SignedDocument;

use super::{
    fixed::{
        BLIND_SECRET, CHECK, Question, agreement, oprf_key, question, scope, signed, signing_key,
    },
    must_fail,
    vector::Vector,
};

pub(super) fn vectors() -> Result<Vec<Vector>, Box<dyn Error>> {
    let question = question()?;
    let mut vectors = inputs()?;
    vectors.extend([
        output(&question)?,
        scope_id()?,
        blind(&question),
        chunk(),
        commitment(),
        digest(&question),
    ]);
    vectors.extend(agreements()?);
    vectors.extend(headers(&question)?);
    Ok(vectors)
}

fn inputs() -> Result<Vec<Vector>, Box<dyn Error>> {
    let named = [
        (IdentifierType::Vin, super::fixed::VIN, None),
        (IdentifierType::Plate, "MÜ-XY 123", Some("DEU")),
        (IdentifierType::TravelDocument, "l-898 902.c3", Some("UTO")),
    ];
    let mut vectors = Vec::new();
    for (kind, text, country) in named {
        let identifier = parse(kind, text, country)?;
        vectors.push(Vector::new(
            "oprf_input",
            kind.name(),
            json!({
                "identifier_type": kind.name(),
                "rules_version": kind.rules_version(),
                "canonical": hex::encode(identifier.canonical()),
            }),
            json!({ "oprf_input": hex::encode(&*identifier.oprf_input()) }),
        ));
    }
    vectors.push(Vector::new(
        "canary_input",
        "",
        json!({ "identifier_type": "vin", "rules_version": 1, "index": 3 }),
        json!({ "oprf_input": hex::encode(canary_input(IdentifierType::Vin, 3)) }),
    ));
    Ok(vectors)
}

fn output(question: &Question) -> Result<Vector, Box<dyn Error>> {
    let key = oprf_key()?;
    let outputs = voprf::evaluate(&key, &[&question.input])?;
    let output = outputs.first().ok_or("no output")?;
    Ok(Vector::new(
        "oprf_output",
        "",
        json!({
            "secret_key": hex::encode(*key.to_bytes()),
            "oprf_input": hex::encode(&question.input),
        }),
        json!({
            "public_key": hex::encode(key.public_key().to_bytes()),
            "output": hex::encode(output.as_bytes()),
            "membership_hash": hex::encode(output.membership_hash()),
            "claim": hex::encode(output.claim()),
            "label_secret": hex::encode(*output.label_secret()),
        }),
    ))
}

fn scope_id() -> Result<Vector, Box<dyn Error>> {
    let scope = scope()?;
    Ok(Vector::new(
        "scope_id",
        "",
        json!({
            "agreement_hash": scope.agreement_hash,
            "agreement_id": scope.agreement,
            "dataset": scope.dataset,
            "identifier_type": "vin",
            "rules_version": scope.rules_version,
            "epoch": scope.epoch,
        }),
        json!({ "scope_id": scope.id() }),
    ))
}

fn blind(question: &Question) -> Vector {
    Vector::new(
        "blind",
        "derived and applied as section 10 has it",
        json!({
            "secret": hex::encode(BLIND_SECRET),
            "check_id": CHECK.to_string(),
            "identifier_type": "vin",
            "position": 7,
            "oprf_input": hex::encode(&question.input),
        }),
        json!({
            "blind": hex::encode(*question.blind.to_bytes()),
            "added": hex::encode(&question.blinded),
        }),
    )
}

fn chunk() -> Vector {
    let elements: Vec<u8> = (0..33_u8).flat_map(|number| [number; 32]).collect();
    let position = ChunkPosition { scope: 1, chunk: 2, elements: 33 };
    Vector::new(
        "chunk_hash",
        "three blocks",
        json!({
            "check_id": CHECK.to_string(),
            "scope_index": position.scope,
            "chunk_index": position.chunk,
            "elements": hex::encode(&elements),
        }),
        json!({ "chunk_hash": hex::encode(chunk_hash(&CHECK, &position, &elements)) }),
    )
}

fn commitment() -> Vector {
    Vector::new(
        "commitment",
        "",
        json!({ "field": "officer", "salt": hex::encode([0x5a; 32]), "text": "officer-7" }),
        json!({ "commitment": hex::encode(commit("officer", &[0x5a; 32], "officer-7")) }),
    )
}

fn digest(question: &Question) -> Vector {
    let chunks: [&[u8]; 2] = [&question.blinded, b"second chunk"];
    let mut digest = AnswerDigest::default();
    chunks.iter().for_each(|chunk| digest.add(chunk));
    Vector::new(
        "answer_digest",
        "",
        json!({ "chunks": chunks.map(hex::encode) }),
        json!({ "digest": hex::encode(digest.finish()) }),
    )
}

fn agreements() -> Result<Vec<Vector>, Box<dyn Error>> {
    let agreement = agreement()?;
    let file: Value = serde_json::from_str(&agreement.to_json()?)?;
    let mut vectors = vec![Vector::new(
        "agreement",
        "signed by both",
        json!({ "file": file }),
        json!({
            "canonical": String::from_utf8(agreement.canonical_text()?)?,
            "hash": agreement.hash()?,
        }),
    )];
    let altered: [(&str, &str, &str, Value); 4] = [
        ("a term changed after signing", "signature", "/agreement/epoch_days", json!(91)),
        ("a party has not signed", "unsigned", "/signatures", json!([])),
        ("a number that is not whole", "no_canonical_form", "/agreement/epoch_days", json!(90.5)),
        (
            "another key than the terms name",
            "key",
            "/signatures/0/key",
            json!(signing_key(0x10)?.verifying_key()),
        ),
    ];
    for (name, reason, place, value) in altered {
        let mut file = file.clone();
        *file.pointer_mut(place).ok_or("no such place")? = value;
        let taken = SignedAgreement::from_json(file.to_string().as_bytes())
            .and_then(|agreement| agreement.verify());
        must_fail(name, taken)?;
        vectors.push(Vector::refused("agreement", name, json!({ "file": file }), reason));
    }
    Ok(vectors)
}

fn headers(question: &Question) -> Result<Vec<Vector>, Box<dyn Error>> {
    let key = signing_key(0x10)?.verifying_key();
    let given = |document: &SignedDocument| {
        json!({
            "label": Label::CheckHeader.as_str(),
            "key": key,
            "signed": signed(document),
        })
    };
    let (header, hash) = CheckHeader::verify(&question.header, &key)?;
    let scopes: Vec<_> = header
        .scopes
        .iter()
        .map(|scope| {
            json!({
                "scope_id": scope.scope,
                "element_count": scope.elements,
                "chunk_hashes": hex::encode(scope.chunk_hashes.concat()),
            })
        })
        .collect();
    let mut vectors = vec![Vector::new(
        "check_header",
        "as signed",
        given(&question.header),
        json!({
            "document_hash": hash.to_string(),
            "fields": {
                "check_id": header.check_id.to_string(),
                "agreement_id": header.agreement,
                "agreement_hash": header.agreement_hash,
                "requester": header.requester,
                "owner": header.owner,
                "scopes": scopes,
                "purpose": header.purpose,
                "offence_class": header.offence_class,
                "urgency": "urgent",
                "commitments": {
                    "officer": hex::encode(&header.commitments.officer),
                    "case_reference": hex::encode(&header.commitments.case_reference),
                    "justification": hex::encode(&header.commitments.justification),
                },
                "issued_at": header.issued_at.unix_timestamp(),
            },
        }),
    )];
    let mut altered = question.header.clone();
    if let Some(last) = altered.document.last_mut() {
        *last ^= 1;
    }
    let other = {
        let scope = scope()?;
        super::fixed::header(&scope, &agreement()?, &question.blinded)?.sign(&signing_key(0x11)?)
    };
    for (name, reason, document) in [
        ("one bit changed", "signature", altered),
        ("signed by another key of the party", "key", other),
    ] {
        must_fail(name, CheckHeader::verify(&document, &key))?;
        vectors.push(Vector::refused("check_header", name, given(&document), reason));
    }
    // The same bytes under another label are another statement.
    let manifest = {
        let mut given = given(&question.header);
        if let Some(label) = given.get_mut("label") {
            *label = json!(Label::Manifest.as_str());
        }
        given
    };
    must_fail(
        "another label",
        symbolon_exchange::verify(&key, Label::Manifest, &question.header).map(DocumentHash::of),
    )?;
    vectors.push(Vector::refused("check_header", "under another label", manifest, "signature"));
    Ok(vectors)
}
