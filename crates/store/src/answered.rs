use symbolon_ledger::LeafHash;
use symbolon_policy::{AgreementId, BureauCode, CheckId, ScopeShare, rules::LoggedDecision};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    Direction, LogRecord, PartnerCounts, Store, StoreError, StoredDocument,
    log::append_in,
    partner_days::{count_in, counts_in},
};

/// A check that the agreement lets be answered, about to be counted.
#[derive(Clone, Debug)]
pub struct Admission<'a> {
    /// Who asks.
    pub requester: &'a BureauCode,
    /// Which check.
    pub check: CheckId,
    /// Under which agreement.
    pub agreement: &'a AgreementId,
    /// The signed header.
    pub header: &'a StoredDocument,
    /// SHA-256 of its bytes.
    pub header_hash: [u8; 32],
    /// What it asks in each scope, and how much may be asked in a day.
    pub shares: &'a [ScopeShare],
    /// The owner's clock; its day (UTC) is the one counted.
    pub at: OffsetDateTime,
}

/// A check that may be evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// Index of its log entry.
    pub entry_index: u64,
    /// Leaf hash of that entry.
    pub leaf: LeafHash,
    /// Whether it had been admitted before, and so was not counted again.
    pub repeated: bool,
}

/// Why a check was not counted and may not be evaluated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// Another check was asked under this id.
    #[error("another header was sent under this check id before")]
    OtherHeader,
    /// A rule forbids it.
    #[error("{}", .0.ruling.explanation())]
    Forbidden(Box<LoggedDecision>),
    /// The day's quota does not suffice.
    #[error("{left} of {quota} elements are left today for {identifier_type}")]
    Quota {
        /// The type whose quota it is.
        identifier_type: &'static str,
        /// Elements a day.
        quota: u64,
        /// Elements left today.
        left: u64,
        /// When the next day begins.
        renews_at: OffsetDateTime,
    },
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A partner's check as the owner keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnsweredCheck {
    /// The signed header.
    pub header: StoredDocument,
    /// When it was admitted, by this bureau's clock.
    pub admitted_at: OffsetDateTime,
}

/// How much of a quota a requester has used on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuotaUsage {
    /// The agreement.
    pub agreement: String,
    /// Who asked.
    pub requester: String,
    /// The dataset.
    pub dataset: String,
    /// The identifier type.
    pub identifier_type: String,
    /// Elements counted.
    pub used: u64,
}

const SECONDS_A_DAY: i64 = 86_400;

impl Store {
    /// Decides, counts and records a check in one transaction, before anything of it is evaluated, so
    /// that what `decide` is told of earlier checks is exact. Under one agreement, the same id with
    /// the same header is decided again, admitted again and not counted.
    ///
    /// # Errors
    /// When the id was used for another header, `decide` forbids it, a quota does not suffice (then
    /// nothing is counted), or the database fails.
    pub async fn admit_check(
        &self,
        admission: &Admission<'_>,
        mut decide: impl FnMut(PartnerCounts) -> LoggedDecision + Send,
    ) -> Result<Admitted, NotAdmitted> {
        let mut transaction = self.begin().await?;
        let before: Option<(Vec<u8>, i64, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT a.header_hash, a.entry_index, l.leaf_hash, a.admitted_at FROM answered_checks a
             JOIN log_entries l ON l.entry_index = a.entry_index
             WHERE a.requester = $1 AND a.check_id = $2 AND a.agreement = $3",
        )
        .bind(admission.requester.as_str())
        .bind(admission.check.0.as_slice())
        .bind(admission.agreement.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        let (requester, at) = (admission.requester, admission.at);
        let counts = counts_in(&mut transaction, requester, Direction::Answered, at).await?;
        if let Some((hash, index, leaf, admitted_at)) = before {
            if hash != admission.header_hash {
                return Err(NotAdmitted::OtherHeader);
            }
            let counted_at = OffsetDateTime::from_unix_timestamp(admitted_at).map_err(|_| DAMAGED)?;
            let elements = admission.shares.iter().map(|share| share.elements).sum();
            let decision = decide(counts.without(elements, counted_at, at));
            if !decision.ruling.permitted {
                return Err(NotAdmitted::Forbidden(Box::new(decision)));
            }
            return Ok(Admitted {
                entry_index: u64::try_from(index).map_err(|_| DAMAGED)?,
                leaf: LeafHash(leaf.try_into().map_err(|_| DAMAGED)?),
                repeated: true,
            });
        }
        let decision = Box::new(decide(counts));
        if !decision.ruling.permitted {
            return Err(NotAdmitted::Forbidden(decision));
        }
        count_in(&mut transaction, requester, Direction::Answered, &decision.facts, at).await?;
        let day = admission.at.unix_timestamp().div_euclid(SECONDS_A_DAY);
        for share in admission.shares {
            let elements = i64::try_from(share.elements).map_err(|_| DAMAGED)?;
            let quota = i64::try_from(share.daily_quota).map_err(|_| DAMAGED)?;
            let counted: Option<(i64,)> = sqlx::query_as(
                "INSERT INTO quota_usage (agreement, requester, dataset, identifier_type, day, used)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (agreement, requester, dataset, identifier_type, day)
                 DO UPDATE SET used = used + excluded.used RETURNING used",
            )
            .bind(share.scope.agreement.as_str())
            .bind(admission.requester.as_str())
            .bind(&share.scope.dataset)
            .bind(share.scope.identifier_type.name())
            .bind(day)
            .bind(elements)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
            let used = counted.map_or(i64::MAX, |(used,)| used);
            if used > quota {
                // Dropping the transaction takes back what was counted for other scopes.
                let left = quota.saturating_sub(used.saturating_sub(elements)).max(0);
                return Err(NotAdmitted::Quota {
                    identifier_type: share.scope.identifier_type.name(),
                    quota: share.daily_quota,
                    left: u64::try_from(left).unwrap_or(0),
                    renews_at: OffsetDateTime::from_unix_timestamp(
                        day.saturating_add(1).saturating_mul(SECONDS_A_DAY),
                    )
                    .unwrap_or(admission.at),
                });
            }
        }
        let record = LogRecord::CheckAdmitted {
            requester: admission.requester.clone(),
            check: admission.check,
            agreement: admission.agreement.clone(),
            header: hex::encode(admission.header_hash),
            elements: admission.shares.iter().map(|share| share.elements).sum(),
            decision: Some(decision),
        };
        let (entry_index, leaf) = append_in(&mut transaction, &record, admission.at).await?;
        sqlx::query(
            "INSERT INTO answered_checks (requester, check_id, agreement, header, public_key,
                 signature, header_hash, entry_index, admitted_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(admission.requester.as_str())
        .bind(admission.check.0.as_slice())
        .bind(admission.agreement.as_str())
        .bind(&admission.header.document)
        .bind(&admission.header.public_key)
        .bind(&admission.header.signature)
        .bind(admission.header_hash.as_slice())
        .bind(i64::try_from(entry_index).map_err(|_| DAMAGED)?)
        .bind(admission.at.unix_timestamp())
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(Admitted { entry_index, leaf, repeated: false })
    }

    /// Whether exactly this check was admitted before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn was_admitted(
        &self,
        requester: &BureauCode,
        check: &CheckId,
        header_hash: &[u8; 32],
    ) -> Result<bool, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "SELECT 1 FROM answered_checks
             WHERE requester = $1 AND check_id = $2 AND header_hash = $3",
        )
        .bind(requester.as_str())
        .bind(check.0.as_slice())
        .bind(header_hash.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }

    /// The header of a check of `requester` that was admitted under `agreement`, if it is still kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answered_check(
        &self,
        requester: &BureauCode,
        agreement: &AgreementId,
        check: &CheckId,
    ) -> Result<Option<AnsweredCheck>, StoreError> {
        let row: Option<(Vec<u8>, Vec<u8>, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT header, public_key, signature, admitted_at FROM answered_checks
             WHERE requester = $1 AND agreement = $2 AND check_id = $3",
        )
        .bind(requester.as_str())
        .bind(agreement.as_str())
        .bind(check.0.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|(document, public_key, signature, at)| {
            Ok(AnsweredCheck {
                header: StoredDocument { document, public_key, signature },
                admitted_at: OffsetDateTime::from_unix_timestamp(at).map_err(|_| DAMAGED)?,
            })
        })
        .transpose()
    }

    /// What has been counted on the day of `at`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn quota_usage(&self, at: OffsetDateTime) -> Result<Vec<QuotaUsage>, StoreError> {
        let rows: Vec<(String, String, String, String, i64)> = sqlx::query_as(
            "SELECT agreement, requester, dataset, identifier_type, used FROM quota_usage
             WHERE day = $1 ORDER BY agreement, requester, dataset, identifier_type",
        )
        .bind(at.unix_timestamp().div_euclid(SECONDS_A_DAY))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(agreement, requester, dataset, identifier_type, used)| {
                let used = u64::try_from(used).map_err(|_| DAMAGED)?;
                Ok(QuotaUsage { agreement, requester, dataset, identifier_type, used })
            })
            .collect()
    }
}

const DAMAGED: StoreError = StoreError::Damaged { what: "record of a check" };
