use time::OffsetDateTime;

use super::{FindingKind, Observation, Seen, past, percent, today};

/// So many checks must have been asked before one knows at which hours.
const FEWEST_PAST_CHECKS: u64 = 200;
/// Fewer checks than this at unusual hours are never unusual.
const FEWEST_CHECKS: u64 = 10;
/// An hour of the day is unusual if less than this percentage of the checks before fell into it.
const LEAST_PERCENT: u64 = 1;

/// Ten checks or more on the day at hours of the day (UTC) into which less than one in a hundred of
/// the checks of the 28 days before fell.
pub fn unusual_hours(series: &[Observation], now: OffsetDateTime) -> Option<Seen> {
    let mut before = [0_u64; 24];
    for one in past(series, now) {
        if let Some(count) = before.get_mut(usize::from(one.at.hour())) {
            *count = count.saturating_add(one.checks);
        }
    }
    let all: u64 = before.iter().sum();
    if all < FEWEST_PAST_CHECKS {
        return None;
    }
    let is_unusual = |hour: u8| {
        before.get(usize::from(hour)).is_some_and(|count| percent(*count, all) < LEAST_PERCENT)
    };
    let of_today: Vec<_> = today(series, now).filter(|one| is_unusual(one.at.hour())).collect();
    let seen: u64 = of_today.iter().map(|one| one.checks).sum();
    let hours = || {
        let mut hours: Vec<u8> = of_today.iter().map(|one| one.at.hour()).collect();
        hours.sort_unstable();
        hours.dedup();
        hours.iter().map(|hour| format!("{hour:02}")).collect::<Vec<_>>().join(", ")
    };
    (seen >= FEWEST_CHECKS).then(|| Seen {
        kind: FindingKind::UnusualHours,
        sentence: format!(
            "{seen} checks were asked in hours (UTC {}) in which this partner hardly ever asks",
            hours()
        ),
        seen,
        usual: FEWEST_CHECKS,
    })
}
