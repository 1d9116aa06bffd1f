mod codes;
mod desk;
mod hand_over;
mod request;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use symbolon_client::Rules;
use symbolon_node::Desk;
use symbolon_policy::{Actor, Agreement, BureauCode, rules::Role};
use symbolon_store::{DataFolder, NodeConfig, Store};

use crate::{CliError, acting::Acting, output::Output};

/// Ask for the record behind a hit; decide on what partners ask for.
#[derive(Debug, Subcommand)]
pub(super) enum DisclosureCommand {
    /// Ask the owner of a list for the record behind a hit. Unlike the check, this tells the owner
    /// what was asked, and who asks why.
    Request(Box<request::Request>),
    /// Let a colleague follow up a check that somebody else has asked. Needs the role approver.
    HandOver(hand_over::HandOver),
    /// Show what this bureau has asked for, and how it stands: your own requests; to approvers and
    /// inspectors everybody's, without their content.
    Status(request::Status),
    /// Take back what this bureau has asked for.
    Withdraw(request::Withdraw),
    /// Show what partners ask for, by age, with the clocks. Needs the role legal, approver or inspector.
    List(desk::List),
    /// Show one request, of a partner or of this bureau, with all that belongs to it.
    Show(show::Show),
    /// Release a record, or propose it where the rules ask for two people.
    Release(Box<desk::Release>),
    /// Approve, as a second person, what was proposed; then it is released.
    Approve(desk::Approve),
    /// Refuse a record.
    Refuse(desk::Refuse),
    /// Stop the clock of a request.
    Pause(desk::Pause),
    /// Let the clock of a request run again.
    Resume(desk::Resume),
}

impl DisclosureCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Request(request) => request.run(output).await,
            Self::HandOver(hand_over) => hand_over.run(output).await,
            Self::Status(status) => status.run(output).await,
            Self::Withdraw(withdraw) => withdraw.run(output).await,
            Self::List(list) => list.run(output).await,
            Self::Show(show) => show.run(output).await,
            Self::Release(release) => release.run(output).await,
            Self::Approve(approve) => approve.run(output).await,
            Self::Refuse(refuse) => refuse.run(output).await,
            Self::Pause(pause) => pause.run(output).await,
            Self::Resume(resume) => resume.run(output).await,
        }
    }
}

/// Where a bureau's data are.
#[derive(Debug, Args)]
struct Place {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
}

impl Place {
    async fn open(&self) -> Result<Opened, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let us = NodeConfig::read(&folder)?.code;
        let store = Store::open(folder.clone()).await?;
        Ok(Opened { folder, us, store })
    }
}

/// A bureau's store, open.
struct Opened {
    folder: DataFolder,
    us: BureauCode,
    store: Store,
}

impl Opened {
    async fn actor(&self, acting: &Acting, roles: &[Role]) -> Result<Actor, CliError> {
        acting.authorise(&self.folder, &self.store, roles).await
    }

    /// All that the owner's people decide by.
    async fn office(&self) -> Result<Office<'_>, CliError> {
        let (rules, _) = Rules::in_force(&self.store).await?;
        Ok(Office { opened: self, rules, agreements: self.store.agreements().await? })
    }
}

struct Office<'a> {
    opened: &'a Opened,
    rules: Rules,
    agreements: Vec<Agreement>,
}

impl Office<'_> {
    fn desk(&self) -> Desk<'_> {
        Desk {
            us: &self.opened.us,
            store: &self.opened.store,
            rules: &self.rules,
            agreements: &self.agreements,
        }
    }
}
