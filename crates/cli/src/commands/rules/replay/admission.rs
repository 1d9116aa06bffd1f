use serde::Serialize;
use symbolon_client::Rules;
use symbolon_node::{AdmissionChange, RecordsChanged, admission_replay};
use symbolon_policy::rules::Ruling;
use symbolon_store::{NodeConfig, Store};
use time::OffsetDateTime;

use super::{Draft, why};
use crate::{CliError, prose::wrapped};

/// References of one change that are shown; JSON has them all.
const SHOWN: usize = 20;

/// Whether records enter the sets of agreements, decided under the rules in force and again.
#[derive(Serialize)]
pub(super) struct Admission {
    /// Decisions: one for each kind of record in each set.
    decided: u64,
    changed: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    agreement: String,
    dataset: String,
    identifier_types: Vec<String>,
    /// The references of the records; none where it is all records without details.
    records: Option<Vec<String>>,
    before: Ruling,
    after: Ruling,
}

impl Admission {
    pub(super) async fn replay(
        store: &Store,
        draft: &Draft,
        now: OffsetDateTime,
    ) -> Result<Self, CliError> {
        let us = NodeConfig::read(store.folder())?.code;
        let (in_force, _) = Rules::in_force(store).await?;
        let tables =
            if draft.tables { draft.rules.tables.clone() } else { in_force.tables.clone() };
        let mut all = Self { decided: 0, changed: Vec::new() };
        for agreement in store.agreements().await? {
            let (decided, changes) = admission_replay(
                store,
                &us,
                &agreement,
                (&in_force.pack, &in_force.tables),
                (&draft.rules.pack, &tables),
                now,
            )
            .await?;
            all.decided = all.decided.saturating_add(decided);
            all.changed.extend(changes.into_iter().map(Change::from));
        }
        Ok(all)
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::from("\n");
        text += &wrapped(
            &format!(
                "Whether records enter the sets of agreements was decided {} times, as of today; {} \
                 would come out otherwise.",
                self.decided,
                self.changed.len()
            ),
            0,
        );
        for change in &self.changed {
            let (was, would_be) = if change.before.permitted {
                ("enter", "would be KEPT OUT")
            } else {
                ("are kept out", "would ENTER")
            };
            let which = match &change.records {
                None => format!("All records of {} without details", change.dataset),
                Some(records) => {
                    let more = records.len().saturating_sub(SHOWN);
                    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                    let shown: Vec<_> = records.iter().take(SHOWN).map(String::as_str).collect();
                    format!("Of {}: {}{more}", change.dataset, shown.join(", "))
                }
            };
            text += &format!(
                "\nAgreement {}, {}\n",
                change.agreement,
                change.identifier_types.join(", ")
            );
            text += &wrapped(&format!("{which}: {was}, {would_be}."), 2);
            text += &wrapped(&format!("In force: {}", why(&change.before)), 4);
            text += &wrapped(&format!("Now: {}", why(&change.after)), 4);
        }
        text
    }
}

impl From<AdmissionChange> for Change {
    fn from(change: AdmissionChange) -> Self {
        Self {
            agreement: change.agreement,
            dataset: change.dataset,
            identifier_types: change.identifier_types,
            records: match change.records {
                RecordsChanged::Named(records) => Some(records),
                RecordsChanged::Plain => None,
            },
            before: change.before,
            after: change.after,
        }
    }
}
