use std::{num::NonZeroUsize, sync::Arc, thread};

use thiserror::Error;
use tokio::{sync::Semaphore, task};

/// Where curve arithmetic is done: beside the async runtime, never more at once than there are
/// cores, so that a big batch neither blocks a connection nor starves a single check for long.
#[derive(Clone)]
pub struct Compute {
    permits: Arc<Semaphore>,
    cores: usize,
}

impl Default for Compute {
    fn default() -> Self {
        Self::on(available_cores())
    }
}

impl Compute {
    /// For work that nobody waits for: half of the cores at most, so that a big load does not hold
    /// up checks.
    pub fn background() -> Self {
        Self::on((available_cores() / 2).max(1))
    }

    fn on(cores: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(cores)), cores }
    }

    /// How much is computed at one time at most.
    pub fn cores(&self) -> usize {
        self.cores
    }

    /// Runs `work` when a core is free.
    ///
    /// # Errors
    /// When the runtime is stopping or the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Stopped)?;
        let done = task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(|_| Stopped)
    }
}

fn available_cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The work was not finished.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the computation was not finished: the node is stopping or has failed")]
pub struct Stopped;
