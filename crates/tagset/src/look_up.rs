use crate::bits;
use crate::position::Position;
use crate::ranks::{Ranks, STRIDE};

/// All but one in 50 buckets have no more entries; to read these at once, wanted or not, costs less
/// than to guess wrongly where the bucket ends.
const AT_ONCE: u64 = 3;

/// What look-ups read of a set.
///
/// A look-up costs three reads that may miss the cache: rank, upper parts, lower parts. No bucket has
/// more than [`MOST_IN_A_BUCKET`](crate::format::MOST_IN_A_BUCKET) entries, so that no owner can make
/// the look-up of what it waits for take longer than others.
#[derive(Clone, Copy)]
pub(crate) struct LookUp<'a> {
    pub(crate) lambda: u8,
    pub(crate) lows: &'a [u8],
    pub(crate) buckets: &'a [u8],
    pub(crate) ranks: &'a Ranks,
}

/// The entries of a bucket.
#[derive(Clone, Copy, Default)]
pub(crate) struct Entries {
    /// The number of the first.
    first: u64,
    /// How many, at most 64.
    len: u64,
}

impl LookUp<'_> {
    pub(crate) fn contains(&self, position: Position) -> bool {
        let entries = self.entries(position.bucket, self.near(position.bucket));
        self.holds(position, entries)
    }

    /// The number of the first entry at this position.
    pub(crate) fn find(&self, position: Position) -> Option<u64> {
        let Entries { first, len } = self.entries(position.bucket, self.near(position.bucket));
        (first..first.saturating_add(len)).find(|entry| self.low(*entry) == position.low)
    }

    /// The bit at which the bucket starts whose rank is known, at or shortly before `bucket`: a zero for
    /// each bucket before it, and a one for each of their entries.
    pub(crate) fn near(&self, bucket: u64) -> u64 {
        bucket / STRIDE * STRIDE + self.ranks.before(bucket)
    }

    /// The entries of `bucket`, with what [`LookUp::near`] says of it.
    pub(crate) fn entries(&self, bucket: u64, near: u64) -> Entries {
        let start = bits::after_zeros(self.buckets, near, bucket % STRIDE);
        let len = bits::field(self.buckets, start, 64).trailing_ones();
        // At least `bucket` zeros lie before `start`, so this does not go below zero.
        Entries { first: start - bucket, len: u64::from(len) }
    }

    /// Whether one of `entries`, those of the position's bucket, has its lower part.
    pub(crate) fn holds(&self, position: Position, Entries { first, len }: Entries) -> bool {
        let near = (0..AT_ONCE)
            .fold(false, |hit, i| hit | ((i < len) & (self.low(first + i) == position.low)));
        near || (AT_ONCE..len).any(|i| self.low(first + i) == position.low)
    }

    /// A byte of what [`LookUp::entries`] reads with `near`, to have it in the cache.
    pub(crate) fn touch_buckets(&self, near: u64) -> u8 {
        bits::byte(self.buckets, near) ^ bits::byte(self.buckets, near + 2 * STRIDE)
    }

    /// Bytes of what [`LookUp::holds`] reads of `entries`, to have it in the cache.
    pub(crate) fn touch_lows(&self, entries: Entries) -> u8 {
        let lambda = u64::from(self.lambda);
        let bit = entries.first * lambda;
        bits::byte(self.lows, bit) ^ bits::byte(self.lows, bit + AT_ONCE * lambda)
    }

    /// The lower part of entry `index`.
    fn low(&self, index: u64) -> u64 {
        bits::field(self.lows, index * u64::from(self.lambda), self.lambda)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing refuses such sections here, as nothing does where a file changes while it is mapped.
    #[test]
    fn look_ups_end_and_stay_in_bounds_whatever_the_sections_hold() {
        for fill in [0, 0xff, 0x55, 0x01] {
            for len in [0, 1, 15, 16, 400] {
                for (buckets, entries) in [(0, 0), (1_000, 0), (1_000, u64::from(u32::MAX))] {
                    let mut ranks = Ranks::with_capacity(buckets);
                    ranks.count_to(buckets, entries);
                    let bytes = vec![fill; len];
                    let set = LookUp { lambda: 40, lows: &bytes, buckets: &bytes, ranks: &ranks };
                    for bucket in [0, 1, 31, 32, 999, 1_000, 1 << 32] {
                        let position = Position { bucket, low: u64::from(fill) };
                        set.contains(position);
                        set.touch_buckets(set.near(bucket));
                        set.touch_lows(set.entries(bucket, set.near(bucket)));
                    }
                }
            }
        }
    }
}
