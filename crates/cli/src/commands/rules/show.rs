use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_client::Rules;
use symbolon_policy::rules::{EgressFacts, LegalTables, Role, RulesHash};
use symbolon_store::{DataFolder, NodeConfig, PartnerCounts, Store};

use super::{super::DONE, entered::entered};
use crate::{CliError, acting::Acting, moment::moment, output::Output, prose::wrapped};

#[derive(Debug, Args)]
pub(in crate::commands) struct Show {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Also each rule with its sentence and source, and each entry of the tables.
    #[arg(long)]
    full: bool,
}

#[derive(Serialize)]
struct Shown {
    /// Whether two people have adopted what is in force; else it is the starter pack.
    adopted: bool,
    hash: RulesHash,
    pack: String,
    name: String,
    version: String,
    title: String,
    rules: usize,
    partners_entered: usize,
    datasets_entered: usize,
    offences_entered: usize,
    /// What the rules say and the tables hold, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    full: Option<Full>,
    since: Option<String>,
    proposed_by: Option<String>,
    approved_by: Option<String>,
    /// Why everything is denied, where what is in force cannot be read.
    damaged: Option<String>,
    waiting: Vec<Waiting>,
    /// Agreements in which this bureau has promised another pack.
    promised_otherwise: Vec<String>,
}

#[derive(Serialize)]
struct Full {
    rules: Vec<RuleLine>,
    tables: LegalTables,
}

#[derive(Serialize)]
struct RuleLine {
    id: String,
    point: &'static str,
    effect: String,
    sentence: String,
    source: String,
}

#[derive(Serialize)]
struct Waiting {
    hash: RulesHash,
    proposed_by: String,
    at: String,
}

impl Show {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let us = NodeConfig::read(&folder)?.code;
        let store = Store::open(folder).await?;
        // They bind everybody who has to do with the bureau.
        self.acting.authorise(store.folder(), &store, Role::ALL).await?;
        let (rules, adoption) = Rules::in_force(&store).await?;
        let waiting = store.proposed_rules().await?;
        let agreements = store.agreements().await?;
        store.close().await;
        let pack = &rules.pack;
        let promised = agreements.iter().filter(|agreement| {
            let conditions = agreement.terms().conditions.as_ref();
            let promised = conditions.and_then(|conditions| conditions.rule_packs.get(&us));
            promised.is_some_and(|promised| *promised != pack.hash())
        });
        // A pack that stands in for what is damaged says why with every decision.
        let damaged = rules.are_damaged().then(|| {
            let facts = EgressFacts::default();
            rules.decide_egress(facts, PartnerCounts::default()).ruling.faults.join("; ")
        });
        let shown = Shown {
            adopted: adoption.is_some(),
            hash: rules.hash,
            pack: pack.hash().to_string(),
            name: pack.name().to_owned(),
            version: pack.version().to_owned(),
            title: pack.title().to_owned(),
            rules: pack.rules().len(),
            partners_entered: rules.tables.partners.len(),
            datasets_entered: rules.tables.datasets.len(),
            offences_entered: rules.tables.offences.len(),
            full: self.full.then(|| Full::of(&rules)),
            since: adoption.as_ref().map(|one| moment(one.at)),
            proposed_by: adoption.as_ref().map(|one| one.proposed_by.clone()),
            approved_by: adoption.map(|one| one.approved_by),
            damaged,
            waiting: waiting
                .into_iter()
                .map(|one| Waiting {
                    hash: one.rules,
                    proposed_by: one.proposed_by,
                    at: moment(one.at),
                })
                .collect(),
            promised_otherwise: promised.map(|one| one.terms().id.to_string()).collect(),
        };
        output.result(&shown, || shown.text());
        Ok(DONE)
    }
}

impl Full {
    fn of(rules: &Rules) -> Self {
        let lines = rules.pack.rules().iter().map(|rule| RuleLine {
            id: rule.id.clone(),
            point: rule.point.as_str(),
            effect: rule.effect.to_string(),
            sentence: rule.sentence.clone(),
            source: rule.source.clone(),
        });
        Self { rules: lines.collect(), tables: rules.tables.clone() }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for rule in &self.rules {
            text += &format!("\n{} ({}, {})\n", rule.id, rule.point, rule.effect);
            text += &wrapped(&format!("{} Source: {}.", rule.sentence, rule.source), 4);
        }
        let mut row = |name: String, fields: BTreeMap<String, String>| {
            text += &format!("\n{name}\n");
            for (field, value) in fields {
                text += &format!("    {field:<32} {value}\n");
            }
        };
        for (code, entry) in &self.tables.partners {
            row(format!("Partner {code}"), entered(entry));
        }
        for (id, entry) in &self.tables.datasets {
            row(format!("Dataset {id}"), entered(entry));
        }
        if !self.tables.offences.is_empty() {
            row("Maximum sentences, in months".to_owned(), entered(&self.tables.offences));
        }
        text
    }
}

impl Shown {
    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(why) = &self.damaged {
            text += &wrapped("EVERYTHING IS DENIED.", 0);
            text += &wrapped(why, 0);
        } else if self.adopted {
            text += &wrapped(
                &format!(
                    "In force: {} ({} {}), {} rules, with entries for {} partners, {} \
                     datasets and {} classes of offence.",
                    self.title,
                    self.name,
                    self.version,
                    self.rules,
                    self.partners_entered,
                    self.datasets_entered,
                    self.offences_entered
                ),
                0,
            );
        } else {
            text += &wrapped(
                &format!(
                    "No rules have been adopted. In force is the starter pack ({} rules) with empty \
                     tables: an example, not legal advice. `symbolon rules starter FOLDER` writes it \
                     out to begin with.",
                    self.rules
                ),
                0,
            );
        }
        text += &format!("Fingerprint: {}\n", self.hash);
        if let (Some(since), Some(proposed), Some(approved)) =
            (&self.since, &self.proposed_by, &self.approved_by)
        {
            text += &wrapped(
                &format!("Since {since}; proposed by {proposed}, approved by {approved}."),
                0,
            );
        }
        for one in &self.waiting {
            text += &wrapped(
                &format!(
                    "Waits for a second person: {}, proposed by {} at {}.",
                    one.hash, one.proposed_by, one.at
                ),
                0,
            );
        }
        if !self.promised_otherwise.is_empty() {
            text += &wrapped(
                &format!(
                    "These agreements promise another pack than {}, and nothing is asked, answered or \
                     released under them: {}.",
                    self.pack,
                    self.promised_otherwise.join(", ")
                ),
                0,
            );
        }
        if let Some(full) = &self.full {
            text += &full.text();
        }
        text
    }
}
