//! Who acts at the keyboard of a bureau: commands that change its state want to know, and the log
//! keeps it.

use std::path::PathBuf;

use clap::Args;
use symbolon_client::{Credentials, Holder, read_certificates};
use symbolon_policy::{Actor, rules::Role};
use symbolon_store::{DataFolder, DayNote, Store};
use time::OffsetDateTime;

use crate::{CliError, typed::Typed};

/// Who does it.
#[derive(Debug, Args)]
pub(crate) struct Acting {
    /// Who does this, by a certificate of this bureau that carries the role for it: a name below
    /// people/ of the data folder, or a folder with certificate.pem and key.pem.
    #[arg(long = "as", value_name = "PERSON", env = "SYMBOLON_AS")]
    person: Option<String>,
}

impl Acting {
    /// Whether a person was named at all.
    pub(crate) fn is_named(&self) -> bool {
        self.person.is_some()
    }

    /// The person as named, for a command that the same person types next; PERSON where nobody was.
    pub(crate) fn person(&self) -> &str {
        self.person.as_deref().unwrap_or("PERSON")
    }

    /// Who acts, if that is shown and one of `allowed` is among the roles: the certificate chains to
    /// the bureau's own root, is good now and not revoked, and the private key is its own. An attempt
    /// without the role is logged, once a day for each person.
    ///
    /// # Errors
    /// Says which of it is not so, and who may do this.
    pub(crate) async fn authorise(
        &self,
        folder: &DataFolder,
        store: &Store,
        allowed: &[Role],
    ) -> Result<Actor, CliError> {
        let wanted: Vec<_> = allowed.iter().map(|role| role.as_str()).collect();
        let wanted = wanted.join(" or ");
        let Some(person) = &self.person else {
            return Err(CliError::new(
                "person_missing",
                format!(
                    "this is done by a person with the role {wanted}, and logged: say who with --as \
                     PERSON or SYMBOLON_AS, where PERSON is a name below people/ or a folder with \
                     certificate.pem and key.pem"
                ),
            ));
        };
        let holder = prove(folder, person)?;
        if store.is_revoked(&holder.certificate).await? {
            return Err(CliError::new(
                "certificate_revoked",
                format!(
                    "the certificate of {person} was revoked; `{}` says why",
                    Typed::command("keys list").at(folder.root())
                ),
            ));
        }
        if !holder.actor.holds_any(allowed) {
            let now = OffsetDateTime::now_utc();
            store.note_of_day(DayNote::RoleMissing("command"), &holder.actor, now).await?;
            let held: Vec<_> = holder.actor.roles.iter().map(|role| role.as_str()).collect();
            let held =
                if held.is_empty() { "without a role".to_owned() } else { held.join(" and ") };
            return Err(CliError::new(
                "role_missing",
                format!(
                    "{person} is {held}, and this is the work of {wanted}; nobody does another's work"
                ),
            ));
        }
        Ok(holder.actor)
    }
}

fn prove(folder: &DataFolder, person: &str) -> Result<Holder, CliError> {
    let below = folder.person(person);
    let place = if below.is_dir() { below } else { PathBuf::from(person) };
    let credentials = Credentials::read(&place.join("certificate.pem"), &place.join("key.pem"))?;
    let roots = read_certificates(&folder.certificate("bureau-root"))?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let since_epoch = std::time::Duration::from_secs(u64::try_from(now).unwrap_or_default());
    Holder::prove(&roots, &credentials, since_epoch)
        .map_err(|error| CliError::new("person_unproven", format!("{person}: {error}")))
}
