mod adopt;
mod diff;
mod entered;
mod explain;
mod replay;
mod show;
mod source;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_policy::rules::{Decision, Role, RuleSet, Ruling, TABLES_FILE};

use super::DONE;
use crate::{
    CliError,
    output::Output,
    prose::wrapped,
    rule_folder::{read_rules, write_starter},
};

/// Write, review, adopt and explain the rules by which this bureau decides.
///
/// For instance, with SYMBOLON_DATA set to the data folder:
///   symbolon rules starter draft
///   symbolon rules check draft
///   symbolon rules diff current draft --as lawyer
///   symbolon rules replay --pack draft --from 2026-01-01 --as lawyer
///   symbolon rules adopt draft --as lawyer
///   symbolon rules approve 5f0c… --as second-lawyer
///   symbolon rules explain 9ab3… --as inspector
#[derive(Debug, Subcommand)]
#[command(verbatim_doc_comment)]
pub(super) enum RulesCommand {
    /// Write the starter pack into a new folder, to begin with: an example, not legal advice.
    Starter(Starter),
    /// Load a folder of rules and tables: the first thing that is wrong, or how many rules there are.
    Check(Check),
    /// Show which rules are in force, since when, and by whom. Needs any role.
    Show(show::Show),
    /// Propose that the rules of a folder be put in force. Another person approves them.
    Adopt(adopt::Adopt),
    /// Approve rules that another person has proposed: they are in force from then on.
    Approve(adopt::Approve),
    /// Say why a check or a request for a record was allowed or refused, here and then, or whether a
    /// record enters partners' sets now. Needs the role legal or inspector.
    Explain(explain::Explain),
    /// Decide logged checks, requests for records and the admission of records again under other rules,
    /// and show what would come out otherwise. Needs the role legal, approver or inspector, and is logged.
    Replay(replay::Replay),
    /// Compare two sets of rules by what they decide.
    Diff(diff::Diff),
}

/// Who writes rules, and who watches over them.
const REVIEWERS: [Role; 3] = [Role::Legal, Role::Approver, Role::Inspector];

#[derive(Debug, Args)]
pub(super) struct Starter {
    /// The new folder.
    folder: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The folder of rules, with or without tables.toml.
    folder: PathBuf,
}

#[derive(Serialize)]
struct Written {
    folder: PathBuf,
    files: usize,
}

#[derive(Serialize)]
struct Checked {
    name: String,
    version: String,
    title: String,
    rules: usize,
    forbid: usize,
    tables: bool,
    pack: String,
    hash: String,
}

impl RulesCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Starter(starter) => starter.run(output),
            Self::Check(check) => check.run(output),
            Self::Show(show) => show.run(output).await,
            Self::Adopt(adopt) => adopt.run(output).await,
            Self::Approve(approve) => approve.run(output).await,
            Self::Explain(explain) => explain.run(output).await,
            Self::Replay(replay) => replay.run(output).await,
            Self::Diff(diff) => diff.run(output).await,
        }
    }
}

impl Starter {
    fn run(self, output: Output) -> Result<u8, CliError> {
        let files = write_starter(&self.folder)?;
        let written = Written { folder: self.folder, files };
        output.result(&written, || {
            let folder = written.folder.display();
            let first = format!(
                "Wrote {files} files into {folder}: an example for a legal team to adopt, change or \
                 throw away, not legal advice. Next:"
            );
            format!("{}  symbolon rules check {folder}\n", wrapped(&first, 0))
        });
        Ok(DONE)
    }
}

impl Check {
    fn run(self, output: Output) -> Result<u8, CliError> {
        let files = read_rules(&self.folder)?;
        let tables = files.iter().any(|(name, _)| name == TABLES_FILE);
        let set = RuleSet::load(files)?;
        let rules = set.pack.rules();
        let checked = Checked {
            name: set.pack.name().to_owned(),
            version: set.pack.version().to_owned(),
            title: set.pack.title().to_owned(),
            rules: rules.len(),
            forbid: rules.iter().filter(|rule| rule.effect == Decision::Forbid).count(),
            tables,
            pack: set.pack.hash().to_string(),
            hash: set.hash.to_string(),
        };
        output.result(&checked, || {
            let sentence = format!(
                "{} ({} {}): {} rules, of which {} forbid, with {}. Every rule fits the schema, and \
                 every example comes out as it says.",
                checked.title,
                checked.name,
                checked.version,
                checked.rules,
                checked.forbid,
                if tables { "tables" } else { "no tables" },
            );
            format!("{}Fingerprint to adopt: {}\n", wrapped(&sentence, 0), checked.hash)
        });
        Ok(DONE)
    }
}

fn why(ruling: &Ruling) -> String {
    let outcome = if ruling.permitted { "allowed" } else { "refused" };
    format!("{outcome}. {}", ruling.explanation())
}
