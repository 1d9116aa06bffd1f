use std::collections::VecDeque;

use tokio::task::{self, JoinHandle};

use crate::{Compute, Stopped};

/// Pieces of one big job, under way together on a [`Compute`]: so many at most, and their results in
/// the order in which the pieces were given. So a job of any length takes all cores and bounded
/// memory, and what is small waits behind a few of its pieces, never behind all of it.
///
/// What is dropped before it was begun is not begun any more.
pub struct Pipeline<T> {
    compute: Compute,
    most: usize,
    under_way: VecDeque<Begun<T>>,
}

impl<T: Send + 'static> Pipeline<T> {
    /// With at most `most` pieces under way; one where `most` is 0.
    pub fn new(compute: &Compute, most: usize) -> Self {
        Self { compute: compute.clone(), most: most.max(1), under_way: VecDeque::new() }
    }

    /// Whether another piece would have to wait for the oldest.
    pub fn is_full(&self) -> bool {
        self.under_way.len() >= self.most
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Begins a piece. If as many are under way as may be, it first waits for the oldest, and gives
    /// its result.
    ///
    /// # Errors
    /// When the oldest was not finished.
    pub async fn push(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Stopped> {
        let oldest = if self.is_full() { self.next().await? } else { None };
        let compute = self.compute.clone();
        self.under_way.push_back(Begun(task::spawn(async move { compute.run(work).await })));
        Ok(oldest)
    }

    /// The result of the oldest piece under way; `None` if there is none. A call that is given up
    /// loses nothing.
    ///
    /// # Errors
    /// When it was not finished.
    pub async fn next(&mut self) -> Result<Option<T>, Stopped> {
        let Some(oldest) = self.under_way.front_mut() else { return Ok(None) };
        let result = (&mut oldest.0).await;
        self.under_way.pop_front();
        result.map_err(|_| Stopped)?.map(Some)
    }
}

struct Begun<T>(JoinHandle<Result<T, Stopped>>);

impl<T> Drop for Begun<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
