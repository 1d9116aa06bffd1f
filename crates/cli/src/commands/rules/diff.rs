use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use clap::Args;
use serde::Serialize;
use symbolon_policy::rules::{Difference, LegalTables, RuleChange, RulePack, behaviour_diff};
use symbolon_store::{DataFolder, Store};

use super::{
    super::DONE,
    REVIEWERS,
    entered::entered,
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
    /// Sentence and source of each rule that is not the same in both, by its id.
    sentences: BTreeMap<String, Words>,
    /// Entries of the tables that are not the same.
    tables: Vec<RowDifference>,
}

/// What a rule says on either side; absent where it is not there.
#[derive(Serialize)]
struct Words {
    before: Option<String>,
    after: Option<String>,
}

/// One field of one row. A row that is not entered has the usual values.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
struct RowDifference {
    row: String,
    field: String,
    before: String,
    after: String,
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
        let differences = behaviour_diff(&before.pack, &after.pack);
        let compared = Compared {
            before: before.hash.to_string(),
            after: after.hash.to_string(),
            sentences: sentences(&differences, &before.pack, &after.pack),
            differences,
            tables: table_rows(&before.tables, &after.tables),
        };
        output.result(&compared, || compared.text());
        Ok(DONE)
    }
}

fn sentences(
    differences: &[Difference],
    before: &RulePack,
    after: &RulePack,
) -> BTreeMap<String, Words> {
    let words = |pack: &RulePack, id: &str| {
        let rule = pack.rules().iter().find(|rule| rule.id == id)?;
        Some(format!("{} ({})", rule.sentence, rule.source))
    };
    differences
        .iter()
        .filter_map(|difference| match difference {
            Difference::Rule { id, .. } => {
                let words = Words { before: words(before, id), after: words(after, id) };
                Some((id.clone(), words))
            }
            Difference::Decision(_) => None,
        })
        .collect()
}

/// Fields that have other values, in rows that stand on either side.
fn table_rows(before: &LegalTables, after: &LegalTables) -> Vec<RowDifference> {
    let mut differences = Vec::new();
    for code in before.partners.keys().chain(after.partners.keys()).collect::<BTreeSet<_>>() {
        let rows = (&before.partner(code), &after.partner(code));
        differences.extend(fields(&format!("partner {code}"), rows));
    }
    for id in before.datasets.keys().chain(after.datasets.keys()).collect::<BTreeSet<_>>() {
        let rows = (&before.dataset(id), &after.dataset(id));
        differences.extend(fields(&format!("dataset {id}"), rows));
    }
    for class in before.offences.keys().chain(after.offences.keys()).collect::<BTreeSet<_>>() {
        let months = |tables: &LegalTables| match tables.max_sentence_months(class) {
            0 => "unknown".to_owned(),
            months => format!("{months} months"),
        };
        if months(before) != months(after) {
            differences.push(RowDifference {
                row: format!("offence {class}"),
                field: "maximum sentence".to_owned(),
                before: months(before),
                after: months(after),
            });
        }
    }
    differences
}

fn fields<T: Serialize>(row: &str, (before, after): (&T, &T)) -> Vec<RowDifference> {
    let (before, after) = (entered(before), entered(after));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let value = |fields: &BTreeMap<String, String>, name: &String| {
        fields.get(name).cloned().unwrap_or_else(|| "none".to_owned())
    };
    names
        .into_iter()
        .map(|name| RowDifference {
            row: row.to_owned(),
            field: name.clone(),
            before: value(&before, name),
            after: value(&after, name),
        })
        .filter(|one| one.before != one.after)
        .collect()
}

impl Compared {
    fn text(&self) -> String {
        let mut text = String::new();
        for difference in &self.differences {
            text += &difference_text(difference);
            if let Difference::Rule { id, .. } = difference
                && let Some(words) = self.sentences.get(id)
            {
                text += &words.text();
            }
        }
        for RowDifference { row, field, before, after } in &self.tables {
            text += &wrapped(&format!("Tables, {row}: {field} was {before}, is {after}."), 0);
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

impl Words {
    fn text(&self) -> String {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if before != after => {
                wrapped(&format!("Before: {before}"), 4) + &wrapped(&format!("After: {after}"), 4)
            }
            (Some(words), _) | (None, Some(words)) => wrapped(words, 4),
            (None, None) => String::new(),
        }
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

#[cfg(test)]
mod tests {
    use symbolon_policy::rules::{DatasetEntry, PartnerEntry};

    use super::*;

    #[test]
    fn each_entry_that_is_another_is_named_with_both_values_and_no_other() {
        let before = LegalTables::default();
        let mut after = LegalTables::default();
        let partner = PartnerEntry { denied: true, asked_a_day: 7, ..PartnerEntry::default() };
        after.partners.insert("BOR".parse().unwrap(), partner);
        after.partners.insert("CTG".parse().unwrap(), PartnerEntry::default());
        let dataset = DatasetEntry { never_leaves: true, ..DatasetEntry::default() };
        after.datasets.insert("watchlist".to_owned(), dataset);
        after.offences.insert("fraud".to_owned(), 60);
        let said: Vec<_> = table_rows(&before, &after)
            .into_iter()
            .map(|one| format!("{}: {} {} {}", one.row, one.field, one.before, one.after))
            .collect();
        assert_eq!(
            said,
            [
                "partner BOR: asked_a_day 0 7",
                "partner BOR: denied false true",
                "dataset watchlist: never_leaves false true",
                "offence fraud: maximum sentence unknown 60 months",
            ]
        );
        assert!(table_rows(&after, &after).is_empty());
    }
}
