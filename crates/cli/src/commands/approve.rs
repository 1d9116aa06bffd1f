use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use symbolon_identifiers::IdentifierType;
use symbolon_proto::bureau::v1::ApproveCheckRequest;
use time::Duration;

use super::DONE;
use crate::{CliError, Profile, moment::moment_of, output::Output};

/// Approve what a colleague is to ask, where rules want a second person.
///
/// Needs a certificate with the role approver. Covers questions of that case and purpose by that person,
/// and is counted down by each that is sent, until so many identifiers were asked, its time is over, or
/// your certificate is revoked. Approving again takes its place; --most 1 --days 1 all but ends it.
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
    /// Who may ask: the name in a certificate of your bureau, or the identity.
    #[arg(long = "for", value_name = "PERSON")]
    asker: String,
    /// Of which type; may be repeated. Of every type unless given.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<IdentifierType>,
    /// For so many identifiers in all, in however many questions.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    most: u64,
    /// For so many days from now.
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=30))]
    days: u16,
}

#[derive(Serialize)]
struct Approved {
    asker: String,
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
            asker: self.asker.clone(),
            identifier_types: self.types.iter().map(|one| one.name().to_owned()).collect(),
            valid_for: Some(prost_types::Duration { seconds, nanos: 0 }),
        };
        let response = client.approve_check(request).await?.into_inner();
        let until = moment_of(response.valid_until)
            .ok_or_else(|| CliError::new("answer", "the node did not say until when"))?;
        let approved = Approved {
            asker: self.asker,
            purpose: self.purpose,
            most_elements: self.most,
            valid_until: until,
        };
        output.result(&approved, || {
            format!(
                "Approved: {} may ask {} identifiers in this case for {}, until {}.",
                approved.asker, approved.most_elements, approved.purpose, approved.valid_until
            )
        });
        Ok(DONE)
    }
}
