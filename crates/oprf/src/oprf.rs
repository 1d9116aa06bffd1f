//! Mode OPRF (0x00, RFC 9497 section 3.3.1): no proof, the requester takes the owner's key on
//! trust.
//!
//! An owner of this mode can use another key for each requester, or for each question, and so mark
//! whom it answers. Symbolon asks in [`voprf`](crate::voprf) mode; this one is here for partners
//! and measurements.

use crate::batch;
use crate::group::{self, Elements};
use crate::{Blind, Error, Mode, Output, SecretKey};

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
    batch::blind(Mode::Oprf, inputs, blinds)
}

/// Owner: evaluates `blinded` (RFC 9497 section 3.3.1, `BlindEvaluate`).
///
/// `blinded` is elements of [`ELEMENT_LEN`](crate::ELEMENT_LEN) bytes end to end; so is the result,
/// in the same order. As no proof covers them there is no upper limit to their number. All are
/// decoded before the key touches the first one.
///
/// # Errors
///
/// The requester misbehaved: [`Error::EmptyBatch`], [`Error::WrongLength`],
/// [`Error::InvalidElement`], [`Error::IdentityElement`].
pub fn blind_evaluate(key: &SecretKey, blinded: &[u8]) -> Result<Vec<u8>, Error> {
    let blinded = Elements::decode(blinded)?;
    Ok(batch::blind_evaluate(key, blinded.points()).into_flattened())
}

/// Requester: takes the blinds off (RFC 9497 section 3.3.1, `Finalize`).
///
/// `inputs` and `blinds` are those given to [`blind()`], `evaluated` is the owner's answer. Returns
/// the outputs in the order of `inputs`; that they are worth anything is the owner's word.
///
/// # Errors
///
/// The owner misbehaved: [`Error::InvalidElement`], [`Error::IdentityElement`],
/// [`Error::WrongLength`], [`Error::CountMismatch`]. The caller did: [`Error::EmptyBatch`],
/// [`Error::CountMismatch`], [`Error::InputTooLong`].
pub fn finalize<I: AsRef<[u8]>>(
    inputs: &[I],
    blinds: &[Blind],
    evaluated: &[u8],
) -> Result<Vec<Output>, Error> {
    batch::check_count(inputs.len(), blinds.len())?;
    batch::check_count(inputs.len(), group::element_count(evaluated)?)?;
    batch::finalize(inputs, blinds, Elements::decode(evaluated)?.points())
}

/// Owner: the outputs for inputs of its own (RFC 9497 section 3.3.1, `Evaluate`), in their order.
///
/// Takes any number of inputs, also none; memory beyond the result does not grow with it.
///
/// # Errors
///
/// [`Error::InputTooLong`], and [`Error::InvalidInput`], which nobody will meet.
pub fn evaluate<I: AsRef<[u8]>>(key: &SecretKey, inputs: &[I]) -> Result<Vec<Output>, Error> {
    batch::evaluate(Mode::Oprf, key, inputs)
}
