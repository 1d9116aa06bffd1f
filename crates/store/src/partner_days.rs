//! How much was asked of a partner or answered to it: counted with each check, for rules to decide on.

use sqlx::{Sqlite, Transaction};
use symbolon_policy::{BureauCode, CheckId, rules::Facts};
use time::OffsetDateTime;

use crate::{LogRecord, Store, StoreError};

/// Which way elements went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// This bureau asked the partner.
    Asked,
    /// This bureau answered to the partner.
    Answered,
}

impl Direction {
    fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Answered => "answered",
        }
    }
}

/// Elements of earlier checks with a partner, over all agreements and types.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PartnerCounts {
    /// On this day (UTC).
    pub today: u64,
    /// In the last 30 days, this one included.
    pub window: u64,
    /// Of those in the window, under a derogation.
    pub derogation: u64,
}

const SECONDS_A_DAY: i64 = 86_400;
const WINDOW_DAYS: i64 = 30;

impl Store {
    /// What was counted with `partner` up to `at`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn partner_counts(
        &self,
        partner: &BureauCode,
        direction: Direction,
        at: OffsetDateTime,
    ) -> Result<PartnerCounts, StoreError> {
        let mut transaction = self.pool.begin().await?;
        counts_in(&mut transaction, partner, direction, at).await
    }

    /// When this bureau asked a check first, and the facts by which it was counted then, of each
    /// partner and agreement; `None` if it never did. Of a record that was erased there are no facts.
    ///
    /// # Errors
    /// When the database fails, or the entry of the log does not fit its leaf.
    pub async fn counted_when_asked(
        &self,
        check: &CheckId,
    ) -> Result<Option<(OffsetDateTime, Vec<Facts>)>, StoreError> {
        let Some((index, at)) = self.asked_entry(check).await? else { return Ok(None) };
        let entry = self.log_entries(index, 1).await?.pop();
        let decisions = match entry.and_then(|entry| entry.record) {
            Some(LogRecord::CheckAsked { decisions, .. }) => decisions,
            _ => Vec::new(),
        };
        // What was forbidden was not counted.
        let counted = decisions.into_iter().filter(|one| one.ruling.permitted);
        Ok(Some((at, counted.map(|one| one.facts).collect())))
    }
}

pub(crate) async fn counts_in(
    transaction: &mut Transaction<'static, Sqlite>,
    partner: &BureauCode,
    direction: Direction,
    at: OffsetDateTime,
) -> Result<PartnerCounts, StoreError> {
    let day = day_of(at);
    let (today, window, derogation): (i64, i64, i64) = sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(CASE WHEN day = $3 THEN elements ELSE 0 END), 0) AS BIGINT),
                CAST(COALESCE(SUM(elements), 0) AS BIGINT),
                CAST(COALESCE(SUM(derogation), 0) AS BIGINT)
         FROM partner_days WHERE partner = $1 AND direction = $2 AND day > $4 AND day <= $3",
    )
    .bind(partner.as_str())
    .bind(direction.as_str())
    .bind(day)
    .bind(day.saturating_sub(WINDOW_DAYS))
    .fetch_one(&mut **transaction)
    .await?;
    let count = |value: i64| u64::try_from(value).map_err(|_| DAMAGED);
    Ok(PartnerCounts {
        today: count(today)?,
        window: count(window)?,
        derogation: count(derogation)?,
    })
}

/// Counts what a check with `partner` asks, by the facts that it was decided on.
pub(crate) async fn count_in(
    transaction: &mut Transaction<'static, Sqlite>,
    partner: &BureauCode,
    direction: Direction,
    facts: &Facts,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let elements = i64::try_from(facts.elements_total()).map_err(|_| DAMAGED)?;
    let day = day_of(at);
    sqlx::query(
        "INSERT INTO partner_days (partner, direction, day, elements, derogation)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (partner, direction, day)
         DO UPDATE SET elements = partner_days.elements + excluded.elements,
             derogation = partner_days.derogation + excluded.derogation",
    )
    .bind(partner.as_str())
    .bind(direction.as_str())
    .bind(day)
    .bind(elements)
    .bind(if facts.is_under_derogation() { elements } else { 0 })
    .execute(&mut **transaction)
    .await?;
    // Nothing that lies before the window is looked at again.
    sqlx::query("DELETE FROM partner_days WHERE partner = $1 AND direction = $2 AND day <= $3")
        .bind(partner.as_str())
        .bind(direction.as_str())
        .bind(day.saturating_sub(WINDOW_DAYS))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn day_of(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().div_euclid(SECONDS_A_DAY)
}

impl PartnerCounts {
    /// The same after another check of today.
    #[must_use]
    pub fn and(self, facts: &Facts) -> Self {
        let elements = facts.elements_total();
        let under_derogation = if facts.is_under_derogation() { elements } else { 0 };
        Self {
            today: self.today.saturating_add(elements),
            window: self.window.saturating_add(elements),
            derogation: self.derogation.saturating_add(under_derogation),
        }
    }

    /// The same without what was counted at `counted_at` by these facts: a check that is repeated is
    /// decided on what was asked beside it. Whether that was under a derogation is what held then.
    #[must_use]
    pub fn without<'a>(
        self,
        counted: impl IntoIterator<Item = &'a Facts>,
        counted_at: OffsetDateTime,
        at: OffsetDateTime,
    ) -> Self {
        let counted = counted.into_iter().fold(Self::default(), Self::and);
        let (then, day) = (day_of(counted_at), day_of(at));
        let less = |value: u64, by: u64, is_in: bool| {
            if is_in { value.saturating_sub(by) } else { value }
        };
        let in_window = then > day.saturating_sub(WINDOW_DAYS) && then <= day;
        Self {
            today: less(self.today, counted.today, then == day),
            window: less(self.window, counted.window, in_window),
            derogation: less(self.derogation, counted.derogation, in_window),
        }
    }
}

const DAMAGED: StoreError = StoreError::Damaged { what: "count of elements" };
