//! Which identifiers left a dataset since when: so that a publisher that knows the tags of an older
//! revision can drop those of what is gone. Kept as long as a scope may need it.

use sqlx::SqliteConnection;

use crate::{Store, StoreError};

/// A state of a dataset that its journal reaches back to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RevisionMark {
    /// The dataset's revision.
    pub revision: u64,
    /// Random, so that a revision counted anew after a restored backup is told apart.
    pub token: [u8; 16],
}

impl Store {
    /// Forgets what no published set of a dataset needs any more of its journal.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trim_journal(&self, dataset: &str) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        trim(&mut transaction, dataset).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Gives the present revision of a dataset its token. From it on the journal is whole.
pub(crate) async fn note_revision(
    connection: &mut SqliteConnection,
    dataset: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO revisions (dataset, revision, token)
         SELECT id, revision, randomblob(16) FROM datasets WHERE id = $1",
    )
    .bind(dataset)
    .execute(connection)
    .await?;
    Ok(())
}

/// A scope without a set yet may be publishing the present revision, so it needs all.
pub(crate) async fn trim(
    connection: &mut SqliteConnection,
    dataset: &str,
) -> Result<(), StoreError> {
    let (needed,): (i64,) = sqlx::query_as(
        "SELECT COALESCE(
             (SELECT MIN(COALESCE(
                  (SELECT MAX(dataset_revision) FROM manifests
                   WHERE manifests.scope_id = scope_keys.scope_id), 0))
              FROM scope_keys WHERE dataset = $1),
             (SELECT revision FROM datasets WHERE id = $1), 0)",
    )
    .bind(dataset)
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM revisions WHERE dataset = $1 AND revision < $2")
        .bind(dataset)
        .bind(needed)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "DELETE FROM removed_identifiers WHERE revision <= $2
         AND list IN (SELECT id FROM lists WHERE dataset = $1)",
    )
    .bind(dataset)
    .bind(needed)
    .execute(&mut *connection)
    .await?;
    Ok(())
}
