use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_policy::{
    CheckId,
    rules::{Facts, LoggedDecision, Point, Role, RuleSet, RulesHash},
};
use symbolon_store::{AdministrativeAct, DataFolder, LogEntry, LogRecord, Store};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::super::DONE;
use crate::{CliError, acting::Acting, output::Output, prose::wrapped};

#[derive(Debug, Args)]
pub(in crate::commands) struct Explain {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Id of the check, asked by this bureau or by a partner: 32 hexadecimal digits.
    check: String,
}

/// One entry of the log about the check.
#[derive(Serialize)]
struct Explained {
    entry: u64,
    at: String,
    what: &'static str,
    /// Who asked, where it was a partner.
    requester: Option<String>,
    /// Why it was refused, where it was: for programs.
    reason: Option<String>,
    decisions: Vec<LoggedDecision>,
}

#[derive(Serialize)]
struct Explanation {
    check: CheckId,
    entries: Vec<Explained>,
    /// Name and version of each pack, as far as it is kept here.
    packs: BTreeMap<String, String>,
}

impl Explain {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let mut id = [0; 16];
        hex::decode_to_slice(&self.check, &mut id)
            .map_err(|_| CliError::new("check_id", "a check id is 32 hexadecimal digits"))?;
        let check = CheckId(id);
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let roles = &[Role::Legal, Role::Inspector];
        let by = self.acting.authorise(store.folder(), &store, roles).await?;
        let entries: Vec<_> =
            store.log_entries_about(&check).await?.iter().filter_map(explained).collect();
        if entries.is_empty() {
            return Err(CliError::new(
                "check_unknown",
                "this bureau's log says nothing of a check with this id: it was neither asked here \
                 nor came to a decision here, or its records were erased after their retention time",
            ));
        }
        let mut packs = BTreeMap::new();
        for decision in entries.iter().flat_map(|entry| &entry.decisions) {
            if !packs.contains_key(&decision.rules.to_string())
                && let Some(name) = name_of(&store, &decision.rules).await?
            {
                packs.insert(decision.rules.to_string(), name);
            }
        }
        let (act, now) = (AdministrativeAct::ExplainCheck, OffsetDateTime::now_utc());
        store.log_administration(act, &check.to_string(), &by, now).await?;
        store.close().await;
        let explanation = Explanation { check, entries, packs };
        output.result(&explanation, || explanation.text());
        Ok(DONE)
    }
}

fn explained(entry: &LogEntry) -> Option<Explained> {
    let (what, requester, reason, decisions) = match entry.record.as_ref()? {
        LogRecord::CheckAsked { decisions, .. } => ("asked", None, None, decisions.clone()),
        LogRecord::CheckAskedAgain { decisions, .. } => {
            ("asked again", None, None, decisions.clone())
        }
        LogRecord::CheckAdmitted { requester, decision, .. } => {
            let decisions = decision.iter().map(|one| (**one).clone()).collect();
            ("answered to a partner", Some(requester.to_string()), None, decisions)
        }
        LogRecord::CheckRefused { requester, reason, decision, .. } => {
            let decisions = decision.iter().map(|one| (**one).clone()).collect();
            let (requester, reason) = (requester.to_string(), reason.clone());
            ("refused to a partner", Some(requester), Some(reason), decisions)
        }
        _ => return None,
    };
    let at = entry.at.format(&Rfc3339).unwrap_or_default();
    Some(Explained { entry: entry.index, at, what, requester, reason, decisions })
}

async fn name_of(store: &Store, rules: &RulesHash) -> Result<Option<String>, CliError> {
    let files = store.rule_files(rules).await?;
    let set = if files.is_empty() { RuleSet::starter() } else { RuleSet::load(files) };
    // A pack that an older program has loaded may not pass today's gate; the log explains it all the
    // same.
    Ok(set
        .ok()
        .filter(|set| set.hash == *rules)
        .map(|set| format!("{} {}", set.pack.name(), set.pack.version())))
}

impl Explanation {
    fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            let by = entry.requester.as_ref().map(|one| format!(" ({one})")).unwrap_or_default();
            text += &format!(
                "Check {}, {}{by} at {}, entry {} of the log\n",
                self.check, entry.what, entry.at, entry.entry
            );
            if let Some(reason) = &entry.reason {
                text += &wrapped(&format!("The partner was told the reason {reason}."), 2);
            }
            if entry.decisions.is_empty() {
                text += &wrapped("It did not come to a decision by rules.", 2);
            }
            for decision in &entry.decisions {
                text += &self.decision(decision);
            }
        }
        text
    }

    fn decision(&self, decision: &LoggedDecision) -> String {
        let LoggedDecision { rules, facts, ruling } = decision;
        let outcome = if ruling.permitted { "allowed" } else { "REFUSED" };
        let mut text = format!("\n  {}: {outcome}\n", about(facts));
        for rule in &ruling.deciding {
            text += &wrapped(&rule.sentence, 4);
            text += &wrapped(&format!("{}; source: {}", rule.id, rule.source), 6);
        }
        if ruling.deciding.is_empty() {
            text += &wrapped(&ruling.explanation(), 4);
        }
        let pack = self.packs.get(&rules.to_string());
        let pack = pack.map_or_else(|| "not kept here".to_owned(), Clone::clone);
        text += &wrapped(&format!("Decided by the rules {rules} ({pack})."), 4);
        text
    }
}

/// What a decision was about, in a few words.
pub(super) fn about(facts: &Facts) -> String {
    match facts {
        Facts::Egress(facts) => {
            format!("May {} be asked under agreement {}", facts.partner, facts.agreement)
        }
        Facts::Ingress(facts) => {
            format!("Is {} answered under agreement {}", facts.requester, facts.agreement)
        }
        _ => format!("At the point {}", Point::as_str(facts.point())),
    }
}
