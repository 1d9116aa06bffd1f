use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use symbolon_client::{Credentials, bureau, read_certificates};
use symbolon_proto::bureau::v1::{
    approval_service_client::ApprovalServiceClient, bureau_service_client::BureauServiceClient,
};
use symbolon_store::write_public;
use tonic::transport::Channel;

use crate::CliError;

const FILE_NAME: &str = "profile.toml";
const ENVIRONMENT: &str = "SYMBOLON_PROFILE";
/// Where a demo that was started in this folder leaves its profile.
pub(crate) const DEMO: &str = "symbolon-demo/profile.toml";

/// How an officer's or agency's program reaches its bureau's node: `profile.toml`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The bureau face: `https://host:port`.
    pub endpoint: String,
    /// The bureau's root certificate, PEM; relative to the profile's folder.
    pub root: PathBuf,
    /// The caller's certificate, PEM; relative to the profile's folder.
    pub certificate: PathBuf,
    /// Its private key, PEM; relative to the profile's folder.
    pub key: PathBuf,
    /// Who asks, unless a command says otherwise.
    pub officer: String,
}

impl Profile {
    /// The profile that belongs to certificates issued by `symbolon keys issue`.
    pub fn issued(endpoint: String, officer: &str) -> Self {
        Self {
            endpoint,
            root: "bureau-root.pem".into(),
            certificate: "certificate.pem".into(),
            key: "key.pem".into(),
            officer: officer.to_owned(),
        }
    }

    /// Writes it into `folder`, beside the certificates.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, CliError> {
        let path = folder.join(FILE_NAME);
        let text =
            toml::to_string(self).map_err(|error| CliError::new("profile", error.to_string()))?;
        write_public(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Finds and reads the profile: the one named, or that of `SYMBOLON_PROFILE`, or that of a demo
    /// in this folder or one above it. Paths in what is returned are absolute.
    ///
    /// # Errors
    /// When there is none, or it is malformed.
    pub fn find(named: Option<&Path>) -> Result<Self, CliError> {
        let path = named
            .map(Path::to_owned)
            .or_else(|| env::var_os(ENVIRONMENT).map(PathBuf::from))
            .or_else(demo_profile)
            .ok_or_else(|| {
                CliError::new(
                    "no_profile",
                    format!(
                        "no profile: give --profile, set {ENVIRONMENT}, or start `symbolon demo` \
                         in this folder. `symbolon keys issue` makes a profile"
                    ),
                )
            })?;
        let text = fs::read_to_string(&path).map_err(|e| CliError::file("read", &path, e))?;
        let mut profile: Self = toml::from_str(&text).map_err(|error| {
            CliError::new("profile", format!("{} is no profile: {error}", path.display()))
        })?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        for relative in [&mut profile.root, &mut profile.certificate, &mut profile.key] {
            *relative = folder.join(&*relative);
        }
        Ok(profile)
    }

    /// A client of the bureau face.
    ///
    /// # Errors
    /// When a certificate or the key is missing or malformed.
    pub fn connect(&self) -> Result<BureauServiceClient<Channel>, CliError> {
        let roots = read_certificates(&self.root)?;
        let credentials = Credentials::read(&self.certificate, &self.key)?;
        Ok(bureau::connect(&self.endpoint, &roots, &credentials)?)
    }

    /// A client of the part of the bureau face that approvers use.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn connect_approver(&self) -> Result<ApprovalServiceClient<Channel>, CliError> {
        let roots = read_certificates(&self.root)?;
        let credentials = Credentials::read(&self.certificate, &self.key)?;
        let channel = bureau::channel(&self.endpoint, &roots, &credentials)?;
        Ok(ApprovalServiceClient::new(channel))
    }
}

fn demo_profile() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(DEMO)).find(|path| path.is_file())
}
