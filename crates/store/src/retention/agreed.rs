//! What an agreement lets be kept for a shorter time than the node keeps everything.

use std::collections::BTreeMap;

use sqlx::{Sqlite, SqliteConnection, Transaction};
use symbolon_policy::{
    AgreementId, SignedAgreement,
    rules::{Facts, LoggedDecision},
};
use time::OffsetDateTime;

use super::{Erased, ended_periods, said_to_be_erased};
use crate::{LogRecord, Store, StoreError, log::append_in};

/// What agreements say of how long things may be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreedRetentions {
    /// The fewest days of each agreement that says any.
    pub fewest_days: Vec<(AgreementId, u32)>,
    /// How many texts are damaged here: what they said is not known, and what belongs to them is kept as long as
    /// everything else.
    pub unreadable: u64,
}

impl Store {
    /// For how many days what belongs to an agreement may be kept, where its text says so: the fewest of
    /// all texts under one id that every party has signed, also after their end.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn agreed_retentions(&self) -> Result<AgreedRetentions, StoreError> {
        let documents: Vec<(String,)> =
            sqlx::query_as("SELECT document FROM agreement_texts").fetch_all(&self.pool).await?;
        let (mut fewest, mut unreadable) = (BTreeMap::<AgreementId, u32>::new(), 0_u64);
        for (document,) in documents {
            // Keeps nothing else from being erased.
            let Ok(file) = SignedAgreement::from_json(document.as_bytes()) else {
                unreadable = unreadable.saturating_add(1);
                continue;
            };
            let Ok(agreement) = file.verify() else { continue };
            let terms = agreement.terms();
            let days = terms.conditions.as_ref().and_then(|conditions| conditions.retention_days);
            if let Some(days) = days {
                let known = fewest.entry(terms.id.clone()).or_insert(days);
                *known = days.min(*known);
            }
        }
        Ok(AgreedRetentions { fewest_days: fewest.into_iter().collect(), unreadable })
    }

    /// Erases what belongs to an agreement and is older than `before`, in one transaction with the log
    /// entry that says so: headers of checks, claims and receipts, requests for records, what happened to
    /// them, and the records of the log's entries on checks. The sealed question of a check, and the
    /// entry that it was asked, go when nothing under another agreement needs them any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn erase_under_agreement(
        &self,
        agreement: &AgreementId,
        before: OffsetDateTime,
        at: OffsetDateTime,
    ) -> Result<Erased, StoreError> {
        let mut transaction = self.begin().await?;
        let reached: Option<(i64,)> =
            sqlx::query_as("SELECT before FROM agreement_erasures WHERE agreement = $1")
                .bind(agreement.as_str())
                .fetch_optional(&mut *transaction)
                .await?;
        let span = Span {
            agreement,
            from: reached.map_or(i64::MIN, |(before,)| before),
            before: before.unix_timestamp(),
        };
        if span.from >= span.before {
            return Ok(Erased::default());
        }
        let said = said_to_be_erased(&mut transaction).await?;
        span.erase_requests(&mut transaction).await?;
        let asked = span.erase_asked(&mut transaction).await?;
        let answered =
            sqlx::query("DELETE FROM answered_checks WHERE agreement = $1 AND admitted_at < $2")
                .bind(agreement.as_str())
                .bind(span.before)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
        let entries = span.erase_entries(&mut transaction).await?;
        sqlx::query(
            "INSERT INTO agreement_erasures (agreement, before) VALUES ($1, $2)
             ON CONFLICT (agreement) DO UPDATE SET before = excluded.before",
        )
        .bind(agreement.as_str())
        .bind(span.before)
        .execute(&mut *transaction)
        .await?;
        let erased = Erased { entries, asked, answered };
        let ended = ended_periods(&mut transaction, span.from, span.before).await?;
        // The end of a period is reason enough: whether events were erased with it must not show.
        if erased != Erased::default() || ended {
            let in_all = Some(said.with(entries, &mut transaction).await?);
            let agreement = Some(agreement.clone());
            let record =
                LogRecord::RecordsErased { before, agreement, entries, asked, answered, in_all };
            append_in(&mut transaction, &record, at).await?;
        }
        transaction.commit().await?;
        Ok(erased)
    }
}

/// What is erased: all under an agreement that is older than `before`. What was recorded before `from`
/// has been looked at already.
struct Span<'a> {
    agreement: &'a AgreementId,
    from: i64,
    before: i64,
}

impl Span<'_> {
    /// A request goes when it is old enough, and what happened to it when the log's entry that stands for
    /// it is: the hashes stay, so that entry holds.
    async fn erase_requests(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
    ) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM disclosures WHERE agreement = $1 AND received_at < $2",
            "UPDATE disclosure_events SET salt = NULL, record = NULL
             WHERE agreement = $1 AND recorded_at < $2 AND record IS NOT NULL
                 AND (SELECT recorded_at FROM log_entries
                      WHERE log_entries.entry_index = disclosure_events.entry_index) < $2",
        ] {
            sqlx::query(statement)
                .bind(self.agreement.as_str())
                .bind(self.before)
                .execute(&mut **transaction)
                .await?;
        }
        Ok(())
    }

    /// Returns how many checks are gone whole.
    async fn erase_asked(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
    ) -> Result<u64, StoreError> {
        let checks: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT c.check_id FROM asked_checks c WHERE c.asked_at < $2 AND EXISTS (
                 SELECT 1 FROM asked_headers h WHERE h.check_id = c.check_id AND h.agreement = $1)",
        )
        .bind(self.agreement.as_str())
        .bind(self.before)
        .fetch_all(&mut **transaction)
        .await?;
        let mut gone: u64 = 0;
        for (check,) in checks {
            for statement in [
                "DELETE FROM asked_headers WHERE check_id = $1 AND agreement = $2",
                "DELETE FROM asked_claims WHERE check_id = $1 AND agreement = $2",
            ] {
                sqlx::query(statement)
                    .bind(&check)
                    .bind(self.agreement.as_str())
                    .execute(&mut **transaction)
                    .await?;
            }
            let (left,): (i64,) =
                sqlx::query_as("SELECT COUNT(*) FROM asked_headers WHERE check_id = $1")
                    .bind(&check)
                    .fetch_one(&mut **transaction)
                    .await?;
            if left > 0 {
                continue;
            }
            for statement in [
                "DELETE FROM check_handovers WHERE check_id = $1",
                "DELETE FROM check_approvals_used WHERE check_id = $1",
                "DELETE FROM asked_checks WHERE check_id = $1",
            ] {
                sqlx::query(statement).bind(&check).execute(&mut **transaction).await?;
            }
            gone = gone.saturating_add(1);
        }
        Ok(gone)
    }

    /// Returns how many entries have no record any more.
    async fn erase_entries(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
    ) -> Result<u64, StoreError> {
        let (mut after, mut erased): (i64, u64) = (-1, 0);
        loop {
            let page: Vec<(i64, Vec<u8>)> = sqlx::query_as(
                "SELECT entry_index, record FROM log_entries
                 WHERE entry_index > $1 AND recorded_at >= $2 AND recorded_at < $3
                     AND record IS NOT NULL ORDER BY entry_index LIMIT $4",
            )
            .bind(after)
            .bind(self.from)
            .bind(self.before)
            .bind(ENTRIES_AT_ONCE)
            .fetch_all(&mut **transaction)
            .await?;
            let Some((last, _)) = page.last() else { return Ok(erased) };
            after = *last;
            for (index, record) in page {
                if !self.covers(transaction, &record).await? {
                    continue;
                }
                sqlx::query(
                    "UPDATE log_entries SET salt = NULL, record = NULL WHERE entry_index = $1",
                )
                .bind(index)
                .execute(&mut **transaction)
                .await?;
                erased = erased.saturating_add(1);
            }
        }
    }

    /// Whether an entry is about checks under this agreement, and nothing under another needs it. Some
    /// entries of before name no agreement. One that cannot be read is left for
    /// whoever looks the log over.
    async fn covers(
        &self,
        connection: &mut SqliteConnection,
        record: &[u8],
    ) -> Result<bool, StoreError> {
        let check = match serde_json::from_slice(record) {
            Ok(LogRecord::CheckAdmitted { agreement, .. }) => {
                return Ok(agreement == *self.agreement);
            }
            Ok(
                LogRecord::CheckAnswered { agreement, .. }
                | LogRecord::CheckRefused { agreement, .. },
            ) => return Ok(agreement.as_ref() == Some(self.agreement)),
            Ok(LogRecord::CheckAsked { check, decisions, .. }) if self.is_named(&decisions) => {
                check
            }
            Ok(LogRecord::CheckAskedAgain { check, decisions, agreements })
                if self.is_named(&decisions) || agreements.contains(self.agreement) =>
            {
                check
            }
            Ok(LogRecord::CheckOpened { check, agreements, .. })
                if agreements.is_empty() || agreements.contains(self.agreement) =>
            {
                check
            }
            _ => return Ok(false),
        };
        // The question itself went with the last agreement under which it was asked.
        let kept: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM asked_checks WHERE check_id = $1")
            .bind(check.0.as_slice())
            .fetch_optional(connection)
            .await?;
        Ok(kept.is_none())
    }

    /// Whether any was decided for a question under this agreement, or none is known.
    fn is_named(&self, decisions: &[LoggedDecision]) -> bool {
        let names = |one: &LoggedDecision| match &one.facts {
            Facts::Egress(facts) => facts.agreement == self.agreement.as_str(),
            _ => false,
        };
        decisions.is_empty() || decisions.iter().any(names)
    }
}

const ENTRIES_AT_ONCE: u32 = 1_024;
