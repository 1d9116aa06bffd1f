//! Whole bureaus on one machine: founded, agreed with one another, and running as processes. Used by
//! the demo, the end-to-end tests and developer tools.

mod agreed;
mod ports;
mod running;

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use symbolon_node::{BureauFacts, PERSON_DAYS, found_bureau, issue_person};
use symbolon_policy::{
    Actor, Agreement, BureauCode, Desk, Party, SignedAgreement,
    rules::{PACK_FILE, Role, RulePack, RuleSet, RulesHash},
};
use symbolon_store::{DataFolder, ImportCounts, KeyName, NodeConfig, Store};
use time::OffsetDateTime;
use tokio::process::Command;

pub(crate) use self::{
    agreed::{MISSING_PURPOSE, missing_children},
    ports::free_ports,
};
pub use self::{
    agreed::{agree, dataset, simple_terms},
    running::{RunningNode, wait_for_coverage},
};
pub use crate::card::read_card;

use crate::{
    CliError, Profile,
    rows::{Mapping, RejectedRow, Rows},
};

/// The name of every such bureau's administrator.
pub const ADMINISTRATOR: &str = "administrator";

/// A bureau on this machine.
#[derive(Clone, Debug)]
pub struct Bureau {
    /// Its code.
    pub code: BureauCode,
    /// Its data folder.
    pub folder: DataFolder,
    /// Its card.
    pub card: Party,
    /// Where its bureau face is.
    pub bureau_endpoint: String,
    /// Where its metrics are.
    pub metrics: SocketAddr,
}

/// What a loaded file came to.
#[derive(Debug)]
pub struct Loaded {
    /// What changed.
    pub counts: ImportCounts,
    /// Rows that could not be used.
    pub rejected: Vec<RejectedRow>,
}

impl Bureau {
    /// Founds a bureau in a new folder, on free ports of the loopback interface, with an
    /// administrator.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn found(root: &Path, code: &str, name: &str) -> Result<Self, CliError> {
        Self::found_at(root, code, name, free_ports()?)
    }

    /// The same on given addresses: of its partner face, its bureau face and its metrics.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn found_at(
        root: &Path,
        code: &str,
        name: &str,
        addresses: [SocketAddr; 3],
    ) -> Result<Self, CliError> {
        let [partner, bureau, _] = addresses;
        Self::found_as(
            root,
            code,
            name,
            addresses,
            [partner, bureau].map(|one| one.ip().to_string()),
        )
    }

    /// The same, reached under other host names than the addresses: that of its partner face, and that
    /// of its bureau face.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn found_as(
        root: &Path,
        code: &str,
        name: &str,
        [partner, bureau, metrics]: [SocketAddr; 3],
        [partner_host, bureau_host]: [String; 2],
    ) -> Result<Self, CliError> {
        let code: BureauCode = code.parse()?;
        let mut bureau_hosts = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        if !bureau_hosts.contains(&bureau_host) {
            bureau_hosts.push(bureau_host.clone());
        }
        let facts = BureauFacts {
            code: code.clone(),
            name: name.to_owned(),
            trust_domain: format!("{}.symbolon.internal", code.as_str().to_ascii_lowercase()),
            partner_listen: partner,
            partner_endpoint: format!("https://{}:{}", bracketed(&partner_host), partner.port()),
            bureau_listen: bureau,
            bureau_hosts,
            metrics_listen: metrics,
            json_listen: None,
            desk: Desk {
                name: format!("{name} 24/7 desk"),
                phone: "+000 555 0100".to_owned(),
                email: format!("desk@{}.example", code.as_str().to_ascii_lowercase()),
            },
        };
        let folder = found_bureau(root, &facts, OffsetDateTime::now_utc())?;
        let mut config = NodeConfig::read(&folder)?;
        config.refresh_seconds = 1;
        config.checkpoint_seconds = 1;
        config.disclosure_exchange_seconds = 1;
        config.write(&folder)?;
        let card = read_card(&folder.card())?;
        let bureau_endpoint = format!("https://{}:{}", bracketed(&bureau_host), bureau.port());
        let bureau = Self { code, folder, card, bureau_endpoint, metrics };
        bureau.issue_with(ADMINISTRATOR, &[Role::Administrator])?;
        Ok(bureau)
    }

    /// Gives its node a JSON face on a free port of the loopback interface, from its next start on.
    /// Returns where: `https://host:port`.
    ///
    /// # Errors
    /// When there is no free port, or the configuration cannot be written.
    pub fn open_json_face(&self) -> Result<String, CliError> {
        let [address] = free_ports()?;
        let mut config = NodeConfig::read(&self.folder)?;
        config.json_listen = Some(address);
        config.write(&self.folder)?;
        Ok(format!("https://{address}"))
    }

    /// Opens its store, as a second process beside its node may.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn store(&self) -> Result<Store, CliError> {
        Ok(Store::open(self.folder.clone()).await?)
    }

    /// Issues a certificate and profile to a person who asks, one by one and in bulk.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn issue(&self, name: &str) -> Result<PathBuf, CliError> {
        self.issue_with(name, &[Role::Officer, Role::Analyst])
    }

    /// Issues a certificate and profile to a person with these roles.
    ///
    /// # Errors
    /// When the name is taken, or nobody may hold these roles at once.
    pub fn issue_with(&self, name: &str, roles: &[Role]) -> Result<PathBuf, CliError> {
        let roles = roles.iter().copied().collect();
        let now = OffsetDateTime::now_utc();
        let folder = issue_person(&self.folder, name, &roles, PERSON_DAYS, false, now)?;
        Profile::issued(self.bureau_endpoint.clone(), name).write(&folder)
    }

    /// Signs an agreement as this bureau's legal officer.
    ///
    /// # Errors
    /// When it is no party, or names another legal key.
    pub fn sign(&self, agreement: &mut SignedAgreement) -> Result<(), CliError> {
        Ok(agreement.sign(&self.code, &KeyName::Legal.read(&self.folder)?)?)
    }

    /// Installs a signed agreement.
    ///
    /// # Errors
    /// When a signature does not hold.
    pub async fn install(&self, signed: &SignedAgreement) -> Result<Agreement, CliError> {
        let agreement = signed.verify()?;
        let store = self.store().await?;
        let now = OffsetDateTime::now_utc();
        store.install_agreement(&agreement, &signed.to_json()?, now).await?;
        store.close().await;
        Ok(agreement)
    }

    /// Puts rules in force as two people of this bureau do it: one proposes, another approves.
    ///
    /// # Errors
    /// When the rules do not load, or the store fails.
    pub async fn adopt(&self, files: &[(String, String)]) -> Result<RulesHash, CliError> {
        let set = RuleSet::load(files.iter().map(|(name, text)| (name, text)))?;
        let person = |name: &str, role| Actor {
            id: format!("spiffe://{}.symbolon.internal/person/{name}", self.code),
            roles: BTreeSet::from([role]),
        };
        let store = self.store().await?;
        let now = OffsetDateTime::now_utc();
        let (lawyer, approver) =
            (person("lawyer", Role::Legal), person("approver", Role::Approver));
        store.propose_rules(&set.hash, files, &lawyer, now).await?;
        store.approve_rules(&set.hash, &approver, now).await?;
        store.close().await;
        Ok(set.hash)
    }

    /// Puts rules in force that permit whatever agreements allow: for measurements, which ask a million
    /// identifiers at once and name no case.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn adopt_permissive_rules(&self) -> Result<RulesHash, CliError> {
        let files: Vec<_> = RulePack::starter_files()
            .iter()
            .filter(|(name, _)| name.starts_with("BASE-") || *name == PACK_FILE)
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        self.adopt(&files).await
    }

    /// Makes a dataset and loads rows into it; rows that cannot be used are left out.
    ///
    /// # Errors
    /// When the text is no CSV or the store fails.
    pub async fn load<R: std::io::Read>(
        &self,
        dataset: &str,
        title: &str,
        rows: R,
        mapping: Mapping,
    ) -> Result<Loaded, CliError> {
        let store = self.store().await?;
        store.create_dataset(dataset, title, OffsetDateTime::now_utc()).await?;
        let mut import = store.import(dataset, false).await?;
        let mut rows = Rows::new(rows, mapping)?;
        let mut rejected = Vec::new();
        while let Some(row) = rows.next_ref()? {
            match row.and_then(|row| Ok((row.identifier()?, row.details()?, row))) {
                Ok((identifier, details, row)) => {
                    import.add(&identifier, &row.reference())?;
                    if let Some(details) = &details {
                        import.describe(&row.reference(), details)?;
                    }
                }
                Err(row) => rejected.push(row),
            }
        }
        let counts = import.commit(OffsetDateTime::now_utc()).await?;
        store.close().await;
        Ok(Loaded { counts, rejected })
    }

    /// Starts its node as a process of `program`, the `symbolon` binary. The node stops when the
    /// returned handle is dropped, and also when this process dies.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(&self, program: &Path, log: Stdio) -> Result<RunningNode, CliError> {
        let child = Command::new(program)
            .args(["node", "run", "--until-input-closes", "--data"])
            .arg(self.folder.root())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| CliError::file("start", program, error))?;
        Ok(RunningNode { child })
    }
}

/// A host as it stands in a URL.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
