mod admission;
mod disclosures;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use symbolon_client::Rules;
use symbolon_policy::rules::{Changed, Facts, LoggedDecision, Ruling, replay};
use symbolon_store::{AdministrativeAct, DataFolder, LogRecord, Store};
use time::{Date, Duration, OffsetDateTime, Time, format_description::well_known::Iso8601};

use self::{admission::Admission, disclosures::Disclosures};
use super::{
    super::DONE,
    REVIEWERS,
    explain::about,
    source::{Named, named},
    why,
};
use crate::{CliError, acting::Acting, moment::moment, output::Output, prose::wrapped};

const PAGE: u32 = 1_000;

/// Decide again under other rules: logged checks, requests for records, and which records enter the sets
/// that partners can test. Needs the role legal, approver or inspector, and is logged.
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
    /// Logged decisions on checks that were decided again.
    decided: u64,
    changed: Vec<Changed<Place>>,
    /// Decisions on partners' requests for records, as long as these are kept.
    disclosures: Disclosures,
    /// Whether the records of today enter the sets of agreements, compared with the rules in force.
    admission: Admission,
}

/// Other rules, and which decisions are made again under them.
struct Draft {
    rules: Rules,
    /// Whether tables came with them.
    tables: bool,
    from: OffsetDateTime,
    until: OffsetDateTime,
}

impl Draft {
    fn covers(&self, at: OffsetDateTime) -> bool {
        at >= self.from && at < self.until
    }

    /// The facts as they would be under these rules.
    fn enter(&self, facts: Facts) -> Facts {
        if self.tables { facts.under(&self.rules.tables) } else { facts }
    }
}

impl Replay {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let by = self.acting.authorise(store.folder(), &store, &REVIEWERS).await?;
        let Named { set, tables } = named(&self.pack, Some(&self.data)).await?;
        let now = OffsetDateTime::now_utc();
        // Facts of checks name the certificates that asked.
        let act = AdministrativeAct::ReplayChecks;
        store.log_administration(act, &set.hash.to_string(), &by, now).await?;
        let draft = Draft {
            rules: Rules::from(set),
            tables,
            from: self.from.unwrap_or(OffsetDateTime::UNIX_EPOCH),
            until: self.to.map_or(now, |day| day.saturating_add(Duration::days(1))),
        };
        let (decided, changed) = checks(&store, &draft).await?;
        let replayed = Replayed {
            rules: draft.rules.hash.to_string(),
            tables,
            decided,
            changed,
            disclosures: Disclosures::replay(&store, &draft).await?,
            admission: Admission::replay(&store, &draft, now).await?,
        };
        store.close().await;
        output.result(&replayed, || replayed.text());
        Ok(DONE)
    }
}

/// Decides logged checks again: how many decisions, and those that would come out otherwise.
async fn checks(store: &Store, draft: &Draft) -> Result<(u64, Vec<Changed<Place>>), CliError> {
    let (mut decided, mut changed, mut first) = (0_u64, Vec::new(), 0);
    loop {
        let entries = store.log_entries(first, PAGE).await?;
        let Some(last) = entries.last() else { break };
        first = last.index.saturating_add(1);
        let mut logged = Vec::new();
        for entry in entries.into_iter().filter(|entry| draft.covers(entry.at)) {
            let at = moment(entry.at);
            let Some((check, decisions)) = entry.record.and_then(decisions) else { continue };
            for LoggedDecision { facts, ruling, .. } in decisions {
                let (index, at, check) = (entry.index, at.clone(), check.clone());
                let facts = draft.enter(facts);
                let place = Place { entry: index, at, check, facts: facts.clone() };
                logged.push((place, facts, ruling));
            }
        }
        decided = decided.saturating_add(logged.len() as u64);
        changed.extend(replay(&draft.rules.pack, logged));
    }
    Ok((decided, changed))
}

/// The check that a record is about, and what rules said to it.
fn decisions(record: LogRecord) -> Option<(String, Vec<LoggedDecision>)> {
    match record {
        LogRecord::CheckAsked { check, decisions, .. }
        | LogRecord::CheckAskedAgain { check, decisions, .. } => {
            Some((check.to_string(), decisions))
        }
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
            text +=
                &format!("\nCheck {} at {}, entry {} of the log\n", key.check, key.at, key.entry);
            text += &otherwise(&about(&key.facts), before, after);
        }
        text += &self.disclosures.text();
        text += &self.admission.text();
        text
    }
}

/// What was decided, and what would be.
fn otherwise(what: &str, before: &Ruling, after: &Ruling) -> String {
    let (was, would_be) =
        if before.permitted { ("allowed", "REFUSED") } else { ("refused", "ALLOWED") };
    let mut text = wrapped(&format!("{what}: was {was}, would be {would_be}."), 2);
    text += &wrapped(&format!("Then: {}", why(before)), 4);
    text += &wrapped(&format!("Now: {}", why(after)), 4);
    text
}

fn day(text: &str) -> Result<OffsetDateTime, String> {
    Date::parse(text, &Iso8601::DATE)
        .map(|date| date.with_time(Time::MIDNIGHT).assume_utc())
        .map_err(|_| "a day is written like 2026-01-31".to_owned())
}
