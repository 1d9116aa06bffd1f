use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_node::{certificate_facts, person_certificate};
use symbolon_policy::{Actor, rules::Role};
use symbolon_store::{DataFolder, KeyName, PersonCertificate, Store};
use time::OffsetDateTime;

use super::super::DONE;
use crate::{CliError, moment::moment, output::Output};

#[derive(Debug, Args)]
pub(in crate::commands) struct List {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
}

#[derive(Serialize)]
struct KeyLine {
    signs: &'static str,
    public_key: String,
}

#[derive(Serialize)]
struct CertificateLine {
    name: &'static str,
    subject: String,
    spiffe_id: Option<String>,
    expires_at: String,
}

#[derive(Serialize)]
struct PersonLine {
    name: String,
    identity: String,
    roles: Vec<&'static str>,
    certificate: String,
    expires_at: String,
    /// "good", "expired" or "revoked".
    state: &'static str,
    revoked_at: Option<String>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Listing {
    keys: Vec<KeyLine>,
    certificates: Vec<CertificateLine>,
    people: Vec<PersonLine>,
}

impl List {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let store = Store::open(folder.clone()).await?;
        let now = OffsetDateTime::now_utc();
        let people = everybody(&folder, &store).await?.into_iter();
        let listing = Listing {
            keys: keys(&folder)?,
            certificates: certificates(&folder)?,
            people: people.map(|one| person(one, now)).collect(),
        };
        store.close().await;
        output.result(&listing, || text(&listing));
        Ok(DONE)
    }
}

/// The certificates of all people: those that were recorded, and those of before, which only lie
/// below people/.
pub(super) async fn everybody(
    folder: &DataFolder,
    store: &Store,
) -> Result<Vec<PersonCertificate>, CliError> {
    let mut all = store.person_certificates().await?;
    for name in folder.people()? {
        // A folder that holds no certificate is nobody's.
        let Ok(one) = person_certificate(folder, &name) else { continue };
        if all.iter().all(|known| known.certificate != one.certificate) {
            all.push(one);
        }
    }
    all.sort_by(|a, b| (&a.holder.id, a.issued_at).cmp(&(&b.holder.id, b.issued_at)));
    Ok(all)
}

/// The person of that name, or with that identity, whose certificate is good now and carries one of
/// `roles`.
pub(in crate::commands) async fn somebody_with(
    folder: &DataFolder,
    store: &Store,
    name: &str,
    roles: &[Role],
    now: OffsetDateTime,
) -> Result<Option<Actor>, CliError> {
    let all = everybody(folder, store).await?;
    let mut fitting = all.into_iter().filter(|one| {
        (one.holder.id == name || name_of(&one.holder.id) == name)
            && one.revoked.is_none()
            && (one.issued_at..one.expires_at).contains(&now)
            && one.holder.holds_any(roles)
    });
    Ok(fitting.next().map(|one| one.holder))
}

fn keys(folder: &DataFolder) -> Result<Vec<KeyLine>, CliError> {
    KeyName::ALL
        .into_iter()
        .map(|name| {
            let key = name.read(folder)?.verifying_key();
            Ok(KeyLine { signs: name.as_str(), public_key: key.to_string() })
        })
        .collect()
}

fn certificates(folder: &DataFolder) -> Result<Vec<CertificateLine>, CliError> {
    ["partner-root", "partner", "bureau-root", "bureau"]
        .into_iter()
        .map(|name| {
            let facts = certificate_facts(folder, name)?;
            Ok(CertificateLine {
                name,
                subject: facts.subject,
                spiffe_id: facts.spiffe_id,
                expires_at: moment(facts.expires_at),
            })
        })
        .collect()
}

fn person(one: PersonCertificate, now: OffsetDateTime) -> PersonLine {
    let (revoked_at, reason) = one.revoked.map(|(at, reason)| (moment(at), reason)).unzip();
    let state = match &revoked_at {
        Some(_) => "revoked",
        None if one.expires_at <= now => "expired",
        None => "good",
    };
    PersonLine {
        name: name_of(&one.holder.id).to_owned(),
        identity: one.holder.id,
        roles: one.holder.roles.iter().map(|role| role.as_str()).collect(),
        certificate: one.certificate.to_string(),
        expires_at: moment(one.expires_at),
        state,
        revoked_at,
        reason,
    }
}

/// The name under which an identity was issued.
pub(super) fn name_of(identity: &str) -> &str {
    identity.rsplit_once("/people/").map_or(identity, |(_, name)| name)
}

fn text(listing: &Listing) -> String {
    let mut text = format!("{:<10} PUBLIC KEY (Ed25519)\n", "SIGNS");
    for key in &listing.keys {
        let _ = writeln!(text, "{:<10} {}", key.signs, key.public_key);
    }
    let _ = writeln!(text, "\n{:<13} {:<21} IDENTITY", "CERTIFICATE", "EXPIRES");
    for certificate in &listing.certificates {
        let _ = writeln!(
            text,
            "{:<13} {:<21} {}",
            certificate.name,
            certificate.expires_at,
            certificate.spiffe_id.as_deref().unwrap_or(&certificate.subject)
        );
    }
    if listing.people.is_empty() {
        let _ = writeln!(text, "\nNobody has a certificate yet.");
        return text;
    }
    let _ = writeln!(text, "\n{:<20} {:<18} {:<21} STATE", "PERSON", "ROLES", "EXPIRES");
    for person in &listing.people {
        let roles =
            if person.roles.is_empty() { "none".to_owned() } else { person.roles.join(", ") };
        let state = match (&person.revoked_at, &person.reason) {
            (Some(at), Some(reason)) => format!("revoked {at}: {reason}"),
            _ => person.state.to_owned(),
        };
        let _ = writeln!(text, "{:<20} {roles:<18} {:<21} {state}", person.name, person.expires_at);
    }
    text
}
