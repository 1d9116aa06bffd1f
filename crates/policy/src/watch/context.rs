use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::{FindingKind, Observation, Seen, days_back, percent};
use crate::rules::Urgency;

/// Days that are looked at.
const DAYS: i64 = 7;
/// Fewer checks than this say nothing about how a partner declares.
const FEWEST_CHECKS: u64 = 200;
/// Fewer emergencies than this are never unusual.
const FEWEST_EMERGENCIES: u64 = 10;
/// From so many emergencies in a hundred checks on it is unusual.
const MOST_PERCENT: u64 = 20;

/// One purpose and one urgency for each of 200 checks or more in seven days: perhaps a program
/// declares what a person should.
pub fn one_context(series: &[Observation], now: OffsetDateTime) -> Option<Seen> {
    let mut checks = 0_u64;
    let mut declared = BTreeSet::new();
    for one in days_back(series, now, 0, DAYS).filter(|one| one.checks > 0) {
        checks = checks.saturating_add(one.checks);
        declared.insert((one.purpose.as_str(), one.urgency.as_str()));
    }
    let (purpose, urgency) = declared.first().copied().filter(|_| declared.len() == 1)?;
    (checks >= FEWEST_CHECKS).then(|| Seen {
        kind: FindingKind::OneContext,
        sentence: format!(
            "each of the {checks} checks of the last {DAYS} days declares purpose {purpose} and \
             urgency {urgency}"
        ),
        seen: checks,
        usual: FEWEST_CHECKS,
    })
}

/// A fifth or more of the checks of seven days, and at least ten, are declared emergencies.
pub fn emergencies(series: &[Observation], now: OffsetDateTime) -> Option<Seen> {
    let (mut checks, mut emergencies) = (0_u64, 0_u64);
    for one in days_back(series, now, 0, DAYS) {
        checks = checks.saturating_add(one.checks);
        if one.urgency == Urgency::Emergency {
            emergencies = emergencies.saturating_add(one.checks);
        }
    }
    let seen = percent(emergencies, checks);
    (emergencies >= FEWEST_EMERGENCIES && seen >= MOST_PERCENT).then(|| Seen {
        kind: FindingKind::Emergencies,
        sentence: format!(
            "{emergencies} of the {checks} checks of the last {DAYS} days are declared emergencies"
        ),
        seen,
        usual: MOST_PERCENT,
    })
}
