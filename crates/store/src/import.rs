use sqlx::{Connection as _, SqliteConnection};
use symbolon_identifiers::Identifier;
use symbolon_policy::{Actor, RecordDetails};
use time::OffsetDateTime;

use crate::{
    AdministrativeAct, Store, StoreError,
    administration::administered,
    approved_loads::use_up_in,
    details::{Described, Keeping, Suspects, has_details},
    journal,
    lists::Loading,
    sorter::{Change, Sorter},
};

/// What an import did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ImportCounts {
    /// Different identifiers that it named.
    pub identifiers: u64,
    /// Records that are new.
    pub added: u64,
    /// Records that were as the load says already.
    pub unchanged: u64,
    /// Records that are gone.
    pub removed: u64,
    /// Records of which something else is known than before, beside their identifiers.
    pub details_changed: u64,
}

impl Store {
    /// Memory that a load sorts its rows in, unless told otherwise; bytes. What does not fit lies in
    /// a file without a name beside the database until the load ends.
    pub const IMPORT_MEMORY: usize = 256 << 20;

    /// Begins to load records into a dataset. Nothing changes until [`Import::commit`].
    ///
    /// # Errors
    /// When there is no such dataset.
    pub async fn import(&self, dataset: &str, replace: bool) -> Result<Import, StoreError> {
        self.import_in(dataset, replace, Self::IMPORT_MEMORY).await
    }

    /// Begins to load records into a dataset, sorting them in about `memory` bytes.
    ///
    /// # Errors
    /// When there is no such dataset.
    pub async fn import_in(
        &self,
        dataset: &str,
        replace: bool,
        memory: usize,
    ) -> Result<Import, StoreError> {
        let known: Option<(i64,)> = sqlx::query_as("SELECT revision FROM datasets WHERE id = $1")
            .bind(dataset)
            .fetch_optional(&self.pool)
            .await?;
        if known.is_none() {
            return Err(StoreError::NoSuchDataset { id: dataset.to_owned() });
        }
        // A connection of its own, so that a long load does not take one of those that checks use.
        let connection = self.pool.acquire().await?.detach();
        let sorter = Sorter::new(&self.folder.state(), memory);
        let described = Described::new(&self.folder.state());
        let (store, dataset) = (self.clone(), dataset.to_owned());
        Ok(Import {
            store,
            connection,
            dataset,
            replace,
            sorter,
            described,
            unsure: Vec::new(),
            by: None,
            approved: None,
        })
    }
}

/// A load under way: all or nothing. Until [`commit`](Self::commit) it touches nothing that others
/// see and locks nothing, so checks are answered meanwhile.
pub struct Import {
    store: Store,
    connection: SqliteConnection,
    dataset: String,
    replace: bool,
    sorter: Sorter,
    described: Described,
    /// Records that are described and perhaps not named.
    unsure: Vec<String>,
    by: Option<Actor>,
    /// What must have been approved, as [`crate::HashedFile::load_subject`] has it.
    approved: Option<[u8; 32]>,
}

impl Import {
    /// Has the log say who loads.
    #[must_use]
    pub fn by(self, by: Actor) -> Self {
        Self { by: Some(by), ..self }
    }

    /// Has the load use up an approval of this subject
    /// ([`HashedFile::load_subject`](crate::HashedFile::load_subject)) by somebody other than
    /// [who loads](Self::by), and come to nothing where there is none.
    #[must_use]
    pub fn approved_as(self, subject: [u8; 32]) -> Self {
        Self { approved: Some(subject), ..self }
    }

    /// Adds a record to the load. Of several rows on one record, the last counts.
    ///
    /// # Errors
    /// When the disk that holds what does not fit into memory fails.
    pub fn add(&mut self, identifier: &Identifier, reference: &str) -> Result<(), StoreError> {
        self.push(identifier, reference, Change::Add)
    }

    /// Has the load take a record out; without a reference, all records that name the identifier.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn remove(
        &mut self,
        identifier: &Identifier,
        reference: Option<&str>,
    ) -> Result<(), StoreError> {
        self.push(identifier, reference.unwrap_or_default(), Change::Remove)
    }

    /// Says what is known of a record beside its identifiers: nothing any more, if `details` is the
    /// default. Of several rows on one record, the last that says something counts. Of a record of
    /// which a load says nothing it stays as it was, and goes with the record.
    ///
    /// The record must be [added](Self::add) in the same load.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn describe(&mut self, reference: &str, details: &RecordDetails) -> Result<(), StoreError> {
        self.described.push(reference, details)
    }

    /// The same of a record that this load perhaps does not add, because the row that says it is rejected
    /// for its identifier: it holds if an identifier names the record after the load.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn describe_if_named(
        &mut self,
        reference: &str,
        details: &RecordDetails,
    ) -> Result<(), StoreError> {
        self.unsure.push(reference.to_owned());
        self.described.push(reference, details)
    }

    /// Makes the load so.
    ///
    /// # Errors
    /// When nobody has approved what must be, or the database fails; then nothing has changed.
    pub async fn commit(mut self, at: OffsetDateTime) -> Result<ImportCounts, StoreError> {
        // Sorted before anything is locked.
        let rows = self.sorter.finish()?;
        let described = self.described.finish()?;
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        if let Some(subject) = &self.approved {
            use_up_in(&mut transaction, subject, self.by.as_ref()).await?;
        }
        let (revision,): (i64,) = sqlx::query_as("SELECT revision FROM datasets WHERE id = $1")
            .bind(&self.dataset)
            .fetch_one(&mut *transaction)
            .await?;
        // Who leaves is of interest only where there are details that would stay behind.
        let watched = described.is_some() || has_details(&mut transaction, &self.dataset).await?;
        let suspects = watched.then(|| Suspects::new(&self.store.folder.state()));
        let mut loading = Loading {
            connection: &mut transaction,
            dataset: &self.dataset,
            replace: self.replace,
            revision: revision.saturating_add(1),
            suspects,
        };
        let mut counts = loading.apply(rows).await?;
        if let Some(mut suspects) = loading.suspects.take() {
            for reference in &self.unsure {
                suspects.push(reference.as_bytes())?;
            }
            let mut keeping = Keeping {
                connection: &mut transaction,
                sealer: &self.store.keys.key_encryption,
                dataset: &self.dataset,
                today: at.date(),
            };
            if let Some(described) = described {
                counts.details_changed += keeping.write(described).await?;
            }
            counts.details_changed += keeping.leave(suspects.finish()?).await?;
            if counts.details_changed > 0 {
                keeping.tidy().await?;
            }
        }
        if counts.added > 0 || counts.removed > 0 || counts.details_changed > 0 {
            sqlx::query("UPDATE datasets SET revision = revision + 1 WHERE id = $1")
                .bind(&self.dataset)
                .execute(&mut *transaction)
                .await?;
            journal::note_revision(&mut transaction, &self.dataset).await?;
            journal::trim(&mut transaction, &self.dataset).await?;
        }
        // A load that found everything in place still says how fresh the list is.
        sqlx::query("UPDATE datasets SET updated_at = $2 WHERE id = $1")
            .bind(&self.dataset)
            .bind(at.unix_timestamp())
            .execute(&mut *transaction)
            .await?;
        if let Some(by) = &self.by {
            let act = AdministrativeAct::ImportDataset;
            administered(&mut transaction, act, &self.dataset, by, at).await?;
        }
        transaction.commit().await?;
        self.connection.close().await?;
        Ok(counts)
    }

    /// Gives the load up, and returns how many different identifiers it named.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn give_up(self) -> Result<u64, StoreError> {
        Ok(self.sorter.finish()?.count()?)
    }

    fn push(
        &mut self,
        identifier: &Identifier,
        reference: &str,
        change: Change,
    ) -> Result<(), StoreError> {
        let (kind, canonical) = (identifier.kind(), identifier.canonical());
        Ok(self.sorter.push(kind, canonical, reference.as_bytes(), change)?)
    }
}
