mod element;
mod entries;
mod faults;
mod open;
mod steps;
mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_policy::rules::Role;
use symbolon_store::{AdministrativeAct, DataFolder, NodeConfig, Store};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::DONE;
use crate::{CliError, acting::Acting, audit::AuditFolder, moment::moment, output::Output};

/// Who may read the whole log.
const READERS: &[Role] = &[Role::Inspector, Role::Administrator];

/// Export and verify logs, open a check to an inspector, show contradictions.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Write this bureau's log into a folder: tiles, records, checkpoints, receipts, contradictions. Needs
    /// the role inspector or administrator.
    Export(Export),
    /// Verify exported logs from files alone: tiles, records, checkpoints, cosignatures, receipts.
    Verify(verify::Verify),
    /// Open a check of this bureau, one element of it, or the steps of a request for a record, to an
    /// inspector, with the proof. Needs the role inspector, and is logged.
    Open(Box<open::Open>),
    /// Verify one element's evidence from files alone.
    Element(element::Element),
    /// Show contradictions found in logs, and checkpoints that nobody has proven yet.
    Faults(faults::Faults),
    /// List entries of this bureau's log. Needs the role inspector or administrator.
    Log(entries::Entries),
    /// Erase what is older than it may be; the leaves of the log stay. A node does so by itself. Needs the
    /// role administrator.
    Erase(Erase),
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Also what happened to requests for records, with its salts, so that others can hold it against
    /// the roots in the log. It tells which checks hit: an inspector's work, and not for partners.
    #[arg(long)]
    disclosures: bool,
    /// The new folder. Records name partners, checks and persons of this bureau; no identifiers.
    folder: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Erase {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Erase what is older than this (RFC 3339, or a date); what `retention_days` of node.toml says
    /// unless given.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    before: Option<OffsetDateTime>,
}

#[derive(Serialize)]
struct ErasedCounts {
    before: String,
    entries: u64,
    asked: u64,
    answered: u64,
}

impl AuditCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Export(export) => export.run(output).await,
            Self::Verify(verify) => verify.run(output),
            Self::Open(open) => open.run(output).await,
            Self::Element(element) => element.run(output),
            Self::Faults(faults) => faults.run(output).await,
            Self::Log(entries) => entries.run(output).await,
            Self::Erase(erase) => erase.run(output).await,
        }
    }
}

impl Export {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let code = NodeConfig::read(&folder)?.code;
        let store = Store::open(folder).await?;
        let roles: &[Role] = if self.disclosures { &[Role::Inspector] } else { READERS };
        let actor = self.acting.authorise(store.folder(), &store, roles).await?;
        let now = OffsetDateTime::now_utc();
        let size = store.log_size().await?;
        let subject =
            if self.disclosures { format!("{size} +disclosures") } else { size.to_string() };
        store.log_administration(AdministrativeAct::ExportLog, &subject, &actor, now).await?;
        let exported =
            AuditFolder::export(&store, &code, &self.folder, self.disclosures, now).await?;
        store.close().await;
        output.result(&exported, || {
            format!(
                "Exported {} entries ({} records not erased), {} checkpoints, {} receipts and {} \
                 contradictions into {folder}.{}\nNext: symbolon audit verify {folder}",
                exported.entries,
                exported.records,
                exported.checkpoints,
                exported.receipts,
                exported.faults,
                exported.events.map_or(String::new(), |events| format!(
                    "\nWith {events} events of requests for records, which tell what hit: show it to \
                     nobody who may not know that."
                )),
                folder = self.folder.display(),
            )
        });
        Ok(DONE)
    }
}

impl Erase {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let days = NodeConfig::read(&folder)?.retention_days.max(1);
        let now = OffsetDateTime::now_utc();
        let before = match self.before {
            Some(before) if before > now => {
                return Err(CliError::new("before", "what is still to come cannot be erased"));
            }
            Some(before) => before,
            None => now - Duration::days(days.into()),
        };
        let store = Store::open(folder).await?;
        let actor = self.acting.authorise(store.folder(), &store, &[Role::Administrator]).await?;
        let act = AdministrativeAct::EraseRecords;
        store.log_administration(act, &moment(before), &actor, now).await?;
        let erased = store.erase_before(before, now).await?;
        store.close().await;
        let counts = ErasedCounts {
            before: moment(before),
            entries: erased.entries,
            asked: erased.asked,
            answered: erased.answered,
        };
        output.result(&counts, || {
            format!(
                "Erased what was older than {}: records of {} log entries (their leaves stay), {} \
                 checks asked, headers of {} checks answered.",
                counts.before, counts.entries, counts.asked, counts.answered
            )
        });
        Ok(DONE)
    }
}

/// A time, or a date, which begins at midnight (UTC).
fn read_time(text: &str) -> Result<OffsetDateTime, String> {
    let full = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    OffsetDateTime::parse(&full, &Rfc3339)
        .map_err(|_| "write a time as 2026-03-04T05:06:07Z, or a date as 2026-03-04".to_owned())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_date_is_its_first_moment_and_a_time_is_itself() {
        assert_eq!(read_time("2026-03-04"), Ok(datetime!(2026-03-04 00:00 UTC)));
        assert_eq!(read_time("2026-03-04T05:06:07Z"), Ok(datetime!(2026-03-04 05:06:07 UTC)));
        for text in ["", "yesterday", "2026-13-01", "2026-03-04T"] {
            assert!(read_time(text).is_err(), "{text}");
        }
    }
}
