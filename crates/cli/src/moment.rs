//! Points in time as every command prints them.

pub(crate) use symbolon_policy::moment;
use time::OffsetDateTime;

/// A point in time of the contract; `None` where none is given or it lies outside all calendars.
pub(crate) fn moment_of(at: Option<prost_types::Timestamp>) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(at?.seconds).ok().map(moment)
}
