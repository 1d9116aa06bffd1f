//! What the two modes have in common, on whole batches.

use crate::engine::Usage;
use crate::group::{self, ELEMENT_LEN, Elements, Half, Halves};
use crate::hash_batch::sha512_each;
use crate::output;
use crate::points::{Encodings, Points};
use crate::{Blind, Error, Mode, Output, PublicKey, SecretKey};

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
    let hashed = hash_for(mode, inputs, blinds, Usage::Products)?;
    let halves = Halves::of_blinds(blinds);
    Ok(flattened(hashed.multiply_and_encode(halves.for_each())))
}

pub(crate) fn blind_additively<I: AsRef<[u8]>>(
    mode: Mode,
    inputs: &[I],
    blinds: &[Blind],
) -> Result<Vec<u8>, Error> {
    let hashed = hash_for(mode, inputs, blinds, Usage::Tables)?;
    Ok(flattened(hashed.add_generator_and_encode(blinds)))
}

fn hash_for<I: AsRef<[u8]>>(
    mode: Mode,
    inputs: &[I],
    blinds: &[Blind],
    usage: Usage,
) -> Result<Points, Error> {
    if inputs.is_empty() {
        return Err(Error::EmptyBatch);
    }
    check_count(inputs.len(), blinds.len())?;
    group::hash_to_group(mode, inputs, usage)
}

pub(crate) fn blind_evaluate(key: &SecretKey, blinded: &Points) -> Vec<[u8; ELEMENT_LEN]> {
    std::mem::take(&mut *blinded.multiply_and_encode(Half::of_key(key).for_all()))
}

pub(crate) fn finalize<I: AsRef<[u8]>>(
    inputs: &[I],
    blinds: &[Blind],
    evaluated: &Points,
) -> Result<Vec<Output>, Error> {
    let halves = Halves::of_inverted_blinds(blinds);
    let unblinded = evaluated.multiply_and_encode(halves.for_each());
    let mut outputs = Vec::with_capacity(inputs.len());
    hash_outputs(inputs, &unblinded, &mut outputs)?;
    Ok(outputs)
}

pub(crate) fn finalize_additively<I: AsRef<[u8]>>(
    public_key: &PublicKey,
    inputs: &[I],
    blinds: &[Blind],
    evaluated: &Elements<'_>,
) -> Result<Vec<Output>, Error> {
    let unblinded = if evaluated.points().suit(Usage::Tables) {
        evaluated.points().subtract_key_and_encode(public_key, blinds)
    } else {
        // To decode once more costs less than what the tables of another engine save.
        let points = Points::decode(evaluated.encodings(), Usage::Tables)?;
        points.subtract_key_and_encode(public_key, blinds)
    };
    let mut outputs = Vec::with_capacity(inputs.len());
    hash_outputs(inputs, &unblinded, &mut outputs)?;
    Ok(outputs)
}

pub(crate) fn evaluate<I: AsRef<[u8]>>(
    mode: Mode,
    key: &SecretKey,
    inputs: &[I],
) -> Result<Vec<Output>, Error> {
    let half = Half::of_key(key);
    let mut outputs = Vec::with_capacity(inputs.len());
    for (chunk_number, chunk) in inputs.chunks(EVALUATE_CHUNK).enumerate() {
        let hashed = group::hash_to_group(mode, chunk, Usage::Products)
            .map_err(|error| error.shifted_by(chunk_number * EVALUATE_CHUNK))?;
        let evaluated = hashed.multiply_and_encode(half.for_all());
        hash_outputs(chunk, &evaluated, &mut outputs)?;
    }
    Ok(outputs)
}

/// Adds the outputs to `to`, which should have room: a vector that grew would leave copies behind.
pub(crate) fn hash_outputs<I: AsRef<[u8]>>(
    inputs: &[I],
    unblinded: &[[u8; ELEMENT_LEN]],
    to: &mut Vec<Output>,
) -> Result<(), Error> {
    if inputs.iter().any(|input| input.as_ref().len() > usize::from(u16::MAX)) {
        return Err(Error::InputTooLong);
    }
    let mut digests = sha512_each(inputs.len(), |index, message| {
        if let (Some(input), Some(element)) = (inputs.get(index), unblinded.get(index)) {
            output::append_hash_input(input.as_ref(), element, message);
        }
    });
    to.extend(digests.iter_mut().map(Output::take));
    Ok(())
}

/// Blinded elements are for everybody to see.
fn flattened(mut elements: Encodings) -> Vec<u8> {
    std::mem::take(&mut *elements).into_flattened()
}
