//! The two modes and the names they give their hashes.

use crate::hash::Dst;

/// Which of RFC 9497's functions is computed. Keys, elements and outputs of one mean nothing in the
/// other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Mode {
    /// Without proofs: [`oprf`](crate::oprf).
    Oprf = 0x00,
    /// With proofs: [`voprf`](crate::voprf).
    Voprf = 0x01,
}

/// The domain separation tags end in RFC 9497's context string (section 3.1):
/// `"OPRFV1-" || I2OSP(mode, 1) || "-" || "ristretto255-SHA512"`.
impl Mode {
    pub(crate) fn hash_to_group_dst(self) -> Dst {
        const OPRF: Dst = Dst::new(b"HashToGroup-OPRFV1-\x00-ristretto255-SHA512");
        const VOPRF: Dst = Dst::new(b"HashToGroup-OPRFV1-\x01-ristretto255-SHA512");
        match self {
            Self::Oprf => OPRF,
            Self::Voprf => VOPRF,
        }
    }

    pub(crate) fn derive_key_pair_dst(self) -> Dst {
        const OPRF: Dst = Dst::new(b"DeriveKeyPairOPRFV1-\x00-ristretto255-SHA512");
        const VOPRF: Dst = Dst::new(b"DeriveKeyPairOPRFV1-\x01-ristretto255-SHA512");
        match self {
            Self::Oprf => OPRF,
            Self::Voprf => VOPRF,
        }
    }
}
