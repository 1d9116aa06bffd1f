//! What an owner of data can see in the questions of a partner, without seeing what is asked: how
//! much, when, of which types, and what is declared. None of it refuses anybody: people look.
//!
//! Each pattern is a function of its own over a series of [`Observation`]s of one partner under one
//! agreement, with its thresholds beside it. They say that something is unusual and never that it is
//! wrong: a new border post, a large case, or a change of shifts looks the same.

mod context;
mod finding;
mod mix;
mod time_of_day;
mod volume;

use symbolon_identifiers::IdentifierType;
use time::OffsetDateTime;

use crate::rules::Urgency;

pub use context::{emergencies, one_context};
pub use finding::{FindingKind, Seen};
pub use mix::mix_of_types;
pub use time_of_day::unusual_hours;
pub use volume::{rate, slope_of_budget, volume};

/// Days before the day that is looked at with which it is compared.
pub const PAST_DAYS: i64 = 28;

/// What a partner asked of one type in one hour (UTC), for one declared purpose and urgency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observation {
    /// A moment in the hour.
    pub at: OffsetDateTime,
    /// The type.
    pub kind: IdentifierType,
    /// Checks of which this is the first type; so that a sum over types counts each check once.
    pub checks: u64,
    /// Elements of the type in all checks.
    pub elements: u64,
    /// The declared purpose.
    pub purpose: String,
    /// The declared urgency.
    pub urgency: Urgency,
}

/// All patterns of a series that are seen on the day of `now` (UTC), the budget's slope aside.
pub fn patterns(series: &[Observation], now: OffsetDateTime) -> Vec<Seen> {
    [
        volume(series, now),
        rate(series, now),
        unusual_hours(series, now),
        mix_of_types(series, now),
        one_context(series, now),
        emergencies(series, now),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const SECONDS_A_DAY: i64 = 86_400;

fn day_of(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().div_euclid(SECONDS_A_DAY)
}

/// Observations on the day of `now`.
fn today(series: &[Observation], now: OffsetDateTime) -> impl Iterator<Item = &Observation> {
    days_back(series, now, 0, 1)
}

/// Observations in the [`PAST_DAYS`] days before that of `now`.
fn past(series: &[Observation], now: OffsetDateTime) -> impl Iterator<Item = &Observation> {
    days_back(series, now, 1, PAST_DAYS)
}

/// Observations on `days` days, of which the last is `skip` days before that of `now`.
fn days_back(
    series: &[Observation],
    now: OffsetDateTime,
    skip: i64,
    days: i64,
) -> impl Iterator<Item = &Observation> {
    let last = day_of(now).saturating_sub(skip);
    let first = last.saturating_sub(days).saturating_add(1);
    series.iter().filter(move |one| (first..=last).contains(&day_of(one.at)))
}

/// `part` of `whole` in percent, rounded down; 0 of nothing.
fn percent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(0)
}
