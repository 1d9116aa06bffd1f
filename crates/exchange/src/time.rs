use prost_types::Timestamp;
use time::OffsetDateTime;

pub(crate) fn to_proto(at: OffsetDateTime) -> Timestamp {
    // Nanoseconds within a second fit, always.
    Timestamp { seconds: at.unix_timestamp(), nanos: i32::try_from(at.nanosecond()).unwrap_or(0) }
}

pub(crate) fn from_proto(at: Option<Timestamp>) -> Option<OffsetDateTime> {
    let at = at?;
    let nanos = u32::try_from(at.nanos).ok()?;
    OffsetDateTime::from_unix_timestamp(at.seconds).ok()?.replace_nanosecond(nanos).ok()
}
