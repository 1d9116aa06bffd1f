//! What neither a peer nor the caller gets away with.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::CompressedRistretto;
use ring::rand::SystemRandom;
use symbolon_oprf::{
    Blind, ELEMENT_LEN, Error, MAX_BATCH, Mode, PROOF_LEN, Proof, PublicKey, SecretKey, oprf, voprf,
};

const IDENTITY: [u8; ELEMENT_LEN] = [0; ELEMENT_LEN];
// 2²⁵² + 27742317777372353535851937790883648493, little-endian.
const GROUP_ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

#[test]
fn an_owner_refuses_every_invalid_encoding_of_rfc_9496_and_says_where_it_stood() {
    let conversation = Conversation::about(3);
    for invalid in invalid_encodings() {
        for index in 0..3 {
            let blinded = replace(&conversation.blinded, index, &invalid);
            let refused = Error::InvalidElement { index };
            assert_eq!(conversation.evaluate(&blinded), Err(refused));
            assert_eq!(oprf::blind_evaluate(&conversation.key, &blinded), Err(refused));
        }
    }
}

#[test]
fn a_requester_refuses_every_invalid_encoding_of_rfc_9496_and_says_where_it_stood() {
    let conversation = Conversation::about(3);
    for invalid in invalid_encodings() {
        for index in 0..3 {
            let evaluated = replace(&conversation.evaluated, index, &invalid);
            let refused = Error::InvalidElement { index };
            assert_eq!(conversation.finalize(&evaluated, &conversation.proof), Err(refused));
            let Conversation { inputs, blinds, .. } = &conversation;
            assert_eq!(oprf::finalize(inputs, blinds, &evaluated), Err(refused));
        }
    }
}

#[test]
fn the_identity_is_refused_wherever_an_element_belongs() {
    let conversation = Conversation::about(2);
    for index in 0..2 {
        let blinded = replace(&conversation.blinded, index, &IDENTITY);
        let refused = Error::IdentityElement { index };
        assert_eq!(conversation.evaluate(&blinded), Err(refused));
        assert_eq!(oprf::blind_evaluate(&conversation.key, &blinded), Err(refused));

        let evaluated = replace(&conversation.evaluated, index, &IDENTITY);
        assert_eq!(conversation.finalize(&evaluated, &conversation.proof), Err(refused));
    }
    assert_eq!(PublicKey::from_bytes(&IDENTITY), Err(Error::InvalidPublicKey));
}

#[test]
fn a_public_key_must_be_a_canonical_element_of_32_bytes() {
    for invalid in invalid_encodings() {
        assert_eq!(PublicKey::from_bytes(&invalid), Err(Error::InvalidPublicKey));
    }
    let valid = Conversation::about(1).key.public_key().to_bytes();
    assert_eq!(PublicKey::from_bytes(&valid).unwrap().to_bytes(), valid);
    assert_eq!(PublicKey::from_bytes(&valid[..31]), Err(Error::WrongLength));
    assert_eq!(PublicKey::from_bytes(&[&valid[..], &[0]].concat()), Err(Error::WrongLength));
    assert_eq!(PublicKey::from_bytes(&[]), Err(Error::WrongLength));
}

#[test]
fn truncated_and_extended_batches_are_refused() {
    let conversation = Conversation::about(2);
    let Conversation { blinded, evaluated, proof, .. } = &conversation;
    for wrong in [&blinded[..63], &blinded[..33], &blinded[..1], &[&blinded[..], &[0]].concat()] {
        assert_eq!(conversation.evaluate(wrong), Err(Error::WrongLength));
    }
    for wrong in [&evaluated[..63], &[&evaluated[..], &[0]].concat()] {
        assert_eq!(conversation.finalize(wrong, proof), Err(Error::WrongLength));
    }
    for wrong in [&evaluated[..32], &[&evaluated[..], &evaluated[..32]].concat()] {
        assert_eq!(conversation.finalize(wrong, proof), Err(Error::CountMismatch));
    }
}

#[test]
fn inputs_and_blinds_must_be_equally_many() {
    let Conversation { key, inputs, blinds, blinded, evaluated, proof } = Conversation::about(3);
    let public_key = key.public_key();
    assert_eq!(voprf::blind(&inputs, &blinds[..2]), Err(Error::CountMismatch));
    assert_eq!(voprf::blind(&inputs[..2], &blinds), Err(Error::CountMismatch));
    assert_eq!(oprf::blind(&inputs[..2], &blinds), Err(Error::CountMismatch));
    let short_inputs =
        voprf::finalize(&public_key, &inputs[..2], &blinds, &blinded, &evaluated, &proof);
    assert_eq!(short_inputs, Err(Error::CountMismatch));
    let short_blinds =
        voprf::finalize(&public_key, &inputs, &blinds[..2], &blinded, &evaluated, &proof);
    assert_eq!(short_blinds, Err(Error::CountMismatch));
    let short_blinded =
        voprf::finalize(&public_key, &inputs, &blinds, &blinded[32..], &evaluated, &proof);
    assert_eq!(short_blinded, Err(Error::CountMismatch));
    assert_eq!(oprf::finalize(&inputs, &blinds[..2], &evaluated), Err(Error::CountMismatch));
}

#[test]
fn empty_batches_are_refused() {
    let rng = SystemRandom::new();
    let Conversation { key, proof, .. } = Conversation::about(1);
    let public_key = key.public_key();
    let none: [&str; 0] = [];
    assert_eq!(voprf::blind(&none, &[]), Err(Error::EmptyBatch));
    assert_eq!(oprf::blind(&none, &[]), Err(Error::EmptyBatch));
    assert_eq!(voprf::blind_evaluate(&key, &[], &rng), Err(Error::EmptyBatch));
    assert_eq!(oprf::blind_evaluate(&key, &[]), Err(Error::EmptyBatch));
    assert_eq!(voprf::evaluate_public(&key, &none, &rng), Err(Error::EmptyBatch));
    let finalized = voprf::finalize(&public_key, &none, &[], &[], &[], &proof);
    assert_eq!(finalized, Err(Error::EmptyBatch));
    let finalized = voprf::finalize_public(&public_key, &none, &[], &proof);
    assert_eq!(finalized, Err(Error::EmptyBatch));
}

#[test]
fn a_batch_that_no_proof_can_cover_is_refused_before_any_element_is_looked_at() {
    let count = MAX_BATCH + 1;
    let Conversation { key, proof, .. } = Conversation::about(1);
    let no_elements = vec![0xff; count * ELEMENT_LEN];
    let rng = SystemRandom::new();
    let refused = Error::BatchTooLarge { count };
    assert_eq!(voprf::blind_evaluate(&key, &no_elements, &rng), Err(refused));
    let inputs = vec![""; count];
    assert_eq!(voprf::evaluate_public(&key, &inputs, &rng), Err(refused));
    let finalized = voprf::finalize_public(&key.public_key(), &inputs, &no_elements, &proof);
    assert_eq!(finalized, Err(refused));
    let finalized =
        voprf::finalize(&key.public_key(), &inputs, &[], &no_elements, &no_elements, &proof);
    assert_eq!(finalized, Err(refused));
}

#[test]
fn the_largest_batch_is_evaluated_proved_and_finalized() {
    let conversation = Conversation::about(MAX_BATCH);
    let outputs = conversation.finalize(&conversation.evaluated, &conversation.proof).unwrap();
    assert_eq!(outputs.len(), MAX_BATCH);
    let last = std::slice::from_ref(conversation.inputs.last().unwrap());
    assert_eq!(outputs.last(), voprf::evaluate(&conversation.key, last).unwrap().last());
}

#[test]
fn an_answer_under_another_key_is_refused() {
    let conversation = Conversation::about(4);
    let another = SecretKey::random(&SystemRandom::new()).unwrap();
    let marked = voprf::blind_evaluate(&another, &conversation.blinded, &SystemRandom::new());
    let marked = marked.unwrap();
    let refused = Err(Error::InvalidProof);
    assert_eq!(conversation.finalize(&marked.elements, &marked.proof), refused);
    assert_eq!(conversation.finalize(&marked.elements, &conversation.proof), refused);
    assert_eq!(conversation.finalize(&conversation.evaluated, &marked.proof), refused);
}

#[test]
fn one_element_under_another_key_among_many_is_refused() {
    let conversation = Conversation::about(5);
    let another = SecretKey::random(&SystemRandom::new()).unwrap();
    let marked = oprf::blind_evaluate(&another, &conversation.blinded).unwrap();
    for index in 0..5 {
        let element = &marked[index * ELEMENT_LEN..(index + 1) * ELEMENT_LEN];
        let evaluated = replace(&conversation.evaluated, index, element);
        let finalized = conversation.finalize(&evaluated, &conversation.proof);
        assert_eq!(finalized, Err(Error::InvalidProof));
    }
}

#[test]
fn a_proof_with_any_one_bit_flipped_is_refused() {
    let conversation = Conversation::about(2);
    let proof = conversation.proof.to_bytes();
    for bit in 0..PROOF_LEN * 8 {
        let mut altered = proof;
        altered[bit / 8] ^= 1 << (bit % 8);
        match Proof::from_bytes(&altered) {
            Err(error) => assert_eq!(error, Error::NonCanonicalScalar),
            Ok(altered) => {
                let finalized = conversation.finalize(&conversation.evaluated, &altered);
                assert_eq!(finalized, Err(Error::InvalidProof));
            }
        }
    }
}

#[test]
fn a_proof_of_zeros_is_refused() {
    let conversation = Conversation::about(2);
    let zeros = Proof::from_bytes(&[0; PROOF_LEN]).unwrap();
    let finalized = conversation.finalize(&conversation.evaluated, &zeros);
    assert_eq!(finalized, Err(Error::InvalidProof));
}

#[test]
fn a_proof_has_one_encoding_of_64_bytes() {
    let proof = Conversation::about(1).proof;
    let bytes = proof.to_bytes();
    assert_eq!(Proof::from_bytes(&bytes), Ok(proof));
    for wrong in [&bytes[..0], &bytes[..32], &bytes[..63], &[&bytes[..], &bytes[..32]].concat()] {
        assert_eq!(Proof::from_bytes(wrong), Err(Error::WrongLength));
    }
    let order = hex::decode(GROUP_ORDER).unwrap();
    let challenge_too_large = [&order[..], &bytes[32..]].concat();
    assert_eq!(Proof::from_bytes(&challenge_too_large), Err(Error::NonCanonicalScalar));
    let response_too_large = [&bytes[..32], &order[..]].concat();
    assert_eq!(Proof::from_bytes(&response_too_large), Err(Error::NonCanonicalScalar));
}

#[test]
fn swapped_elements_are_refused() {
    let conversation = Conversation::about(3);
    let (first, rest) = conversation.evaluated.split_at(ELEMENT_LEN);
    let (second, third) = rest.split_at(ELEMENT_LEN);
    let swapped = [second, first, third].concat();
    let finalized = conversation.finalize(&swapped, &conversation.proof);
    assert_eq!(finalized, Err(Error::InvalidProof));
}

#[test]
fn elements_shifted_so_that_they_keep_their_sum_are_refused() {
    // Composites whose coefficients did not depend on the answer would let this through.
    let conversation = Conversation::about(2);
    let points: Vec<_> = conversation
        .evaluated
        .chunks(ELEMENT_LEN)
        .map(|element| CompressedRistretto::from_slice(element).unwrap().decompress().unwrap())
        .collect();
    let shifted = [points[0] + RISTRETTO_BASEPOINT_POINT, points[1] - RISTRETTO_BASEPOINT_POINT];
    let shifted = shifted.map(|point| point.compress().to_bytes()).concat();
    let finalized = conversation.finalize(&shifted, &conversation.proof);
    assert_eq!(finalized, Err(Error::InvalidProof));
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let conversation = Conversation::about(2);
    let rng = SystemRandom::new();
    let fresh = [Blind::random(&rng).unwrap(), Blind::random(&rng).unwrap()];
    let other_blinded = voprf::blind(&conversation.inputs, &fresh).unwrap();
    let other = conversation.evaluate(&other_blinded).unwrap();
    let finalized = conversation.finalize(&other.elements, &other.proof);
    assert_eq!(finalized, Err(Error::InvalidProof));
}

#[test]
fn the_callers_own_corrupt_blinded_elements_are_not_blamed_on_the_owner() {
    let Conversation { key, inputs, blinds, blinded, evaluated, proof } = Conversation::about(2);
    for corrupt in [IDENTITY, [0xff; ELEMENT_LEN]] {
        let blinded = replace(&blinded, 1, &corrupt);
        let finalized =
            voprf::finalize(&key.public_key(), &inputs, &blinds, &blinded, &evaluated, &proof);
        assert_eq!(finalized, Err(Error::CorruptBlinded { index: 1 }));
    }
}

#[test]
fn scalars_that_are_zero_or_not_canonical_are_neither_keys_nor_blinds() {
    let zero = [0; 32];
    assert_eq!(SecretKey::from_bytes(&zero).unwrap_err(), Error::ZeroScalar);
    assert_eq!(Blind::from_bytes(&zero).unwrap_err(), Error::ZeroScalar);
    assert_eq!(Blind::from_uniform_bytes(&[0; 64]).unwrap_err(), Error::ZeroScalar);

    let order: [u8; 32] = hex::decode(GROUP_ORDER).unwrap().try_into().unwrap();
    for too_large in [order, [0xff; 32]] {
        assert_eq!(SecretKey::from_bytes(&too_large).unwrap_err(), Error::NonCanonicalScalar);
        assert_eq!(Blind::from_bytes(&too_large).unwrap_err(), Error::NonCanonicalScalar);
    }
    let mut order_and_zeros = [0; 64];
    order_and_zeros[..32].copy_from_slice(&order);
    assert_eq!(Blind::from_uniform_bytes(&order_and_zeros).unwrap_err(), Error::ZeroScalar);
}

#[test]
fn inputs_and_infos_end_at_65_535_bytes() {
    let Conversation { key, blinds, .. } = Conversation::about(1);
    let longest = vec![0; 65_535];
    let too_long = vec![0; 65_536];
    assert!(voprf::blind(&[&longest], &blinds).is_ok());
    assert!(voprf::evaluate(&key, &[&longest]).is_ok());
    assert_eq!(voprf::blind(&[&too_long], &blinds), Err(Error::InputTooLong));
    assert_eq!(oprf::blind(&[&too_long], &blinds), Err(Error::InputTooLong));
    assert_eq!(voprf::evaluate(&key, &[&too_long]), Err(Error::InputTooLong));

    assert!(SecretKey::derive(&[1; 32], &longest, Mode::Voprf).is_ok());
    let derived = SecretKey::derive(&[1; 32], &too_long, Mode::Voprf);
    assert_eq!(derived.unwrap_err(), Error::InfoTooLong);
}

/// A question that was asked and answered as it should be.
struct Conversation {
    key: SecretKey,
    inputs: Vec<String>,
    blinds: Vec<Blind>,
    blinded: Vec<u8>,
    evaluated: Vec<u8>,
    proof: Proof,
}

impl Conversation {
    fn about(count: usize) -> Self {
        let rng = SystemRandom::new();
        let key = SecretKey::random(&rng).unwrap();
        let inputs: Vec<String> = (0..count).map(|number| format!("input {number}")).collect();
        let blinds: Vec<Blind> = (0..count).map(|_| Blind::random(&rng).unwrap()).collect();
        let blinded = voprf::blind(&inputs, &blinds).unwrap();
        let answer = voprf::blind_evaluate(&key, &blinded, &rng).unwrap();
        Self { key, inputs, blinds, blinded, evaluated: answer.elements, proof: answer.proof }
    }

    fn evaluate(&self, blinded: &[u8]) -> Result<voprf::Evaluated, Error> {
        voprf::blind_evaluate(&self.key, blinded, &SystemRandom::new())
    }

    fn finalize(
        &self,
        evaluated: &[u8],
        proof: &Proof,
    ) -> Result<Vec<symbolon_oprf::Output>, Error> {
        let Self { key, inputs, blinds, blinded, .. } = self;
        voprf::finalize(&key.public_key(), inputs, blinds, blinded, evaluated, proof)
    }
}

fn replace(elements: &[u8], index: usize, with: &[u8]) -> Vec<u8> {
    let mut elements: Vec<&[u8]> = elements.chunks(ELEMENT_LEN).collect();
    *elements.get_mut(index).unwrap() = with;
    elements.concat()
}

fn invalid_encodings() -> Vec<[u8; ELEMENT_LEN]> {
    let encodings: Vec<_> = include_str!("vectors/rfc9496-invalid-encodings.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| hex::decode(line).unwrap().try_into().unwrap())
        .collect();
    assert_eq!(encodings.len(), 29);
    encodings
}
