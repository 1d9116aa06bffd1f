//! The proof that a whole batch was evaluated with one key (RFC 9497 section 2.2).
//!
//! For `K = k·G` and elements `Eᵢ = k·Bᵢ`, both sides take the same unpredictable coefficients `dᵢ`
//! and form the composites `M = Σ dᵢ·Bᵢ` and `Z = Σ dᵢ·Eᵢ`; the proof is Chaum and Pedersen's that
//! `log_G K = log_M Z`.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use crate::group::{ELEMENT_LEN, Elements};
use crate::hash::{Dst, sha512};
use crate::hash_batch::expand_each;
use crate::scalar::{self, SCALAR_LEN, hash_to_scalar};
use crate::{Error, PublicKey, SecretKey};

/// Bytes in an encoded [`Proof`].
pub const PROOF_LEN: usize = 2 * SCALAR_LEN;

/// Most elements that one proof may cover. RFC 9497's composites number them with two bytes; this
/// limit lets their count fit two bytes as well.
pub const MAX_BATCH: usize = 65_535;

// Only mode VOPRF has proofs here.
const HASH_TO_SCALAR: Dst = Dst::new(b"HashToScalar-OPRFV1-\x01-ristretto255-SHA512");
const SEED: &[u8] = b"Seed-OPRFV1-\x01-ristretto255-SHA512";

const ELEMENT_LEN_PREFIX: [u8; 2] = (ELEMENT_LEN as u16).to_be_bytes();

/// A proof that a batch was evaluated with the key behind a public key: two scalars, `c` and `s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    challenge: Scalar,
    response: Scalar,
}

impl Proof {
    /// The proof with this encoding of [`PROOF_LEN`] bytes: `c`, then `s` (RFC 9497 section 2.2.1).
    ///
    /// # Errors
    ///
    /// [`Error::WrongLength`]; [`Error::NonCanonicalScalar`], so that no proof has two encodings.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        match bytes.as_chunks() {
            ([challenge, response], []) => Ok(Self {
                challenge: scalar::from_bytes(challenge)?,
                response: scalar::from_bytes(response)?,
            }),
            _ => Err(Error::WrongLength),
        }
    }

    /// Its encoding.
    pub fn to_bytes(&self) -> [u8; PROOF_LEN] {
        let mut bytes = [0; PROOF_LEN];
        let scalars = self.challenge.as_bytes().iter().chain(self.response.as_bytes());
        for (byte, scalar_byte) in bytes.iter_mut().zip(scalars) {
            *byte = *scalar_byte;
        }
        bytes
    }
}

/// A proof's secret randomness. Two proofs with the same one give the key away.
pub(crate) struct Nonce(Zeroizing<Scalar>);

impl Nonce {
    pub(crate) fn random(rng: &dyn SecureRandom) -> Result<Self, Error> {
        scalar::random_non_zero(rng).map(Self)
    }

    #[cfg(test)]
    pub(crate) fn fixed(bytes: &[u8; SCALAR_LEN]) -> Result<Self, Error> {
        scalar::non_zero_from_bytes(bytes).map(Self)
    }
}

/// Refuses a batch that no proof can cover, before anyone works on it.
pub(crate) fn check_batch(count: usize) -> Result<(), Error> {
    match count {
        0 => Err(Error::EmptyBatch),
        1..=MAX_BATCH => Ok(()),
        _ => Err(Error::BatchTooLarge { count }),
    }
}

/// RFC 9497 section 2.2.1, `GenerateProof` with `ComputeCompositesFast`.
pub(crate) fn generate(
    key: &SecretKey,
    blinded: &Elements<'_>,
    evaluated: &[[u8; ELEMENT_LEN]],
    nonce: &Nonce,
) -> Result<Proof, Error> {
    let public_key = key.public_key();
    let coefficients = coefficients(&public_key, blinded.encodings(), evaluated)?;
    // Variable-time, as everything that goes in has been on the wire or follows from it. The key
    // and the nonce are secret, hence the constant-time products.
    let m = blinded.points().combine(&coefficients)?;
    let z = key.scalar() * m;
    let commitment_g = RistrettoPoint::mul_base(&nonce.0);
    let commitment_m = *nonce.0 * m;

    let challenge = challenge(&public_key, [m, z, commitment_g, commitment_m]);
    let response = *nonce.0 - challenge * key.scalar();
    Ok(Proof { challenge, response })
}

/// RFC 9497 section 2.2.2, `VerifyProof`. Variable-time: the verifier has no secret here.
pub(crate) fn verify(
    public_key: &PublicKey,
    blinded: &Elements<'_>,
    evaluated: &Elements<'_>,
    proof: &Proof,
) -> Result<(), Error> {
    let coefficients = coefficients(public_key, blinded.encodings(), evaluated.encodings())?;
    let m = blinded.points().combine(&coefficients)?;
    let z = evaluated.points().combine(&coefficients)?;
    let commitment_g = RistrettoPoint::vartime_double_scalar_mul_basepoint(
        &proof.challenge,
        public_key.point(),
        &proof.response,
    );
    let commitment_m =
        RistrettoPoint::vartime_multiscalar_mul([proof.response, proof.challenge], [m, z]);

    if challenge(public_key, [m, z, commitment_g, commitment_m]) == proof.challenge {
        Ok(())
    } else {
        Err(Error::InvalidProof)
    }
}

/// The `dᵢ` of RFC 9497 section 2.2.1, `ComputeComposites`, one for each pair of elements.
fn coefficients(
    public_key: &PublicKey,
    blinded: &[[u8; ELEMENT_LEN]],
    evaluated: &[[u8; ELEMENT_LEN]],
) -> Result<Vec<Scalar>, Error> {
    check_batch(blinded.len())?;
    if blinded.len() != evaluated.len() {
        return Err(Error::CountMismatch);
    }

    let seed = sha512(&[
        &ELEMENT_LEN_PREFIX,
        public_key.encoding(),
        &(SEED.len() as u16).to_be_bytes(),
        SEED,
    ]);
    let seed_len = (seed.len() as u16).to_be_bytes();
    let uniform = expand_each(blinded.len(), HASH_TO_SCALAR, |index, message| {
        let (Some(c), Some(d)) = (blinded.get(index), evaluated.get(index)) else { return };
        message.extend(seed_len);
        message.extend(seed);
        // `check_batch` has seen that it fits.
        message.extend((index as u16).to_be_bytes());
        for element in [c, d] {
            message.extend(ELEMENT_LEN_PREFIX);
            message.extend(element);
        }
        message.extend(b"Composite");
    });
    Ok(uniform.iter().map(Scalar::from_bytes_mod_order_wide).collect())
}

fn challenge(public_key: &PublicKey, points: [RistrettoPoint; 4]) -> Scalar {
    let [m, z, commitment_g, commitment_m] = points.map(|point| point.compress().to_bytes());
    hash_to_scalar(
        &[
            &ELEMENT_LEN_PREFIX,
            public_key.encoding(),
            &ELEMENT_LEN_PREFIX,
            &m,
            &ELEMENT_LEN_PREFIX,
            &z,
            &ELEMENT_LEN_PREFIX,
            &commitment_g,
            &ELEMENT_LEN_PREFIX,
            &commitment_m,
            b"Challenge",
        ],
        HASH_TO_SCALAR,
    )
}
