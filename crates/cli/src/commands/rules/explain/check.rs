use serde::Serialize;
use symbolon_policy::{CheckId, rules::LoggedDecision};
use symbolon_store::{LogEntry, LogRecord, Store};

use super::{Packs, decision_text};
use crate::{CliError, moment::moment, prose::wrapped};

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
pub(super) struct Explanation {
    check: CheckId,
    entries: Vec<Explained>,
    packs: Packs,
}

impl Explanation {
    /// What the log says of a check; `None` if it says nothing.
    pub(super) async fn find(store: &Store, check: CheckId) -> Result<Option<Self>, CliError> {
        let entries: Vec<_> =
            store.log_entries_about(&check).await?.iter().filter_map(explained).collect();
        if entries.is_empty() {
            return Ok(None);
        }
        let decisions = entries.iter().flat_map(|entry| &entry.decisions);
        let packs = Packs::of(store, decisions.map(|decision| decision.rules)).await?;
        Ok(Some(Self { check, entries, packs }))
    }

    pub(super) fn text(&self) -> String {
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
                text += &decision_text(decision, &self.packs);
            }
        }
        text
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
    let at = moment(entry.at);
    Some(Explained { entry: entry.index, at, what, requester, reason, decisions })
}
