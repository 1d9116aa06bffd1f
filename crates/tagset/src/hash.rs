use std::fmt;

use zeroize::Zeroize;

/// What the PRF says about one match key: bytes 0..16 of its output, uniformly random.
///
/// In a requester's hands it is the answer to "is this identifier in the set?", so it does not print.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MembershipHash(pub [u8; 16]);

impl MembershipHash {
    /// Big-endian, so that the order of the numbers is the order of the bytes.
    pub(crate) fn to_number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

impl Zeroize for MembershipHash {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for MembershipHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MembershipHash(..)")
    }
}
