use clap::Args;
use serde::Serialize;
use symbolon_client::{DisclosureFailure, hand_over_check};
use symbolon_policy::{CheckId, rules::Role};
use time::OffsetDateTime;

use super::{Place, request::check_id};
use crate::{
    CliError,
    acting::Acting,
    commands::{DONE, keys::somebody_with},
    output::Output,
};

/// Let a colleague follow up a check that somebody else has asked: ask for the records behind its hits,
/// and read what is released. Who asked it goes on seeing it. It is noted who handed over what to whom.
#[derive(Debug, Args)]
pub(in crate::commands) struct HandOver {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    /// Id of the check, as its report shows it.
    #[arg(value_parser = check_id)]
    check: CheckId,
    /// Who takes it over: a name below people/, or an identity. Must hold a good certificate as officer
    /// or analyst.
    #[arg(long, value_name = "PERSON")]
    to: String,
    /// Why: 1 to 256 characters.
    #[arg(long)]
    reason: String,
}

#[derive(Serialize)]
struct HandedOver {
    check: CheckId,
    to: String,
}

impl HandOver {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let opened = self.place.open().await?;
        let actor = opened.actor(&self.acting, &[Role::Approver]).await?;
        let now = OffsetDateTime::now_utc();
        let (folder, store) = (&opened.folder, &opened.store);
        let asking = [Role::Officer, Role::Analyst];
        let to = somebody_with(folder, store, &self.to, &asking, now).await?;
        let to = to.ok_or(DisclosureFailure::NoTaker { person: self.to })?;
        hand_over_check(store, &self.check, &to, &self.reason, &actor, now).await?;
        opened.store.close().await;
        let done = HandedOver { check: self.check, to: to.id };
        output
            .result(&done, || format!("{} follows check {} up from now on.", done.to, done.check));
        Ok(DONE)
    }
}
