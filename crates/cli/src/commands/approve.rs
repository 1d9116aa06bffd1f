use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use symbolon_proto::bureau::v1::ApproveCheckRequest;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::DONE;
use crate::{CliError, Profile, output::Output};

/// Approve what others are to ask, where rules want a second person.
///
/// Needs a certificate with the role approver. Covers every question of that case and purpose that
/// holds no more identifiers, by anybody but yourself, until it ends. Approving again takes its
/// place; --most 1 --days 1 all but ends it.
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// Profile of the approver; else that of SYMBOLON_PROFILE or of a demo in this folder.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// The case, as the question will name it. Your bureau keeps only a keyed hash of it.
    #[arg(long = "case", value_name = "REFERENCE")]
    case_reference: String,
    /// The purpose that the question will declare.
    #[arg(long, value_name = "CODE")]
    purpose: String,
    /// For questions of at most so many identifiers.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    most: u64,
    /// For so many days from now.
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=30))]
    days: u16,
}

#[derive(Serialize)]
struct Approved {
    purpose: String,
    most_elements: u64,
    valid_until: String,
}

impl Approve {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let mut client = Profile::find(self.profile.as_deref())?.connect_approver()?;
        let seconds = Duration::days(self.days.into()).whole_seconds();
        let request = ApproveCheckRequest {
            case_reference: self.case_reference,
            purpose: self.purpose.clone(),
            most_elements: self.most,
            valid_for: Some(prost_types::Duration { seconds, nanos: 0 }),
        };
        let response = client.approve_check(request).await?.into_inner();
        let until = response
            .valid_until
            .and_then(|at| OffsetDateTime::from_unix_timestamp(at.seconds).ok())
            .and_then(|at| at.format(&Rfc3339).ok())
            .ok_or_else(|| CliError::new("answer", "the node did not say until when"))?;
        let approved =
            Approved { purpose: self.purpose, most_elements: self.most, valid_until: until };
        output.result(&approved, || {
            format!(
                "Approved: questions of this case for {} of at most {} identifiers, until {}.",
                approved.purpose, approved.most_elements, approved.valid_until
            )
        });
        Ok(DONE)
    }
}
