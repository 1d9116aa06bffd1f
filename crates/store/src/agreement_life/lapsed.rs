//! Proposals that nobody took up are forgotten after a while.

use time::{Duration, OffsetDateTime};

use super::rows::TextRow;
use crate::{Store, StoreError};

/// How long a proposal is kept after its validity went by without every signature.
const LAPSED_KEPT: Duration = Duration::days(30);

impl Store {
    /// Erases texts whose validity was over 30 days before `at` or earlier, and that not every party
    /// had signed. What the log says of them stays as long as the log does. Returns how many.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn erase_lapsed_texts(&self, at: OffsetDateTime) -> Result<u64, StoreError> {
        let since = at.checked_sub(LAPSED_KEPT).map_or(0, OffsetDateTime::unix_timestamp);
        let mut transaction = self.begin().await?;
        let over: Vec<TextRow> = sqlx::query_as(
            "SELECT hash, id, document, state, since, origin FROM agreement_texts
             WHERE state = 'expired' AND since <= $1 ORDER BY since, hash",
        )
        .bind(since)
        .fetch_all(&mut *transaction)
        .await?;
        let mut erased: u64 = 0;
        for row in over {
            // What was whole once is kept: things were done under it. So is what cannot be read, for somebody to
            // look at.
            if row.file().map_or(true, |file| file.verify().is_ok()) {
                continue;
            }
            for statement in [
                "DELETE FROM agreement_history WHERE hash = $1",
                "DELETE FROM agreement_suspensions WHERE hash = $1",
                "DELETE FROM agreement_notices WHERE hash = $1",
                "DELETE FROM agreement_deliveries WHERE hash = $1",
                "DELETE FROM agreement_intents WHERE hash = $1",
                "DELETE FROM agreement_texts WHERE hash = $1",
            ] {
                sqlx::query(statement).bind(row.hash.as_slice()).execute(&mut *transaction).await?;
            }
            erased = erased.saturating_add(1);
        }
        transaction.commit().await?;
        Ok(erased)
    }
}
