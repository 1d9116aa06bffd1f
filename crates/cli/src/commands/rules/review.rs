use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use symbolon_policy::rules::{
    Changed, Difference, Facts, LegalTables, LoggedDecision, Role, RuleChange, Ruling,
    behaviour_diff, replay,
};
use symbolon_store::{AdministrativeAct, DataFolder, LogRecord, Store};
use time::{
    Date, Duration, OffsetDateTime, Time,
    format_description::well_known::{Iso8601, Rfc3339},
};

use super::{
    super::DONE,
    explain::about,
    source::{Named, is_kept, named},
};
use crate::{CliError, acting::Acting, output::Output, prose::wrapped};

/// Who writes rules, and who watches over them.
const REVIEWERS: [Role; 3] = [Role::Legal, Role::Approver, Role::Inspector];

const PAGE: u32 = 1_000;

#[derive(Debug, Args)]
pub(in crate::commands) struct Replay {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Under which rules: a folder, the hash of rules that were proposed here, `starter` or
    /// `current`. If tables come with them, these are used, too.
    #[arg(long, value_name = "RULES")]
    pack: String,
    /// The first day (UTC), for instance 2026-01-01; else as far as the log goes back.
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<OffsetDateTime>,
    /// The last day (UTC); else today.
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<OffsetDateTime>,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Diff {
    /// The bureau's data folder; needed for `current` and hashes only.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    acting: Acting,
    /// The rules before: a folder, a hash, `starter` or `current`.
    before: String,
    /// The rules after.
    after: String,
}

/// Which decision, in the log.
#[derive(Clone, Debug, Serialize)]
struct Place {
    entry: u64,
    at: String,
    check: String,
    facts: Facts,
}

#[derive(Serialize)]
struct Replayed {
    rules: String,
    tables: bool,
    /// Decisions that were decided again.
    decided: u64,
    changed: Vec<Changed<Place>>,
}

#[derive(Serialize)]
struct Compared {
    before: String,
    after: String,
    differences: Vec<Difference>,
    /// Rows of the tables that are not the same.
    tables: Vec<String>,
}

impl Replay {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let Named { set, tables } = named(&self.pack, Some(&self.data)).await?;
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let by = self.acting.authorise(store.folder(), &store, &REVIEWERS).await?;
        // Facts of checks name the certificates that asked.
        let (act, now) = (AdministrativeAct::ReplayChecks, OffsetDateTime::now_utc());
        store.log_administration(act, &set.hash.to_string(), &by, now).await?;
        let from = self.from.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let until = self.to.map_or(OffsetDateTime::now_utc(), |day| day + Duration::days(1));
        let mut replayed =
            Replayed { rules: set.hash.to_string(), tables, decided: 0, changed: Vec::new() };
        let mut first = 0;
        loop {
            let entries = store.log_entries(first, PAGE).await?;
            let Some(last) = entries.last() else { break };
            first = last.index.saturating_add(1);
            let mut logged = Vec::new();
            for entry in entries {
                if entry.at < from || entry.at >= until {
                    continue;
                }
                let at = entry.at.format(&Rfc3339).unwrap_or_default();
                let Some((check, decisions)) = entry.record.and_then(decisions) else { continue };
                for LoggedDecision { facts, ruling, .. } in decisions {
                    let (index, at, check) = (entry.index, at.clone(), check.clone());
                    let facts = if tables { facts.under(&set.tables) } else { facts };
                    let place = Place { entry: index, at, check, facts: facts.clone() };
                    logged.push((place, facts, ruling));
                }
            }
            replayed.decided = replayed.decided.saturating_add(logged.len() as u64);
            replayed.changed.extend(replay(&set.pack, logged));
        }
        store.close().await;
        output.result(&replayed, || replayed.text());
        Ok(DONE)
    }
}

/// The check that a record is about, and what rules said to it.
fn decisions(record: LogRecord) -> Option<(String, Vec<LoggedDecision>)> {
    match record {
        LogRecord::CheckAsked { check, decisions, .. }
        | LogRecord::CheckAskedAgain { check, decisions } => Some((check.to_string(), decisions)),
        LogRecord::CheckAdmitted { check, decision, .. }
        | LogRecord::CheckRefused { check, decision, .. } => {
            Some((check.to_string(), decision.map(|one| *one).into_iter().collect()))
        }
        _ => None,
    }
}

impl Replayed {
    fn text(&self) -> String {
        let mut text = wrapped(
            &format!(
                "{} logged decisions were decided again under {}{}; {} would come out otherwise.",
                self.decided,
                self.rules,
                if self.tables { " and its tables" } else { "" },
                self.changed.len()
            ),
            0,
        );
        for Changed { key, before, after } in &self.changed {
            let (was, would_be) =
                if before.permitted { ("allowed", "REFUSED") } else { ("refused", "ALLOWED") };
            text +=
                &format!("\nCheck {} at {}, entry {} of the log\n", key.check, key.at, key.entry);
            text += &wrapped(&format!("{}: was {was}, would be {would_be}.", about(&key.facts)), 2);
            text += &wrapped(&format!("Then: {}", why(before)), 4);
            text += &wrapped(&format!("Now: {}", why(after)), 4);
        }
        text
    }
}

impl Diff {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        if [&self.before, &self.after].into_iter().any(|name| is_kept(name))
            && let Some(data) = &self.data
        {
            let store = Store::open(DataFolder::open(data)?).await?;
            self.acting.authorise(store.folder(), &store, &REVIEWERS).await?;
            store.close().await;
        }
        let before = named(&self.before, self.data.as_ref()).await?.set;
        let after = named(&self.after, self.data.as_ref()).await?.set;
        let compared = Compared {
            before: before.hash.to_string(),
            after: after.hash.to_string(),
            differences: behaviour_diff(&before.pack, &after.pack),
            tables: table_rows(&before.tables, &after.tables),
        };
        output.result(&compared, || compared.text());
        Ok(DONE)
    }
}

/// Names of the rows that are entered otherwise.
fn table_rows(before: &LegalTables, after: &LegalTables) -> Vec<String> {
    let partners = before.partners.keys().chain(after.partners.keys());
    let partners = partners
        .filter(|code| before.partner(code) != after.partner(code))
        .map(|code| format!("partner {code}"));
    let datasets = before.datasets.keys().chain(after.datasets.keys());
    let datasets = datasets
        .filter(|id| before.dataset(id) != after.dataset(id))
        .map(|id| format!("dataset {id}"));
    let offences = before.offences.keys().chain(after.offences.keys());
    let offences = offences
        .filter(|class| before.max_sentence_months(class) != after.max_sentence_months(class))
        .map(|class| format!("offence {class}"));
    let mut rows: Vec<_> = partners.chain(datasets).chain(offences).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

impl Compared {
    fn text(&self) -> String {
        let mut text = String::new();
        for difference in &self.differences {
            text += &difference_text(difference);
        }
        if !self.tables.is_empty() {
            text +=
                &wrapped(&format!("Other entries in the tables: {}.", self.tables.join(", ")), 0);
        }
        if text.is_empty() {
            text = "No difference was found.\n".to_owned();
        }
        text += &wrapped(
            "Tried were the examples of both and every case that differs from one of them in one \
             fact. This finds what examples come near to; it is no proof for all cases.",
            0,
        );
        text
    }
}

fn difference_text(difference: &Difference) -> String {
    match difference {
        Difference::Decision(one) => {
            let case = match &one.changed {
                None => format!("The example “{}” of {}", one.example, one.rule),
                Some(change) => format!(
                    "The example “{}” of {}, with {} = {}",
                    one.example, one.rule, change.fact, change.value
                ),
            };
            let outcome = if one.after.permitted { "would be ALLOWED" } else { "would be REFUSED" };
            let more = match one.cases {
                0 | 1 => String::new(),
                cases => format!(" The same way come out {cases} of the cases tried."),
            };
            let mut text = wrapped(&format!("{case} {outcome}.{more}"), 0);
            text += &wrapped(&format!("Before: {}", why(&one.before)), 4);
            text += &wrapped(&format!("After: {}", why(&one.after)), 4);
            text + "\n"
        }
        Difference::Rule { id, change, changes_behaviour } => {
            let what = match change {
                RuleChange::Added => "was added",
                RuleChange::Removed => "was removed",
                RuleChange::Rewritten => "has another Cedar text or point",
                RuleChange::Reworded => "has other words",
                RuleChange::OtherExamples => "has other examples",
            };
            let effect = if *changes_behaviour { "" } else { ", and no case tried shows it" };
            wrapped(&format!("Rule {id} {what}{effect}."), 0)
        }
    }
}

fn why(ruling: &Ruling) -> String {
    let outcome = if ruling.permitted { "allowed" } else { "refused" };
    format!("{outcome}. {}", ruling.explanation())
}

fn day(text: &str) -> Result<OffsetDateTime, String> {
    Date::parse(text, &Iso8601::DATE)
        .map(|date| date.with_time(Time::MIDNIGHT).assume_utc())
        .map_err(|_| "a day is written like 2026-01-31".to_owned())
}
