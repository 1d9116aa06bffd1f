use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{FindingKind, Observation, PAST_DAYS, Seen, day_of, past, percent, today};

/// Fewer elements than this in a day, or an hour, are never unusual.
const FEWEST_ELEMENTS: u64 = 100;
/// On so many days must a partner have asked before a day is compared with them.
const FEWEST_DAYS: usize = 7;
/// So many times as much is unusual.
const TIMES: u64 = 4;

/// Much more on the day than the partner used to ask: over four times what it asked on half of the
/// days on which it asked at all in the 28 before, and more than on any of them.
pub fn volume(series: &[Observation], now: OffsetDateTime) -> Option<Seen> {
    let before = summed(past(series, now), |one| day_of(one.at));
    let seen = today(series, now).map(|one| one.elements).sum();
    let usual = usual_of(&before, FEWEST_DAYS)?;
    (seen > usual).then(|| Seen {
        kind: FindingKind::Volume,
        sentence: format!(
            "{seen} elements were asked on this day; more than {usual} are unusual, by what this \
             partner asked in the {PAST_DAYS} days before"
        ),
        seen,
        usual,
    })
}

/// Much more in one hour of the day than the partner used to ask in its busiest hours: over four
/// times the median of the busiest hours of the days before, and more than in any of them.
pub fn rate(series: &[Observation], now: OffsetDateTime) -> Option<Seen> {
    let busiest = |hours: BTreeMap<i64, u64>| {
        let mut of_day: BTreeMap<i64, u64> = BTreeMap::new();
        for (hour, elements) in hours {
            let most = of_day.entry(hour.div_euclid(24)).or_default();
            *most = elements.max(*most);
        }
        of_day
    };
    let hour_of = |one: &Observation| one.at.unix_timestamp().div_euclid(3_600);
    let before = busiest(summed(past(series, now), hour_of));
    let seen = summed(today(series, now), hour_of).into_values().max()?;
    let usual = usual_of(&before, FEWEST_DAYS)?;
    (seen > usual).then(|| Seen {
        kind: FindingKind::Rate,
        sentence: format!(
            "{seen} elements were asked within one hour; more than {usual} are unusual, by the \
             busiest hours of this partner in the {PAST_DAYS} days before"
        ),
        seen,
        usual,
    })
}

/// Whether a budget will be used up before its epoch ends if it goes on as it began. Judged when a
/// day and a tenth of the epoch are over and a fifth of the budget is used.
pub fn slope_of_budget(
    used: u64,
    budget: u64,
    epoch: std::ops::Range<OffsetDateTime>,
    now: OffsetDateTime,
) -> Option<Seen> {
    let whole = u64::try_from((epoch.end - epoch.start).whole_seconds()).ok()?;
    let gone = u64::try_from((now - epoch.start).whole_seconds()).ok()?;
    if gone < 86_400 || percent(gone, whole) < 10 || percent(used, budget) < 20 || now >= epoch.end
    {
        return None;
    }
    // Of 128 bits, since both are up to 2^53 and some.
    let at_end = u128::from(used) * u128::from(whole) / u128::from(gone).max(1);
    let at_end = u64::try_from(at_end).unwrap_or(u64::MAX);
    (at_end > budget).then(|| Seen {
        kind: FindingKind::SlopeOfBudget,
        sentence: format!(
            "{used} of {budget} elements of the epoch are used; at this pace it would be {at_end} \
             when the epoch ends"
        ),
        seen: at_end,
        usual: budget,
    })
}

fn summed<'a>(
    series: impl Iterator<Item = &'a Observation>,
    of: impl Fn(&Observation) -> i64,
) -> BTreeMap<i64, u64> {
    let mut sums: BTreeMap<i64, u64> = BTreeMap::new();
    for one in series {
        let sum = sums.entry(of(one)).or_default();
        *sum = sum.saturating_add(one.elements);
    }
    sums
}

/// Above what a number is unusual among those of `fewest` or more days; `None` of fewer.
fn usual_of(days: &BTreeMap<i64, u64>, fewest: usize) -> Option<u64> {
    let mut sorted: Vec<u64> = days.values().copied().filter(|sum| *sum > 0).collect();
    if sorted.len() < fewest {
        return None;
    }
    sorted.sort_unstable();
    let median = sorted.get(sorted.len().div_euclid(2)).copied()?;
    let most = sorted.last().copied()?;
    Some(median.saturating_mul(TIMES).max(most).max(FEWEST_ELEMENTS))
}
