//! One element of a check, shown: alone, and with everything that it stands on.

use std::error::Error;

use serde_json::{Value, json};
use symbolon_client::{ElementEvidence, EvidenceFacts, SignedFile};
use symbolon_exchange::{ChunkPosition, ElementProof, chunk_hash};
use symbolon_identifiers::IdentifierType;
use symbolon_proto::v1::SignedDocument;

use super::super::{
    fixed::{CHECK, agreement, question},
    must_fail, receipt,
    vector::Vector,
};
use super::{INDEX, SIZE, flipped};

pub(super) fn vectors() -> Result<Vec<Vector>, Box<dyn Error>> {
    let mut vectors = places()?;
    vectors.extend(evidence()?);
    Ok(vectors)
}

/// An element of a chunk of three blocks.
fn places() -> Result<Vec<Vector>, Box<dyn Error>> {
    let elements: Vec<u8> = (0..33_u8).flat_map(|number| [number; 32]).collect();
    let position = ChunkPosition { scope: 1, chunk: 2, elements: 33 };
    let hash = chunk_hash(&CHECK, &position, &elements);
    let proof = ElementProof::of(&position, &elements, 20).ok_or("no such element")?;
    if !proof.verifies(&CHECK, &hash) {
        return Err("the element is not proven".into());
    }
    let given = |proof: &ElementProof| {
        json!({
            "check_id": CHECK.to_string(),
            "chunk_hash": hex::encode(hash),
            "proof": proof,
        })
    };
    let element = proof.element().map(hex::encode);
    let mut vectors =
        vec![Vector::new("element_proof", "", given(&proof), json!({ "element": element }))];
    let altered = |alter: fn(&mut ElementProof)| {
        let mut proof = proof.clone();
        alter(&mut proof);
        proof
    };
    let cases = [
        ("another element in the block", altered(|proof| proof.block = flipped(&proof.block))),
        ("another path", altered(|proof| proof.path = flipped(&proof.path))),
        ("another place", altered(|proof| proof.index = 4)),
        ("a block that is too short", altered(|proof| proof.block.truncate(15 * 32))),
    ];
    for (name, proof) in cases {
        must_fail(name, if proof.verifies(&CHECK, &hash) { Ok(()) } else { Err(()) })?;
        vectors.push(Vector::refused("element_proof", name, given(&proof), "proof"));
    }
    Ok(vectors)
}

/// The file that shows the only element of the header to others.
fn evidence() -> Result<Vec<Vector>, Box<dyn Error>> {
    let question = question()?;
    let agreement = agreement()?;
    let verified = agreement.verify()?;
    let file: Value = serde_json::from_str(&agreement.to_json()?)?;
    let position = ChunkPosition { scope: 0, chunk: 0, elements: 1 };
    let evidence = ElementEvidence {
        format: ElementEvidence::FORMAT.to_owned(),
        header: signed_file(&question.header),
        element: ElementProof::of(&position, &question.blinded, 0).ok_or("no such element")?,
        identifier_type: IdentifierType::Vin.name().to_owned(),
        canonical: question.canonical.clone(),
        blind: question.blind.to_bytes().to_vec(),
        facts: EvidenceFacts {
            officer: "officer-7".to_owned(),
            case_reference: "case-11".to_owned(),
            justification: String::new(),
            officer_salt: hex::encode([0x5a; 32]),
            case_reference_salt: hex::encode([0x5b; 32]),
            justification_salt: hex::encode([0x5c; 32]),
        },
        receipt: Some(signed_file(&receipt::document(&question)?)),
    };
    let proven = evidence.verify(&verified)?;
    if proven.receipt.map(|receipt| receipt.entry_index) != Some(INDEX)
        || proven.tree_size != Some(SIZE)
    {
        return Err("the element's receipt is not proven".into());
    }
    let given = |evidence: &ElementEvidence| json!({ "evidence": evidence, "agreement": file });
    let mut vectors = vec![Vector::new(
        "element_evidence",
        "",
        given(&evidence),
        json!({ "entry_index": INDEX, "tree_size": SIZE }),
    )];
    let altered = |alter: fn(&mut ElementEvidence)| {
        let mut evidence = evidence.clone();
        alter(&mut evidence);
        evidence
    };
    let cases = [
        (
            "another identifier",
            altered(|evidence| evidence.canonical = b"1M8GDM9AXKP042789".to_vec()),
        ),
        (
            "another blind",
            altered(|evidence| evidence.blind.iter_mut().take(1).for_each(|byte| *byte ^= 1)),
        ),
        ("another officer", altered(|evidence| evidence.facts.officer = "officer-8".to_owned())),
    ];
    for (name, evidence) in cases {
        must_fail(name, evidence.verify(&verified))?;
        vectors.push(Vector::refused("element_evidence", name, given(&evidence), "evidence"));
    }
    Ok(vectors)
}

fn signed_file(document: &SignedDocument) -> SignedFile {
    SignedFile {
        document: document.document.clone(),
        public_key: document.public_key.clone(),
        signature: document.signature.clone(),
    }
}
