//! What holds for all inputs, keys and blinds.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use ring::rand::SystemRandom;
use symbolon_oprf::{Blind, ELEMENT_LEN, Error, Mode, Output, SecretKey, oprf, voprf};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn asking_in_either_mode_gives_what_the_owner_computes_alone(
        inputs in any_inputs(),
        seed in any::<[u8; 32]>(),
    ) {
        let blinds = random_blinds(inputs.len());

        let key = SecretKey::derive(&seed, b"", Mode::Oprf).unwrap();
        let blinded = oprf::blind(&inputs, &blinds).unwrap();
        let evaluated = oprf::blind_evaluate(&key, &blinded).unwrap();
        let outputs = oprf::finalize(&inputs, &blinds, &evaluated).unwrap();
        prop_assert_eq!(outputs, oprf::evaluate(&key, &inputs).unwrap());

        let key = SecretKey::derive(&seed, b"", Mode::Voprf).unwrap();
        prop_assert_eq!(ask(&key, &inputs, &blinds).1, voprf::evaluate(&key, &inputs).unwrap());
    }

    #[test]
    fn additive_blinding_gives_the_same_outputs_from_the_same_owner(
        inputs in any_inputs(),
        seed in any::<[u8; 32]>(),
    ) {
        let blinds = random_blinds(inputs.len());
        let key = SecretKey::derive(&seed, b"", Mode::Voprf).unwrap();
        let blinded = voprf::additive::blind(&inputs, &blinds).unwrap();
        let evaluated = voprf::blind_evaluate(&key, &blinded, &SystemRandom::new()).unwrap();
        let outputs = voprf::additive::finalize(
            &key.public_key(),
            &inputs,
            &blinds,
            &blinded,
            &evaluated.elements,
            &evaluated.proof,
        );
        prop_assert_eq!(outputs.unwrap(), voprf::evaluate(&key, &inputs).unwrap());

        let other = SecretKey::random(&SystemRandom::new()).unwrap();
        let refused = voprf::additive::finalize(
            &other.public_key(),
            &inputs,
            &blinds,
            &blinded,
            &evaluated.elements,
            &evaluated.proof,
        );
        prop_assert_eq!(refused.unwrap_err(), Error::InvalidProof);
    }

    #[test]
    fn outputs_do_not_depend_on_blinds_and_elements_do(inputs in any_inputs()) {
        let key = SecretKey::random(&SystemRandom::new()).unwrap();
        let (first_elements, first) = ask(&key, &inputs, &random_blinds(inputs.len()));
        let (second_elements, second) = ask(&key, &inputs, &random_blinds(inputs.len()));
        prop_assert_eq!(first, second);
        let (first, _) = first_elements.as_chunks::<ELEMENT_LEN>();
        let (second, _) = second_elements.as_chunks::<ELEMENT_LEN>();
        for (one, other) in first.iter().zip(second) {
            prop_assert_ne!(one, other);
        }
    }

    #[test]
    fn an_output_does_not_depend_on_its_batch(inputs in any_inputs()) {
        let key = SecretKey::random(&SystemRandom::new()).unwrap();
        let together = voprf::evaluate(&key, &inputs).unwrap();
        for (input, output) in inputs.iter().zip(together) {
            prop_assert_eq!(voprf::evaluate(&key, &[input]).unwrap(), vec![output]);
        }
    }

    #[test]
    fn public_inputs_give_anyone_the_owners_outputs(inputs in any_inputs()) {
        let rng = SystemRandom::new();
        let key = SecretKey::random(&rng).unwrap();
        let shown = voprf::evaluate_public(&key, &inputs, &rng).unwrap();
        let outputs =
            voprf::finalize_public(&key.public_key(), &inputs, &shown.elements, &shown.proof);
        prop_assert_eq!(outputs.unwrap(), voprf::evaluate(&key, &inputs).unwrap());

        let another = SecretKey::random(&rng).unwrap().public_key();
        let refused = voprf::finalize_public(&another, &inputs, &shown.elements, &shown.proof);
        prop_assert_eq!(refused, Err(Error::InvalidProof));
    }

    #[test]
    fn public_evaluation_is_blinding_with_one(inputs in any_inputs()) {
        let rng = SystemRandom::new();
        let key = SecretKey::random(&rng).unwrap();
        let mut one = [0; 32];
        one[0] = 1;
        let ones: Vec<Blind> = inputs.iter().map(|_| Blind::from_bytes(&one).unwrap()).collect();
        let shown = voprf::evaluate_public(&key, &inputs, &rng).unwrap();
        let blinded = voprf::blind(&inputs, &ones).unwrap();
        let outputs = voprf::finalize(
            &key.public_key(), &inputs, &ones, &blinded, &shown.elements, &shown.proof,
        );
        prop_assert_eq!(outputs.unwrap(), voprf::evaluate(&key, &inputs).unwrap());
    }

    #[test]
    fn keys_and_blinds_survive_their_encoding(
        seed in any::<[u8; 32]>(),
        wide in any::<[u8; 64]>(),
    ) {
        let key = SecretKey::derive(&seed, b"info", Mode::Voprf).unwrap();
        let again = SecretKey::from_bytes(&key.to_bytes()).unwrap();
        prop_assert_eq!(key.public_key(), again.public_key());
        prop_assert_eq!(key.to_bytes(), again.to_bytes());

        let blind = Blind::from_uniform_bytes(&wide).unwrap();
        let again = Blind::from_bytes(&blind.to_bytes()).unwrap();
        prop_assert_eq!(blind.to_bytes(), again.to_bytes());
    }

    #[test]
    fn bytes_of_a_peer_never_cause_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..160),
        proof in any::<[u8; 64]>(),
    ) {
        let rng = SystemRandom::new();
        let key = SecretKey::random(&rng).unwrap();
        let _ = voprf::blind_evaluate(&key, &bytes, &rng);
        let _ = oprf::blind_evaluate(&key, &bytes);
        let _ = symbolon_oprf::PublicKey::from_bytes(&bytes);
        let _ = symbolon_oprf::Proof::from_bytes(&bytes);
        let _ = symbolon_oprf::Proof::from_bytes(&proof);
        let blinds = random_blinds(1);
        let finalized = oprf::finalize(&["x"], &blinds, &bytes);
        prop_assert!(finalized.is_err() || bytes.len() == ELEMENT_LEN);
    }
}

#[test]
fn batches_around_the_size_of_an_internal_chunk_come_out_whole_and_in_order() {
    let key = SecretKey::random(&SystemRandom::new()).unwrap();
    let inputs: Vec<String> = (0..2_049).map(|number| number.to_string()).collect();
    let all = voprf::evaluate(&key, &inputs).unwrap();
    assert_eq!(all.len(), inputs.len());
    for index in [0, 1_023, 1_024, 1_025, 2_047, 2_048] {
        assert_eq!(voprf::evaluate(&key, &inputs[index..=index]).unwrap()[0], all[index]);
    }
    assert_eq!(voprf::evaluate::<String>(&key, &[]).unwrap(), Vec::<Output>::new());
}

#[test]
fn a_key_of_one_mode_gives_other_outputs_in_the_other() {
    let key = SecretKey::random(&SystemRandom::new()).unwrap();
    assert_ne!(oprf::evaluate(&key, &["x"]).unwrap(), voprf::evaluate(&key, &["x"]).unwrap());
}

#[test]
fn the_parts_of_an_output_are_the_bytes_the_protocol_says() {
    let key = SecretKey::random(&SystemRandom::new()).unwrap();
    let outputs = voprf::evaluate(&key, &["x"]).unwrap();
    let output = &outputs[0];
    let parts =
        [&output.membership_hash()[..], &output.claim()[..], &output.label_secret()[..]].concat();
    assert_eq!(parts, output.as_bytes());
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let rng = SystemRandom::new();
    let key = SecretKey::random(&rng).unwrap();
    let blind = Blind::random(&rng).unwrap();
    let output = &voprf::evaluate(&key, &["x"]).unwrap()[0];
    let shown = format!("{key:?} {blind:?} {output:?}");
    assert!(shown.contains(&key.public_key().to_string()));
    let secrets = [&key.to_bytes()[..], &blind.to_bytes()[..], &output.as_bytes()[..]];
    for secret in secrets {
        assert!(!shown.contains(&hex::encode(secret)[..8]));
        assert!(!shown.contains(&format!("{}, {}, ", secret[0], secret[1])));
    }
}

fn any_inputs() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..9)
}

fn random_blinds(count: usize) -> Vec<Blind> {
    let rng = SystemRandom::new();
    (0..count).map(|_| Blind::random(&rng).unwrap()).collect()
}

fn ask(key: &SecretKey, inputs: &[Vec<u8>], blinds: &[Blind]) -> (Vec<u8>, Vec<Output>) {
    let blinded = voprf::blind(inputs, blinds).unwrap();
    let evaluated = voprf::blind_evaluate(key, &blinded, &SystemRandom::new()).unwrap();
    let outputs = voprf::finalize(
        &key.public_key(),
        inputs,
        blinds,
        &blinded,
        &evaluated.elements,
        &evaluated.proof,
    );
    (blinded, outputs.unwrap())
}
