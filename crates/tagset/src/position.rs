use crate::hash::MembershipHash;

/// Where a hash stands among the n · 2^λ positions of a set, cut in two: position = bucket · 2^λ + low.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// In 0..n, about one entry in each.
    pub(crate) bucket: u64,
    /// In 0..2^λ.
    pub(crate) low: u64,
}

impl Position {
    /// floor(hash · n · 2^λ / 2^128) by multiply-high, without ever holding the 224-bit product:
    /// the bucket is the integer part of hash · n / 2^128, and `low` the first λ bits of its fraction.
    ///
    /// Monotone in the hash, so hashes sorted as numbers are positions sorted. Needs n < 2^32 and
    /// λ in 1..=64, which the ladder and the checks of λ see to.
    pub(crate) fn of(hash: &MembershipHash, padded_len: u64, lambda: u8) -> Self {
        let hash = hash.to_number();
        let n = u128::from(padded_len);
        let upper = hash >> 64;
        let lower = hash & u128::from(u64::MAX);
        // hash · n = product · 2^64 + 64 bits that no λ reaches.
        let product = upper * n + ((lower * n) >> 64);
        let fraction = (product & u128::from(u64::MAX)) as u64;
        Self { bucket: (product >> 64) as u64, low: fraction >> (64 - u32::from(lambda)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: u128, padded_len: u64, lambda: u8) -> (u64, u64) {
        let position = Position::of(&MembershipHash(number.to_be_bytes()), padded_len, lambda);
        (position.bucket, position.low)
    }

    #[test]
    fn the_least_and_the_greatest_hash_stand_at_the_ends() {
        for lambda in [8, 40, 63, 64] {
            for len in [1_024, 1_000_000, 4_000_000_000] {
                assert_eq!(of(0, len, lambda), (0, 0));
                assert_eq!(of(u128::MAX, len, lambda), (len - 1, u64::MAX >> (64 - lambda)));
            }
        }
    }

    #[test]
    fn for_a_power_of_two_the_position_is_the_first_bits_of_the_hash() {
        let hash = 0x0123_4567_89ab_cdef_0011_2233_4455_6677;
        assert_eq!(of(hash, 1 << 16, 40), (0x0123, 0x45_6789_abcd));
        assert_eq!(of(hash, 1 << 16, 64), (0x0123, 0x4567_89ab_cdef_0011));
    }

    #[test]
    fn the_position_is_the_floor_of_the_exact_product() {
        // Small enough for plain 128-bit arithmetic on the upper half of the hash: the lower is zero.
        for upper in [1_u64, 12_345, 1 << 32, u64::MAX / 3, u64::MAX] {
            for (len, lambda) in [(1_024, 8), (3_000, 20), (7_000_000, 30)] {
                let exact = (u128::from(upper) * u128::from(len)) >> (64 - lambda);
                let (bucket, low) = of(u128::from(upper) << 64, len, lambda as u8);
                assert_eq!((u128::from(bucket) << lambda) | u128::from(low), exact);
            }
        }
    }
}
