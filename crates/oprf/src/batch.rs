//! What the two modes have in common, on whole batches.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};

use crate::group::{self, ELEMENT_LEN, Half};
use crate::output::hash_output;
use crate::{Blind, Error, Mode, Output, SecretKey};

/// How many of the owner's own records are under way at once. One inversion shared by this many
/// costs each of them next to nothing, and their intermediates still fit a core's second-level
/// cache.
const EVALUATE_CHUNK: usize = 1_024;

pub(crate) fn check_count(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::CountMismatch) }
}

pub(crate) fn blind<I: AsRef<[u8]>>(
    mode: Mode,
    inputs: &[I],
    blinds: &[Blind],
) -> Result<Vec<u8>, Error> {
    if inputs.is_empty() {
        return Err(Error::EmptyBatch);
    }
    check_count(inputs.len(), blinds.len())?;

    let hashed = group::hash_to_group(mode, inputs)?;
    let halves = Half::of_blinds(blinds);
    let blinded = group::multiply_and_encode(halves.iter().zip(hashed.iter()));
    Ok(to_bytes(&blinded).into_flattened())
}

pub(crate) fn blind_evaluate(
    key: &SecretKey,
    blinded: &[RistrettoPoint],
) -> Vec<[u8; ELEMENT_LEN]> {
    let half = Half::of_key(key);
    to_bytes(&group::multiply_and_encode(blinded.iter().map(|element| (&half, element))))
}

pub(crate) fn finalize<I: AsRef<[u8]>>(
    inputs: &[I],
    blinds: &[Blind],
    evaluated: &[RistrettoPoint],
) -> Result<Vec<Output>, Error> {
    let halves = Half::of_inverted_blinds(blinds);
    let unblinded = group::multiply_and_encode(halves.iter().zip(evaluated));
    hash_outputs(inputs, unblinded.iter().map(CompressedRistretto::as_bytes))
}

pub(crate) fn evaluate<I: AsRef<[u8]>>(
    mode: Mode,
    key: &SecretKey,
    inputs: &[I],
) -> Result<Vec<Output>, Error> {
    let half = Half::of_key(key);
    let mut outputs = Vec::with_capacity(inputs.len());
    for (chunk_number, chunk) in inputs.chunks(EVALUATE_CHUNK).enumerate() {
        let hashed = group::hash_to_group(mode, chunk)
            .map_err(|error| error.shifted_by(chunk_number * EVALUATE_CHUNK))?;
        let evaluated = group::multiply_and_encode(hashed.iter().map(|element| (&half, element)));
        for (input, element) in chunk.iter().zip(evaluated.iter()) {
            outputs.push(hash_output(input.as_ref(), element.as_bytes())?);
        }
    }
    Ok(outputs)
}

pub(crate) fn hash_outputs<'a, I: AsRef<[u8]>>(
    inputs: &[I],
    unblinded: impl Iterator<Item = &'a [u8; ELEMENT_LEN]>,
) -> Result<Vec<Output>, Error> {
    // Room for all from the start: a vector that grew would leave outputs behind that nobody wipes.
    let mut outputs = Vec::with_capacity(inputs.len());
    for (input, element) in inputs.iter().zip(unblinded) {
        outputs.push(hash_output(input.as_ref(), element)?);
    }
    Ok(outputs)
}

fn to_bytes(encodings: &[CompressedRistretto]) -> Vec<[u8; ELEMENT_LEN]> {
    encodings.iter().map(CompressedRistretto::to_bytes).collect()
}
