//! What this bureau asked of partners, as far as it knows what is left.

use sqlx::{Sqlite, Transaction};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementId, BureauCode, ScopeId};
use time::OffsetDateTime;

use crate::{Store, StoreError, day::day_of};

/// What is asked of one list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskedShare {
    /// The scope.
    pub scope: ScopeId,
    /// Whose list.
    pub owner: BureauCode,
    /// Under which agreement.
    pub agreement: AgreementId,
    /// The dataset.
    pub dataset: String,
    /// The type.
    pub identifier_type: IdentifierType,
    /// Elements.
    pub elements: u64,
}

/// What was asked of one list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskedUsage {
    /// The scope, and with it the epoch.
    pub scope: ScopeId,
    /// Elements on the day.
    pub today: u64,
    /// Elements in the epoch.
    pub in_epoch: u64,
}

/// What a partner said when a quota or budget did not suffice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuotaRefusal {
    /// The partner.
    pub owner: BureauCode,
    /// The agreement.
    pub agreement: AgreementId,
    /// The reason's code.
    pub reason: String,
    /// The partner's sentence.
    pub sentence: String,
    /// When it said so.
    pub refused_at: OffsetDateTime,
    /// When it renews, if the partner said.
    pub renews_at: Option<OffsetDateTime>,
}

impl Store {
    /// What was asked in each scope.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn asked_usage(&self, at: OffsetDateTime) -> Result<Vec<AskedUsage>, StoreError> {
        let rows: Vec<(Vec<u8>, i64, i64)> = sqlx::query_as(
            "SELECT scope_id, CAST(SUM(CASE WHEN day = $1 THEN elements ELSE 0 END) AS BIGINT),
                 CAST(SUM(elements) AS BIGINT)
             FROM asked_usage GROUP BY scope_id",
        )
        .bind(day_of(at))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(scope, today, in_epoch)| {
                Ok(AskedUsage {
                    scope: ScopeId(scope.try_into().map_err(|_| DAMAGED)?),
                    today: u64::try_from(today).map_err(|_| DAMAGED)?,
                    in_epoch: u64::try_from(in_epoch).map_err(|_| DAMAGED)?,
                })
            })
            .collect()
    }

    /// Takes back what a partner has refused, and so not counted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_back(
        &self,
        shares: &[AskedShare],
        asked_at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for share in shares {
            sqlx::query(
                "UPDATE asked_usage
                 SET elements = CASE WHEN elements > $3 THEN elements - $3 ELSE 0 END
                 WHERE scope_id = $1 AND day = $2",
            )
            .bind(share.scope.0.as_slice())
            .bind(day_of(asked_at))
            .bind(i64::try_from(share.elements).map_err(|_| DAMAGED)?)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps what a partner said when a quota or budget did not suffice, in place of what it said
    /// before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_quota_refusal(&self, refusal: &QuotaRefusal) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO quota_refusals (owner, agreement, reason, sentence, refused_at, renews_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (owner, agreement, reason) DO UPDATE SET sentence = excluded.sentence,
                 refused_at = excluded.refused_at, renews_at = excluded.renews_at",
        )
        .bind(refusal.owner.as_str())
        .bind(refusal.agreement.as_str())
        .bind(&refusal.reason)
        .bind(&refusal.sentence)
        .bind(refusal.refused_at.unix_timestamp())
        .bind(refusal.renews_at.map(OffsetDateTime::unix_timestamp))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What partners said when quotas or budgets did not suffice, as far as they have not renewed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn quota_refusals(
        &self,
        at: OffsetDateTime,
    ) -> Result<Vec<QuotaRefusal>, StoreError> {
        let rows: Vec<(String, String, String, String, i64, Option<i64>)> = sqlx::query_as(
            "SELECT owner, agreement, reason, sentence, refused_at, renews_at FROM quota_refusals
             WHERE renews_at IS NULL OR renews_at > $1 ORDER BY owner, agreement, reason",
        )
        .bind(at.unix_timestamp())
        .fetch_all(&self.pool)
        .await?;
        let time = |at| OffsetDateTime::from_unix_timestamp(at).map_err(|_| DAMAGED);
        rows.into_iter()
            .map(|(owner, agreement, reason, sentence, refused_at, renews_at)| {
                Ok(QuotaRefusal {
                    owner: owner.parse().map_err(|_| DAMAGED)?,
                    agreement: agreement.parse().map_err(|_| DAMAGED)?,
                    reason,
                    sentence,
                    refused_at: time(refused_at)?,
                    renews_at: renews_at.map(time).transpose()?,
                })
            })
            .collect()
    }
}

/// Counts what is asked, with the record of its check.
pub(crate) async fn count_asked_in(
    transaction: &mut Transaction<'static, Sqlite>,
    shares: &[AskedShare],
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    for share in shares {
        sqlx::query(
            "INSERT INTO asked_usage (scope_id, owner, agreement, dataset, identifier_type, day,
                 elements) VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (scope_id, day)
             DO UPDATE SET elements = asked_usage.elements + excluded.elements",
        )
        .bind(share.scope.0.as_slice())
        .bind(share.owner.as_str())
        .bind(share.agreement.as_str())
        .bind(&share.dataset)
        .bind(share.identifier_type.name())
        .bind(day_of(at))
        .bind(i64::try_from(share.elements).map_err(|_| DAMAGED)?)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

const DAMAGED: StoreError = StoreError::Damaged { what: "count of what was asked" };
