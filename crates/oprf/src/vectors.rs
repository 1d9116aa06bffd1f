//! RFC 9497 appendix A.1, every vector of the two modes. Here and not among the integration tests
//! because the vectors fix the proof's nonce, and nobody outside this crate may.

use serde_json::Value;

use crate::dleq::Nonce;
use crate::engine::Engine;
use crate::group::Elements;
use crate::{Blind, Mode, Proof, SecretKey, oprf, voprf};

#[test]
fn derived_keys_are_those_of_rfc_9497() {
    for suite in suites() {
        let key = suite.derived_key();
        assert_eq!(hex::encode(*key.to_bytes()), suite.text("skSm"));
        if suite.mode == Mode::Voprf {
            assert_eq!(key.public_key().to_string(), suite.text("pkSm"));
        }
    }
}

#[test]
fn the_hash_tag_is_the_one_the_vectors_name() {
    for suite in suites() {
        let expected = suite.text("groupDST");
        assert_eq!(hex::encode(suite.mode.hash_to_group_dst().as_bytes()), expected);
    }
}

#[test]
fn mode_oprf_agrees_with_every_vector_of_rfc_9497() {
    let suite = suites().into_iter().find(|suite| suite.mode == Mode::Oprf).unwrap();
    assert_eq!(suite.vectors().len(), 2);
    for (engine, vector) in by_every_engine(&suite) {
        engine.force(|| agrees_in_mode_oprf(&suite, vector));
    }
}

fn agrees_in_mode_oprf(suite: &Suite, vector: Vector) {
    let key = suite.derived_key();
    let blinded = oprf::blind(&vector.inputs, &vector.blinds).unwrap();
    assert_eq!(blinded, vector.blinded);
    let evaluated = oprf::blind_evaluate(&key, &blinded).unwrap();
    assert_eq!(evaluated, vector.evaluated);
    let finalized = oprf::finalize(&vector.inputs, &vector.blinds, &evaluated).unwrap();
    let direct = oprf::evaluate(&key, &vector.inputs).unwrap();
    for ((finalized, direct), expected) in finalized.iter().zip(&direct).zip(&vector.outputs) {
        assert_eq!(finalized.as_bytes().as_slice(), expected);
        assert_eq!(direct.as_bytes().as_slice(), expected);
    }
}

#[test]
fn mode_voprf_agrees_with_every_vector_of_rfc_9497() {
    let suite = suites().into_iter().find(|suite| suite.mode == Mode::Voprf).unwrap();
    let sizes: Vec<_> = suite.vectors().iter().map(|vector| vector.inputs.len()).collect();
    assert_eq!(sizes, [1, 1, 2]);
    for (engine, vector) in by_every_engine(&suite) {
        engine.force(|| agrees_in_mode_voprf(&suite, vector));
    }
}

fn by_every_engine(suite: &Suite) -> Vec<(Engine, Vector)> {
    let engines = Engine::all().into_iter();
    engines.flat_map(|engine| suite.vectors().into_iter().map(move |v| (engine, v))).collect()
}

fn agrees_in_mode_voprf(suite: &Suite, vector: Vector) {
    let key = suite.derived_key();
    let blinded = voprf::blind(&vector.inputs, &vector.blinds).unwrap();
    assert_eq!(blinded, vector.blinded);

    let (expected_proof, nonce) = vector.proof.unwrap();
    let evaluated =
        voprf::evaluate_with_proof(&key, &Elements::decode(&blinded).unwrap(), &nonce).unwrap();
    assert_eq!(evaluated.elements, vector.evaluated);
    assert_eq!(evaluated.proof, Proof::from_bytes(&expected_proof).unwrap());
    assert_eq!(evaluated.proof.to_bytes().as_slice(), expected_proof);

    let finalized = voprf::finalize(
        &key.public_key(),
        &vector.inputs,
        &vector.blinds,
        &blinded,
        &evaluated.elements,
        &evaluated.proof,
    )
    .unwrap();
    let direct = voprf::evaluate(&key, &vector.inputs).unwrap();
    assert_eq!(finalized.len(), vector.inputs.len());
    for ((finalized, direct), expected) in finalized.iter().zip(&direct).zip(&vector.outputs) {
        assert_eq!(finalized.as_bytes().as_slice(), expected);
        assert_eq!(direct.as_bytes().as_slice(), expected);
    }
}

struct Suite {
    mode: Mode,
    value: Value,
}

struct Vector {
    inputs: Vec<Vec<u8>>,
    blinds: Vec<Blind>,
    blinded: Vec<u8>,
    evaluated: Vec<u8>,
    outputs: Vec<Vec<u8>>,
    proof: Option<(Vec<u8>, Nonce)>,
}

fn suites() -> Vec<Suite> {
    let file = include_str!("../tests/vectors/rfc9497-ristretto255-sha512.json");
    let file: Vec<Value> = serde_json::from_str(file).unwrap();
    let suites: Vec<Suite> = file
        .into_iter()
        .map(|value| {
            assert_eq!(value["identifier"], "ristretto255-SHA512");
            let mode = match value["mode"].as_u64() {
                Some(0) => Mode::Oprf,
                Some(1) => Mode::Voprf,
                other => panic!("no such mode: {other:?}"),
            };
            Suite { mode, value }
        })
        .collect();
    assert_eq!(suites.len(), 2);
    suites
}

impl Suite {
    fn text(&self, name: &str) -> &str {
        self.value[name].as_str().unwrap()
    }

    fn derived_key(&self) -> SecretKey {
        let seed = bytes(self.text("seed"));
        let info = bytes(self.text("keyInfo"));
        SecretKey::derive(&seed.try_into().unwrap(), &info, self.mode).unwrap()
    }

    fn vectors(&self) -> Vec<Vector> {
        self.value["vectors"].as_array().unwrap().iter().map(Vector::parse).collect()
    }
}

impl Vector {
    fn parse(value: &Value) -> Self {
        let list = |name: &str| -> Vec<Vec<u8>> {
            value[name].as_str().unwrap().split(',').map(bytes).collect()
        };
        let blinds = list("Blind")
            .into_iter()
            .map(|blind| Blind::from_bytes(&blind.try_into().unwrap()).unwrap());
        let proof = value.get("Proof").map(|proof| {
            let nonce = bytes(proof["r"].as_str().unwrap());
            let nonce = Nonce::fixed(&nonce.try_into().unwrap()).unwrap();
            (bytes(proof["proof"].as_str().unwrap()), nonce)
        });
        let vector = Self {
            inputs: list("Input"),
            blinds: blinds.collect(),
            blinded: list("BlindedElement").concat(),
            evaluated: list("EvaluationElement").concat(),
            outputs: list("Output"),
            proof,
        };
        assert_eq!(vector.inputs.len() as u64, value["Batch"].as_u64().unwrap());
        assert_eq!(vector.outputs.len(), vector.inputs.len());
        vector
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap()
}
