/// Buckets per rank.
///
/// The upper parts of so many buckets, 64 bits on average, lie in one window of 128 bits in practice, so
/// that a look-up needs no loop to find its bucket among them.
pub(crate) const STRIDE: u64 = 32;

/// How many entries lie before each 32nd bucket: the file's directory eight times as fine, kept in
/// memory while a set is open; 1 bit an entry.
pub(crate) struct Ranks(Vec<u32>);

impl Ranks {
    pub(crate) fn with_capacity(padded_len: u64) -> Self {
        Self(Vec::with_capacity(usize::try_from(padded_len.div_ceil(STRIDE)).unwrap_or(0)))
    }

    /// Completes the ranks up to that of `bucket`, before which there are `entries`. Call it for each
    /// bucket that has entries, in ascending order, and for the last.
    pub(crate) fn count_to(&mut self, bucket: u64, entries: u64) {
        // Entries are fewer than 2^32, see the ladder.
        let entries = entries as u32;
        while self.0.len() as u64 * STRIDE <= bucket {
            self.0.push(entries);
        }
    }

    /// How many entries lie before the bucket of the last rank at or before `bucket`; 0 beyond the end.
    pub(crate) fn before(&self, bucket: u64) -> u64 {
        let rank = usize::try_from(bucket / STRIDE).ok().and_then(|index| self.0.get(index));
        rank.copied().map_or(0, u64::from)
    }
}
