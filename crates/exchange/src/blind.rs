use symbolon_identifiers::IdentifierType;
use symbolon_oprf::{Blind, Error};
use symbolon_policy::CheckId;

/// Length of the secret from which a check's blinds come, in bytes.
pub const CHECK_SECRET_LEN: usize = 32;

/// The blinds of the OPRF inputs of one type that stand in a check from place `first` on, in order.
///
/// Each is HMAC-SHA-512 under the check's secret over `Symbolon-v1-Blind`, a zero byte, the check id,
/// the type's name, a zero byte, the position (32-bit big-endian) and the input itself, reduced modulo
/// the group order. No blind ever serves two inputs, and each element can be opened to an inspector
/// without the others.
///
/// # Errors
/// When the reduction gives zero, which no one will ever see.
pub fn derive_blinds<I: AsRef<[u8]>>(
    secret: &[u8; CHECK_SECRET_LEN],
    check: &CheckId,
    kind: IdentifierType,
    first: usize,
    inputs: &[I],
) -> Result<Vec<Blind>, Error> {
    Blind::derive_each(secret, inputs.len(), |place, label| {
        let index = u32::try_from(first.saturating_add(place)).unwrap_or(u32::MAX);
        if let Some(input) = inputs.get(place) {
            label.extend(b"Symbolon-v1-Blind\0");
            label.extend(check.0);
            label.extend(kind.name().as_bytes());
            label.push(0);
            label.extend(index.to_be_bytes());
            label.extend(input.as_ref());
        }
    })
}

/// The blind of the one input at place `index`, as [`derive_blinds`] makes it.
///
/// # Errors
/// As [`derive_blinds`].
pub fn derive_blind(
    secret: &[u8; CHECK_SECRET_LEN],
    check: &CheckId,
    kind: IdentifierType,
    index: u32,
    input: &[u8],
) -> Result<Blind, Error> {
    let first = usize::try_from(index).unwrap_or(usize::MAX);
    derive_blinds(secret, check, kind, first, &[input])?.pop().ok_or(Error::EmptyBatch)
}
