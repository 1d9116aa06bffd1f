//! Mode VOPRF (0x01, RFC 9497 section 3.3.2): the owner proves that it used the pinned key.

pub mod additive;

use ring::rand::SecureRandom;

use crate::batch;
use crate::dleq::{self, Nonce, Proof};
use crate::group::{self, Elements};
use crate::{Blind, Error, Mode, Output, PublicKey, SecretKey};

/// What the owner answers to a batch of blinded elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// The evaluated elements, [`ELEMENT_LEN`](crate::ELEMENT_LEN) bytes each, in the order of the
    /// question.
    pub elements: Vec<u8>,
    /// That all of them were evaluated with the key behind the owner's public key.
    pub proof: Proof,
}

/// Requester: hides `inputs` behind `blinds`, one each (RFC 9497 section 3.3.1, `Blind`).
///
/// Returns the blinded elements, [`ELEMENT_LEN`](crate::ELEMENT_LEN) bytes each, in the order of
/// `inputs`. An input may be empty and is at most 65 535 bytes long. A blind must never serve two
/// inputs: the owner would see how they are related.
///
/// # Errors
///
/// [`Error::EmptyBatch`], [`Error::CountMismatch`], [`Error::InputTooLong`], and
/// [`Error::InvalidInput`], which nobody will meet.
pub fn blind<I: AsRef<[u8]>>(inputs: &[I], blinds: &[Blind]) -> Result<Vec<u8>, Error> {
    batch::blind(Mode::Voprf, inputs, blinds)
}

/// Owner: evaluates `blinded` and proves it (RFC 9497 section 3.3.2, `BlindEvaluate`).
///
/// `blinded` is elements of [`ELEMENT_LEN`](crate::ELEMENT_LEN) bytes end to end, at most
/// [`MAX_BATCH`](crate::MAX_BATCH) of them. All are decoded before the key touches the first one.
///
/// # Errors
///
/// The requester misbehaved: [`Error::EmptyBatch`], [`Error::WrongLength`],
/// [`Error::BatchTooLarge`], [`Error::InvalidElement`], [`Error::IdentityElement`]. This machine
/// did: [`Error::Randomness`].
pub fn blind_evaluate(
    key: &SecretKey,
    blinded: &[u8],
    rng: &dyn SecureRandom,
) -> Result<Evaluated, Error> {
    dleq::check_batch(group::element_count(blinded)?)?;
    let blinded = Elements::decode(blinded)?;
    evaluate_with_proof(key, &blinded, &Nonce::random(rng)?)
}

/// Requester: verifies the proof, and only then takes the blinds off (RFC 9497 section 3.3.2,
/// `Finalize`).
///
/// `inputs` and `blinds` are those given to [`blind()`], `blinded` is what it returned, `evaluated`
/// and `proof` are the owner's answer, and `public_key` is the key that the requester knew before
/// it asked. Returns the outputs in the order of `inputs`.
///
/// # Errors
///
/// The owner misbehaved: [`Error::InvalidProof`], [`Error::InvalidElement`],
/// [`Error::IdentityElement`], [`Error::WrongLength`], [`Error::CountMismatch`]. The caller did:
/// [`Error::CorruptBlinded`], [`Error::EmptyBatch`], [`Error::BatchTooLarge`],
/// [`Error::CountMismatch`], [`Error::InputTooLong`].
pub fn finalize<I: AsRef<[u8]>>(
    public_key: &PublicKey,
    inputs: &[I],
    blinds: &[Blind],
    blinded: &[u8],
    evaluated: &[u8],
    proof: &Proof,
) -> Result<Vec<Output>, Error> {
    let evaluated = verified(public_key, [inputs.len(), blinds.len()], blinded, evaluated, proof)?;
    batch::finalize(inputs, blinds, evaluated.points())
}

/// The evaluated elements, once there are as many as inputs and blinds and the proof holds.
fn verified<'a>(
    public_key: &PublicKey,
    [inputs, blinds]: [usize; 2],
    blinded: &[u8],
    evaluated: &'a [u8],
    proof: &Proof,
) -> Result<Elements<'a>, Error> {
    dleq::check_batch(inputs)?;
    batch::check_count(inputs, blinds)?;
    batch::check_count(inputs, group::element_count(blinded)?)?;
    batch::check_count(inputs, group::element_count(evaluated)?)?;

    let blinded = Elements::decode(blinded).map_err(Error::of_own_blinded)?;
    let evaluated = Elements::decode(evaluated)?;
    dleq::verify(public_key, &blinded, &evaluated, proof)?;
    Ok(evaluated)
}

/// Owner: the outputs for inputs of its own (RFC 9497 section 3.3.1, `Evaluate`), in their order.
///
/// Takes any number of inputs, also none; memory beyond the result does not grow with it.
///
/// # Errors
///
/// [`Error::InputTooLong`], and [`Error::InvalidInput`], which nobody will meet.
pub fn evaluate<I: AsRef<[u8]>>(key: &SecretKey, inputs: &[I]) -> Result<Vec<Output>, Error> {
    batch::evaluate(Mode::Voprf, key, inputs)
}

/// Owner: evaluates inputs that everyone knows, so that everyone can check the result.
///
/// It is [`blind_evaluate`] with the blind 1 for every input, which is a blind that RFC 9497 allows
/// and that hides nothing: whoever sees the elements can test inputs against them.
///
/// # Errors
///
/// [`Error::EmptyBatch`], [`Error::BatchTooLarge`], [`Error::InputTooLong`], [`Error::Randomness`],
/// and [`Error::InvalidInput`], which nobody will meet.
pub fn evaluate_public<I: AsRef<[u8]>>(
    key: &SecretKey,
    inputs: &[I],
    rng: &dyn SecureRandom,
) -> Result<Evaluated, Error> {
    dleq::check_batch(inputs.len())?;
    let hashed = Elements::of_public_inputs(Mode::Voprf, inputs)?;
    evaluate_with_proof(key, &hashed, &Nonce::random(rng)?)
}

/// Anyone: verifies what [`evaluate_public`] returned, and gives the outputs in the order of
/// `inputs`.
///
/// # Errors
///
/// The owner misbehaved: [`Error::InvalidProof`], [`Error::InvalidElement`],
/// [`Error::IdentityElement`], [`Error::WrongLength`], [`Error::CountMismatch`]. The caller did:
/// [`Error::EmptyBatch`], [`Error::BatchTooLarge`], [`Error::InputTooLong`].
pub fn finalize_public<I: AsRef<[u8]>>(
    public_key: &PublicKey,
    inputs: &[I],
    evaluated: &[u8],
    proof: &Proof,
) -> Result<Vec<Output>, Error> {
    dleq::check_batch(inputs.len())?;
    batch::check_count(inputs.len(), group::element_count(evaluated)?)?;

    let hashed = Elements::of_public_inputs(Mode::Voprf, inputs)?;
    let evaluated = Elements::decode(evaluated)?;
    dleq::verify(public_key, &hashed, &evaluated, proof)?;
    let mut outputs = Vec::with_capacity(inputs.len());
    batch::hash_outputs(inputs, evaluated.encodings(), &mut outputs)?;
    Ok(outputs)
}

/// Apart from [`blind_evaluate`] so that the RFC's test vectors can fix the nonce, and nobody else.
pub(crate) fn evaluate_with_proof(
    key: &SecretKey,
    blinded: &Elements<'_>,
    nonce: &Nonce,
) -> Result<Evaluated, Error> {
    let elements = batch::blind_evaluate(key, blinded.points());
    let proof = dleq::generate(key, blinded, &elements, nonce)?;
    Ok(Evaluated { elements: elements.into_flattened(), proof })
}
