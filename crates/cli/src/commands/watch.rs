use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_identifiers::{IdentifierType, parse};
use symbolon_policy::rules::Role;
use symbolon_store::{DataFolder, Finding, FindingDetails, Store};
use time::OffsetDateTime;

use super::DONE;
use crate::{CliError, acting::Acting, moment::moment, output::Output, typed::Typed};

/// Look at what is unusual in questions: of partners, and of this bureau's own people.
///
/// Nobody is refused by a finding: it is for a person to look at, who may find that all is well.
#[derive(Debug, Subcommand)]
pub(super) enum WatchCommand {
    /// List findings that nobody has acknowledged: of partners, to inspectors, lawyers and
    /// administrators; of this bureau's own people, to inspectors.
    List(List),
    /// Show a finding with all that was seen. Who looked is logged.
    Show(One),
    /// Take a finding off the list. Who did so is logged, and stays named with it.
    Acknowledge(One),
    /// Enter identifiers of one of this bureau's people, so that it is seen if they ask them.
    ///
    /// They are kept as keyed hashes: nobody can read them out of the database.
    Enter(Enter),
    /// Take out all identifiers of one of this bureau's people.
    Forget(Forget),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// What this bureau's own people asked, instead of partners. Names are shown by `watch show`.
    #[arg(long)]
    own: bool,
    /// Those that were acknowledged as well.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Number of the finding.
    finding: u64,
}

#[derive(Debug, Args)]
pub(super) struct Enter {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The person, by the identity in their certificate, or as checks name them as officer: that name
    /// is written by whoever asks, so better the identity.
    #[arg(long)]
    officer: String,
    /// Type of the identifier, for instance phone.
    #[arg(long = "type", value_name = "TYPE")]
    identifier_type: IdentifierType,
    /// Issuing country, where the type needs one.
    #[arg(long)]
    country: Option<String>,
    /// The identifier.
    value: String,
}

#[derive(Debug, Args)]
pub(super) struct Forget {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The person, as they were entered.
    #[arg(long)]
    officer: String,
}

#[derive(Serialize)]
struct Line {
    finding: u64,
    kind: &'static str,
    found_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<FindingDetails>,
    acknowledged_by: Option<String>,
    acknowledged_at: Option<String>,
}

#[derive(Serialize)]
struct Changed {
    added: u64,
    removed: u64,
}

impl WatchCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::List(list) => list.run(output).await,
            Self::Show(one) => one.run(output, false).await,
            Self::Acknowledge(one) => one.run(output, true).await,
            Self::Enter(enter) => enter.run(output).await,
            Self::Forget(forget) => forget.run(output).await,
        }
    }
}

impl List {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = open(&self.data).await?;
        // Findings on colleagues are for who watches them.
        let roles: &[Role] = if self.own {
            &[Role::Inspector]
        } else {
            &[Role::Inspector, Role::Legal, Role::Administrator]
        };
        self.acting.authorise(store.folder(), &store, roles).await?;
        let findings = store.findings(self.own, self.all).await?;
        store.close().await;
        // Names of people are for who says that they look.
        let lines: Vec<_> = findings.into_iter().map(|one| line(one, !self.own)).collect();
        output.result(&lines, || list_text(&lines, self.own, &self.data));
        Ok(DONE)
    }
}

impl One {
    async fn run(self, output: Output, acknowledge: bool) -> Result<u8, CliError> {
        let store = open(&self.data).await?;
        let roles = &[Role::Inspector];
        let actor = self.acting.authorise(store.folder(), &store, roles).await?;
        let now = OffsetDateTime::now_utc();
        let found = if acknowledge {
            store.acknowledge_finding(self.finding, &actor, now).await?
        } else {
            store.show_finding(self.finding, &actor, now).await?
        };
        store.close().await;
        let Some(found) = found else {
            return Err(CliError::new(
                "finding_unknown",
                format!(
                    "there is no finding {}; `{}` shows which there are",
                    self.finding,
                    Typed::command("watch list").at(&self.data).by(self.acting.person())
                ),
            ));
        };
        let line = line(found, true);
        output.result(&line, || show_text(&line));
        Ok(DONE)
    }
}

impl Enter {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let country = self.country.as_deref();
        let identifier = parse(self.identifier_type, &self.value, country)
            .map_err(|error| CliError::new(error.code.as_str(), error.to_string()))?;
        let store = open(&self.data).await?;
        let roles = &[Role::Inspector, Role::Administrator];
        let actor = self.acting.authorise(store.folder(), &store, roles).await?;
        let person = store.person_hash(&[&self.officer]);
        let value = store.value_hash(&identifier.oprf_input());
        let now = OffsetDateTime::now_utc();
        let added = store.add_own_identifiers(person, &[value], &actor, now).await?;
        store.close().await;
        output.result(&Changed { added, removed: 0 }, || match added {
            0 => "It was entered before.".to_owned(),
            _ => "Entered.".to_owned(),
        });
        Ok(DONE)
    }
}

impl Forget {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = open(&self.data).await?;
        let roles = &[Role::Inspector, Role::Administrator];
        let actor = self.acting.authorise(store.folder(), &store, roles).await?;
        let person = store.person_hash(&[&self.officer]);
        let now = OffsetDateTime::now_utc();
        let removed = store.remove_own_identifiers(person, &actor, now).await?;
        store.close().await;
        output.result(&Changed { added: 0, removed }, || format!("{removed} taken out."));
        Ok(DONE)
    }
}

async fn open(data: &Path) -> Result<Store, CliError> {
    Ok(Store::open(DataFolder::open(data)?).await?)
}

fn line(finding: Finding, with_details: bool) -> Line {
    let (by, at) = finding.acknowledged.unzip();
    Line {
        finding: finding.id,
        kind: finding.kind.as_str(),
        found_at: moment(finding.found_at),
        details: Some(finding.details).filter(|_| with_details),
        acknowledged_by: by,
        acknowledged_at: at.map(moment),
    }
}

fn list_text(lines: &[Line], own: bool, data: &Path) -> String {
    if lines.is_empty() {
        return "There is nothing to look at.".to_owned();
    }
    let mut text = String::new();
    for line in lines {
        let _ = write!(text, "{:>6}  {}  {}", line.finding, line.found_at, line.kind);
        if let Some(details) = &line.details {
            let partner = details.partner.as_ref().map(ToString::to_string);
            let _ = write!(
                text,
                "  {}: {}",
                partner.as_deref().unwrap_or("all parties"),
                details.sentence
            );
        }
        if let Some(by) = &line.acknowledged_by {
            let _ = write!(text, "  (acknowledged by {by})");
        }
        text.push('\n');
    }
    if own {
        let show = Typed::command("watch show").at(data).by("INSPECTOR");
        let _ = writeln!(text, "Who it was, and in which check: {show} NUMBER");
    }
    text
}

fn show_text(line: &Line) -> String {
    let mut text = format!("Finding {}: {} at {}\n", line.finding, line.kind, line.found_at);
    let Some(details) = &line.details else { return text };
    let _ = writeln!(text, "  {}", details.sentence);
    let shown = [
        ("partner", details.partner.as_ref().map(ToString::to_string)),
        ("agreement", details.agreement.as_ref().map(ToString::to_string)),
        ("list", details.dataset.clone()),
        ("type", details.identifier_type.clone()),
        ("officer", details.officer.clone()),
        ("certificate", details.agency.clone()),
        ("check", details.check.map(|check| check.to_string())),
        ("acknowledged by", line.acknowledged_by.clone()),
        ("acknowledged at", line.acknowledged_at.clone()),
    ];
    for (name, value) in shown {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name:<16} {value}");
        }
    }
    text
}
