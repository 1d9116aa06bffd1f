use symbolon_policy::Actor;
use time::OffsetDateTime;

use crate::{AdministrativeAct, Store, StoreError, administration::administered, journal};

/// A dataset of this bureau.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DatasetRow {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// When records were last loaded.
    pub updated_at: OffsetDateTime,
    /// One more with each load that changed something.
    pub revision: u64,
}

/// How many identifiers of a type a dataset holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeCount {
    /// The type.
    pub identifier_type: String,
    /// Different identifiers.
    pub identifiers: u64,
}

impl Store {
    /// Makes an empty dataset.
    ///
    /// # Errors
    /// When there is one of that id already.
    pub async fn create_dataset(
        &self,
        id: &str,
        title: &str,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.make_dataset(id, title, None, at).await
    }

    /// The same by a person, who is named in the log.
    ///
    /// # Errors
    /// As [`create_dataset`](Self::create_dataset).
    pub async fn create_dataset_by(
        &self,
        id: &str,
        title: &str,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.make_dataset(id, title, Some(by), at).await
    }

    async fn make_dataset(
        &self,
        id: &str,
        title: &str,
        by: Option<&Actor>,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let made = sqlx::query(
            "INSERT INTO datasets (id, title, created_at, updated_at, revision)
             VALUES ($1, $2, $3, $3, 0) ON CONFLICT (id) DO NOTHING",
        )
        .bind(id)
        .bind(title)
        .bind(at.unix_timestamp())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if made == 0 {
            return Err(StoreError::DatasetExists { id: id.to_owned() });
        }
        journal::note_revision(&mut transaction, id).await?;
        if let Some(by) = by {
            administered(&mut transaction, AdministrativeAct::CreateDataset, id, by, at).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// All datasets.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn datasets(&self) -> Result<Vec<DatasetRow>, StoreError> {
        let rows: Vec<(String, String, i64, i64)> =
            sqlx::query_as("SELECT id, title, updated_at, revision FROM datasets ORDER BY id")
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter()
            .map(|(id, title, updated_at, revision)| {
                Ok(DatasetRow {
                    id,
                    title,
                    updated_at: OffsetDateTime::from_unix_timestamp(updated_at)
                        .map_err(|_| DAMAGED)?,
                    revision: u64::try_from(revision).map_err(|_| DAMAGED)?,
                })
            })
            .collect()
    }

    /// How many identifiers of each type a dataset holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dataset_counts(&self, id: &str) -> Result<Vec<TypeCount>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT identifier_type, identifiers FROM lists
             WHERE dataset = $1 AND identifiers > 0 ORDER BY identifier_type",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(identifier_type, count)| {
                let identifiers = u64::try_from(count).map_err(|_| DAMAGED)?;
                Ok(TypeCount { identifier_type, identifiers })
            })
            .collect()
    }
}

pub(crate) const DAMAGED: StoreError = StoreError::Damaged { what: "dataset" };
