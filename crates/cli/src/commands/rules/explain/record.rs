use serde::Serialize;
use symbolon_client::Rules;
use symbolon_node::{AdmissionRuling, admission_of};
use symbolon_policy::rules::LoggedDecision;
use symbolon_store::{NodeConfig, Store};
use time::OffsetDateTime;

use super::{Packs, decision_text};
use crate::{CliError, prose::wrapped};

/// What the rules in force say of a record now, for each set that it could enter.
#[derive(Serialize)]
pub(super) struct Explanation {
    dataset: String,
    record: String,
    /// Whether anything but identifiers is kept of it.
    has_details: bool,
    sets: Vec<Set>,
    packs: Packs,
}

#[derive(Serialize)]
struct Set {
    agreement: String,
    identifier_type: String,
    #[serde(flatten)]
    decision: LoggedDecision,
}

impl Explanation {
    pub(super) async fn find(store: &Store, dataset: &str, record: &str) -> Result<Self, CliError> {
        let us = NodeConfig::read(store.folder())?.code;
        let details = store.record_details(dataset, record).await?;
        let has_details = details.is_some();
        let attributes = details.as_ref().map(|details| &details.attributes);
        let (rules, _) = Rules::in_force(store).await?;
        let now = OffsetDateTime::now_utc();
        let mut sets = Vec::new();
        for agreement in store.agreements().await? {
            let rulings = admission_of(&us, &agreement, dataset, attributes, &rules, now);
            sets.extend(rulings.into_iter().map(|one| {
                let AdmissionRuling { agreement, identifier_type, decision } = one;
                Set { agreement, identifier_type, decision }
            }));
        }
        if sets.is_empty() {
            return Err(CliError::new(
                "dataset_unknown",
                format!("no agreement in place offers a dataset {dataset}: nothing enters any set"),
            ));
        }
        let packs = Packs::of(store, sets.iter().map(|set| set.decision.rules)).await?;
        let (dataset, record) = (dataset.to_owned(), record.to_owned());
        Ok(Self { dataset, record, has_details, sets, packs })
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("Record {} of {}, as of now\n", self.record, self.dataset);
        if !self.has_details {
            text += &wrapped(
                "Nothing but identifiers is kept of it, or there is no such record: rules see one \
                 without any flag.",
                2,
            );
        }
        for set in &self.sets {
            text += &decision_text(&set.decision, &self.packs);
        }
        text
    }
}
