//! Seeded chance.

use ring::rand::{SecureRandom, SystemRandom};

use crate::Fallible;

/// `SplitMix64` (Steele, Lea, Flood 2014): the same numbers on every machine and in every release.
pub(crate) struct Rng(pub(super) u64);

impl Rng {
    /// One that nobody has seeded: the operating system does.
    pub(crate) fn random() -> Fallible<Self> {
        let mut seed = [0; 8];
        SystemRandom::new().fill(&mut seed)?;
        Ok(Self(u64::from_le_bytes(seed)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, 0 for a limit of 0. The bias of the remainder does not matter here.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or_default()
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for to in bytes.chunks_mut(8) {
            for (to, from) in to.iter_mut().zip(self.next().to_le_bytes()) {
                *to = from;
            }
        }
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    #[expect(clippy::indexing_slicing, reason = "only tables that are not empty are given")]
    pub(crate) fn pick<'t, T>(&mut self, table: &'t [T]) -> &'t T {
        &table[self.below(table.len())]
    }

    pub(crate) fn char(&mut self, from: &str) -> char {
        let index = self.below(from.chars().count());
        from.chars().nth(index).unwrap_or_default()
    }

    pub(crate) fn weighted<T: Copy>(&mut self, table: &[(T, u64)]) -> T {
        let total: u64 = table.iter().map(|(_, weight)| weight).sum();
        let mut left = self.next() % total.max(1);
        for (value, weight) in table {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        self.pick(table).0
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
