//! Erasing what may not be kept any longer. Leaves of the log stay, and so does its proof.

use time::OffsetDateTime;

use crate::{LogRecord, Store, StoreError, log::append_in};

/// What an erasure took away.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Erased {
    /// Log entries whose record and salt are gone.
    pub entries: u64,
    /// Sealed checks of this bureau, with their headers and receipts.
    pub asked: u64,
    /// Headers of partners' checks.
    pub answered: u64,
}

impl Store {
    /// Erases all that is older than `before`, in one transaction with the log entry that says so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn erase_before(
        &self,
        before: OffsetDateTime,
        at: OffsetDateTime,
    ) -> Result<Erased, StoreError> {
        let seconds = before.unix_timestamp();
        let mut transaction = self.begin().await?;
        sqlx::query(
            "DELETE FROM asked_headers WHERE check_id IN (
                 SELECT check_id FROM asked_checks WHERE asked_at < $1)",
        )
        .bind(seconds)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "DELETE FROM asked_claims WHERE check_id IN (
                 SELECT check_id FROM asked_checks WHERE asked_at < $1)",
        )
        .bind(seconds)
        .execute(&mut *transaction)
        .await?;
        // Requests go as checks do; the events stay as hashes, and the log's entries with them.
        sqlx::query("DELETE FROM disclosures WHERE received_at < $1")
            .bind(seconds)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "UPDATE disclosure_events SET salt = NULL, record = NULL
             WHERE recorded_at < $1 AND record IS NOT NULL",
        )
        .bind(seconds)
        .execute(&mut *transaction)
        .await?;
        let asked = sqlx::query("DELETE FROM asked_checks WHERE asked_at < $1")
            .bind(seconds)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        let answered = sqlx::query("DELETE FROM answered_checks WHERE admitted_at < $1")
            .bind(seconds)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        let entries = sqlx::query(
            "UPDATE log_entries SET salt = NULL, record = NULL
             WHERE recorded_at < $1 AND record IS NOT NULL",
        )
        .bind(seconds)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        // Of no use without what they belong to. Counts for statistics name nobody, and stay.
        for statement in [
            "DELETE FROM findings WHERE found_at < $1",
            "DELETE FROM budget_usage WHERE renews_at < $1",
            "DELETE FROM quota_refusals WHERE refused_at < $1",
            "DELETE FROM quota_usage WHERE day < $1 / 86400",
            "DELETE FROM asked_usage WHERE day < $1 / 86400",
            "DELETE FROM answered_hours WHERE hour < $1 / 3600",
        ] {
            sqlx::query(statement).bind(seconds).execute(&mut *transaction).await?;
        }
        sqlx::query("DELETE FROM check_approvals WHERE valid_until < $1")
            .bind(at.unix_timestamp())
            .execute(&mut *transaction)
            .await?;
        let erased = Erased { entries, asked, answered };
        if erased != Erased::default() {
            let record = LogRecord::RecordsErased { before, entries, asked, answered };
            append_in(&mut transaction, &record, at).await?;
        }
        transaction.commit().await?;
        Ok(erased)
    }
}
