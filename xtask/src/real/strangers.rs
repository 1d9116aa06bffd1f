//! Identifiers that look like those of a list but are not on it.

use std::collections::HashSet;

use symbolon_cli::rows::Row;
use symbolon_identifiers::Identifier;

/// How often to try before a row is given up: a check digit lets one in ten or eleven pass.
const TRIES: usize = 200;

/// For each row of the sample, one of the same form with other digits, readable and not on the list.
pub(super) fn strangers(
    sample: &[(Row, Identifier)],
    known: &HashSet<&Identifier>,
    random: &mut Random,
) -> Vec<(Row, Identifier)> {
    sample
        .iter()
        .filter_map(|(row, _)| {
            (0..TRIES).find_map(|_| {
                let value = other_digits(&row.value, random);
                let row = Row { value, ..row.clone() };
                let identifier = row.identifier().ok()?;
                (!known.contains(&identifier)).then_some((row, identifier))
            })
        })
        .collect()
}

/// The same form with three characters replaced by others of their kind.
fn other_digits(value: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = value.chars().collect();
    for _ in 0..3 {
        let Some(place) = random.below(characters.len()) else { break };
        if let Some(character) = characters.get_mut(place) {
            *character = match *character {
                '0'..='9' => random.one_of(b"0123456789"),
                'a'..='z' => random.one_of(b"abcdefghijklmnopqrstuvwxyz"),
                'A'..='Z' => random.one_of(b"ABCDEFGHJKLMNPRSTUVWXYZ"),
                other => other,
            };
        }
    }
    characters.into_iter().collect()
}

/// SplitMix64: small, seeded, and good enough to pick samples.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            if let Some(other) = self.below(last.saturating_add(1)) {
                items.swap(last, other);
            }
        }
    }

    fn one_of(&mut self, characters: &[u8]) -> char {
        let place = self.below(characters.len()).unwrap_or(0);
        characters.get(place).copied().map_or('0', char::from)
    }

    fn below(&mut self, limit: usize) -> Option<usize> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(limit).ok().filter(|limit| *limit > 0)?).ok()
    }
}
