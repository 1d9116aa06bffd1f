use std::{net::SocketAddr, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use symbolon_policy::{BureauCode, Desk, Party};
use symbolon_store::{DataFolder, FolderError, NodeConfig, NodeKeys, StoreError, write_public};
use thiserror::Error;
use time::OffsetDateTime;

use crate::certificates::{CertificateError, Face, make_face, make_root, read_der};

/// What a new bureau says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BureauFacts {
    /// Its code.
    pub code: BureauCode,
    /// Its name.
    pub name: String,
    /// The domain of its SPIFFE identities.
    pub trust_domain: String,
    /// Where the partner face listens.
    pub partner_listen: SocketAddr,
    /// How partners reach it: `https://host:port`.
    pub partner_endpoint: String,
    /// Where the bureau face listens.
    pub bureau_listen: SocketAddr,
    /// Host names and addresses by which the country's own people reach the bureau face.
    pub bureau_hosts: Vec<String>,
    /// Where metrics are served.
    pub metrics_listen: SocketAddr,
    /// Where the JSON form of the bureau face listens, if there is to be one.
    pub json_listen: Option<SocketAddr>,
    /// Whom partners call after a hit.
    pub desk: Desk,
}

/// Makes a bureau: data folder, keys, both authorities with the certificates of the faces,
/// configuration, and the card that goes to partners.
///
/// # Errors
/// When the folder is not empty or something cannot be written; what was begun then stays, and
/// the folder must be removed by hand.
pub fn found_bureau(
    root: &Path,
    facts: &BureauFacts,
    now: OffsetDateTime,
) -> Result<DataFolder, FoundingError> {
    // Before anything is made, so that a corrected command finds the folder as it was.
    let partner_host = facts
        .partner_endpoint
        .strip_prefix("https://")
        .and_then(|rest| rest.rsplit_once(':'))
        .filter(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
        .map(|(host, _)| host.trim_matches(['[', ']']).to_owned())
        .ok_or(FoundingError::Endpoint)?;
    let folder = DataFolder::create(root)?;
    let keys = NodeKeys::generate(&folder)?;
    make_root(&folder, Face::Partner, &facts.code, now)?;
    make_root(&folder, Face::Bureau, &facts.code, now)?;
    let spiffe_id =
        make_face(&folder, Face::Partner, &facts.code, &facts.trust_domain, &[partner_host], now)?;
    make_face(&folder, Face::Bureau, &facts.code, &facts.trust_domain, &facts.bureau_hosts, now)?;
    let card = Party {
        code: facts.code.clone(),
        name: facts.name.clone(),
        endpoint: facts.partner_endpoint.clone(),
        spiffe_id,
        tls_root: STANDARD.encode(read_der(&folder, "partner-root")?),
        keys,
        desk: facts.desk.clone(),
    };
    let card = serde_json::to_string_pretty(&card).map_err(|_| FoundingError::Card)? + "\n";
    write_public(&folder.card(), card.as_bytes())?;
    // Last, since a folder with a configuration counts as whole.
    let mut config = NodeConfig::new(
        facts.code.clone(),
        facts.name.clone(),
        facts.partner_listen,
        facts.bureau_listen,
        facts.metrics_listen,
    );
    config.json_listen = facts.json_listen;
    config.write(&folder)?;
    Ok(folder)
}

/// Why a bureau could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FoundingError {
    /// The card could not be written.
    #[error("the bureau's card could not be written")]
    Card,
    /// A certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The partner endpoint is malformed.
    #[error("the partner endpoint must be like https://bureau.example:7443")]
    Endpoint,
    /// A file or folder failed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Keys could not be made.
    #[error(transparent)]
    Store(#[from] StoreError),
}
