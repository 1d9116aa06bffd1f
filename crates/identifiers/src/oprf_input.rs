//! The framing that makes an OPRF input out of a typed value.

use crate::IdentifierType;

const LABEL: &[u8] = b"Symbolon-v1-Input";
const CANARY: &[u8] = b"\0canary:";

/// A reserved input no identifier can have, for published canaries.
///
/// Same framing as [`Identifier::oprf_input`](crate::Identifier::oprf_input) with the canonical
/// bytes `"\0canary:" || 32-bit big-endian index`; canonical bytes of identifiers never hold a zero
/// byte first.
#[must_use]
pub fn canary_input(kind: IdentifierType, index: u32) -> Vec<u8> {
    let mut canonical = CANARY.to_vec();
    canonical.extend_from_slice(&index.to_be_bytes());
    frame(kind, &canonical)
}

pub(crate) fn frame(kind: IdentifierType, canonical: &[u8]) -> Vec<u8> {
    let name = kind.name().as_bytes();
    // INVARIANT: type names and canonical forms are short; the parsers bound both far below the
    // limits of the length fields.
    let name_length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    let length = u16::try_from(canonical.len()).unwrap_or(u16::MAX);
    let mut out = Vec::with_capacity(LABEL.len() + 1 + name.len() + 4 + canonical.len());
    out.extend_from_slice(LABEL);
    out.push(name_length);
    out.extend_from_slice(name);
    out.extend_from_slice(&kind.rules_version().to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(canonical);
    out
}
