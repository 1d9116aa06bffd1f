use ring::rand::SecureRandom;
use symbolon_identifiers::{IdentifierType, canary_input};
use symbolon_oprf::{ELEMENT_LEN, Proof, PublicKey, SecretKey, voprf};
use symbolon_proto::v1::Canaries;
use symbolon_tagset::MembershipHash;
use thiserror::Error;

/// Canaries in each set that this version makes.
pub const CANARY_COUNT: u32 = 4;

const MOST: u32 = 16;

/// The inputs of a type's first `count` canaries: no identifier can equal one.
pub fn canary_inputs(kind: IdentifierType, count: u32) -> Vec<Vec<u8>> {
    (0..count).map(|index| canary_input(kind, index)).collect()
}

/// Published canaries with a proof of their evaluation: whoever holds the manifest can check that
/// key, rules version and set belong together, without asking and without quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanarySet {
    // INVARIANT: 1 to 16 evaluated elements.
    count: u32,
    evaluated: Vec<u8>,
    proof: [u8; 64],
}

impl CanarySet {
    /// Evaluates the canaries of `kind` under `key`.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn evaluate(
        key: &SecretKey,
        kind: IdentifierType,
        random: &dyn SecureRandom,
    ) -> Result<Self, CanaryError> {
        let evaluated = voprf::evaluate_public(key, &canary_inputs(kind, CANARY_COUNT), random)
            .map_err(CanaryError::Evaluation)?;
        Ok(Self {
            count: CANARY_COUNT,
            evaluated: evaluated.elements,
            proof: evaluated.proof.to_bytes(),
        })
    }

    /// The membership hashes that a set of this key and this program's rules must hold.
    ///
    /// # Errors
    /// When the evaluation was not made with `key` over this program's encoding of the canaries.
    pub fn membership_hashes(
        &self,
        key: &PublicKey,
        kind: IdentifierType,
    ) -> Result<Vec<MembershipHash>, CanaryError> {
        let proof = Proof::from_bytes(&self.proof).map_err(CanaryError::Evaluation)?;
        let outputs =
            voprf::finalize_public(key, &canary_inputs(kind, self.count), &self.evaluated, &proof)
                .map_err(CanaryError::Evaluation)?;
        Ok(outputs.iter().map(|output| MembershipHash(output.membership_hash())).collect())
    }

    pub(crate) fn to_proto(&self) -> Canaries {
        Canaries {
            count: self.count,
            evaluated: self.evaluated.clone(),
            proof: self.proof.to_vec(),
        }
    }

    pub(crate) fn from_proto(canaries: Canaries) -> Option<Self> {
        let count = canaries.count;
        let expected = usize::try_from(count).ok()?.checked_mul(ELEMENT_LEN)?;
        if count == 0 || count > MOST || canaries.evaluated.len() != expected {
            return None;
        }
        Some(Self {
            count,
            evaluated: canaries.evaluated,
            proof: canaries.proof.as_slice().try_into().ok()?,
        })
    }
}

/// Why canaries could not be made or do not hold.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CanaryError {
    /// The evaluation could not be made, or its proof does not hold.
    #[error(
        "the canaries do not fit the scope's key and this program's rules: {0}. The owner must \
         publish the set again, or both sides must run the same rules version"
    )]
    Evaluation(#[source] symbolon_oprf::Error),
}
