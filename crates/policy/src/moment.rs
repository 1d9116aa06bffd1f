use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time as sentences and commands say it: RFC 3339 in whole seconds. Empty for years that RFC 3339
/// cannot write, which no clock shows.
pub fn moment(at: OffsetDateTime) -> String {
    at.truncate_to_second().format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_moment_is_said_in_whole_seconds_of_rfc_3339() {
        let at = datetime!(2026-11-26 14:11:54.25 UTC);
        assert_eq!(moment(at), "2026-11-26T14:11:54Z");
    }
}
