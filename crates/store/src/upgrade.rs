//! What a migration in SQL cannot do.

use sqlx::{Connection as _, SqliteConnection};
use symbolon_identifiers::IdentifierType;

use crate::{
    Store, StoreError,
    block::DAMAGED,
    lists::Loading,
    sorter::{Change, Sorter},
};

const ROWS_AT_ONCE: u32 = 8_192;

impl Store {
    /// Brings records that an older program kept row by row into blocks: all or nothing, and again
    /// at the next opening if it broke off.
    pub(crate) async fn pack_records(&self) -> Result<(), StoreError> {
        if !has_rows_of_old(&mut *self.pool.acquire().await?).await? {
            return Ok(());
        }
        let mut connection = self.pool.acquire().await?.detach();
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        // Another process may have done it meanwhile.
        if has_rows_of_old(&mut transaction).await? {
            let datasets: Vec<(String, i64)> = sqlx::query_as("SELECT id, revision FROM datasets")
                .fetch_all(&mut *transaction)
                .await?;
            for (dataset, revision) in datasets {
                let rows = self.rows_of(&mut transaction, &dataset).await?.finish()?;
                let connection = &mut transaction;
                let mut loading = Loading {
                    connection,
                    dataset: &dataset,
                    replace: false,
                    revision,
                    suspects: None,
                };
                loading.apply(rows).await?;
            }
            sqlx::query("DROP TABLE records_before_blocks").execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        connection.close().await?;
        Ok(())
    }

    async fn rows_of(
        &self,
        connection: &mut SqliteConnection,
        dataset: &str,
    ) -> Result<Sorter, StoreError> {
        let mut sorter = Sorter::new(&self.folder.state(), Self::IMPORT_MEMORY);
        let mut after = (String::new(), Vec::new(), String::new());
        loop {
            let rows: Vec<(String, Vec<u8>, String)> = sqlx::query_as(
                "SELECT identifier_type, canonical, reference FROM records_before_blocks
                 WHERE dataset = $1 AND (identifier_type, canonical, reference) > ($2, $3, $4)
                 ORDER BY identifier_type, canonical, reference LIMIT $5",
            )
            .bind(dataset)
            .bind(&after.0)
            .bind(&after.1)
            .bind(&after.2)
            .bind(ROWS_AT_ONCE)
            .fetch_all(&mut *connection)
            .await?;
            for (kind, canonical, reference) in &rows {
                let kind: IdentifierType = kind.parse().map_err(|_| DAMAGED)?;
                sorter.push(kind, canonical, reference.as_bytes(), Change::Add)?;
            }
            match rows.into_iter().next_back() {
                Some(last) => after = last,
                None => return Ok(sorter),
            }
        }
    }
}

async fn has_rows_of_old(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let table: Option<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_schema WHERE name = 'records_before_blocks'")
            .fetch_optional(connection)
            .await?;
    Ok(table.is_some())
}
