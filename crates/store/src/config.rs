use std::{fs, net::SocketAddr};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use symbolon_policy::BureauCode;

use crate::{DataFolder, FolderError, write_private};

/// A node's configuration, `node.toml`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// This bureau's code.
    pub code: BureauCode,
    /// Its name.
    pub name: String,
    /// Where the partner face listens.
    pub partner_listen: SocketAddr,
    /// Where the bureau face listens.
    pub bureau_listen: SocketAddr,
    /// Where metrics and health are served, unencrypted: keep it on loopback or a closed network.
    pub metrics_listen: SocketAddr,
    /// Where the JSON form of the bureau face listens; nowhere unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_listen: Option<SocketAddr>,
    /// Most checks answered or asked at one time, on each face, of which one partner has a quarter;
    /// more are told to try again. 256 unless set.
    #[serde(default = "default_concurrency")]
    pub most_checks_at_once: usize,
    /// Seconds after which an unfinished check of a partner is given up. 600 unless set.
    #[serde(default = "default_deadline")]
    pub check_deadline_seconds: u64,
    /// Seconds that a stopping node waits for what is in flight. 30 unless set.
    #[serde(default = "default_grace")]
    pub stop_grace_seconds: u64,
    /// Seconds between looks for new records, agreements and partners' sets. 5 unless set.
    #[serde(default = "default_refresh")]
    pub refresh_seconds: u64,
    /// Seconds between checkpoints of the log, and between looks at partners' logs. 60 unless set.
    #[serde(default = "default_checkpoint")]
    pub checkpoint_seconds: u64,
    /// Seconds of a period for which the log gets one entry on requests for records, whether there was
    /// one or not. 3,600 unless set.
    #[serde(default = "default_disclosure_cadence")]
    pub disclosure_cadence_seconds: u64,
    /// Seconds between exchanges of requests for records with partners. 60 unless set.
    #[serde(default = "default_disclosure_exchange")]
    pub disclosure_exchange_seconds: u64,
    /// Days after which sealed checks, headers and records of log entries are erased; the leaves of the
    /// log stay. 1,096 (three years) unless set.
    #[serde(default = "default_retention")]
    pub retention_days: u32,
    /// Whom the node tells that time runs out for a decision on a record; nobody unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<EscalationConfig>,
}

/// A command that tells people outside the node of something that waits for them: `[escalation]`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationConfig {
    /// The program, by its path, and its arguments; run without a shell. It reads what happened on
    /// standard input, as JSON. Not empty.
    #[serde(deserialize_with = "some_command")]
    pub command: Vec<String>,
    /// Seconds after which it is ended. 30 unless set.
    #[serde(default = "default_escalation_timeout")]
    pub timeout_seconds: u64,
}

/// Who wrote the section wants somebody told: one that names no program would tell nobody.
fn some_command<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let command = Vec::<String>::deserialize(deserializer)?;
    if command.first().is_none_or(|program| !program.starts_with('/')) {
        return Err(D::Error::custom(
            "[escalation] command begins with the path of a program, for instance \
             [\"/usr/local/bin/page-the-desk\"]",
        ));
    }
    Ok(command)
}

fn default_escalation_timeout() -> u64 {
    30
}

fn default_concurrency() -> usize {
    256
}

fn default_deadline() -> u64 {
    600
}

fn default_grace() -> u64 {
    30
}

fn default_refresh() -> u64 {
    5
}

fn default_checkpoint() -> u64 {
    60
}

fn default_disclosure_cadence() -> u64 {
    3_600
}

fn default_disclosure_exchange() -> u64 {
    60
}

// Regulation (EU) 2024/982, articles 18, 33, 40 and 45: logs and justifications go after three years.
fn default_retention() -> u32 {
    1_096
}

impl NodeConfig {
    /// A configuration with the usual limits.
    pub fn new(
        code: BureauCode,
        name: String,
        partner_listen: SocketAddr,
        bureau_listen: SocketAddr,
        metrics_listen: SocketAddr,
    ) -> Self {
        Self {
            code,
            name,
            partner_listen,
            bureau_listen,
            metrics_listen,
            json_listen: None,
            most_checks_at_once: default_concurrency(),
            check_deadline_seconds: default_deadline(),
            stop_grace_seconds: default_grace(),
            refresh_seconds: default_refresh(),
            checkpoint_seconds: default_checkpoint(),
            disclosure_cadence_seconds: default_disclosure_cadence(),
            disclosure_exchange_seconds: default_disclosure_exchange(),
            retention_days: default_retention(),
            escalation: None,
        }
    }

    /// Reads `node.toml`.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn read(folder: &DataFolder) -> Result<Self, FolderError> {
        let path = folder.config();
        let text =
            fs::read_to_string(&path).map_err(|source| FolderError::io("read", &path, source))?;
        toml::from_str(&text).map_err(|error| {
            FolderError::io("read", &path, std::io::Error::other(error.to_string()))
        })
    }

    /// Writes `node.toml`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &DataFolder) -> Result<(), FolderError> {
        let path = folder.config();
        let text = toml::to_string(self).map_err(|error| {
            FolderError::io("write", &path, std::io::Error::other(error.to_string()))
        })?;
        write_private(&path, text.as_bytes())
    }
}
