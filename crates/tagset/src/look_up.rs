use crate::bits;
use crate::format::GROUP;
use crate::position::Position;

/// The three sections of a set, for look-ups.
///
/// A look-up costs three reads that may miss the cache: directory, upper parts, lower parts. Its cost
/// is constant on average over uniform hashes whatever the file holds: a file that crowds all its
/// entries into one bucket slows down only the look-ups that fall there, and they are as rare as it
/// is full.
#[derive(Clone, Copy)]
pub(crate) struct Sections<'a> {
    pub(crate) lambda: u8,
    pub(crate) lows: &'a [u8],
    pub(crate) buckets: &'a [u8],
    pub(crate) directory: &'a [u8],
}

impl Sections<'_> {
    pub(crate) fn contains(&self, position: Position) -> bool {
        let start = self.group_start(position.bucket);
        self.holds(position, self.bucket_start(position.bucket, start))
    }

    /// The bit at which the group of `bucket` starts: a zero for each bucket before it, and a one for
    /// each entry in those buckets, which the directory has counted.
    pub(crate) fn group_start(&self, bucket: u64) -> u64 {
        let group = bucket / GROUP;
        group * GROUP + bits::number(self.directory, group)
    }

    /// The bit at which `bucket` itself starts.
    pub(crate) fn bucket_start(&self, bucket: u64, group_start: u64) -> u64 {
        bits::after_zeros(self.buckets, group_start, bucket % GROUP)
    }

    /// Whether one of the entries of the bucket that starts at `start` has the position's lower part.
    pub(crate) fn holds(&self, position: Position, start: u64) -> bool {
        /// All but one in 270 buckets have no more entries; to read these at once, wanted or not,
        /// costs less than to guess wrongly where the bucket ends.
        const AT_ONCE: u64 = 4;

        // At least `bucket` zeros lie before `start`, so this does not go below zero.
        let first = start - position.bucket;
        let ones = u64::from(bits::field(self.buckets, start, 64).trailing_ones());
        let near = (0..AT_ONCE)
            .fold(false, |hit, i| hit | ((i < ones) & (self.low(first + i) == position.low)));
        near || (ones > AT_ONCE && self.holds_beyond(position, start + AT_ONCE))
    }

    fn holds_beyond(&self, position: Position, start: u64) -> bool {
        (start..)
            .take_while(|&bit| bits::bit(self.buckets, bit))
            .any(|bit| self.low(bit - position.bucket) == position.low)
    }

    /// The lower part of entry `index`.
    pub(crate) fn low(&self, index: u64) -> u64 {
        bits::field(self.lows, index * u64::from(self.lambda), self.lambda)
    }
}
