use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use symbolon_identifiers::{Identifier, IdentifierType, parse};
use symbolon_mock::{CallFault, Fault, Faults, ListFault, Offered};
use symbolon_node::person_certificate;
use symbolon_policy::{Actor, Agreement, AgreementTerms, SignedAgreement, rules::Role};
use symbolon_store::{KeyName, NodeConfig, write_private, write_public};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::fixed::{ANSWERED, FAULTY, LIST, MISSING_LIST, PEOPLE, PURPOSES, REVOKED};
use crate::{
    CliError,
    rows::Mapping,
    scenario::{ADMINISTRATOR, Bureau, agree, dataset, free_ports, missing_children, simple_terms},
};

const LIST_ID: &str = "mock-list";
const LIST_TITLE: &str = "Mockland list";
const MISSING_ID: &str = "mock-missing";
const DAILY_QUOTA: u64 = 1_000_000;
const STANDING_DAYS: u32 = 30;

/// The bureaus of a mock.
pub(super) struct Bureaus {
    /// Whose bureau face agencies call.
    pub(super) home: Bureau,
    /// Who answers, or does not.
    pub(super) mock: Bureau,
    /// As whom a program calls the partner face. It has keys, and no node.
    pub(super) developer: Bureau,
    /// What it may ask under, with what is wrong there.
    pub(super) agreements: Vec<(Agreement, Option<ListFault>)>,
}

/// Where the faces listen, and how they are reached.
pub(super) struct Places {
    pub(super) bureau: Option<SocketAddr>,
    pub(super) partner: Option<SocketAddr>,
    pub(super) host: Option<String>,
}

impl Bureaus {
    pub(super) async fn found(root: &Path, places: &Places) -> Result<Self, CliError> {
        let home = found(root, "home", "HOM", "Homeland", [None, places.bureau], &places.host)?;
        let mock =
            found(root, "mockland", "MOK", "Mockland", [places.partner, None], &places.host)?;
        let developer = found(root, "developer", "DEV", "Developers' bureau", [None; 2], &None)?;
        load(&mock, LIST_ID, LIST_TITLE, LIST).await?;
        load(&mock, MISSING_ID, "Mockland's missing children", MISSING_LIST).await?;
        for person in PEOPLE {
            home.issue_with(person.name, person.roles)?;
        }
        revoke(&home).await?;
        agree_with_home(&home, &mock).await?;
        let agreements = agree_with_developer(&developer, &mock).await?;
        Ok(Self { home, mock, developer, agreements })
    }

    /// What Mockland does wrong whoever asks, beside what a purpose asks for.
    pub(super) fn fix(&self, faults: &Faults) -> Result<(), CliError> {
        for (agreement, _, fault) in FAULTY {
            faults.under(agreement.parse()?, *fault);
        }
        for (agreement, fault) in &self.agreements {
            if let Some(fault) = fault {
                faults.lists_under(agreement.terms().id.clone(), *fault);
            }
        }
        Ok(())
    }

    /// Waits until everything that the developer may ask about is published, and puts the list without
    /// canaries in its place.
    pub(super) async fn publish(&self, faults: &Faults, limit: Duration) -> Result<(), CliError> {
        let began = Instant::now();
        let store = self.mock.store().await?;
        let manifest_key = KeyName::Manifest.read(&self.mock.folder)?;
        for (agreement, fault) in &self.agreements {
            let now = OffsetDateTime::now_utc();
            for (scope, ..) in agreement.scopes_of(&self.mock.code, now) {
                let id = scope.id();
                let newest = loop {
                    if let Some(newest) = store.newest_manifest(&id).await? {
                        break newest;
                    }
                    if began.elapsed() > limit {
                        return Err(CliError::new("not_ready", "the lists were not published"));
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                };
                if *fault == Some(ListFault::WithoutCanaries) {
                    let path = self.mock.folder.own_set(&id, newest.version);
                    let file = fs::read(&path).map_err(|e| CliError::file("read", &path, e))?;
                    let key = store.scope_secrets(&scope, now).await?.key;
                    let before = Offered::published(&newest.document.into(), file, Vec::new())?;
                    let version = newest.version.saturating_add(1);
                    let inputs = inputs(scope.identifier_type)?;
                    faults.offer(Offered::made(
                        &before,
                        version,
                        &key,
                        &inputs,
                        false,
                        &manifest_key,
                    )?);
                }
            }
        }
        store.close().await;
        Ok(())
    }

    /// The certificates and keys with which a program calls the partner face, in a folder of their own,
    /// in forms that every TLS and Ed25519 library reads.
    pub(super) fn hand_out(&self, root: &Path) -> Result<PathBuf, CliError> {
        let folder = root.join("partner");
        let agreements = folder.join("agreements");
        fs::create_dir_all(&agreements).map_err(|e| CliError::file("make", &agreements, e))?;
        let (own, there) = (&self.developer.folder, &self.mock.folder);
        copy(&own.certificate("partner"), &folder.join("certificate.pem"))?;
        copy(&there.certificate("partner-root"), &folder.join("root.pem"))?;
        copy(&own.card(), &folder.join("card.json"))?;
        copy(&there.card(), &folder.join("owner-card.json"))?;
        let key = own.key("partner");
        let key = Zeroizing::new(fs::read(&key).map_err(|e| CliError::file("read", &key, e))?);
        write_private(&folder.join("key.pem"), &key)?;
        let path = own.key(KeyName::Header.as_str());
        let key = Zeroizing::new(fs::read(&path).map_err(|e| CliError::file("read", &path, e))?);
        let pem = plain_ed25519(&key)
            .ok_or_else(|| CliError::new("key", format!("{} is no Ed25519 key", path.display())))?;
        write_private(&folder.join("header-key.pem"), pem.as_bytes())?;
        for (agreement, _) in &self.agreements {
            let terms = agreement.terms();
            let path = agreements.join(format!("{}.json", terms.id));
            let text = SignedAgreement::draft(terms)?.canonical_text()?;
            write_public(&path, &text)?;
        }
        Ok(folder)
    }
}

fn found(
    root: &Path,
    folder: &str,
    code: &str,
    name: &str,
    [partner, bureau]: [Option<SocketAddr>; 2],
    host: &Option<String>,
) -> Result<Bureau, CliError> {
    let [free_partner, free_bureau, metrics] = free_ports()?;
    let addresses = [partner.unwrap_or(free_partner), bureau.unwrap_or(free_bureau), metrics];
    let [partner, bureau, _] = addresses;
    // Who listens everywhere is reached here, unless told otherwise.
    let reached = |address: SocketAddr| match host {
        Some(host) => host.clone(),
        None if address.ip().is_unspecified() => "127.0.0.1".to_owned(),
        None => address.ip().to_string(),
    };
    let hosts = [partner, bureau].map(reached);
    let bureau = Bureau::found_as(&root.join(folder), code, name, addresses, hosts)?;
    let mut config = NodeConfig::read(&bureau.folder)?;
    // Calls that are never answered hold nobody up at the end.
    config.stop_grace_seconds = 1;
    config.write(&bureau.folder)?;
    Ok(bureau)
}

async fn load(bureau: &Bureau, dataset: &str, title: &str, rows: &str) -> Result<(), CliError> {
    let loaded = bureau.load(dataset, title, rows.as_bytes(), Mapping::default()).await?;
    match loaded.rejected.first() {
        None => Ok(()),
        Some(row) => {
            Err(CliError::new("mock_data", format!("line {}: {}", row.line, row.sentence)))
        }
    }
}

async fn revoke(home: &Bureau) -> Result<(), CliError> {
    let store = home.store().await?;
    let certificate = person_certificate(&home.folder, REVOKED)?;
    let administrator = Actor {
        id: format!("spiffe://{}.symbolon.internal/person/{ADMINISTRATOR}", home.code),
        roles: BTreeSet::from([Role::Administrator]),
    };
    let now = OffsetDateTime::now_utc();
    store.revoke_certificate(&certificate, "for the mock", &administrator, now).await?;
    store.close().await;
    Ok(())
}

/// Terms under which Mockland offers some types of its list, for all purposes.
fn terms(
    id: &str,
    parties: [&Bureau; 2],
    types: &[IdentifierType],
) -> Result<AgreementTerms, CliError> {
    let [_, mock] = parties;
    let list = dataset(LIST_ID, &mock.code, LIST_TITLE, types, DAILY_QUOTA);
    let mut terms = simple_terms(id, "For tests of programs", &parties, vec![list])?;
    terms.purposes = PURPOSES
        .iter()
        .map(|(purpose, _)| (*purpose).to_owned())
        .chain(Fault::ALL.iter().map(|fault| fault.purpose()))
        .chain(CallFault::ALL.iter().map(|fault| fault.purpose()))
        .collect();
    terms.standing_days = Some(STANDING_DAYS);
    Ok(terms)
}

async fn agree_with_home(home: &Bureau, mock: &Bureau) -> Result<(), CliError> {
    let parties = [home, mock];
    agree(&terms("mock", parties, ANSWERED)?, &parties).await?;
    for (id, kind, _) in FAULTY {
        agree(&terms(id, parties, &[*kind])?, &parties).await?;
    }
    let kinds = [IdentifierType::TravelDocument];
    let title = "Mockland's missing children";
    let list = dataset(MISSING_ID, &mock.code, title, &kinds, DAILY_QUOTA);
    let terms = missing_children("mock-missing", "Missing children", &parties, list)?;
    agree(&terms, &parties).await?;
    Ok(())
}

async fn agree_with_developer(
    developer: &Bureau,
    mock: &Bureau,
) -> Result<Vec<(Agreement, Option<ListFault>)>, CliError> {
    let parties = [developer, mock];
    let mut agreements = vec![(agree(&terms("dev", parties, ANSWERED)?, &parties).await?, None)];
    for fault in ListFault::ALL {
        let id = format!("dev-{}", fault.code().replace('_', "-"));
        let terms = terms(&id, parties, &[IdentifierType::Vin])?;
        agreements.push((agree(&terms, &parties).await?, Some(*fault)));
    }
    Ok(agreements)
}

/// OPRF inputs of what the list holds of a type.
fn inputs(kind: IdentifierType) -> Result<Vec<Vec<u8>>, CliError> {
    let mut rows = crate::rows::Rows::new(LIST.as_bytes(), Mapping::default())?;
    let mut inputs = Vec::new();
    while let Some(row) = rows.next_row()? {
        let row = row.map_err(|row| CliError::new("mock_data", row.sentence))?;
        if row.identifier_type == kind.name() {
            let country = Some(row.country.as_str()).filter(|country| !country.is_empty());
            let identifier: Identifier = parse(kind, &row.value, country)
                .map_err(|error| CliError::new("mock_data", error.to_string()))?;
            inputs.push(identifier.oprf_input().to_vec());
        }
    }
    Ok(inputs)
}

fn copy(from: &Path, to: &Path) -> Result<(), CliError> {
    let bytes = fs::read(from).map_err(|e| CliError::file("read", from, e))?;
    Ok(write_public(to, &bytes)?)
}

/// The key as PKCS #8 of version 1 (RFC 8410): the version with a public key, in which it is kept, is
/// read by few.
fn plain_ed25519(pkcs8: &[u8]) -> Option<Zeroizing<String>> {
    const FRONT: [u8; 16] =
        [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    // The same up to the length and the version; then the seed.
    let (front, seed) = (pkcs8.get(5..16)?, pkcs8.get(16..48)?);
    if front != FRONT.get(5..)? {
        return None;
    }
    let mut plain = Zeroizing::new(FRONT.to_vec());
    plain.extend_from_slice(seed);
    let body = Zeroizing::new(STANDARD.encode(&plain));
    Some(Zeroizing::new(format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        *body
    )))
}
