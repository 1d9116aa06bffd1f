//! What can go wrong, and through whom.

/// Why an operation was refused.
///
/// Indices count elements or inputs from 0 in the batch given. No variant carries a secret or an
/// input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The peer sent, at `index`, 32 bytes that are no canonical encoding of a ristretto255
    /// element.
    #[error("the peer misbehaved: element {index} is not a ristretto255 element")]
    InvalidElement {
        /// Its place in the batch.
        index: usize,
    },
    /// The peer sent, at `index`, the identity, which RFC 9497 section 2.1 has us refuse.
    #[error("the peer misbehaved: element {index} is the identity")]
    IdentityElement {
        /// Its place in the batch.
        index: usize,
    },
    /// The caller's own blinded element at `index` is not one that [`blind`](crate::voprf::blind())
    /// returns.
    #[error("our own blinded element {index} is not a ristretto255 element")]
    CorruptBlinded {
        /// Its place in the batch.
        index: usize,
    },
    /// Something of fixed size, or a sequence of such, has a length that it can't have.
    #[error("the length is not that of what should be there")]
    WrongLength,
    /// The batch has more than [`MAX_BATCH`](crate::MAX_BATCH) elements, so that no proof can cover
    /// it.
    #[error("a batch of {count} elements is more than one proof covers")]
    BatchTooLarge {
        /// How many elements it has.
        count: usize,
    },
    /// There is nothing in the batch.
    #[error("the batch is empty")]
    EmptyBatch,
    /// Inputs, blinds, blinded and evaluated elements are not equally many.
    #[error("inputs, blinds and elements are not equally many")]
    CountMismatch,
    /// The proof does not show that these elements were evaluated with the key behind this public
    /// key.
    #[error("the owner misbehaved: the proof does not hold for the pinned key")]
    InvalidProof,
    /// The bytes are no element other than the identity, so they are nobody's public key.
    #[error("these bytes are not a public key")]
    InvalidPublicKey,
    /// The scalar is zero, or randomness gave zero (which happens once in 2²⁵² times).
    #[error("the scalar is zero")]
    ZeroScalar,
    /// The scalar is not below the group's order.
    #[error("the scalar is not in canonical form")]
    NonCanonicalScalar,
    /// An input has more than 65 535 bytes, so that its length does not fit the two bytes that
    /// RFC 9497 section 3.3.1 hashes it with.
    #[error("an input is longer than 65535 bytes")]
    InputTooLong,
    /// The key-derivation info has more than 65 535 bytes, so that its length does not fit the two
    /// bytes that RFC 9497 section 3.2.1 hashes it with.
    #[error("the key-derivation info is longer than 65535 bytes")]
    InfoTooLong,
    /// The input at `index` hashes to the identity. Nobody knows such an input, or how to find one.
    #[error("input {index} hashes to the identity")]
    InvalidInput {
        /// Its place in the batch.
        index: usize,
    },
    /// 256 attempts to derive a key all gave zero (RFC 9497 section 3.2.1, `DeriveKeyPairError`).
    #[error("no key can be derived from this seed")]
    KeyDerivation,
    /// The machine's source of randomness failed.
    #[error("the source of randomness failed")]
    Randomness,
}

impl Error {
    /// The same fault in an element that came from the caller and not from its peer.
    pub(crate) fn of_own_blinded(self) -> Self {
        match self {
            Self::InvalidElement { index } | Self::IdentityElement { index } => {
                Self::CorruptBlinded { index }
            }
            other => other,
        }
    }

    /// The same fault, for a chunk that starts `offset` inputs into the batch.
    pub(crate) fn shifted_by(self, offset: usize) -> Self {
        match self {
            Self::InvalidInput { index } => Self::InvalidInput { index: offset + index },
            other => other,
        }
    }
}
