mod describe;
mod draft;
mod export;
mod life;
mod proposals;

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_client::Rules;
use symbolon_policy::{SignedAgreement, rules::Role};
use symbolon_store::{AdministrativeAct, DataFolder, NodeConfig, Store};
use time::OffsetDateTime;

use self::describe::{Summary, lines};
use super::DONE;
use crate::{
    CliError,
    acting::Acting,
    card::read_card,
    legal::{LegalDesk, is_us},
    output::Output,
};

/// Draft, propose, sign, suspend and end agreements.
#[derive(Debug, Subcommand)]
pub(super) enum AgreementCommand {
    /// Draft terms from the parties' cards. The file is JSON and may be edited before anyone signs.
    Draft(Box<draft::Draft>),
    /// Propose that this bureau signs a text: a file, or one that another bureau has proposed.
    Propose(life::Propose),
    /// Approve, as a second person, what was proposed about an agreement, and carry it out.
    Approve(life::Approve),
    /// Stop everything under an agreement, at once.
    Suspend(life::Suspend),
    /// Propose to take this bureau's suspension back.
    Resume(life::Decide),
    /// Propose to end an agreement for good; its keys are destroyed once it is approved.
    Revoke(life::Decide),
    /// Show a text in words, who has signed it, and where it stands.
    Show(Show),
    /// Show all agreements that this bureau knows, and where each stands.
    List(List),
    /// Show what has happened to an agreement: who, when and why.
    History(life::History),
    /// Write an agreement that this bureau knows, with its signatures, into a file: for another program,
    /// or to carry it by hand.
    Export(export::Export),
    /// Install an agreement that every party has signed and that was carried here by hand.
    Install(Install),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The bureau's data folder; needed for an id only.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: Option<PathBuf>,
    /// A file; or an id, or the first digits of a hash, of an agreement that this bureau knows.
    agreement: String,
}

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The agreement's file, signed by every party.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
}

#[derive(Serialize)]
struct Done {
    agreement: String,
    hash: String,
}

impl AgreementCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Draft(draft) => draft.run(output),
            Self::Propose(propose) => propose.run(output).await,
            Self::Approve(approve) => approve.run(output).await,
            Self::Suspend(suspend) => suspend.run(output).await,
            Self::Resume(resume) => resume.run(life::Decision::Resume, output).await,
            Self::Revoke(revoke) => revoke.run(life::Decision::Revoke, output).await,
            Self::Show(show) => show.run(output).await,
            Self::List(list) => list.run(output).await,
            Self::History(history) => history.run(output).await,
            Self::Export(export) => export.run(output).await,
            Self::Install(install) => install.run(output).await,
        }
    }
}

impl Show {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let path = Path::new(&self.agreement);
        let summary = if path.is_file() {
            Summary::of(&read(path)?)?
        } else {
            let data = self.data.ok_or_else(|| {
                CliError::new(
                    "file",
                    format!(
                        "{} is no file; for an agreement that this bureau knows, name its data \
                         folder with --data",
                        path.display()
                    ),
                )
            })?;
            let desk = LegalDesk::open(DataFolder::open(&data)?).await?;
            let text = desk.find(&self.agreement).await?;
            let waiting = desk.store.agreement_intents(&text.hash).await?;
            let (rules, _) = Rules::in_force(&desk.store).await?;
            desk.store.close().await;
            Summary::of_stored(&text, &waiting)?.beside(&rules, &desk.us)
        };
        output.result(&summary, || lines(&summary));
        Ok(DONE)
    }
}

impl Install {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let code = NodeConfig::read(&folder)?.code;
        let signed = read(&self.file)?;
        let agreement = signed.verify()?;
        is_us(agreement.terms(), &code, &read_card(&folder.card())?)?;
        let store = Store::open(folder.clone()).await?;
        let actor = self.acting.authorise(&folder, &store, &[Role::Administrator]).await?;
        let (act, now) = (AdministrativeAct::InstallAgreement, OffsetDateTime::now_utc());
        store.log_administration(act, agreement.terms().id.as_str(), &actor, now).await?;
        store.install_agreement(&agreement, &signed.to_json()?, now).await?;
        store.close().await;
        let done = Done {
            agreement: agreement.terms().id.to_string(),
            hash: agreement.hash().to_string(),
        };
        output.result(&done, || {
            format!("Installed {}. A running node acts on it within a second.", done.agreement)
        });
        Ok(DONE)
    }
}

impl List {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let desk = LegalDesk::open(DataFolder::open(&self.data)?).await?;
        let mut summaries = Vec::new();
        let texts = desk.store.agreement_texts().await?;
        for text in &texts {
            let waiting = desk.store.agreement_intents(&text.hash).await?;
            summaries.push(Summary::of_stored(text, &waiting)?.among(&texts));
        }
        desk.store.close().await;
        output.result(&summaries, || {
            if summaries.is_empty() {
                return "No agreement is known here.".to_owned();
            }
            summaries.iter().map(lines).collect::<Vec<_>>().join("\n")
        });
        Ok(DONE)
    }
}

fn read(path: &Path) -> Result<SignedAgreement, CliError> {
    // One byte over the limit is enough to know that it is over.
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(8 << 20).read_to_end(&mut bytes))
        .map_err(|error| CliError::file("read", path, error))?;
    Ok(SignedAgreement::from_json(&bytes)?)
}
