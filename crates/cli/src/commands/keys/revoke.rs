use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use symbolon_policy::rules::Role;
use symbolon_store::{DataFolder, Store};
use time::OffsetDateTime;

use super::{
    super::DONE,
    list::{everybody, name_of},
};
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
    /// Name of the person or agency, as it was issued.
    name: String,
}

#[derive(Serialize)]
struct Revoked {
    name: String,
    certificates: Vec<String>,
}

impl Revoke {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let reason = self.reason.trim();
        if reason.is_empty() || reason.len() > LONGEST_REASON {
            return Err(CliError::new("invalid", "say why, in 1 to 256 bytes"));
        }
        let folder = DataFolder::open(&self.data)?;
        let store = Store::open(folder.clone()).await?;
        let actor = self.acting.authorise(&folder, &store, &[Role::Administrator]).await?;
        let now = OffsetDateTime::now_utc();
        let all = everybody(&folder, &store).await?;
        let theirs: Vec<_> =
            all.into_iter().filter(|one| name_of(&one.holder.id) == self.name).collect();
        if theirs.is_empty() {
            return Err(CliError::new(
                "nobody",
                format!(
                    "no certificate of {} is known; see `{}`",
                    self.name,
                    Typed::command("keys list").at(&self.data)
                ),
            ));
        }
        let mut certificates = Vec::new();
        for one in &theirs {
            if store.revoke_certificate(one, reason, &actor, now).await? {
                certificates.push(one.certificate.to_string());
            }
        }
        store.close().await;
        let revoked = Revoked { name: self.name, certificates };
        output.result(&revoked, || match revoked.certificates.len() {
            0 => format!("All certificates of {} were revoked before.", revoked.name),
            number => format!(
                "Revoked {number} certificate{} of {}. A running node refuses them from the next \
                 call on.",
                if number == 1 { "" } else { "s" },
                revoked.name
            ),
        });
        Ok(DONE)
    }
}
