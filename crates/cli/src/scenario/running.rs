use std::time::{Duration, Instant};

use symbolon_proto::bureau::v1::ListCoverageRequest;
use tokio::process::Child;

use crate::{CliError, Profile};

/// A node that runs as a process.
#[derive(Debug)]
pub struct RunningNode {
    /// The process.
    pub child: Child,
}

impl RunningNode {
    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// When it cannot be waited for, or ends with an error.
    pub async fn stop(mut self) -> Result<(), CliError> {
        drop(self.child.stdin.take());
        let status = self.child.wait().await.map_err(|e| CliError::new("node", e.to_string()))?;
        if status.success() {
            Ok(())
        } else {
            Err(CliError::new("node", format!("a node ended with {status}; see its log")))
        }
    }

    /// Kills it at once, as a power cut would.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn kill(mut self) -> Result<(), CliError> {
        self.child.kill().await.map_err(|error| CliError::new("node", error.to_string()))
    }
}

/// Waits until the node behind `profile` holds every set that partners offer it.
///
/// # Errors
/// When that takes longer than `limit`.
pub async fn wait_for_coverage(profile: &Profile, limit: Duration) -> Result<usize, CliError> {
    let began = Instant::now();
    let mut last = "the node does not answer yet".to_owned();
    while began.elapsed() < limit {
        let mut client = profile.connect()?;
        match client.list_coverage(ListCoverageRequest {}).await {
            Ok(response) => {
                let entries = response.into_inner().entries;
                let missing = entries.iter().filter(|entry| entry.padded_len == 0).count();
                if !entries.is_empty() && missing == 0 {
                    return Ok(entries.len());
                }
                last = format!("{missing} of {} lists are still missing", entries.len());
            }
            Err(status) => last = CliError::from(status).sentence,
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(CliError::new(
        "not_ready",
        format!("the lists were not exchanged within {} seconds: {last}", limit.as_secs()),
    ))
}
