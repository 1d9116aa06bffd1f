use symbolon_policy::AgreementId;
use thiserror::Error;

use crate::{FolderError, SealError};

/// Why something could not be kept or read back.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// An agreement that was ended for good does not come back.
    #[error(
        "this text of {id} was ended here for good, and does not come back; draft another, under \
         another title"
    )]
    AgreementEnded {
        /// Which.
        id: AgreementId,
    },
    /// The database refused or failed.
    #[error(
        "the database failed: {0}. Check free disk space and the permissions of the data folder; nothing that was acknowledged is lost"
    )]
    Database(#[from] sqlx::Error),
    /// The database's tables could not be brought to this version.
    #[error(
        "the database could not be brought to this version: {0}. It may have been written by a newer program"
    )]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A file or folder failed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Something sealed could not be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What was read back is not what was written.
    #[error("the database holds a damaged {what}; restore it from the last backup")]
    Damaged {
        /// What is damaged.
        what: &'static str,
    },
    /// A load that another person must have approved, and nobody has.
    #[error(
        "nobody but who loads it has approved this load; `symbolon dataset approve` does, each time that it is loaded"
    )]
    LoadNotApproved,
    /// There is no such dataset.
    #[error(
        "there is no dataset called {id:?}; `symbolon dataset create` makes one, `symbolon dataset list` shows those that are there"
    )]
    NoSuchDataset {
        /// Its id.
        id: String,
    },
    /// There is one already.
    #[error("there is a dataset called {id:?} already")]
    DatasetExists {
        /// Its id.
        id: String,
    },
    /// The system's random number generator failed.
    #[error("the system's random number generator gave nothing; check /dev/urandom")]
    Randomness,
}
