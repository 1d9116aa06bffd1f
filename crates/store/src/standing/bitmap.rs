use zeroize::{Zeroize, ZeroizeOnDrop};

/// Which entries of a segment something is true of. Wiped when dropped: it may say what hit.
#[derive(Clone, PartialEq, Eq, Default, Zeroize, ZeroizeOnDrop)]
pub struct Bitmap {
    bytes: Vec<u8>,
}

impl Bitmap {
    /// Of `len` entries, none.
    pub fn new(len: usize) -> Self {
        Self { bytes: vec![0; len.div_ceil(8)] }
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec() }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is true of the entry at `place`; false beyond the end.
    pub fn has(&self, place: usize) -> bool {
        self.bytes.get(place / 8).is_some_and(|byte| byte & bit(place) != 0)
    }

    /// Makes it true of the entry at `place`; nothing happens beyond the end.
    pub fn set(&mut self, place: usize) {
        if let Some(byte) = self.bytes.get_mut(place / 8) {
            *byte |= bit(place);
        }
    }

    /// The places of which it is true, rising.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        (0_usize..).zip(&self.bytes).filter(|(_, byte)| **byte != 0).flat_map(|(index, byte)| {
            (0..8).filter(move |bit| byte & (1 << bit) != 0).map(move |bit| index * 8 + bit)
        })
    }

    /// The same, less those of which `other` is true.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let others = other.bytes.iter().copied().chain(std::iter::repeat(0));
        Self { bytes: self.bytes.iter().zip(others).map(|(byte, other)| byte & !other).collect() }
    }

    /// The same, and also those of which `other` is true, which is of as many entries.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let others = other.bytes.iter().copied().chain(std::iter::repeat(0));
        Self { bytes: self.bytes.iter().zip(others).map(|(byte, other)| byte | other).collect() }
    }

    /// Of how many entries it is true.
    pub fn count(&self) -> u64 {
        self.bytes.iter().map(|byte| u64::from(byte.count_ones())).sum()
    }
}

fn bit(place: usize) -> u8 {
    1 << (place % 8)
}
