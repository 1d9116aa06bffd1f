mod issue;
mod list;
mod revoke;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_node::{certificate_facts, renew};
use symbolon_policy::rules::Role;
use symbolon_store::{AdministrativeAct, DataFolder, NodeConfig, Store};
use time::OffsetDateTime;

use super::DONE;
use crate::{CliError, acting::Acting, moment::moment, output::Output};

pub(super) use issue::issue_first;
pub(super) use list::somebody_with;

/// Show keys and people, issue certificates to people and agencies, revoke them, renew the node's.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Show this bureau's public keys, the certificates of its faces, and those of its people with
    /// roles and expiry.
    List(list::List),
    /// Issue a certificate and profile to a person or agency.
    Issue(issue::Issue),
    /// Revoke all certificates of a person for good; a running node refuses them at once.
    Revoke(revoke::Revoke),
    /// Make fresh certificates for both faces; restart the node to show them.
    Renew(Renew),
}

#[derive(Debug, Args)]
pub(super) struct Renew {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
}

#[derive(Serialize)]
struct Renewed {
    expires_at: String,
}

impl Keys {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::List(list) => list.run(output).await,
            Self::Issue(issue) => issue.run(output).await,
            Self::Revoke(revoke) => revoke.run(output).await,
            Self::Renew(renew) => renew.run(output).await,
        }
    }
}

impl Renew {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let code = NodeConfig::read(&folder)?.code;
        let store = Store::open(folder.clone()).await?;
        let actor = self.acting.authorise(&folder, &store, &[Role::Administrator]).await?;
        let now = OffsetDateTime::now_utc();
        renew(&folder, &code, now)?;
        let act = AdministrativeAct::RenewFaces;
        store.log_administration(act, code.as_str(), &actor, now).await?;
        store.close().await;
        let facts = certificate_facts(&folder, "partner")?;
        let renewed = Renewed { expires_at: moment(facts.expires_at) };
        output.result(&renewed, || {
            format!(
                "Both faces have fresh certificates, good until {}. Restart the node.",
                renewed.expires_at
            )
        });
        Ok(DONE)
    }
}
