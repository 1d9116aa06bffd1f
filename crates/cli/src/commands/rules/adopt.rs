use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use symbolon_client::Rules;
use symbolon_policy::rules::{Role, RuleSet, RulesHash};
use symbolon_store::{DataFolder, NodeConfig, Store};
use time::OffsetDateTime;

use super::super::DONE;
use crate::{
    CliError, acting::Acting, moment::moment, output::Output, prose::wrapped,
    rule_folder::read_rules, typed::Typed,
};

#[derive(Debug, Args)]
pub(in crate::commands) struct Adopt {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The folder of rules, with or without tables.toml. All of it is kept.
    folder: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Approve {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Fingerprint of the rules, as `rules adopt` and `rules show` print it.
    hash: String,
}

#[derive(Serialize)]
struct Proposed {
    hash: RulesHash,
    proposed_by: String,
}

#[derive(Serialize)]
struct Adopted {
    hash: RulesHash,
    proposed_by: String,
    approved_by: String,
    since: String,
    /// Agreements in which this bureau has promised another pack: nothing is decided under them now.
    not_as_promised: Vec<String>,
}

impl Adopt {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let store = Store::open(folder.clone()).await?;
        let actor = self.acting.authorise(&folder, &store, &[Role::Legal]).await?;
        let files = read_rules(&self.folder)?;
        let hash = RuleSet::load(files.iter().map(|(name, text)| (name, text)))?.hash;
        store.propose_rules(&hash, &files, &actor, OffsetDateTime::now_utc()).await?;
        store.close().await;
        let proposed = Proposed { hash, proposed_by: actor.id };
        output.result(&proposed, || {
            let next = format!(
                "Proposed by {}. They are not in force until another person has compared the \
                 fingerprint and approved it:",
                proposed.proposed_by
            );
            let approve = Typed::command("rules approve").at(&self.data).by("APPROVER");
            format!("{}  {}\n", wrapped(&next, 0), approve.with(&hash.to_string()))
        });
        Ok(DONE)
    }
}

impl Approve {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let hash = RulesHash::from_hexadecimal(&self.hash).ok_or_else(|| {
            CliError::new("rules", "the fingerprint of rules is 64 hexadecimal digits")
        })?;
        let folder = DataFolder::open(&self.data)?;
        let store = Store::open(folder.clone()).await?;
        let actor = self.acting.authorise(&folder, &store, &[Role::Approver, Role::Legal]).await?;
        // What does not load any more would deny everything.
        let kept = store.rule_files(&hash).await?;
        if !kept.is_empty() && RuleSet::load(kept)?.hash != hash {
            return Err(CliError::new(
                "rules_damaged",
                "what is kept under this fingerprint is not what was proposed; propose it again",
            ));
        }
        let adoption = store.approve_rules(&hash, &actor, OffsetDateTime::now_utc()).await?;
        let us = NodeConfig::read(&folder)?.code;
        let (rules, _) = Rules::in_force(&store).await?;
        let mut agreements = store.agreements().await?;
        agreements.retain(|agreement| rules.are_as_promised(agreement, &us).is_err());
        store.close().await;
        let adopted = Adopted {
            hash,
            proposed_by: adoption.proposed_by,
            approved_by: adoption.approved_by,
            since: moment(adoption.at),
            not_as_promised: agreements.iter().map(|one| one.terms().id.to_string()).collect(),
        };
        output.result(&adopted, || {
            let mut text = wrapped(
                &format!(
                    "In force since {}: {hash}, proposed by {}, approved by {}. A running node acts \
                     on it within a second or so.",
                    adopted.since, adopted.proposed_by, adopted.approved_by
                ),
                0,
            );
            if !adopted.not_as_promised.is_empty() {
                text += &wrapped(
                    &format!(
                        "This bureau has promised another pack in {}: nothing is asked, answered or \
                         released under it.",
                        adopted.not_as_promised.join(", ")
                    ),
                    0,
                );
            }
            text
        });
        Ok(DONE)
    }
}
