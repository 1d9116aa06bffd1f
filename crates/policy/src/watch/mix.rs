use std::collections::BTreeMap;

use symbolon_identifiers::IdentifierType;
use time::OffsetDateTime;

use super::{FindingKind, Observation, PAST_DAYS, Seen, days_back, percent};

/// Days whose types are compared with those of the days before.
const DAYS: i64 = 7;
/// Fewer elements than this say nothing about a mix.
const FEWEST_ELEMENTS: u64 = 100;
/// From so many elements in a hundred on that are of other types than before it is unusual.
const MOST_PERCENT: u64 = 50;

/// Of the elements of the last seven days, how many would have to be of other types to have the mix
/// of the 28 days before (half the sum of the differences of the shares, the total variation
/// distance): unusual from half of them on.
pub fn mix_of_types(series: &[Observation], now: OffsetDateTime) -> Option<Seen> {
    let (lately, all_lately) = shares(days_back(series, now, 0, DAYS));
    let (before, all_before) = shares(days_back(series, now, DAYS, PAST_DAYS));
    if all_lately < FEWEST_ELEMENTS || all_before < FEWEST_ELEMENTS {
        return None;
    }
    let share = |of: &BTreeMap<IdentifierType, u64>, kind, all| {
        percent(of.get(&kind).copied().unwrap_or(0), all)
    };
    // What types gained is what others lost.
    let mut gained: Vec<(IdentifierType, u64)> = lately
        .keys()
        .map(|kind| {
            let now = share(&lately, *kind, all_lately);
            (*kind, now.saturating_sub(share(&before, *kind, all_before)))
        })
        .collect();
    let seen: u64 = gained.iter().map(|(_, gain)| gain).sum();
    gained.sort_by_key(|(_, gain)| std::cmp::Reverse(*gain));
    let kind = gained.first().map(|(kind, _)| *kind)?;
    (seen >= MOST_PERCENT).then(|| Seen {
        kind: FindingKind::MixOfTypes,
        sentence: format!(
            "{seen} of a hundred elements of the last {DAYS} days are of other types than in the \
             {PAST_DAYS} days before, most of all of type {kind}"
        ),
        seen,
        usual: MOST_PERCENT,
    })
}

fn shares<'a>(
    series: impl Iterator<Item = &'a Observation>,
) -> (BTreeMap<IdentifierType, u64>, u64) {
    let mut sums: BTreeMap<IdentifierType, u64> = BTreeMap::new();
    for one in series {
        let sum = sums.entry(one.kind).or_default();
        *sum = sum.saturating_add(one.elements);
    }
    let all = sums.values().fold(0, |all: u64, sum| all.saturating_add(*sum));
    (sums, all)
}
