//! One scalar multiplication in a batch, ours against curve25519-dalek, on one thread.

/// CPU time of each, microseconds a multiplication.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScalarMult {
    pub(super) ours_us: crate::spread::Spread,
    pub(super) peer_us: crate::spread::Spread,
}

/// `None` as long as `symbolon-oprf` has no way to be measured that deep.
pub(super) fn compare() -> Option<ScalarMult> {
    None
}
