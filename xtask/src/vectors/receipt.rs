//! Receipts for the one check: the one that a requester takes, and those that it must not.

use std::error::Error;

use serde_json::{Value, json};
use symbolon_exchange::{AnswerDigest, DocumentHash, Receipt, sign_checkpoint};
use symbolon_ledger::TreeHash;
use symbolon_policy::Label;
use symbolon_proto::v1::SignedDocument;

use super::{
    fixed::{CHECK, Question, WHEN, question, signed, signing_key},
    log::{INDEX, Log, SIZE},
    must_fail,
    vector::Vector,
};

const MANIFEST: DocumentHash = DocumentHash([0x3a; 32]);

/// Two chunks of evaluated elements: what the receipt counts and hashes, nothing else.
fn evaluated(question: &Question) -> [Vec<u8>; 2] {
    [question.blinded.clone(), [0x44; 64].to_vec()]
}

fn receipt(question: &Question, log: &Log) -> Result<Receipt, Box<dyn Error>> {
    let mut digest = AnswerDigest::default();
    evaluated(question).iter().for_each(|chunk| digest.add(chunk));
    Ok(Receipt {
        check_id: CHECK,
        header_hash: DocumentHash::of(&question.header.document),
        manifests: vec![MANIFEST],
        evaluated: digest.finish(),
        answered: 3,
        entry_index: INDEX,
        leaf_hash: log.leaf(INDEX)?.0,
        issued_at: WHEN,
        checkpoint: log.checkpoint()?.to_bytes(),
        inclusion: log.inclusion(INDEX)?,
    })
}

/// The signed receipt.
pub(super) fn document(question: &Question) -> Result<SignedDocument, Box<dyn Error>> {
    let log = Log::new()?;
    Ok(receipt(question, &log)?.sign(&log.key))
}

pub(super) fn vectors() -> Result<Vec<Vector>, Box<dyn Error>> {
    let question = question()?;
    let log = Log::new()?;
    let good = receipt(&question, &log)?;
    let given = |document: &SignedDocument| given(&question, &log, document);
    let document = good.sign(&log.key);
    accept(&question, &log, &document)?;
    let mut vectors = vec![Vector::new(
        "receipt",
        "as signed",
        given(&document),
        json!({
            "document_hash": DocumentHash::of(&document.document).to_string(),
            "answered": good.answered,
            "entry_index": INDEX,
            "leaf_hash": hex::encode(good.leaf_hash),
            "tree_size": SIZE,
            "issued_at": WHEN.unix_timestamp(),
        }),
    )];
    let altered = |alter: fn(&mut Receipt)| {
        let mut receipt = good.clone();
        alter(&mut receipt);
        receipt
    };
    let foreign = sign_checkpoint(&"REQ".parse()?, SIZE, TreeHash([0x3c; 32]), &log.key);
    let cases = [
        ("for another check", "check", altered(|receipt| receipt.check_id.0 = [0xc2; 16])),
        ("for another header", "header", altered(|receipt| receipt.header_hash.0 = [0x3b; 32])),
        (
            "another manifest",
            "manifests",
            altered(|receipt| receipt.manifests = vec![DocumentHash([0x3b; 32])]),
        ),
        (
            "other evaluated elements",
            "evaluated",
            altered(|receipt| receipt.evaluated = [0x3b; 32]),
        ),
        ("another number of elements", "answered", altered(|receipt| receipt.answered = 2)),
        (
            "a leaf that is not in the tree",
            "inclusion",
            altered(|receipt| receipt.leaf_hash = [0x3b; 32]),
        ),
        ("another entry", "inclusion", altered(|receipt| receipt.entry_index = INDEX + 1)),
        (
            "a checkpoint of another bureau's log",
            "checkpoint",
            Receipt { checkpoint: foreign.to_bytes(), ..good.clone() },
        ),
    ];
    for (name, reason, receipt) in cases {
        let document = receipt.sign(&log.key);
        must_fail(name, accept(&question, &log, &document))?;
        vectors.push(Vector::refused("receipt", name, given(&document), reason));
    }
    let mut changed = document;
    if let Some(last) = changed.document.last_mut() {
        *last ^= 1;
    }
    let other = good.sign(&signing_key(0x20)?);
    for (name, reason, document) in [
        ("one bit changed after signing", "signature", changed),
        ("another key of the owner", "key", other),
    ] {
        must_fail(name, accept(&question, &log, &document))?;
        vectors.push(Vector::refused("receipt", name, given(&document), reason));
    }
    Ok(vectors)
}

fn given(question: &Question, log: &Log, document: &SignedDocument) -> Value {
    json!({
        "label": Label::Receipt.as_str(),
        "owner": "OWN",
        "log_key": log.key.verifying_key(),
        "check_id": CHECK.to_string(),
        "header": signed(&question.header),
        "manifest_hashes": [MANIFEST.to_string()],
        "evaluated_chunks": evaluated(question).map(hex::encode),
        "signed": signed(document),
    })
}

/// What section 9, step 6 of the protocol has a requester do.
fn accept(question: &Question, log: &Log, document: &SignedDocument) -> Result<(), Box<dyn Error>> {
    let receipt = Receipt::verify(document, &log.key.verifying_key())?;
    let asked = self::receipt(question, log)?;
    if receipt.check_id != asked.check_id
        || receipt.header_hash != asked.header_hash
        || receipt.manifests != asked.manifests
        || receipt.evaluated != asked.evaluated
        || receipt.answered != asked.answered
    {
        return Err("the receipt is for something else".into());
    }
    receipt.logged(&"OWN".parse()?, &log.key.verifying_key())?;
    Ok(())
}
