use serde::Serialize;
use symbolon_node::{CaseDecisions, DecidedFile, disclosure_decisions};
use symbolon_policy::{
    RequestId,
    rules::{LoggedDecision, Ruling},
};
use symbolon_store::Store;

use super::{Packs, decision_text};
use crate::{CliError, moment::moment, prose::wrapped};

/// What rules said to partners' requests for a record that have one id: partners choose ids.
#[derive(Serialize)]
pub(super) struct Explanation {
    request: RequestId,
    requests: Vec<Explained>,
    packs: Packs,
}

#[derive(Serialize)]
struct Explained {
    requester: String,
    /// Hash of the signed request, hexadecimal.
    document: String,
    state: &'static str,
    decisions: Vec<Decided>,
    /// What the rules said last, of a request of before: its facts were not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Ruling>,
}

#[derive(Serialize)]
struct Decided {
    at: String,
    #[serde(flatten)]
    decision: LoggedDecision,
}

impl Explanation {
    /// `None` if there is no such request.
    pub(super) async fn find(store: &Store, request: RequestId) -> Result<Option<Self>, CliError> {
        let requests: Vec<_> =
            disclosure_decisions(store, Some(&request)).await?.into_iter().map(explained).collect();
        if requests.is_empty() {
            return Ok(None);
        }
        let decisions = requests.iter().flat_map(|one: &Explained| &one.decisions);
        let packs = Packs::of(store, decisions.map(|one| one.decision.rules)).await?;
        Ok(Some(Self { request, requests, packs }))
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for one in &self.requests {
            text += &format!("Request {} of {}: {}\n", self.request, one.requester, one.state);
            if one.decisions.is_empty() && one.last.is_none() {
                text += &wrapped("It did not come to a decision by rules.", 2);
            }
            for Decided { at, decision } in &one.decisions {
                text += &format!("\n  At {at}");
                text += &decision_text(decision, &self.packs);
            }
            if let Some(ruling) = &one.last {
                let said = if ruling.permitted { "allowed" } else { "REFUSED" };
                text += &wrapped(&format!("{said}. {}", ruling.explanation()), 2);
            }
        }
        text
    }
}

fn explained(case: CaseDecisions) -> Explained {
    let decided = |DecidedFile { at, decision }| Decided { at: moment(at), decision };
    Explained {
        requester: case.requester.to_string(),
        document: hex::encode(case.document),
        state: case.state.as_str(),
        decisions: case.decisions.into_iter().map(decided).collect(),
        last: case.last.map(|last| last.ruling),
    }
}
