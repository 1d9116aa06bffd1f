use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use symbolon_policy::SignedAgreement;
use symbolon_store::LogId;

use super::super::{CONTRADICTED, DONE};
use crate::{
    CliError,
    audit::{AuditFolder, KeySource, Verdict, judge},
    output::Output,
};

/// Findings of one log that are shown; JSON has them all.
const SHOWN: usize = 40;

#[derive(Debug, Args)]
pub(in crate::commands) struct Verify {
    /// Folders that `symbolon audit export` wrote: of one bureau or several, or of one at several
    /// times. They are also held against one another.
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// An agreement, signed by all its parties: then only the log keys named in it count. May be
    /// repeated. Without it each folder's own word for the keys is taken.
    #[arg(long = "agreement", value_name = "FILE")]
    agreements: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    holds: bool,
    logs: Vec<Verdict>,
}

impl Verify {
    pub(super) fn run(self, output: Output) -> Result<u8, CliError> {
        let folders = self
            .folders
            .iter()
            .map(|path| AuditFolder::open(path))
            .collect::<Result<Vec<_>, _>>()?;
        let mut agreed = Vec::new();
        for path in &self.agreements {
            let agreement = read_agreement(path)?.verify()?;
            agreed.extend(
                agreement
                    .terms()
                    .parties
                    .iter()
                    .map(|party| LogId { bureau: party.code.clone(), key: party.keys.log }),
            );
        }
        let agreed = (!self.agreements.is_empty()).then_some(agreed.as_slice());
        let logs = judge(&folders, agreed)?;
        let report = Report { holds: logs.iter().all(|log| log.holds), logs };
        output.result(&report, || text(&report));
        Ok(if report.holds { DONE } else { CONTRADICTED })
    }
}

/// Reads an agreement's file.
pub(super) fn read_agreement(path: &Path) -> Result<SignedAgreement, CliError> {
    let bytes = fs::read(path).map_err(|error| CliError::file("read", path, error))?;
    Ok(SignedAgreement::from_json(&bytes)?)
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for log in &report.logs {
        one(&mut text, log);
    }
    let end = if report.holds {
        "Nothing contradicts anything."
    } else {
        "There are contradictions: see above. Keep these folders as they are; they are evidence."
    };
    let _ = writeln!(text, "{end}");
    text
}

fn one(text: &mut String, log: &Verdict) {
    let state = if log.holds { "HOLDS" } else { "DOES NOT HOLD" };
    match &log.folder {
        Some(folder) => {
            let _ = writeln!(
                text,
                "{} ({folder}): {state}\n  {} entries, {} with their records; root {}",
                log.bureau,
                log.entries,
                log.records,
                log.root.as_deref().unwrap_or("cannot be computed"),
            );
        }
        None => {
            let _ =
                writeln!(text, "{} (no export; only what others hold of it): {state}", log.bureau);
        }
    }
    let _ = writeln!(
        text,
        "  held against it: {} checkpoints, {} cosignatures, {} receipts",
        log.checkpoints, log.cosignatures, log.receipts
    );
    if let Some(events) = &log.events {
        let _ = write!(
            text,
            "  requests for records: {} events ({} erased) held against the roots in {} entries",
            events.events, events.erased, events.periods
        );
        if events.pending > 0 {
            let _ = write!(text, "; {} of a period that has not ended", events.pending);
        }
        if events.unproven > 0 {
            let _ = write!(text, "; {} whose root was erased prove nothing", events.unproven);
        }
        text.push('\n');
    }
    if log.key_from == KeySource::Folder {
        let _ = writeln!(
            text,
            "  log key {}: taken from the folders themselves; --agreement FILE holds it against what \
             the parties signed",
            log.log_key
        );
    }
    if let Some(last) = &log.last_agreed {
        let by = if last.cosigned_by.is_empty() {
            "cosigned by nobody here".to_owned()
        } else {
            format!("cosigned by {}", last.cosigned_by.join(", "))
        };
        let _ = writeln!(text, "  last agreed checkpoint: {} entries, {by}", last.size);
    } else {
        let _ = writeln!(text, "  no checkpoint agrees with it");
    }
    if log.folder.is_some() && log.not_covered > 0 {
        let _ = writeln!(text, "  {} entries stand after it", log.not_covered);
    }
    if log.later > 0 {
        let _ = writeln!(
            text,
            "  {} checkpoints and receipts are of after this export: ask for a newer one",
            log.later
        );
    }
    for finding in log.findings.iter().take(SHOWN) {
        let _ = writeln!(text, "  ! {}", finding.sentence);
    }
    if let Some(more) = log.findings.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(text, "  ! and {more} more; --json has them all");
    }
}
