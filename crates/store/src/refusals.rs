//! Refusals of partners' checks in the log: each by itself up to a number an hour, and the rest of the
//! hour in one entry, so that nobody can fill it.

use std::collections::BTreeMap;

use sqlx::{Sqlite, Transaction};
use symbolon_policy::BureauCode;
use time::OffsetDateTime;

use crate::{
    LogRecord, Store, StoreError,
    day::{SECONDS_AN_HOUR, hour_of},
    log::append_in,
};

/// How many refusals of one partner's checks have entries of their own in one hour (UTC).
pub const REFUSALS_LOGGED_AN_HOUR: u64 = 60;

impl Store {
    /// Logs that a check of `requester` was refused for `reason`, as `record` says; beyond
    /// [`REFUSALS_LOGGED_AN_HOUR`] it is counted only, for the entry of the whole hour. Returns whether
    /// it has an entry of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_refusal(
        &self,
        requester: &BureauCode,
        reason: &str,
        record: &LogRecord,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let hour = hour_of(at);
        let mut transaction = self.begin().await?;
        let (logged,): (i64,) = sqlx::query_as(
            "SELECT COALESCE(SUM(logged), 0) FROM refusals_by_hour WHERE partner = $1 AND hour = $2",
        )
        .bind(requester.as_str())
        .bind(hour)
        .fetch_one(&mut *transaction)
        .await?;
        let has_entry = u64::try_from(logged).is_ok_and(|logged| logged < REFUSALS_LOGGED_AN_HOUR);
        sqlx::query(
            "INSERT INTO refusals_by_hour (partner, hour, reason, logged, summed)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (partner, hour, reason) DO UPDATE SET
                 logged = logged + excluded.logged, summed = summed + excluded.summed",
        )
        .bind(requester.as_str())
        .bind(hour)
        .bind(reason)
        .bind(i64::from(has_entry))
        .bind(i64::from(!has_entry))
        .execute(&mut *transaction)
        .await?;
        if has_entry {
            append_in(&mut transaction, record, at).await?;
        }
        transaction.commit().await?;
        Ok(has_entry)
    }

    /// Makes the entries of hours that are over at `at`. Returns how many refusals they stand for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sum_up_refusals(&self, at: OffsetDateTime) -> Result<u64, StoreError> {
        const DUE: &str = "SELECT partner, hour, reason, summed FROM refusals_by_hour
             WHERE hour < $1 ORDER BY partner, hour, reason";
        let hour = hour_of(at);
        // As a rule there is nothing to do, and no need to hold the right to write.
        let due: Vec<Row> = sqlx::query_as(DUE).bind(hour).fetch_all(&self.pool).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.begin().await?;
        let due: Vec<Row> = sqlx::query_as(DUE).bind(hour).fetch_all(&mut *transaction).await?;
        let mut by_hour: BTreeMap<(String, i64), BTreeMap<String, u64>> = BTreeMap::new();
        for (partner, hour, reason, summed) in due.into_iter().filter(|(.., summed)| *summed > 0) {
            let summed = u64::try_from(summed).map_err(|_| DAMAGED)?;
            by_hour.entry((partner, hour)).or_default().insert(reason, summed);
        }
        let mut all: u64 = 0;
        for ((partner, hour), refused) in by_hour {
            all = refused.values().fold(all, |all, some| all.saturating_add(*some));
            sum_up(&mut transaction, &partner, hour, refused, at).await?;
        }
        sqlx::query("DELETE FROM refusals_by_hour WHERE hour < $1")
            .bind(hour)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(all)
    }
}

type Row = (String, i64, String, i64);

async fn sum_up(
    transaction: &mut Transaction<'static, Sqlite>,
    partner: &str,
    hour: i64,
    refused: BTreeMap<String, u64>,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let began = hour.saturating_mul(SECONDS_AN_HOUR);
    let record = LogRecord::ChecksRefused {
        requester: partner.parse().map_err(|_| DAMAGED)?,
        hour: OffsetDateTime::from_unix_timestamp(began).map_err(|_| DAMAGED)?,
        refused,
    };
    append_in(transaction, &record, at).await?;
    Ok(())
}

const DAMAGED: StoreError = StoreError::Damaged { what: "count of refusals" };
