use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_proto::bureau::v1::{CoverageEntry, ListCoverageRequest};
use time::{OffsetDateTime, macros::format_description};

use super::DONE;
use crate::{CliError, Profile, output::Output};

/// Show which lists can be asked, of whom, for which purposes, and how fresh they are.
///
/// A list that is open for other purposes only is not asked, and `symbolon check` says so. A suspended
/// agreement's lists stand here all the same: a check says that it is suspended, by whom and why.
#[derive(Debug, Args)]
pub(super) struct Coverage {
    /// Profile of the caller; else that of SYMBOLON_PROFILE or of a demo in this folder.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

#[derive(Serialize)]
struct Line {
    bureau: String,
    bureau_name: String,
    dataset: String,
    dataset_title: String,
    identifier_type: String,
    agreement: String,
    daily_quota: u64,
    purposes: Vec<String>,
    version: u64,
    entries_padded: u64,
    updated_at: Option<String>,
}

impl Coverage {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let mut client = Profile::find(self.profile.as_deref())?.connect()?;
        let entries = client.list_coverage(ListCoverageRequest {}).await?.into_inner().entries;
        let lines: Vec<_> = entries.into_iter().map(line).collect();
        output.result(&lines, || text(&lines));
        Ok(DONE)
    }
}

fn line(entry: CoverageEntry) -> Line {
    let source = entry.source.unwrap_or_default();
    Line {
        bureau: source.bureau,
        bureau_name: source.bureau_name,
        dataset: source.dataset,
        dataset_title: source.dataset_title,
        identifier_type: source.identifier_type,
        agreement: entry.agreement_id,
        daily_quota: entry.daily_quota,
        purposes: entry.purposes,
        version: source.set_version,
        entries_padded: entry.padded_len,
        updated_at: source.updated_at.and_then(|at| {
            OffsetDateTime::from_unix_timestamp(at.seconds)
                .ok()?
                .format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC"))
                .ok()
        }),
    }
}

fn text(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "No partner offers a list. `symbolon agreement list` shows the agreements."
            .to_owned();
    }
    let mut text = format!(
        "{:<5} {:<28} {:<16} {:>10} {:>12}  {:<20}  {}\n",
        "WHO", "LIST", "TYPE", "A DAY", "SIZE UP TO", "LAST LOADED", "FOR THE PURPOSES"
    );
    for line in lines {
        let fresh = match &line.updated_at {
            Some(at) => at.clone(),
            None => "not fetched yet".to_owned(),
        };
        let _ = writeln!(
            text,
            "{:<5} {:<28} {:<16} {:>10} {:>12}  {fresh:<20}  {}",
            line.bureau,
            line.dataset_title,
            line.identifier_type,
            line.daily_quota,
            line.entries_padded,
            line.purposes.join(", ")
        );
    }
    text += "\nLists of a suspended agreement stand here too: a check says that it is suspended, by whom and \
             why.\n";
    text
}
