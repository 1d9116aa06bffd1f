use ring::hmac;
use symbolon_exchange::{CHUNK_ELEMENTS, ChunkPosition};
use symbolon_identifiers::{Identifier, IdentifierType};
use symbolon_oprf::{Blind, ELEMENT_LEN, Error, voprf};
use symbolon_policy::CheckId;
use zeroize::{Zeroize as _, Zeroizing};

/// Length of the secret from which a check's blinds come, in bytes.
pub const CHECK_SECRET_LEN: usize = 32;

/// All identifiers of one type in a check, blinded once for all partners on the same rules version.
pub(crate) struct BlindedBatch {
    pub(crate) inputs: Vec<Zeroizing<Vec<u8>>>,
    pub(crate) blinds: Vec<Blind>,
    /// Packed elements, 32 bytes each, in the order of the inputs.
    pub(crate) elements: Vec<u8>,
}

impl BlindedBatch {
    /// Blinds `identifiers`, all of type `kind`, in order.
    pub(crate) fn new(
        kind: IdentifierType,
        identifiers: &[Identifier],
        check: &CheckId,
        secret: &[u8; CHECK_SECRET_LEN],
    ) -> Result<Self, Error> {
        let inputs: Vec<_> = identifiers.iter().map(Identifier::oprf_input).collect();
        let blinds = (0_u32..)
            .zip(&inputs)
            .map(|(index, input)| derive_blind(secret, check, kind, index, input))
            .collect::<Result<Vec<_>, _>>()?;
        let elements = voprf::blind(&inputs, &blinds)?;
        Ok(Self { inputs, blinds, elements })
    }
}

/// The blind of one element: HMAC-SHA-512 under the check's secret over `Symbolon-v1-Blind`, a zero
/// byte, the check id, the type's name, a zero byte, the position (32-bit big-endian) and the OPRF
/// input itself, reduced modulo the group order. No blind ever serves two inputs, and each element
/// can be opened to an inspector without the others.
///
/// # Errors
/// When the reduction gives zero, which no one will ever see.
pub fn derive_blind(
    secret: &[u8; CHECK_SECRET_LEN],
    check: &CheckId,
    kind: IdentifierType,
    index: u32,
    input: &[u8],
) -> Result<Blind, Error> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA512, secret));
    context.update(b"Symbolon-v1-Blind\0");
    context.update(&check.0);
    context.update(kind.name().as_bytes());
    context.update(&[0]);
    context.update(&index.to_be_bytes());
    context.update(input);
    let mut uniform = [0; 64];
    uniform.copy_from_slice(context.sign().as_ref());
    let blind = Blind::from_uniform_bytes(&uniform);
    uniform.zeroize();
    blind
}

/// One chunk of a batch.
pub(crate) struct BlindedSlice<'a> {
    pub(crate) inputs: &'a [Zeroizing<Vec<u8>>],
    pub(crate) blinds: &'a [Blind],
    pub(crate) elements: &'a [u8],
}

impl BlindedBatch {
    /// How many identifiers.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.inputs.len()).unwrap_or(u32::MAX)
    }

    /// The part of the batch that travels as this chunk; empty if there is none.
    pub(crate) fn chunk(&self, position: &ChunkPosition) -> BlindedSlice<'_> {
        let first =
            usize::try_from(position.chunk).unwrap_or(usize::MAX).saturating_mul(CHUNK_ELEMENTS);
        let end = first.saturating_add(position.elements);
        let bytes = first.saturating_mul(ELEMENT_LEN)..end.saturating_mul(ELEMENT_LEN);
        BlindedSlice {
            inputs: self.inputs.get(first..end).unwrap_or_default(),
            blinds: self.blinds.get(first..end).unwrap_or_default(),
            elements: self.elements.get(bytes).unwrap_or_default(),
        }
    }
}
