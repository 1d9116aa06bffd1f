//! The same protocol by another implementation: the `voprf` crate, as client and as server, in both
//! modes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::rngs::OsRng;
use ring::rand::SystemRandom;
use symbolon_oprf::{Blind, ELEMENT_LEN, Mode, Output, Proof, PublicKey, SecretKey};
use voprf::{BlindedElement, EvaluationElement, Group, Ristretto255};

const BATCH_SIZES: [usize; 6] = [1, 2, 3, 16, 255, 700];

#[test]
fn keys_derive_alike() {
    let seed = [7; 32];
    for info in [&b""[..], b"info", &[0xff; 300]] {
        let ours = SecretKey::derive(&seed, info, Mode::Voprf).unwrap();
        let theirs = voprf::VoprfServer::<Ristretto255>::new_from_seed(&seed, info).unwrap();
        let their_public_key = Ristretto255::serialize_elem(theirs.get_public_key());
        assert_eq!(ours.public_key().to_bytes(), their_public_key[..]);

        let ours = SecretKey::derive(&seed, info, Mode::Oprf).unwrap();
        let theirs = voprf::OprfServer::<Ristretto255>::new_from_seed(&seed, info).unwrap();
        assert_eq!(ours.to_bytes()[..], theirs.serialize()[..]);
    }
}

#[test]
fn our_client_accepts_the_proofs_of_their_server_and_gets_its_outputs() {
    for size in BATCH_SIZES {
        let (inputs, blinds) = question(size);
        let theirs = voprf::VoprfServer::<Ristretto255>::new(&mut OsRng).unwrap();
        let public_key = Ristretto255::serialize_elem(theirs.get_public_key());
        let public_key = PublicKey::from_bytes(&public_key).unwrap();

        let blinded = symbolon_oprf::voprf::blind(&inputs, &blinds).unwrap();
        let answer = theirs.batch_blind_evaluate(&mut OsRng, &their_blinded(&blinded)).unwrap();
        let evaluated: Vec<u8> =
            answer.messages.iter().flat_map(EvaluationElement::serialize).collect();
        let proof = Proof::from_bytes(&answer.proof.serialize()).unwrap();
        let outputs = symbolon_oprf::voprf::finalize(
            &public_key,
            &inputs,
            &blinds,
            &blinded,
            &evaluated,
            &proof,
        );

        let expected = inputs.iter().map(|input| theirs.evaluate(input).unwrap());
        assert_same(&outputs.unwrap(), expected);
    }
}

#[test]
fn their_client_accepts_the_proofs_of_our_server_and_gets_our_outputs() {
    for size in BATCH_SIZES {
        let (inputs, _) = question(size);
        let key = SecretKey::random(&SystemRandom::new()).unwrap();
        let clients: Vec<_> = inputs
            .iter()
            .map(|input| voprf::VoprfClient::<Ristretto255>::blind(input, &mut OsRng).unwrap())
            .collect();
        let blinded: Vec<u8> =
            clients.iter().flat_map(|client| client.message.serialize()).collect();

        let answer =
            symbolon_oprf::voprf::blind_evaluate(&key, &blinded, &SystemRandom::new()).unwrap();

        let states: Vec<_> = clients.into_iter().map(|client| client.state).collect();
        let evaluated = their_evaluated(&answer.elements);
        let outputs = voprf::VoprfClient::batch_finalize(
            &inputs,
            &states,
            &evaluated,
            &voprf::Proof::deserialize(&answer.proof.to_bytes()).unwrap(),
            Ristretto255::deserialize_elem(&key.public_key().to_bytes()).unwrap(),
        )
        .unwrap();
        let ours = symbolon_oprf::voprf::evaluate(&key, &inputs).unwrap();
        assert_same(&ours, outputs.map(Result::unwrap));
    }
}

#[test]
fn the_same_blind_gives_the_same_blinded_element() {
    let (inputs, _) = question(20);
    for input in &inputs {
        let theirs = voprf::VoprfClient::<Ristretto255>::blind(input, &mut OsRng).unwrap();
        let blind = theirs.state.serialize()[..32].try_into().unwrap();
        let blind = Blind::from_bytes(&blind).unwrap();
        let ours = symbolon_oprf::voprf::blind(&[input], &[blind]).unwrap();
        assert_eq!(ours, theirs.message.serialize()[..]);

        let theirs = voprf::OprfClient::<Ristretto255>::blind(input, &mut OsRng).unwrap();
        let blind = theirs.state.serialize()[..].try_into().unwrap();
        let blind = Blind::from_bytes(&blind).unwrap();
        let ours = symbolon_oprf::oprf::blind(&[input], &[blind]).unwrap();
        assert_eq!(ours, theirs.message.serialize()[..]);
    }
}

#[test]
fn without_proofs_our_client_gets_the_outputs_of_their_server() {
    for size in BATCH_SIZES {
        let (inputs, blinds) = question(size);
        let theirs = voprf::OprfServer::<Ristretto255>::new(&mut OsRng).unwrap();
        let blinded = symbolon_oprf::oprf::blind(&inputs, &blinds).unwrap();
        let evaluated: Vec<u8> = their_blinded(&blinded)
            .iter()
            .flat_map(|blinded| theirs.blind_evaluate(blinded).serialize())
            .collect();
        let outputs = symbolon_oprf::oprf::finalize(&inputs, &blinds, &evaluated).unwrap();
        assert_same(&outputs, inputs.iter().map(|input| theirs.evaluate(input).unwrap()));
    }
}

#[test]
fn without_proofs_their_client_gets_our_outputs() {
    for size in BATCH_SIZES {
        let (inputs, _) = question(size);
        let key = SecretKey::random(&SystemRandom::new()).unwrap();
        let clients: Vec<_> = inputs
            .iter()
            .map(|input| voprf::OprfClient::<Ristretto255>::blind(input, &mut OsRng).unwrap())
            .collect();
        let blinded: Vec<u8> =
            clients.iter().flat_map(|client| client.message.serialize()).collect();
        let evaluated = symbolon_oprf::oprf::blind_evaluate(&key, &blinded).unwrap();
        let evaluated = their_evaluated(&evaluated);
        let outputs = clients
            .iter()
            .zip(&inputs)
            .zip(&evaluated)
            .map(|((client, input), element)| client.state.finalize(input, element).unwrap());
        assert_same(&symbolon_oprf::oprf::evaluate(&key, &inputs).unwrap(), outputs);
    }
}

#[test]
fn both_refuse_the_same_altered_answers() {
    let (inputs, blinds) = question(3);
    let key = SecretKey::random(&SystemRandom::new()).unwrap();
    let clients: Vec<_> = inputs
        .iter()
        .map(|input| voprf::VoprfClient::<Ristretto255>::blind(input, &mut OsRng).unwrap())
        .collect();
    let blinded: Vec<u8> = clients.iter().flat_map(|client| client.message.serialize()).collect();
    let states: Vec<_> = clients.into_iter().map(|client| client.state).collect();
    let rng = SystemRandom::new();
    let answer = symbolon_oprf::voprf::blind_evaluate(&key, &blinded, &rng).unwrap();

    let mut swapped = answer.elements.clone();
    swapped.rotate_left(ELEMENT_LEN);
    for elements in [&answer.elements, &swapped] {
        let evaluated = their_evaluated(elements);
        let theirs = voprf::VoprfClient::batch_finalize(
            &inputs,
            &states,
            &evaluated,
            &voprf::Proof::deserialize(&answer.proof.to_bytes()).unwrap(),
            Ristretto255::deserialize_elem(&key.public_key().to_bytes()).unwrap(),
        );
        let ours = symbolon_oprf::voprf::finalize(
            &key.public_key(),
            &inputs,
            &blinds,
            &blinded,
            elements,
            &answer.proof,
        );
        assert_eq!(ours.is_ok(), theirs.is_ok());
        assert_eq!(ours.is_ok(), *elements == answer.elements);
    }
}

fn question(size: usize) -> (Vec<Vec<u8>>, Vec<Blind>) {
    let rng = SystemRandom::new();
    let inputs = (0..size).map(|number| vec![number as u8; number % 130]).collect();
    let blinds = (0..size).map(|_| Blind::random(&rng).unwrap()).collect();
    (inputs, blinds)
}

fn their_blinded(elements: &[u8]) -> Vec<BlindedElement<Ristretto255>> {
    let (elements, _) = elements.as_chunks::<ELEMENT_LEN>();
    elements.iter().map(|element| BlindedElement::deserialize(element).unwrap()).collect()
}

fn their_evaluated(elements: &[u8]) -> Vec<EvaluationElement<Ristretto255>> {
    let (elements, _) = elements.as_chunks::<ELEMENT_LEN>();
    elements.iter().map(|element| EvaluationElement::deserialize(element).unwrap()).collect()
}

fn assert_same<T: AsRef<[u8]>>(ours: &[Output], theirs: impl Iterator<Item = T>) {
    let mut count = 0;
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours.as_bytes().as_slice(), theirs.as_ref());
        count += 1;
    }
    assert_eq!(count, ours.len());
}
