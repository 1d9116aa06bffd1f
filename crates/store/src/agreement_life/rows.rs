use sqlx::{FromRow, Row as _, SqliteConnection, SqliteExecutor, sqlite::SqliteRow};
use symbolon_policy::{AgreementHash, AgreementLife, AgreementState, SignedAgreement};

use super::{DAMAGED, StoredText, Suspension, time};
use crate::StoreError;

/// A row of `agreement_texts`.
pub(super) struct TextRow {
    pub(super) hash: Vec<u8>,
    pub(super) id: String,
    pub(super) document: String,
    pub(super) state: String,
    pub(super) since: i64,
    pub(super) origin: String,
}

impl FromRow<'_, SqliteRow> for TextRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            hash: row.try_get("hash")?,
            id: row.try_get("id")?,
            document: row.try_get("document")?,
            state: row.try_get("state")?,
            since: row.try_get("since")?,
            origin: row.try_get("origin")?,
        })
    }
}

impl TextRow {
    pub(super) fn state(&self) -> Result<AgreementState, StoreError> {
        self.state.parse().map_err(|_| DAMAGED)
    }

    /// The file, if it is still the text that the row is about.
    pub(super) fn file(&self) -> Result<SignedAgreement, StoreError> {
        SignedAgreement::from_json(self.document.as_bytes())
            .ok()
            .filter(|file| file.hash().is_ok_and(|hash| hash.0 == self.hash.as_slice()))
            .ok_or(DAMAGED)
    }

    pub(super) fn read(self, suspensions: Vec<Suspension>) -> Result<StoredText, StoreError> {
        Ok(StoredText {
            state: self.state()?,
            id: self.id.parse().map_err(|_| DAMAGED)?,
            hash: AgreementHash(self.hash.try_into().map_err(|_| DAMAGED)?),
            document: self.document,
            since: time(self.since)?,
            origin: self.origin,
            suspensions,
        })
    }
}

pub(super) async fn read_text(
    executor: impl SqliteExecutor<'_>,
    hash: &AgreementHash,
) -> Result<Option<TextRow>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT hash, id, document, state, since, origin FROM agreement_texts WHERE hash = $1",
    )
    .bind(hash.0.as_slice())
    .fetch_optional(executor)
    .await?)
}

pub(super) async fn suspensions(
    connection: &mut SqliteConnection,
    hash: &[u8],
) -> Result<Vec<Suspension>, StoreError> {
    let rows: Vec<(String, Option<String>, String, i64)> = sqlx::query_as(
        "SELECT party, person, reason, since FROM agreement_suspensions WHERE hash = $1
         ORDER BY party",
    )
    .bind(hash)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(party, person, reason, since)| {
            let party = party.parse().map_err(|_| DAMAGED)?;
            Ok(Suspension { party, person, reason, since: time(since)? })
        })
        .collect()
}

/// The life of a text as its rows have it.
pub(super) async fn life(
    connection: &mut SqliteConnection,
    row: &TextRow,
) -> Result<AgreementLife, StoreError> {
    let by = suspensions(connection, &row.hash).await?;
    AgreementLife::restore(row.state()?, by.into_iter().map(|one| one.party)).ok_or(DAMAGED)
}
