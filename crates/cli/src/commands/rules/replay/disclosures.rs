use serde::Serialize;
use symbolon_node::{DecidedFile, disclosure_decisions};
use symbolon_policy::{
    RequestId,
    rules::{Changed, Facts, LoggedDecision, replay},
};
use symbolon_store::Store;

use super::{Draft, otherwise};
use crate::{CliError, commands::rules::explain::about, moment::moment, prose::wrapped};

/// Decisions on partners' requests for records, decided again.
#[derive(Serialize)]
pub(super) struct Disclosures {
    decided: u64,
    changed: Vec<Changed<Place>>,
}

/// Which decision.
#[derive(Serialize)]
struct Place {
    request: RequestId,
    /// Hash of the signed request, hexadecimal.
    document: String,
    at: String,
    facts: Facts,
}

impl Disclosures {
    pub(super) async fn replay(store: &Store, draft: &Draft) -> Result<Self, CliError> {
        let mut logged = Vec::new();
        for case in disclosure_decisions(store, None).await? {
            for DecidedFile { at, decision } in case.decisions {
                if !draft.covers(at) {
                    continue;
                }
                let LoggedDecision { facts, ruling, .. } = decision;
                let facts = draft.enter(facts);
                let place = Place {
                    request: case.request,
                    document: hex::encode(case.document),
                    at: moment(at),
                    facts: facts.clone(),
                };
                logged.push((place, facts, ruling));
            }
        }
        let decided = logged.len() as u64;
        Ok(Self { decided, changed: replay(&draft.rules.pack, logged).collect() })
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::from("\n");
        text += &wrapped(
            &format!(
                "{} decisions on requests for records were decided again; {} would come out otherwise.",
                self.decided,
                self.changed.len()
            ),
            0,
        );
        for Changed { key, before, after } in &self.changed {
            text += &format!("\nRequest {} at {}\n", key.request, key.at);
            text += &otherwise(&about(&key.facts), before, after);
        }
        text
    }
}
