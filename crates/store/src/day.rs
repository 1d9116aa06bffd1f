use time::OffsetDateTime;

pub(crate) const SECONDS_A_DAY: i64 = 86_400;
pub(crate) const SECONDS_AN_HOUR: i64 = 3_600;

/// Days since 1970 UTC.
pub(crate) fn day_of(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().div_euclid(SECONDS_A_DAY)
}

/// Hours since 1970 UTC.
pub(crate) fn hour_of(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().div_euclid(SECONDS_AN_HOUR)
}
