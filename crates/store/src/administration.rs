//! What people of this bureau do to it by commands, each with who did it.

use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use symbolon_policy::Actor;
use time::OffsetDateTime;

use crate::{LogRecord, Store, StoreError, log::append_in};

/// An act of one person that changes the state of a bureau. Acts that need two people are
/// [`crate::ActKind`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AdministrativeAct {
    /// A bureau was founded; the subject is its code.
    FoundBureau,
    /// A dataset was made; the subject is its id.
    CreateDataset,
    /// A file was loaded into a dataset; the subject is its id.
    ImportDataset,
    /// An agreement that all parties had signed was installed; the subject is its id.
    InstallAgreement,
    /// The certificates of the faces were renewed; the subject is the bureau's code.
    RenewFaces,
    /// The log was written into files; the subject is how many entries it had.
    ExportLog,
    /// Logged checks were decided again under other rules, and shown; the subject is the rules' hash.
    ReplayChecks,
    /// Why a check was allowed or refused was shown; the subject is its id. Or what rules say of a record of a
    /// list; the subject is the list.
    ExplainCheck,
    /// What was older than a time was erased by hand; the subject is the time.
    EraseRecords,
}

impl Store {
    /// Logs an administrative act that was done outside this database, or before. `subject` is an
    /// id or a code; it holds no identifier.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_administration(
        &self,
        act: AdministrativeAct,
        subject: &str,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        administered(&mut transaction, act, subject, by, at).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The same in the transaction that does the act.
pub(crate) async fn administered(
    transaction: &mut Transaction<'_, Sqlite>,
    act: AdministrativeAct,
    subject: &str,
    by: &Actor,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let record = LogRecord::Administered { act, subject: subject.to_owned(), by: by.clone() };
    append_in(transaction, &record, at).await?;
    Ok(())
}
