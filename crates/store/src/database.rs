use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, sync::Arc, time::Duration};

use sqlx::{
    Connection as _, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{DataFolder, FolderError, NodeKeys, StoreError, migrations::migrator};

/// A bureau's durable state. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: SqlitePool,
    pub(crate) folder: DataFolder,
    pub(crate) keys: Arc<NodeKeys>,
}

impl Store {
    /// Opens the store of a data folder and brings its tables to this version. Several processes
    /// may hold it open at once: a running node and a person's commands.
    ///
    /// # Errors
    /// When keys are missing, or the database cannot be opened or migrated.
    pub async fn open(folder: DataFolder) -> Result<Self, StoreError> {
        let keys = Arc::new(NodeKeys::read(&folder)?);
        let path = folder.database();
        // Made here and not by the database, so that it is never readable by others.
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| FolderError::io("open", &path, source))?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged check must survive loss of power, not only of the process.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted, a sealed key for one, leaves no copy in free pages, and in the log that is
            // written ahead only until the next checkpoint.
            .pragma("secure_delete", "ON")
            .busy_timeout(Duration::from_secs(20));
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            // A connection whose rollback failed too, on a full disk, would stay in its dead
            // transaction for good.
            .before_acquire(|connection, _| {
                let is_sound = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_sound) })
            })
            .connect_with(options)
            .await?;
        migrator().run(&pool).await?;
        let store = Self { pool, folder, keys };
        store.pack_records().await?;
        store.grow_tree().await?;
        Ok(store)
    }

    /// Where everything lies.
    pub fn folder(&self) -> &DataFolder {
        &self.folder
    }

    /// The node's keys.
    pub fn keys(&self) -> &NodeKeys {
        &self.keys
    }

    /// Closes the database after what is under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A transaction that holds the right to write from its beginning, so that what it reads is
    /// still true when it writes.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}
