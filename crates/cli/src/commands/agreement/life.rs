use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use symbolon_policy::{AgreementState, SignedAgreement, rules::Role};
use symbolon_store::{ActKind, DataFolder};

use super::{proposals::Proposals, read};
use crate::{
    CliError,
    acting::Acting,
    commands::DONE,
    legal::{LegalDesk, approval},
    moment::moment,
    output::Output,
};

#[derive(Debug, Args)]
pub(in crate::commands) struct Propose {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The text takes the place of another one under the same id, which ends for good.
    #[arg(long)]
    replace: bool,
    /// A file; or an id, or the first digits of a hash, of a text that another bureau has proposed.
    agreement: String,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Approve {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Which act, where several wait. To end an agreement for good it must be named: revoke.
    #[arg(long, value_enum)]
    act: Option<Waiting>,
    /// Its id, or the first digits of its hash.
    agreement: String,
}

/// What can wait for a second person.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Waiting {
    Sign,
    Resume,
    Revoke,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Suspend {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Why, for the people of the other parties: 1 to 256 characters. No names of persons.
    #[arg(long)]
    reason: String,
    /// Its id, or the first digits of its hash.
    agreement: String,
}

/// To resume or to revoke.
#[derive(Debug, Args)]
pub(in crate::commands) struct Decide {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Why, for the people of the other parties: 1 to 256 characters. No names of persons.
    #[arg(long)]
    reason: String,
    /// Its id, or the first digits of its hash.
    agreement: String,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct History {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    /// Its id, or the first digits of its hash.
    agreement: String,
}

/// What two people decide.
#[derive(Clone, Copy)]
pub(in crate::commands) enum Decision {
    Resume,
    Revoke,
}

#[derive(Serialize)]
struct Proposed {
    agreement: String,
    hash: String,
    act: &'static str,
    proposed_by: String,
}

#[derive(Serialize)]
struct Carried {
    agreement: String,
    hash: String,
    act: &'static str,
    approved_by: String,
    state: &'static str,
    keys_destroyed: u64,
}

#[derive(Serialize)]
struct Suspended {
    agreement: String,
    hash: String,
    /// Whether signed word of it goes to the other parties.
    others_are_told: bool,
}

#[derive(Serialize)]
struct HistoryEntry {
    at: String,
    step: String,
    state: &'static str,
    party: Option<String>,
    /// Who of this bureau carried it out: who approved it, where it needs two people.
    person: Option<String>,
    /// Who of this bureau had proposed it, where it needs two people.
    proposed_by: Option<String>,
    reason: String,
}

impl Propose {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let desk = LegalDesk::open(DataFolder::open(&self.data)?).await?;
        let actor = self.acting.authorise(&desk.folder, &desk.store, &[Role::Legal]).await?;
        let path = Path::new(&self.agreement);
        let file = if path.is_file() {
            read(path)?
        } else {
            let text = desk.find(&self.agreement).await?;
            SignedAgreement::from_json(text.document.as_bytes())?
        };
        let hash = desk.propose(&file, self.replace, &actor).await?;
        let id = file.terms()?.id;
        let word = desk.word_for(&id, &hash).await?;
        desk.store.close().await;
        let proposed = Proposed {
            agreement: id.to_string(),
            hash: hash.to_string(),
            act: ActKind::SignAgreement.as_str(),
            proposed_by: actor.id,
        };
        output.result(&proposed, || {
            format!(
                "Proposed to sign {}.\nHash {}: compare it by voice with the other parties.\nNext, \
                 another person, with the role approver: {}",
                proposed.agreement,
                proposed.hash,
                approval(&self.data, ActKind::SignAgreement, &word)
            )
        });
        Ok(DONE)
    }
}

impl Approve {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let desk = LegalDesk::open(DataFolder::open(&self.data)?).await?;
        let actor = self.acting.authorise(&desk.folder, &desk.store, &[Role::Approver]).await?;
        let text = desk.find(&self.agreement).await?;
        let act = self.act.map(|act| match act {
            Waiting::Sign => ActKind::SignAgreement,
            Waiting::Resume => ActKind::ResumeAgreement,
            Waiting::Revoke => ActKind::RevokeAgreement,
        });
        let approved = desk.approve(&text, act, &actor).await?;
        desk.store.close().await;
        let carried = Carried {
            agreement: text.id.to_string(),
            hash: text.hash.to_string(),
            act: approved.act.as_str(),
            approved_by: actor.id,
            state: approved.state.as_str(),
            keys_destroyed: approved.keys_destroyed,
        };
        output.result(&carried, || {
            let what = match (approved.act, approved.state) {
                (ActKind::SignAgreement, AgreementState::Proposed) => {
                    "This bureau has signed; the others have not all yet. A running node shows it \
                     to them."
                        .to_owned()
                }
                (ActKind::SignAgreement, _) => {
                    "Every party has signed. A running node acts on it within a second.".to_owned()
                }
                (ActKind::ResumeAgreement, AgreementState::Suspended) => {
                    "This bureau has resumed it; another party still suspends it.".to_owned()
                }
                (ActKind::ResumeAgreement, _) => "It is resumed.".to_owned(),
                _ => format!(
                    "It has ended for good; the keys of {} scopes are destroyed. A running node \
                     tells the other parties.",
                    carried.keys_destroyed
                ),
            };
            let act = match approved.act {
                ActKind::SignAgreement => "sign",
                ActKind::ResumeAgreement => "resume",
                _ => "revoke",
            };
            format!("Approved to {act} {}: {}.\n{what}", carried.agreement, carried.state)
        });
        Ok(DONE)
    }
}

impl Suspend {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let desk = LegalDesk::open(DataFolder::open(&self.data)?).await?;
        let actor = self.acting.authorise(&desk.folder, &desk.store, &[Role::Legal]).await?;
        let text = desk.find(&self.agreement).await?;
        let others_are_told = desk.suspend(&text, &self.reason, &actor).await?;
        desk.store.close().await;
        let suspended = Suspended {
            agreement: text.id.to_string(),
            hash: text.hash.to_string(),
            others_are_told,
        };
        output.result(&suspended, || {
            let word = if others_are_told {
                "A running node tells the other parties."
            } else {
                "The other parties are not told yet: put keys/legal.key back and run this again."
            };
            format!(
                "{} is suspended. Nothing is asked or answered under it from now on.\n{word}",
                suspended.agreement
            )
        });
        Ok(DONE)
    }
}

impl Decide {
    pub(super) async fn run(self, decision: Decision, output: Output) -> Result<u8, CliError> {
        let act = match decision {
            Decision::Resume => ActKind::ResumeAgreement,
            Decision::Revoke => ActKind::RevokeAgreement,
        };
        let desk = LegalDesk::open(DataFolder::open(&self.data)?).await?;
        let actor = self.acting.authorise(&desk.folder, &desk.store, &[Role::Legal]).await?;
        let text = desk.find(&self.agreement).await?;
        desk.propose_decision(act, &text, &self.reason, &actor).await?;
        let word = desk.word_for(&text.id, &text.hash).await?;
        desk.store.close().await;
        let proposed = Proposed {
            agreement: text.id.to_string(),
            hash: text.hash.to_string(),
            act: act.as_str(),
            proposed_by: actor.id,
        };
        output.result(&proposed, || {
            let what = match decision {
                Decision::Resume => "Proposed to resume",
                Decision::Revoke => {
                    "Proposed to revoke for good: it cannot be undone, and nothing can be answered \
                     under it again, by no backup,"
                }
            };
            format!(
                "{what} {}.\nNext, another person, with the role approver: {}",
                proposed.agreement,
                approval(&self.data, act, &word)
            )
        });
        Ok(DONE)
    }
}

impl History {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let desk = LegalDesk::open(DataFolder::open(&self.data)?).await?;
        let text = desk.find(&self.agreement).await?;
        let history = desk.store.agreement_history(&text.hash).await?;
        let proposals = Proposals::of(&desk.store, &text.hash).await?;
        desk.store.close().await;
        let entries: Vec<_> = history
            .into_iter()
            .map(|line| HistoryEntry {
                proposed_by: proposals.behind(&line),
                at: moment(line.at),
                step: line.step,
                state: line.state.as_str(),
                party: line.party,
                person: line.person,
                reason: line.reason,
            })
            .collect();
        output.result(&entries, || {
            let mut lines = vec![format!("{}  {}", text.id, text.hash)];
            lines.extend(entries.iter().map(|entry| {
                let party = entry.party.as_ref().map(|party| format!(" by {party}"));
                let person = match (&entry.person, &entry.proposed_by) {
                    (Some(person), Some(proposer)) => {
                        Some(format!(" (proposed by {proposer}, approved by {person})"))
                    }
                    (Some(person), None) => Some(format!(" ({person})")),
                    (None, _) => None,
                };
                let reason = if entry.reason.is_empty() {
                    String::new()
                } else {
                    format!(": {}", entry.reason)
                };
                format!(
                    "  {}  {:<12} → {}{}{}{reason}",
                    entry.at,
                    entry.step,
                    entry.state,
                    party.unwrap_or_default(),
                    person.unwrap_or_default()
                )
            }));
            lines.join("\n")
        });
        Ok(DONE)
    }
}
