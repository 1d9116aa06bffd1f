//! Points in time as every command prints them.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time in whole seconds, UTC, RFC 3339. Empty for years that RFC 3339 cannot write, which no clock
/// shows.
pub(crate) fn moment(at: OffsetDateTime) -> String {
    at.truncate_to_second().format(&Rfc3339).unwrap_or_default()
}

/// A point in time of the contract; `None` where none is given or it lies outside all calendars.
pub(crate) fn moment_of(at: Option<prost_types::Timestamp>) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(at?.seconds).ok().map(moment)
}
