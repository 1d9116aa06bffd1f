use std::sync::OnceLock;

use ring::rand::SystemRandom;
use symbolon_oprf::{
    Blind, ELEMENT_LEN, Error, PROOF_LEN, Proof, PublicKey, SecretKey, differential::compare, voprf,
};

struct Asked {
    key: SecretKey,
    blind: Blind,
    blinded: Vec<u8>,
}

const INPUT: &[u8] = b"an input";

fn asked() -> &'static Asked {
    static ASKED: OnceLock<Asked> = OnceLock::new();
    ASKED.get_or_init(|| {
        let random = SystemRandom::new();
        let (key, blind) = (SecretKey::random(&random).unwrap(), Blind::random(&random).unwrap());
        let blinded = voprf::blind(&[INPUT], std::slice::from_ref(&blind)).unwrap();
        Asked { key, blind, blinded }
    })
}

/// What a requester sends, evaluated; and what an owner answers, finalized.
pub(crate) fn elements(data: &[u8]) {
    let Asked { key, blind, blinded } = asked();
    let random = SystemRandom::new();
    match voprf::blind_evaluate(key, data, &random) {
        Ok(evaluated) => assert_eq!(evaluated.elements.len(), data.len()),
        Err(error) => assert_ne!(error, Error::Randomness),
    }
    if let Some((bytes, _)) = data.split_first_chunk::<ELEMENT_LEN>() {
        let _ = PublicKey::from_bytes(bytes);
    }
    let Some((evaluated, proof)) = data.split_at_checked(ELEMENT_LEN) else { return };
    let Some(Ok(proof)) = proof.get(..PROOF_LEN).map(Proof::from_bytes) else { return };
    let blinds = std::slice::from_ref(blind);
    let public = key.public_key();
    // Only a proof made with the key passes, and nobody guesses one.
    assert!(voprf::finalize(&public, &[INPUT], blinds, blinded, evaluated, &proof).is_err());
}

/// Every back end of this processor against dalek, on a batch that the bytes describe.
pub(crate) fn lanes(data: &[u8]) {
    if let Err(difference) = compare(data) {
        panic!("{difference}");
    }
}
