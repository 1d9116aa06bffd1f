//! Additive blinding: `B = H(x) + r·G` instead of `r·H(x)`, unblinded as `E - r·K`.
//!
//! Nothing changes on the wire or for the owner, which cannot tell the two apart: either is uniform
//! over the group, whatever the input. For the requester both multiplications have a base that is
//! known beforehand, so that tables replace doublings, and no inverse is needed.
//!
//! The owner's `E = k·B = k·H(x) + r·K` gives `E - r·K = k·H(x)`, the same [`Output`] as ever, if it
//! was computed with the `k` of that very `K`. That is the condition: `K` pinned beforehand, no
//! identity, and the proof verified before anything is unblinded. Without it an owner that uses
//! another key `k'` makes the result `k'·H(x) + (k' - k)·r·G`, which depends on the blind; S. Jarecki,
//! H. Krawczyk and J. Xu, "On the (in)security of the Diffie-Hellman oblivious PRF with
//! multiplicative blinding" (PKC 2021), show what an authenticated `K` is good for and what goes
//! wrong without. [`finalize`] therefore takes the proof, and there is no such function in mode
//! [`oprf`](crate::oprf).
//!
//! As a commitment to the input, `B` binds as the multiplicative one does: who can open it to two
//! inputs, `H(x) + r·G = H(x') + r'·G`, knows the discrete logarithm of `H(x) - H(x')`, a point that
//! a random oracle chose.

use crate::batch;
use crate::dleq::Proof;
use crate::voprf::verified;
use crate::{Blind, Error, Mode, Output, PublicKey};

/// Blinds each input with the blind at its place: `H(xᵢ) + rᵢ·G`, 32 bytes each, end to end.
///
/// A blind must serve one input only, and must be as good as random to the owner.
///
/// # Errors
///
/// [`Error::EmptyBatch`], [`Error::CountMismatch`], [`Error::InputTooLong`], and
/// [`Error::InvalidInput`], which no input is known to cause.
pub fn blind<I: AsRef<[u8]>>(inputs: &[I], blinds: &[Blind]) -> Result<Vec<u8>, Error> {
    batch::blind_additively(Mode::Voprf, inputs, blinds)
}

/// Verifies the owner's proof, takes the blinds off and hashes: the outputs in the order of the
/// inputs. All or nothing, as for [`voprf::finalize`](crate::voprf::finalize).
///
/// `public_key` must have been pinned before the question was asked.
///
/// # Errors
///
/// As for [`voprf::finalize`](crate::voprf::finalize).
pub fn finalize<I: AsRef<[u8]>>(
    public_key: &PublicKey,
    inputs: &[I],
    blinds: &[Blind],
    blinded: &[u8],
    evaluated: &[u8],
    proof: &Proof,
) -> Result<Vec<Output>, Error> {
    let evaluated = verified(public_key, [inputs.len(), blinds.len()], blinded, evaluated, proof)?;
    batch::finalize_additively(public_key, inputs, blinds, &evaluated)
}
