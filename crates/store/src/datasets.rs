use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection};
use symbolon_identifiers::{Identifier, IdentifierType};
use time::OffsetDateTime;

use crate::{Store, StoreError};

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

/// One identifier of one record.
pub struct Record {
    /// The identifier.
    pub identifier: Identifier,
    /// The source's own name for the record it belongs to.
    pub reference: String,
}

/// What an import did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ImportCounts {
    /// Identifiers that are new.
    pub added: u64,
    /// Identifiers that were there already.
    pub unchanged: u64,
    /// Identifiers that are gone, when the file replaced what was there.
    pub removed: u64,
}

// Four values a row, under SQLite's limit of 32,766 values a statement.
const ROWS_A_STATEMENT: usize = 1_000;

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
        let made = sqlx::query(
            "INSERT INTO datasets (id, title, created_at, updated_at, revision)
             VALUES ($1, $2, $3, $3, 0) ON CONFLICT (id) DO NOTHING",
        )
        .bind(id)
        .bind(title)
        .bind(at.unix_timestamp())
        .execute(&self.pool)
        .await?
        .rows_affected();
        if made == 0 { Err(StoreError::DatasetExists { id: id.to_owned() }) } else { Ok(()) }
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
            "SELECT identifier_type, COUNT(DISTINCT canonical) FROM records
             WHERE dataset = $1 GROUP BY identifier_type ORDER BY identifier_type",
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

    /// The different identifiers of a type in a dataset, in no order that means anything.
    ///
    /// # Errors
    /// When the database fails, or holds a value that is none of that type.
    pub async fn identifiers(
        &self,
        dataset: &str,
        kind: IdentifierType,
    ) -> Result<Vec<Identifier>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT DISTINCT canonical FROM records WHERE dataset = $1 AND identifier_type = $2",
        )
        .bind(dataset)
        .bind(kind.name())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|(canonical,)| {
                Identifier::from_canonical(kind, canonical)
                    .map_err(|_| StoreError::Damaged { what: "record" })
            })
            .collect()
    }

    /// Begins to load records into a dataset. Nothing changes until [`Import::commit`].
    ///
    /// # Errors
    /// When there is no such dataset.
    pub async fn import(&self, dataset: &str, replace: bool) -> Result<Import, StoreError> {
        // A connection of its own, closed at the end: what is gathered lies in its memory alone, and
        // nothing is locked until all is there, so checks are answered meanwhile.
        let mut connection = self.pool.acquire().await?.detach();
        let known: Option<(i64,)> = sqlx::query_as("SELECT revision FROM datasets WHERE id = $1")
            .bind(dataset)
            .fetch_optional(&mut connection)
            .await?;
        if known.is_none() {
            return Err(StoreError::NoSuchDataset { id: dataset.to_owned() });
        }
        sqlx::query("PRAGMA temp_store = MEMORY").execute(&mut connection).await?;
        sqlx::query(
            "CREATE TEMP TABLE incoming (
                 identifier_type TEXT NOT NULL, canonical BLOB NOT NULL, reference TEXT NOT NULL,
                 PRIMARY KEY (identifier_type, canonical, reference)) WITHOUT ROWID",
        )
        .execute(&mut connection)
        .await?;
        Ok(Import { connection, dataset: dataset.to_owned(), replace, waiting: Vec::new() })
    }
}

/// A load under way: all or nothing.
pub struct Import {
    connection: SqliteConnection,
    dataset: String,
    replace: bool,
    waiting: Vec<Record>,
}

impl Import {
    /// Adds a record to the load.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add(&mut self, record: Record) -> Result<(), StoreError> {
        self.waiting.push(record);
        if self.waiting.len() >= ROWS_A_STATEMENT {
            self.flush().await?;
        }
        Ok(())
    }

    /// Makes the load so.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn commit(mut self, at: OffsetDateTime) -> Result<ImportCounts, StoreError> {
        self.flush().await?;
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let (incoming,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM incoming").fetch_one(&mut *transaction).await?;
        let removed = if self.replace {
            sqlx::query(
                "DELETE FROM records WHERE dataset = $1 AND NOT EXISTS (
                     SELECT 1 FROM incoming WHERE incoming.identifier_type = records.identifier_type
                     AND incoming.canonical = records.canonical
                     AND incoming.reference = records.reference)",
            )
            .bind(&self.dataset)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
        } else {
            0
        };
        let added = sqlx::query(
            "INSERT INTO records (dataset, identifier_type, canonical, reference)
             SELECT $1, identifier_type, canonical, reference FROM incoming WHERE true
             ON CONFLICT DO NOTHING",
        )
        .bind(&self.dataset)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if added > 0 || removed > 0 {
            sqlx::query("UPDATE datasets SET revision = revision + 1 WHERE id = $1")
                .bind(&self.dataset)
                .execute(&mut *transaction)
                .await?;
        }
        // A load that found everything in place still says how fresh the list is.
        sqlx::query("UPDATE datasets SET updated_at = $2 WHERE id = $1")
            .bind(&self.dataset)
            .bind(at.unix_timestamp())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.connection.close().await?;
        let incoming = u64::try_from(incoming).map_err(|_| DAMAGED)?;
        Ok(ImportCounts { added, unchanged: incoming.saturating_sub(added), removed })
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut statement: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT OR IGNORE INTO incoming (identifier_type, canonical, reference) ",
        );
        statement.push_values(self.waiting.drain(..), |mut row, record| {
            row.push_bind(record.identifier.kind().name())
                .push_bind(record.identifier.canonical().to_vec())
                .push_bind(record.reference);
        });
        statement.build().execute(&mut self.connection).await?;
        Ok(())
    }
}

const DAMAGED: StoreError = StoreError::Damaged { what: "dataset" };
