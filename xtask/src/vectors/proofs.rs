//! What holds a proof and therefore comes out otherwise each time: evaluations, and a manifest.

use std::error::Error;

use ring::rand::SystemRandom;
use serde_json::{Value, json};
use symbolon_exchange::{CanarySet, DocumentHash, LabelFile, Manifest};
use symbolon_identifiers::{IdentifierType, parse};
use symbolon_oprf::{Blind, Mode, Output, Proof, PublicKey, SecretKey, voprf};
use symbolon_policy::Label;
use symbolon_proto::v1::SignedDocument;

use super::{
    fixed::{WHEN, oprf_key, scope, signed, signing_key},
    must_fail,
    vector::Vector,
};

/// What is random in the file.
pub(super) struct Random {
    multiplied: Proof,
    added: Proof,
    canaries: CanarySet,
}

impl Random {
    pub(super) fn fresh() -> Result<Self, Box<dyn Error>> {
        let (key, random) = (oprf_key()?, SystemRandom::new());
        let question = Question::new()?;
        Ok(Self {
            multiplied: voprf::blind_evaluate(&key, &question.multiplied, &random)?.proof,
            added: voprf::blind_evaluate(&key, &question.added, &random)?.proof,
            canaries: CanarySet::evaluate(&key, IdentifierType::Vin, &random)?,
        })
    }

    /// That of a file.
    pub(super) fn of(vectors: &[Vector]) -> Result<Self, Box<dyn Error>> {
        let bytes = |kind: &str, name: &str, place: &str| -> Result<Vec<u8>, Box<dyn Error>> {
            let vector = vectors.iter().find(|vector| vector.kind == kind && vector.name == name);
            let value = vector.and_then(|vector| vector.given.pointer(place)?.as_str());
            Ok(hex::decode(value.ok_or("the file has another form")?)?)
        };
        let manifest = Manifest::parse(&bytes("manifest", MANIFEST, "/signed/document")?)?;
        Ok(Self {
            multiplied: Proof::from_bytes(&bytes("evaluation", MULTIPLIED, "/proof")?)?,
            added: Proof::from_bytes(&bytes("evaluation", ADDED, "/proof")?)?,
            canaries: manifest.canaries,
        })
    }
}

const MULTIPLIED: &str = "blinded by multiplication";
const ADDED: &str = "blinded by addition";
const MANIFEST: &str = "with labels";

/// Three identifiers, with blinds that nobody else would choose.
struct Question {
    inputs: Vec<Vec<u8>>,
    blinds: Vec<Blind>,
    multiplied: Vec<u8>,
    added: Vec<u8>,
}

impl Question {
    fn new() -> Result<Self, Box<dyn Error>> {
        let named = [
            (IdentifierType::Vin, super::fixed::VIN, None),
            (IdentifierType::Phone, "+44 20 7946 0018", None),
            (IdentifierType::TravelDocument, "L898902C3", Some("UTO")),
        ];
        let inputs = named
            .into_iter()
            .map(|(kind, text, country)| Ok(parse(kind, text, country)?.oprf_input().to_vec()))
            .collect::<Result<Vec<Vec<u8>>, Box<dyn Error>>>()?;
        let blinds = [0x61, 0x62, 0x63]
            .iter()
            .map(|byte| Blind::from_uniform_bytes(&[*byte; 64]))
            .collect::<Result<Vec<_>, _>>()?;
        let multiplied = voprf::blind(&inputs, &blinds)?;
        let added = voprf::additive::blind(&inputs, &blinds)?;
        Ok(Self { inputs, blinds, multiplied, added })
    }
}

/// One answer, as it came or as it was altered.
#[derive(Clone)]
struct Answer {
    public_key: [u8; 32],
    evaluated: Vec<u8>,
    proof: Vec<u8>,
}

pub(super) fn vectors(random: &Random) -> Result<Vec<Vector>, Box<dyn Error>> {
    let mut vectors = evaluations(random)?;
    vectors.extend(manifests(random)?);
    Ok(vectors)
}

fn evaluations(random: &Random) -> Result<Vec<Vector>, Box<dyn Error>> {
    let (key, question) = (oprf_key()?, Question::new()?);
    let outputs = voprf::evaluate(&key, &question.inputs)?;
    let evaluate = |blinded: &[u8], proof: &Proof| -> Result<Answer, Box<dyn Error>> {
        Ok(Answer {
            public_key: key.public_key().to_bytes(),
            evaluated: voprf::blind_evaluate(&key, blinded, &SystemRandom::new())?.elements,
            proof: proof.to_bytes().to_vec(),
        })
    };
    let mut vectors = Vec::new();
    for (name, added, proof) in
        [(MULTIPLIED, false, &random.multiplied), (ADDED, true, &random.added)]
    {
        let blinded = if added { &question.added } else { &question.multiplied };
        let answer = evaluate(blinded, proof)?;
        if finalize(&question, added, &answer)? != outputs {
            return Err("the evaluation gives something else".into());
        }
        let expect = json!({
            "outputs": outputs.iter().map(|output| hex::encode(output.as_bytes())).collect::<Vec<_>>(),
        });
        vectors.push(Vector::new(
            "evaluation",
            name,
            given(&key, &question, added, &answer),
            expect,
        ));
    }
    let good = evaluate(&question.multiplied, &random.multiplied)?;
    let other = other_key()?.to_bytes();
    let altered = |alter: fn(&mut Answer)| {
        let mut answer = good.clone();
        alter(&mut answer);
        answer
    };
    let cases = [
        (
            "one bit of the proof changed",
            "proof",
            altered(|answer| answer.proof.iter_mut().take(1).for_each(|byte| *byte ^= 1)),
        ),
        (
            "a scalar of the proof is not canonical",
            "scalar",
            altered(|answer| answer.proof.iter_mut().skip(32).for_each(|byte| *byte = 0xff)),
        ),
        (
            "two elements exchanged",
            "proof",
            altered(|answer| {
                let (first, rest) = answer.evaluated.split_at_mut(32);
                if let Some(second) = rest.get_mut(..32) {
                    first.swap_with_slice(second);
                }
            }),
        ),
        ("another key", "proof", Answer { public_key: other, ..good.clone() }),
        (
            "an element is the identity",
            "element",
            altered(|answer| answer.evaluated.iter_mut().take(32).for_each(|byte| *byte = 0)),
        ),
        (
            "an element is not canonical",
            "element",
            altered(|answer| answer.evaluated.iter_mut().take(32).for_each(|byte| *byte = 0xff)),
        ),
    ];
    for (name, reason, answer) in cases {
        must_fail(name, finalize(&question, false, &answer))?;
        let given = given(&key, &question, false, &answer);
        vectors.push(Vector::refused("evaluation", name, given, reason));
    }
    Ok(vectors)
}

fn given(key: &SecretKey, question: &Question, added: bool, answer: &Answer) -> Value {
    let blinds: Vec<_> =
        question.blinds.iter().map(|blind| hex::encode(*blind.to_bytes())).collect();
    json!({
        "secret_key": hex::encode(*key.to_bytes()),
        "public_key": hex::encode(answer.public_key),
        "oprf_inputs": question.inputs.iter().map(hex::encode).collect::<Vec<_>>(),
        "blinds": blinds,
        "blinding": if added { "addition" } else { "multiplication" },
        "blinded": hex::encode(if added { &question.added } else { &question.multiplied }),
        "evaluated": hex::encode(&answer.evaluated),
        "proof": hex::encode(&answer.proof),
    })
}

fn finalize(
    question: &Question,
    added: bool,
    answer: &Answer,
) -> Result<Vec<Output>, Box<dyn Error>> {
    let (key, proof) =
        (PublicKey::from_bytes(&answer.public_key)?, Proof::from_bytes(&answer.proof)?);
    let (inputs, blinds) = (&question.inputs, &question.blinds);
    Ok(if added {
        voprf::additive::finalize(&key, inputs, blinds, &question.added, &answer.evaluated, &proof)?
    } else {
        voprf::finalize(&key, inputs, blinds, &question.multiplied, &answer.evaluated, &proof)?
    })
}

fn manifests(random: &Random) -> Result<Vec<Vector>, Box<dyn Error>> {
    let key = oprf_key()?;
    let manifest_key = signing_key(0x21)?;
    let manifest = |public_key: PublicKey| -> Result<Manifest, Box<dyn Error>> {
        Ok(Manifest {
            scope: scope()?,
            version: 2,
            public_key,
            padded_len: 1_024,
            lambda: 40,
            file_sha256: [0xf1; 32],
            file_len: 5_552,
            previous: Some(DocumentHash([0x9e; 32])),
            canaries: random.canaries.clone(),
            issued_at: WHEN,
            expires_at: WHEN + time::Duration::days(30),
            updated_at: WHEN - time::Duration::hours(1),
            labels: Some(LabelFile { sha256: [0xf2; 32], file_len: 100_000, label_len: 64 }),
        })
    };
    let given = |document: &SignedDocument| {
        json!({
            "label": Label::Manifest.as_str(),
            "manifest_key": manifest_key.verifying_key(),
            "signed": signed(document),
        })
    };
    let good = manifest(key.public_key())?;
    let hashes = canary_hashes(&good)?;
    let document = good.sign(&manifest_key);
    let mut vectors = vec![Vector::new(
        "manifest",
        MANIFEST,
        given(&document),
        json!({
            "document_hash": DocumentHash::of(&document.document).to_string(),
            "scope_id": good.scope_id(),
            "version": good.version,
            "oprf_public_key": hex::encode(good.public_key.to_bytes()),
            "padded_len": good.padded_len,
            "lambda": good.lambda,
            "file_len": good.file_len,
            "label_len": 64,
            "expires_at": good.expires_at.unix_timestamp(),
            "canary_membership_hashes": hashes,
        }),
    )];
    let other = manifest(other_key()?)?;
    must_fail("canaries of another key", canary_hashes(&other))?;
    vectors.push(Vector::refused(
        "manifest",
        "canaries of another key",
        given(&other.sign(&manifest_key)),
        "canaries",
    ));
    let foreign = good.sign(&signing_key(0x20)?);
    must_fail("another key", Manifest::verify(&foreign, &manifest_key.verifying_key()))?;
    vectors.push(Vector::refused("manifest", "another key of the owner", given(&foreign), "key"));
    Ok(vectors)
}

/// That of another scope.
fn other_key() -> Result<PublicKey, Box<dyn Error>> {
    Ok(SecretKey::derive(&[0x2b; 32], b"another", Mode::Voprf)?.public_key())
}

fn canary_hashes(manifest: &Manifest) -> Result<Vec<String>, Box<dyn Error>> {
    let hashes = manifest.canaries.membership_hashes(&manifest.public_key, IdentifierType::Vin)?;
    Ok(hashes.iter().map(|hash| hex::encode(hash.0)).collect())
}
