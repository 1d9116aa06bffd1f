use crate::error::Error;

/// λ unless an agreement says otherwise: one false hit in 2^40 look-ups.
pub const DEFAULT_LAMBDA: u8 = 40;

/// The least λ: one false hit in 256 look-ups. Useful in tests only.
pub const MIN_LAMBDA: u8 = 8;

/// The greatest λ. Up to it a position is determined by the hash's 128 bits with room to spare
/// (λ + 32 ≤ 96), and the lower part of a position fits one machine word.
pub const MAX_LAMBDA: u8 = 64;

/// What a tag set says about itself besides its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Precision in bits: a look-up of a hash that is not in the set says *hit* with probability at
    /// most 2^-λ. From [`MIN_LAMBDA`] to [`MAX_LAMBDA`], [`DEFAULT_LAMBDA`] as a rule.
    pub lambda: u8,
    /// The scope (agreement, dataset, identifier type, epoch) that the set belongs to; 32 bytes that
    /// the caller chooses, opaque here.
    pub scope: [u8; 32],
    /// The version of the set within its scope, opaque here.
    pub version: u64,
}

impl Parameters {
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.lambda {
            MIN_LAMBDA..=MAX_LAMBDA => Ok(()),
            lambda => Err(Error::LambdaOutOfRange { lambda }),
        }
    }
}
