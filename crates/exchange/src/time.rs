use prost_types::Timestamp;
use time::OffsetDateTime;

pub(crate) fn to_proto(at: OffsetDateTime) -> Timestamp {
    // Whole seconds: a fraction would make lengths vary, and tell more of a clock than is needed.
    Timestamp { seconds: at.unix_timestamp(), nanos: 0 }
}

pub(crate) fn from_proto(at: Option<Timestamp>) -> Option<OffsetDateTime> {
    let at = at?;
    let nanos = u32::try_from(at.nanos).ok()?;
    OffsetDateTime::from_unix_timestamp(at.seconds).ok()?.replace_nanosecond(nanos).ok()
}
