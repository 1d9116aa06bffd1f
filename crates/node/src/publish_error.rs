use symbolon_store::{FolderError, StoreError};
use thiserror::Error;

/// Why a set was not published.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum PublishError {
    /// The key could not be used.
    #[error("a record could not be evaluated")]
    Evaluation,
    /// The set could not be written.
    #[error("a tag set could not be written: {0}")]
    Set(#[source] symbolon_tagset::Error),
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FolderError> for PublishError {
    fn from(error: FolderError) -> Self {
        Self::Store(error.into())
    }
}

// Made of store errors and fixed sentences; a set's errors name sizes only.
impl crate::logging::LogSafe for PublishError {}
