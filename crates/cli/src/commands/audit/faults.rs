use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_store::{DataFolder, FaultKind, Store};

use super::super::{CONTRADICTED, DONE};
use crate::{CliError, moment::moment, output::Output};

#[derive(Debug, Args)]
pub(in crate::commands) struct Faults {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
}

#[derive(Serialize)]
struct Report {
    faults: Vec<FaultLine>,
    /// Checkpoints that were seen in receipts or shown by others, and not proven by their bureau yet.
    unproven: Vec<UnprovenLine>,
}

#[derive(Serialize)]
struct FaultLine {
    bureau: String,
    log_key: String,
    kind: &'static str,
    sentence: &'static str,
    found_at: String,
    agreed_size: u64,
    /// The last checkpoint that agreed, a signed note.
    agreed_note: String,
    /// The signed note that contradicts it; empty if the own log does.
    note: String,
}

#[derive(Serialize)]
struct UnprovenLine {
    bureau: String,
    size: u64,
    shown_by: String,
    seen_at: String,
}

impl Faults {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let faults = store.log_faults().await?;
        let unproven = store.all_unproven_checkpoints().await?;
        store.close().await;
        let report = Report {
            faults: faults
                .into_iter()
                .map(|fault| FaultLine {
                    bureau: fault.log.bureau.to_string(),
                    log_key: fault.log.key.to_string(),
                    kind: fault.kind.as_str(),
                    sentence: sentence(fault.kind),
                    found_at: moment(fault.found_at),
                    agreed_size: fault.agreed_size,
                    agreed_note: String::from_utf8_lossy(&fault.agreed_note).into_owned(),
                    note: String::from_utf8_lossy(&fault.note).into_owned(),
                })
                .collect(),
            unproven: unproven
                .into_iter()
                .map(|known| UnprovenLine {
                    bureau: known.log.bureau.to_string(),
                    size: known.size,
                    shown_by: known.source.to_string(),
                    seen_at: moment(known.seen_at),
                })
                .collect(),
        };
        output.result(&report, || text(&report));
        Ok(if report.faults.is_empty() { DONE } else { CONTRADICTED })
    }
}

fn sentence(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Forked => "it signed two different histories of the same length",
        FaultKind::Rewritten => {
            "what it signed later does not continue what it signed before: entries were changed, \
             removed or put in another order"
        }
        FaultKind::Shortened => "it is shorter than it was",
        FaultKind::NotOurs => {
            "somebody holds a checkpoint with this bureau's signature that is not of its log: the \
             log was set back, or the log key is in other hands"
        }
        FaultKind::Damaged => "an entry is not what the tree was made over",
        FaultKind::Withheld => {
            "it answers, and again and again does not prove that something it has signed belongs to it"
        }
        _ => "it contradicts itself",
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for fault in &report.faults {
        let _ = writeln!(
            text,
            "{}  {}  {}: {}\n  last agreed: {} entries",
            fault.found_at, fault.bureau, fault.kind, fault.sentence, fault.agreed_size
        );
        for (what, note) in [("agreed", &fault.agreed_note), ("contradicts it", &fault.note)] {
            if !note.is_empty() {
                let _ = writeln!(text, "  {what}:");
                note.lines().for_each(|line| {
                    let _ = writeln!(text, "    {line}");
                });
            }
        }
    }
    if report.faults.is_empty() {
        let _ = writeln!(text, "No log contradicts itself, as far as this bureau has seen.");
    }
    for one in &report.unproven {
        let _ = writeln!(
            text,
            "not proven yet: {} at {} entries by {} at {}",
            one.bureau, one.size, one.shown_by, one.seen_at
        );
    }
    text
}
