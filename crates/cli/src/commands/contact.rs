use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_policy::{BureauCode, CardFingerprint, rules::Role};
use symbolon_store::{Contact, DataFolder, NodeConfig, Store};
use time::OffsetDateTime;

use super::DONE;
use crate::{
    CliError, acting::Acting, card::read_card, moment::moment, output::Output, typed::Typed,
};

/// Know other bureaus by their cards, before there is an agreement.
#[derive(Debug, Subcommand)]
pub(super) enum ContactCommand {
    /// Add a bureau whose card you have compared by voice.
    Add(Add),
    /// Show the bureaus that are known by card.
    List(List),
    /// Forget a bureau's card. Agreements with it stay.
    Remove(Remove),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    /// The other bureau's card, from its `symbolon node card`.
    card: PathBuf,
    /// The fingerprint as the other bureau's people read it out from their own screen (`symbolon
    /// node card --fingerprint`), never from what came with the card.
    #[arg(long, value_name = "DIGITS")]
    fingerprint: CardFingerprint,
    #[command(flatten)]
    acting: Acting,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    /// Its code.
    code: BureauCode,
    #[command(flatten)]
    acting: Acting,
}

#[derive(Serialize)]
struct ContactLine {
    code: String,
    name: String,
    endpoint: String,
    spiffe_id: String,
    fingerprint: String,
    added_by: String,
    added_at: String,
}

impl From<Contact> for ContactLine {
    fn from(contact: Contact) -> Self {
        Self {
            code: contact.card.code.to_string(),
            name: contact.card.name,
            endpoint: contact.card.endpoint,
            spiffe_id: contact.card.spiffe_id,
            fingerprint: contact.fingerprint.to_string(),
            added_by: contact.added_by,
            added_at: moment(contact.added_at),
        }
    }
}

#[derive(Serialize)]
struct Changed {
    code: String,
}

/// A contact can agree and nothing else, so whoever runs the node may add one, and whoever signs.
const MAY: [Role; 2] = [Role::Administrator, Role::Legal];

impl ContactCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Add(add) => add.run(output).await,
            Self::List(list) => list.run(output).await,
            Self::Remove(remove) => remove.run(output).await,
        }
    }
}

impl Add {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let us = NodeConfig::read(&folder)?.code;
        let card = read_card(&self.card)?;
        if card.code == us {
            return Err(CliError::new("own_card", "this is this bureau's own card or code"));
        }
        let found = card.fingerprint()?;
        if found != self.fingerprint {
            return Err(CliError::new(
                "fingerprint",
                format!(
                    "this card has the fingerprint {}, not the one given: either it was read \
                     wrongly, or somebody has changed the card on its way. Ask for it again",
                    found.spoken()
                ),
            ));
        }
        let store = Store::open(folder.clone()).await?;
        let actor = self.acting.authorise(&folder, &store, &MAY).await?;
        let added = store.add_contact(&card, &found, &actor, OffsetDateTime::now_utc()).await?;
        store.close().await;
        if !added {
            return Err(CliError::new(
                "contact_differs",
                format!(
                    "{} is known by another card; if it has a new one, remove the old one first",
                    card.code
                ),
            ));
        }
        let changed = Changed { code: card.code.to_string() };
        output.result(&changed, || {
            format!(
                "{} ({}) is known by its card. Texts of agreements are exchanged with it, and \
                 nothing else.",
                card.name, card.code
            )
        });
        Ok(DONE)
    }
}

impl List {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let contacts = store.contacts().await?;
        store.close().await;
        let lines: Vec<ContactLine> = contacts.into_iter().map(Into::into).collect();
        output.result(&lines, || {
            if lines.is_empty() {
                return "No bureau is known by card only.".to_owned();
            }
            lines
                .iter()
                .map(|line| {
                    format!(
                        "{}  {}  {}\n  fingerprint {}\n  added by {} at {}",
                        line.code,
                        line.name,
                        line.endpoint,
                        line.fingerprint,
                        line.added_by,
                        line.added_at
                    )
                })
                .collect::<Vec<_>>()
                .join("\n")
        });
        Ok(DONE)
    }
}

impl Remove {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let store = Store::open(folder.clone()).await?;
        let actor = self.acting.authorise(&folder, &store, &MAY).await?;
        let removed = store.remove_contact(&self.code, &actor, OffsetDateTime::now_utc()).await?;
        store.close().await;
        if !removed {
            return Err(CliError::new(
                "contact_unknown",
                format!(
                    "{} is not known by card; `{}` shows who is",
                    self.code,
                    Typed::command("contact list").at(&self.data)
                ),
            ));
        }
        let changed = Changed { code: self.code.to_string() };
        output.result(&changed, || format!("{} is no longer known by card.", self.code));
        Ok(DONE)
    }
}
