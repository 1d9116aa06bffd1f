use std::{fmt::Write as _, path::PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_node::{certificate_facts, issue_person, renew};
use symbolon_store::{DataFolder, KeyName, NodeConfig};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::DONE;
use crate::{CliError, Profile, output::Output};

/// Show keys, issue certificates to officers and agencies, renew those of the node.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Show this bureau's public keys, and certificates with their expiry.
    List(List),
    /// Issue a certificate and profile to an officer or agency.
    Issue(Issue),
    /// Make fresh certificates for both faces; restart the node to show them.
    Renew(Renew),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Issue {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    /// Address by which the holder reaches the bureau face: https://host:port. The listening
    /// address unless given.
    #[arg(long)]
    endpoint: Option<String>,
    /// Name of the officer or agency: small letters, digits, hyphens and dots.
    name: String,
}

#[derive(Debug, Args)]
pub(super) struct Renew {
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
struct Listing {
    keys: Vec<KeyLine>,
    certificates: Vec<CertificateLine>,
}

#[derive(Serialize)]
struct Issued {
    profile: PathBuf,
}

#[derive(Serialize)]
struct Renewed {
    expires_at: String,
}

impl Keys {
    pub(super) fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::List(list) => {
                let listing = listing(&DataFolder::open(&list.data)?)?;
                output.result(&listing, || text(&listing));
            }
            Self::Issue(issue) => {
                let folder = DataFolder::open(&issue.data)?;
                let config = NodeConfig::read(&folder)?;
                let person = issue_person(&folder, &issue.name, OffsetDateTime::now_utc())?;
                let endpoint =
                    issue.endpoint.unwrap_or_else(|| format!("https://{}", config.bureau_listen));
                let issued =
                    Issued { profile: Profile::issued(endpoint, &issue.name).write(&person)? };
                output.result(&issued, || {
                    format!(
                        "Issued to {}. Hand over the folder {} by a safe way; it holds the private \
                         key.\nThe holder asks with: symbolon check --profile {} …",
                        issue.name,
                        person.display(),
                        issued.profile.display()
                    )
                });
            }
            Self::Renew(data) => {
                let folder = DataFolder::open(&data.data)?;
                let config = NodeConfig::read(&folder)?;
                renew(&folder, &config.code, OffsetDateTime::now_utc())?;
                let facts = certificate_facts(&folder, "partner")?;
                let renewed = Renewed { expires_at: shown(facts.expires_at) };
                output.result(&renewed, || {
                    format!(
                        "Both faces have fresh certificates, good until {}. Restart the node.",
                        renewed.expires_at
                    )
                });
            }
        }
        Ok(DONE)
    }
}

fn listing(folder: &DataFolder) -> Result<Listing, CliError> {
    let keys = KeyName::ALL
        .into_iter()
        .map(|name| {
            let key = name.read(folder)?.verifying_key();
            Ok(KeyLine { signs: name.as_str(), public_key: key.to_string() })
        })
        .collect::<Result<_, CliError>>()?;
    let certificates = ["partner-root", "partner", "bureau-root", "bureau"]
        .into_iter()
        .map(|name| {
            let facts = certificate_facts(folder, name)?;
            Ok(CertificateLine {
                name,
                subject: facts.subject,
                spiffe_id: facts.spiffe_id,
                expires_at: shown(facts.expires_at),
            })
        })
        .collect::<Result<_, CliError>>()?;
    Ok(Listing { keys, certificates })
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
    text
}

fn shown(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}
