//! Scalars as digits of a fixed number, so that every multiplication takes the same steps.

use zeroize::Zeroize;

use super::field::{MAX_LANES, Mask};

/// The digits of a window of each lane: magnitudes, and the lanes where the digit is negative.
#[derive(Clone, Copy, Default, Zeroize)]
pub(super) struct Window {
    pub(super) magnitudes: [u8; MAX_LANES],
    pub(super) negative: Mask,
}

impl Window {
    /// For a table of 16 whose entry i is the multiple i + 1: the index within its half in each
    /// lane, and the lanes that need the upper half. Whatever for a magnitude of 0.
    #[inline(always)]
    pub(super) fn indices(&self) -> ([u8; MAX_LANES], Mask) {
        let indices = (u64::from_le_bytes(self.magnitudes) + 0x0f * EACH) & (0x0f * EACH);
        ((indices & (0x07 * EACH)).to_le_bytes(), lanes_of(indices >> 3))
    }

    /// The lanes in which the magnitude is `value`, both at most 127.
    #[inline(always)]
    pub(super) fn lanes_with(&self, value: u8) -> Mask {
        let differences = u64::from_le_bytes(self.magnitudes) ^ (EACH * u64::from(value));
        // A byte's top bit is set exactly if the byte is zero: none is over 127, so none carries.
        let zeros = !(differences + 0x7f * EACH) & (0x80 * EACH);
        lanes_of(zeros >> 7)
    }
}

const EACH: u64 = 0x0101_0101_0101_0101;

/// The lowest bits of the eight bytes.
#[inline(always)]
fn lanes_of(bytes: u64) -> Mask {
    // The product has bit i of the result at bit 56 + i, and nothing else from there on.
    ((bytes & EACH).wrapping_mul(0x0102_0408_1020_4080) >> 56) as Mask
}

/// Sets the digits of a lane in each window: scalar = Σ digit · 2^(width·w) with digits from
/// -2^(width-1) to 2^(width-1), width at most 8. The scalar is below 2^253, the windows cover 254 bits or
/// more.
#[inline(always)]
pub(super) fn recode(width: u32, scalar: &[u8; 32], lane: usize, windows: &mut [Window]) {
    let mut carry = 0;
    for (number, window) in windows.iter_mut().enumerate() {
        let value = bits(scalar, number as u32 * width, width) + carry;
        // Beyond half of the base, the digit is what is missing to the base, negated.
        let is_over = ((value + (1 << (width - 1)) - 1) >> width) & 1;
        let missing = (1u16 << width).wrapping_sub(value);
        let magnitude = value ^ ((value ^ missing) & 0u16.wrapping_sub(is_over));
        carry = is_over;
        if let Some(to) = window.magnitudes.get_mut(lane) {
            *to = magnitude as u8;
        }
        window.negative |= (is_over as Mask) << lane;
    }
}

/// The `count` ≤ 8 bits from bit `first` on.
#[inline(always)]
fn bits(scalar: &[u8; 32], first: u32, count: u32) -> u16 {
    let byte = |index: u32| scalar.get(index as usize).map_or(0, |byte| u16::from(*byte));
    let window = byte(first / 8) | (byte(first / 8 + 1) << 8);
    (window >> (first % 8)) & ((1 << count) - 1)
}
