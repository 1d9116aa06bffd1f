use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_store::{DataFolder, IssuedToken, Store};
use time::OffsetDateTime;

use super::{super::DONE, parts};
use crate::{CliError, moment::moment, output::Output};

#[derive(Debug, Args)]
pub(in crate::commands) struct List {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
}

#[derive(Serialize)]
struct Line {
    id: String,
    agency: String,
    person: String,
    identity: String,
    roles: Vec<&'static str>,
    issued_by: String,
    issued_at: String,
    expires_at: String,
    /// "good", "expired" or "revoked".
    state: &'static str,
    revoked_at: Option<String>,
    reason: Option<String>,
}

impl List {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let tokens = store.tokens().await?;
        store.close().await;
        let now = OffsetDateTime::now_utc();
        let lines: Vec<_> = tokens.into_iter().map(|token| line(token, now)).collect();
        output.result(&lines, || text(&lines));
        Ok(DONE)
    }
}

fn line(token: IssuedToken, now: OffsetDateTime) -> Line {
    let (revoked_at, reason) = token.revoked.map(|(at, reason)| (moment(at), reason)).unzip();
    let state = match &revoked_at {
        Some(_) => "revoked",
        None if token.expires_at <= now => "expired",
        None => "good",
    };
    let (agency, person) = parts(&token.holder.id);
    Line {
        id: token.token.to_string(),
        agency: agency.to_owned(),
        person: person.to_owned(),
        roles: token.holder.roles.iter().map(|role| role.as_str()).collect(),
        identity: token.holder.id,
        issued_by: token.issued_by,
        issued_at: moment(token.issued_at),
        expires_at: moment(token.expires_at),
        state,
        revoked_at,
        reason,
    }
}

fn text(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "No token is good, or was in the last thirty days.\n".to_owned();
    }
    let mut text =
        format!("{:<16}  {:<28} {:<16} {:<21} STATE\n", "ID", "HOLDER", "ROLES", "EXPIRES");
    for line in lines {
        let state = match (&line.revoked_at, &line.reason) {
            (Some(at), Some(reason)) => format!("revoked {at}: {reason}"),
            _ => line.state.to_owned(),
        };
        let holder = format!("{}/{}", line.agency, line.person);
        let roles = line.roles.join(", ");
        let _ = writeln!(
            text,
            "{:<16}  {holder:<28} {roles:<16} {:<21} {state}",
            line.id, line.expires_at
        );
    }
    text
}
