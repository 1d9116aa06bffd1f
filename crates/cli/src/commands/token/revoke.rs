use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use symbolon_policy::rules::Role;
use symbolon_store::{DataFolder, IssuedToken, Store, TokenId};
use time::OffsetDateTime;

use super::{super::DONE, parts};
use crate::{CliError, acting::Acting, output::Output, typed::Typed};

const LONGEST_REASON: usize = 256;

#[derive(Debug, Args)]
pub(in crate::commands) struct Revoke {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Why, in at most 256 bytes; goes to the log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// All tokens of this agency, instead of one.
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    agency: Option<String>,
    /// Of the agency only this person's.
    #[arg(long = "person", value_name = "NAME", requires = "agency")]
    of_agency: Option<String>,
    /// Id of the token, as `symbolon token list` shows it: the part of the token between the first
    /// and the second underscore.
    #[arg(required_unless_present = "agency")]
    id: Option<TokenId>,
}

#[derive(Serialize)]
struct Revoked {
    tokens: Vec<String>,
}

impl Revoke {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let reason = self.reason.trim();
        if reason.is_empty() || reason.len() > LONGEST_REASON {
            return Err(CliError::new("invalid", "say why, in 1 to 256 bytes"));
        }
        let folder = DataFolder::open(&self.data)?;
        let store = Store::open(folder.clone()).await?;
        let by = self.acting.authorise(&folder, &store, &[Role::Administrator]).await?;
        let all = store.tokens().await?;
        let wanted: Vec<_> = all.iter().filter(|token| self.means(token)).collect();
        if wanted.is_empty() {
            return Err(CliError::new(
                "no_token",
                format!(
                    "no such token is known; `{}` shows those that are",
                    Typed::command("token list").at(&self.data)
                ),
            ));
        }
        let now = OffsetDateTime::now_utc();
        let mut tokens = Vec::new();
        for token in wanted {
            if store.revoke_token(token, reason, &by, now).await? {
                tokens.push(token.token.to_string());
            }
        }
        store.close().await;
        let revoked = Revoked { tokens };
        output.result(&revoked, || match revoked.tokens.len() {
            0 => "Revoked before.".to_owned(),
            1 => "Revoked. A running node refuses it from the next call on.".to_owned(),
            number => {
                format!(
                    "Revoked {number} tokens. A running node refuses them from the next call on."
                )
            }
        });
        Ok(DONE)
    }

    fn means(&self, token: &IssuedToken) -> bool {
        let (agency, person) = parts(&token.holder.id);
        match (&self.id, &self.agency) {
            (Some(id), _) => token.token == *id,
            (None, Some(wanted)) => {
                agency == wanted && self.of_agency.as_deref().is_none_or(|wanted| person == wanted)
            }
            (None, None) => false,
        }
    }
}
