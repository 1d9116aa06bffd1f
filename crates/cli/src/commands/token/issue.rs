use std::{collections::BTreeSet, path::PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use symbolon_node::token_holder;
use symbolon_policy::rules::Role;
use symbolon_store::{DataFolder, LONGEST_TOKEN_LIFE, NodeConfig, Store};
use time::{Duration, OffsetDateTime};

use super::super::DONE;
use crate::{CliError, acting::Acting, moment::moment, output::Output, typed::Typed};

#[derive(Debug, Args)]
pub(in crate::commands) struct Issue {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Name of the agency: small letters, digits, hyphens and dots.
    #[arg(long, value_name = "NAME")]
    agency: String,
    /// Name of the person or program of that agency; checks and the log name both.
    #[arg(long = "person", value_name = "NAME")]
    of_agency: String,
    /// What the token lets its holder do; --role twice for both. Every other role needs a certificate.
    #[arg(long = "role", value_name = "ROLE", required = true, value_enum)]
    roles: Vec<TokenRole>,
    /// Hours for which it is good, 1 to 24.
    #[arg(long, value_name = "HOURS", default_value_t = 8)]
    hours: u8,
}

/// What can be done with a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum TokenRole {
    /// Asks in single cases.
    Officer,
    /// Asks in bulk, keeps standing checks.
    Analyst,
}

#[derive(Serialize)]
struct Issued {
    id: String,
    token: String,
    identity: String,
    roles: Vec<&'static str>,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_face: Option<String>,
}

impl Issue {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let life = Duration::hours(self.hours.into());
        if !life.is_positive() || life > LONGEST_TOKEN_LIFE {
            return Err(CliError::new("invalid", "a token is good for 1 to 24 hours"));
        }
        let folder = DataFolder::open(&self.data)?;
        let config = NodeConfig::read(&folder)?;
        let roles: BTreeSet<_> = self
            .roles
            .iter()
            .map(|role| match role {
                TokenRole::Officer => Role::Officer,
                TokenRole::Analyst => Role::Analyst,
            })
            .collect();
        let holder = token_holder(&folder, &self.agency, &self.of_agency, roles)?;
        let store = Store::open(folder.clone()).await?;
        let by = self.acting.authorise(&folder, &store, &[Role::Administrator]).await?;
        let now = OffsetDateTime::now_utc();
        let expires_at = (now + life).replace_nanosecond(0).unwrap_or(now);
        let token = store.issue_token(&holder, expires_at, &by, now).await?;
        store.close().await;
        let issued = Issued {
            id: token.id().to_string(),
            token: token.reveal().to_string(),
            roles: holder.roles.iter().map(|role| role.as_str()).collect(),
            identity: holder.id,
            expires_at: moment(expires_at),
            json_face: config.json_listen.map(|address| format!("https://{address}")),
        };
        if issued.json_face.is_none() {
            output.note(
                "this node has no JSON face; set json_listen in node.toml and restart it, else nobody \
                 takes the token",
            );
        }
        output.result(&issued, || {
            format!(
                "{}\n\nIssued to {}/{} as {}, good until {}. It is shown this once; whoever has it can \
                 ask in this name. Hand it over by a safe way, and revoke it with:\n  {} --reason TEXT",
                issued.token,
                self.agency,
                self.of_agency,
                issued.roles.join(" and "),
                issued.expires_at,
                Typed::command("token revoke")
                    .at(&self.data)
                    .by(self.acting.person())
                    .with(&issued.id),
            )
        });
        Ok(DONE)
    }
}
