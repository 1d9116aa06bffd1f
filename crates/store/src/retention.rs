//! Erasing what may not be kept any longer. Leaves of the log stay, and so does its proof.

mod agreed;

pub use agreed::AgreedRetentions;

use sqlx::SqliteConnection;
use time::OffsetDateTime;

use crate::{
    LogRecord, Store, StoreError,
    log::{Sought, append_in, entry_at, newest_of},
    people::erase_ended_certificates,
    tokens::erase_ended_tokens,
};

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
    /// Erases all that is older than `before`, in one transaction with the log entry that says so. The
    /// entry by which the rules in force were adopted is kept, however old it is: they are in force by
    /// it. So are the roots over events of requests, which name nobody: what is left of the events can
    /// still be held against them.
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
        // Requests go as checks do; the events stay as hashes, and so do the roots over them in the log.
        sqlx::query("DELETE FROM disclosures WHERE received_at < $1")
            .bind(seconds)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "UPDATE disclosure_events SET salt = NULL, record = NULL
             WHERE recorded_at < $1 AND record IS NOT NULL AND COALESCE(
                 (SELECT log_entries.recorded_at FROM log_entries
                  WHERE log_entries.entry_index = disclosure_events.entry_index), 0) < $1",
        )
        .bind(seconds)
        .execute(&mut *transaction)
        .await?;
        for statement in [
            "DELETE FROM check_handovers WHERE check_id IN (
                 SELECT check_id FROM asked_checks WHERE asked_at < $1)",
            "DELETE FROM check_approvals_used WHERE check_id IN (
                 SELECT check_id FROM asked_checks WHERE asked_at < $1)",
        ] {
            sqlx::query(statement).bind(seconds).execute(&mut *transaction).await?;
        }
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
        let adopted = newest_of(&mut transaction, Sought::RulesAdopted).await?;
        let said = said_to_be_erased(&mut transaction).await?;
        let reached = reached(&mut transaction).await?;
        let ended = ended_periods(&mut transaction, reached, seconds).await?;
        let entries = sqlx::query(
            "UPDATE log_entries SET salt = NULL, record = NULL
             WHERE recorded_at < $1 AND record IS NOT NULL AND entry_index <> $2
               AND instr(record, $3) = 0",
        )
        .bind(seconds)
        .bind(adopted.unwrap_or(-1))
        .bind(DISCLOSURES)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        // Of no use without what they belong to. Counts for statistics name nobody, and stay.
        for statement in [
            "DELETE FROM findings WHERE found_at < $1",
            "DELETE FROM acts WHERE COALESCE(approved_at, proposed_at) < $1",
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
        erase_ended_tokens(&mut transaction, at).await?;
        erase_ended_certificates(&mut transaction, before, at).await?;
        let erased = Erased { entries, asked, answered };
        // The end of a period is reason enough: whether events were erased with it must not show.
        if erased != Erased::default() || ended {
            let in_all = Some(said.with(entries, &mut transaction).await?);
            let agreement = None;
            let record =
                LogRecord::RecordsErased { before, agreement, entries, asked, answered, in_all };
            append_in(&mut transaction, &record, at).await?;
        }
        transaction.commit().await?;
        Ok(erased)
    }

    /// Whether exactly so many entries have no record as the newest entry on an erasure says: a record
    /// taken away by other means was not erased.
    ///
    /// # Errors
    /// When the database fails, or that entry does not fit its leaf.
    pub async fn erasures_hold(&self) -> Result<bool, StoreError> {
        // What both are read from does not change in between.
        erasures_hold(&mut *self.pool.begin().await?).await
    }

    /// The index of the newest entry on an erasure.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_erasure(&self) -> Result<Option<u64>, StoreError> {
        let index = newest_of(&mut *self.pool.acquire().await?, Sought::Erased).await?;
        index.map(u64::try_from).transpose().map_err(|_| DAMAGED)
    }
}

/// What only entries on events of requests have in their records.
const DISCLOSURES: &[u8] = b"\"event\":\"disclosures\"";

/// Until when everything, whatever agreement it belongs to, was erased before; Unix seconds.
async fn reached(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let Some(index) = newest_of(connection, Sought::AllErased).await? else { return Ok(i64::MIN) };
    match entry_at(connection, index).await?.record {
        Some(LogRecord::RecordsErased { before, agreement: None, .. }) => {
            Ok(before.unix_timestamp())
        }
        _ => Err(DAMAGED),
    }
}

/// Whether the log has an entry on events of requests from between these times, Unix seconds: one that an
/// erasure is the first to reach.
async fn ended_periods(
    connection: &mut SqliteConnection,
    from: i64,
    before: i64,
) -> Result<bool, StoreError> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM log_entries
         WHERE recorded_at >= $1 AND recorded_at < $2 AND record IS NOT NULL
             AND instr(record, $3) > 0",
    )
    .bind(from)
    .bind(before)
    .bind(DISCLOSURES)
    .fetch_one(connection)
    .await?;
    Ok(count > 0)
}

pub(crate) async fn erasures_hold(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let without = without_record(connection).await?;
    if without == 0 {
        return Ok(true);
    }
    Ok(match said_to_be_erased(connection).await? {
        Said::InAll(in_all) => in_all == without,
        Said::AtLeast(entries) => entries <= without,
    })
}

/// How many entries have no record, by the newest entry on an erasure.
enum Said {
    /// So many; none where nothing was ever erased.
    InAll(u64),
    /// Those that it took; older programs did not say how many were gone before.
    AtLeast(u64),
}

impl Said {
    /// How many are without one after `entries` more were erased. What was taken away by other means is
    /// not made good by counting it in.
    async fn with(
        self,
        entries: u64,
        connection: &mut SqliteConnection,
    ) -> Result<u64, StoreError> {
        match self {
            Self::InAll(before) => Ok(before.saturating_add(entries)),
            Self::AtLeast(_) => without_record(connection).await,
        }
    }
}

async fn said_to_be_erased(connection: &mut SqliteConnection) -> Result<Said, StoreError> {
    let Some(index) = newest_of(connection, Sought::Erased).await? else {
        return Ok(Said::InAll(0));
    };
    match entry_at(connection, index).await?.record {
        Some(LogRecord::RecordsErased { in_all: Some(in_all), .. }) => Ok(Said::InAll(in_all)),
        Some(LogRecord::RecordsErased { entries, .. }) => Ok(Said::AtLeast(entries)),
        _ => Err(DAMAGED),
    }
}

async fn without_record(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM log_entries WHERE record IS NULL")
        .fetch_one(connection)
        .await?;
    u64::try_from(count).map_err(|_| DAMAGED)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "log entry" };
