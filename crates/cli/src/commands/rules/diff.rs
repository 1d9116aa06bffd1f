use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use symbolon_policy::rules::{Difference, LegalTables, RuleChange, behaviour_diff};
use symbolon_store::{DataFolder, Store};

use super::{
    super::DONE,
    REVIEWERS,
    source::{is_kept, named},
    why,
};
use crate::{CliError, acting::Acting, output::Output, prose::wrapped};

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

#[derive(Serialize)]
struct Compared {
    before: String,
    after: String,
    differences: Vec<Difference>,
    /// Rows of the tables that are not the same.
    tables: Vec<String>,
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
