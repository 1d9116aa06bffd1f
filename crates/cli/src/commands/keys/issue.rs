use std::{collections::BTreeSet, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_node::{PERSON_DAYS, issue_person, person_certificate};
use symbolon_policy::{Actor, rules::Role};
use symbolon_store::{DataFolder, NodeConfig, Store};
use time::OffsetDateTime;

use super::super::DONE;
use crate::{CliError, Profile, acting::Acting, moment::moment, output::Output, typed::Typed};

#[derive(Debug, Args)]
pub(in crate::commands) struct Issue {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Address by which the holder reaches the bureau face: https://host:port. Unless given, that which the
    /// name had before, and else the listening address.
    #[arg(long)]
    endpoint: Option<String>,
    /// What the holder may do: officer (asks in single cases), analyst (asks in bulk, keeps standing
    /// checks), legal (proposes agreements and rules), approver (approves what needs a second person),
    /// inspector (reads logs, opens checks), administrator (runs the node). Officer and analyst go
    /// together, by giving --role twice; every other role needs a person of its own.
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = read_role)]
    roles: Vec<Role>,
    /// Days for which the certificate is good, 1 to 397.
    #[arg(long, value_name = "DAYS", default_value_t = PERSON_DAYS)]
    days: u16,
    /// Issue in place of what this name was issued before. The old certificate is good until it
    /// expires or is revoked.
    #[arg(long)]
    renew: bool,
    /// Name of the person or agency: small letters, digits, hyphens and dots.
    name: String,
}

#[derive(Serialize)]
struct Issued {
    profile: PathBuf,
    identity: String,
    roles: Vec<&'static str>,
    certificate: String,
    expires_at: String,
}

impl Issue {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let config = NodeConfig::read(&folder)?;
        let store = Store::open(folder.clone()).await?;
        let roles: BTreeSet<_> = self.roles.iter().copied().collect();
        let is_first = !self.acting.is_named()
            && roles == BTreeSet::from([Role::Administrator])
            && !has_administrator(&folder, &store).await?;
        let by = if is_first {
            None
        } else {
            Some(self.acting.authorise(&folder, &store, &[Role::Administrator]).await?)
        };
        let now = OffsetDateTime::now_utc();
        let before = Profile::find(Some(&folder.person(&self.name).join("profile.toml"))).ok();
        let person = issue_person(&folder, &self.name, &roles, self.days, self.renew, now)?;
        let issued = person_certificate(&folder, &self.name)?;
        store.record_certificate(&issued, by.as_ref().unwrap_or(&issued.holder), now).await?;
        store.close().await;
        let endpoint = self
            .endpoint
            .or(before.map(|before| before.endpoint))
            .unwrap_or_else(|| format!("https://{}", config.bureau_listen));
        let issued = Issued {
            profile: Profile::issued(endpoint, &self.name).write(&person)?,
            roles: issued.holder.roles.iter().map(|role| role.as_str()).collect(),
            identity: issued.holder.id,
            certificate: issued.certificate.to_string(),
            expires_at: moment(issued.expires_at),
        };
        output.result(&issued, || {
            let roles = issued.roles.join(" and ");
            let profile = issued.profile.display().to_string();
            let at_keyboard = |words: &str| {
                Typed::command(words).at(&self.data).by(&person.display().to_string())
            };
            let next = if roles.contains("officer") || roles.contains("analyst") {
                format!("{} …", Typed::command("check").with("--profile").with(&profile))
            } else if roles == "approver" {
                format!(
                    "\n  {} …   for agreements; likewise rules, disclosure and dataset\n  {} …   \
                     before an officer asks, where rules want a second person",
                    at_keyboard("agreement approve"),
                    Typed::command("approve").with("--profile").with(&profile)
                )
            } else {
                at_keyboard("…").to_string()
            };
            format!(
                "Issued to {} as {roles}, good until {}. Hand over the folder {} by a safe way; it \
                 holds the private key.\nThe holder acts with: {next}",
                self.name,
                issued.expires_at,
                person.display(),
            )
        });
        Ok(DONE)
    }
}

/// Issues the certificate of a bureau's first administrator. Nobody is there yet who could: the log
/// says that the holder did it.
pub(in crate::commands) async fn issue_first(
    folder: &DataFolder,
    store: &Store,
    name: &str,
    endpoint: String,
) -> Result<(PathBuf, Actor), CliError> {
    let (roles, now) = (BTreeSet::from([Role::Administrator]), OffsetDateTime::now_utc());
    let person = issue_person(folder, name, &roles, PERSON_DAYS, false, now)?;
    let issued = person_certificate(folder, name)?;
    store.record_certificate(&issued, &issued.holder, now).await?;
    Profile::issued(endpoint, name).write(&person)?;
    Ok((person, issued.holder))
}

/// Whether somebody can act as administrator. A bureau of before, or whose last administrator's
/// certificate has expired or was revoked, gets one by issuing it without `--as`.
async fn has_administrator(folder: &DataFolder, store: &Store) -> Result<bool, CliError> {
    let now = OffsetDateTime::now_utc();
    let all = super::list::everybody(folder, store).await?;
    Ok(all.iter().any(|one| {
        one.revoked.is_none()
            && one.expires_at > now
            && one.holder.roles.contains(&Role::Administrator)
    }))
}

fn read_role(text: &str) -> Result<Role, String> {
    Role::ALL.iter().copied().find(|role| role.as_str() == text).ok_or_else(|| {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("there is no such role; there are {}", known.join(", "))
    })
}
