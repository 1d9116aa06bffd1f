//! The function's value, and the parts that Symbolon cuts it into.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::group::ELEMENT_LEN;

/// Bytes in an [`Output`].
pub const OUTPUT_LEN: usize = 64;

/// `F(k, x)`: 64 bytes, indistinguishable from random ones to whoever has neither `k` nor the
/// owner's help.
///
/// Compared in constant time; wiped when dropped.
pub struct Output([u8; OUTPUT_LEN]);

impl Output {
    /// Bytes 0..16, by which the requester looks an input up in the owner's tag set.
    pub fn membership_hash(&self) -> [u8; 16] {
        let mut part = [0; 16];
        part.copy_from_slice(&self.0[0..16]);
        part
    }

    /// Bytes 16..32, which the requester shows to ask for a disclosure, and by which the owner
    /// finds the record.
    pub fn claim(&self) -> [u8; 16] {
        let mut part = [0; 16];
        part.copy_from_slice(&self.0[16..32]);
        part
    }

    /// Whether the claim is this one, compared in constant time: how many of its bytes are right is
    /// nobody's business.
    pub fn has_claim(&self, claim: &[u8; 16]) -> bool {
        self.0[16..32].ct_eq(claim).into()
    }

    /// Bytes 32..64, from which the key to a record's sealed label is derived.
    pub fn label_secret(&self) -> Zeroizing<[u8; 32]> {
        let mut part = Zeroizing::new([0; 32]);
        part.copy_from_slice(&self.0[32..64]);
        part
    }

    /// All of it, as RFC 9497 has it.
    pub fn as_bytes(&self) -> &[u8; OUTPUT_LEN] {
        &self.0
    }
}

/// Appends what RFC 9497's `Finalize` hashes (section 3.3.1). The input has at most 65,535 bytes.
pub(crate) fn append_hash_input(
    input: &[u8],
    unblinded: &[u8; ELEMENT_LEN],
    message: &mut Vec<u8>,
) {
    message.extend((input.len() as u16).to_be_bytes());
    message.extend(input);
    message.extend((ELEMENT_LEN as u16).to_be_bytes());
    message.extend(unblinded);
    message.extend(b"Finalize");
}

impl Output {
    /// The output that this digest is; the digest is wiped.
    pub(crate) fn take(digest: &mut [u8; OUTPUT_LEN]) -> Self {
        let output = Self(*digest);
        digest.zeroize();
        output
    }
}

impl PartialEq for Output {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Output {}

impl Drop for Output {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Output(…)")
    }
}
