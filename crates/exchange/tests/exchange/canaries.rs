use std::collections::HashSet;

use prost::Message as _;
use ring::rand::SystemRandom;
use symbolon_exchange::{CANARY_COUNT, CanarySet, Manifest, canary_inputs, sign};
use symbolon_identifiers::IdentifierType;
use symbolon_oprf::voprf;
use symbolon_policy::Label;
use symbolon_proto::v1;

use crate::fixture::{manifest_of, oprf_key, signing_key};

#[test]
fn canaries_of_every_type_verify_under_their_key_and_give_the_hashes_a_set_must_hold() {
    let key = oprf_key();
    for &kind in IdentifierType::ALL {
        let canaries = CanarySet::evaluate(&key, kind, &SystemRandom::new()).unwrap();
        let hashes = canaries.membership_hashes(&key.public_key(), kind).unwrap();
        let expected: Vec<_> = voprf::evaluate(&key, &canary_inputs(kind, CANARY_COUNT))
            .unwrap()
            .iter()
            .map(|output| output.membership_hash())
            .collect();
        assert_eq!(hashes.iter().map(|hash| hash.0).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn canaries_do_not_verify_under_another_key() {
    let key = oprf_key();
    let kind = IdentifierType::Vin;
    let canaries = CanarySet::evaluate(&key, kind, &SystemRandom::new()).unwrap();
    canaries.membership_hashes(&oprf_key().public_key(), kind).unwrap_err();
}

#[test]
fn canaries_of_one_type_do_not_verify_for_another() {
    let key = oprf_key();
    let canaries = CanarySet::evaluate(&key, IdentifierType::Vin, &SystemRandom::new()).unwrap();
    for &other in IdentifierType::ALL.iter().filter(|kind| **kind != IdentifierType::Vin) {
        let error = canaries.membership_hashes(&key.public_key(), other).unwrap_err();
        assert!(error.to_string().contains("the same rules version"), "{error}");
    }
}

#[test]
fn canaries_with_any_byte_altered_do_not_verify() {
    let (key, signer) = (oprf_key(), signing_key());
    let signed = manifest_of(&key).sign(&signer);
    let sound = v1::Manifest::decode(signed.document.as_slice()).unwrap();
    let verdict = |canaries: v1::Canaries| {
        let altered = v1::Manifest { canaries: Some(canaries), ..sound.clone() };
        let signed = sign(&signer, Label::Manifest, altered.encode_to_vec());
        let (manifest, _) = Manifest::verify(&signed, &signer.verifying_key()).unwrap();
        manifest.canaries.membership_hashes(&manifest.public_key, IdentifierType::Vin)
    };
    let canaries = sound.canaries.clone().unwrap();
    verdict(canaries.clone()).unwrap();
    for position in 0..canaries.evaluated.len() {
        let mut altered = canaries.clone();
        altered.evaluated[position] ^= 1;
        assert!(verdict(altered).is_err(), "element byte {position}");
    }
    for position in 0..canaries.proof.len() {
        let mut altered = canaries.clone();
        altered.proof[position] ^= 1;
        assert!(verdict(altered).is_err(), "proof byte {position}");
    }
    let mut swapped = canaries.clone();
    swapped.evaluated.rotate_left(32);
    assert!(verdict(swapped).is_err());
    let mut fewer = canaries;
    fewer.count -= 1;
    fewer.evaluated.truncate(fewer.evaluated.len() - 32);
    assert!(verdict(fewer).is_err());
}

#[test]
fn no_two_canaries_of_any_type_are_alike() {
    let all: Vec<_> =
        IdentifierType::ALL.iter().flat_map(|kind| canary_inputs(*kind, 16)).collect();
    let different: HashSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len());
}
