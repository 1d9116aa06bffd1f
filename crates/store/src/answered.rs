use symbolon_ledger::LeafHash;
use symbolon_policy::{
    AgreementId, BureauCode, CheckId, ScopeShare,
    rules::{LoggedDecision, Urgency},
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    Direction, LogRecord, PartnerCounts, QuotaWarning, Store, StoreError, StoredDocument,
    log::append_in,
    partner_days::{count_in, counts_in},
    quota::{Counting, observe_in},
};

/// How often one admitted check is answered again: each time costs evaluations and log entries, and
/// nobody needs it more often.
pub const MOST_REPEATS: u32 = 16;

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
    /// What it asks in each scope, and how much may be asked in a day and in an epoch.
    pub shares: &'a [ScopeShare],
    /// The declared purpose.
    pub purpose: &'a str,
    /// The declared urgency.
    pub urgency: Urgency,
    /// The owner's clock; its day (UTC) is the one counted.
    pub at: OffsetDateTime,
}

/// A check that may be evaluated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// Index of its log entry.
    pub entry_index: u64,
    /// Leaf hash of that entry.
    pub leaf: LeafHash,
    /// Whether it had been admitted before, and so was not counted again.
    pub repeated: bool,
    /// Which quotas and budgets it brought to where their owner is warned.
    pub warnings: Vec<QuotaWarning>,
}

/// Why a check was not counted and may not be evaluated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// Another check was asked under this id.
    #[error("another header was sent under this check id before")]
    OtherHeader,
    /// It was answered again as often as any check is.
    #[error("this check was answered {MOST_REPEATS} times more already; ask it under a fresh id")]
    RepeatedTooOften,
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
    /// The epoch's budget does not suffice.
    #[error("{left} of {budget} elements are left in this epoch for {identifier_type}")]
    Budget {
        /// The type whose budget it is.
        identifier_type: &'static str,
        /// Elements an epoch.
        budget: u64,
        /// Elements left in the epoch.
        left: u64,
        /// Whether it is the budget of all parties together.
        shared: bool,
        /// When the epoch ends.
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

impl Store {
    /// Decides, counts and records a check in one transaction, before anything of it is evaluated, so
    /// that what `decide` is told of earlier checks is exact. Under one agreement, the same id with
    /// the same header is decided again, admitted again and not counted.
    ///
    /// The database holds the only counters, and the transaction the right to write from its
    /// beginning: however many processes admit checks over one database, together they admit what
    /// the quotas allow and no element more.
    ///
    /// # Errors
    /// When the id was used for another header, the check was repeated too often, `decide` forbids it, a quota or budget does not
    /// suffice (then nothing is counted), or the database fails.
    pub async fn admit_check(
        &self,
        admission: &Admission<'_>,
        mut decide: impl FnMut(PartnerCounts) -> LoggedDecision + Send,
    ) -> Result<Admitted, NotAdmitted> {
        let mut transaction = self.begin().await?;
        let before: Option<(Vec<u8>, i64, Vec<u8>, i64, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT a.header_hash, a.entry_index, l.leaf_hash, a.admitted_at, l.record
             FROM answered_checks a JOIN log_entries l ON l.entry_index = a.entry_index
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
        if let Some((hash, index, leaf, admitted_at, record)) = before {
            if hash != admission.header_hash {
                return Err(NotAdmitted::OtherHeader);
            }
            let counted_at =
                OffsetDateTime::from_unix_timestamp(admitted_at).map_err(|_| DAMAGED)?;
            let counted = match record.as_deref().map(serde_json::from_slice::<LogRecord>) {
                Some(Ok(LogRecord::CheckAdmitted { decision, .. })) => decision,
                // Erased meanwhile.
                None => None,
                Some(_) => return Err(DAMAGED.into()),
            };
            let counted = counted.as_ref().map(|decision| &decision.facts);
            let decision = decide(counts.without(counted, counted_at, at));
            if !decision.ruling.permitted {
                return Err(NotAdmitted::Forbidden(Box::new(decision)));
            }
            let repeats = sqlx::query(
                "UPDATE answered_checks SET repeats = repeats + 1
                 WHERE requester = $1 AND check_id = $2 AND agreement = $3 AND repeats < $4",
            )
            .bind(admission.requester.as_str())
            .bind(admission.check.0.as_slice())
            .bind(admission.agreement.as_str())
            .bind(MOST_REPEATS)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
            if repeats.rows_affected() == 0 {
                return Err(NotAdmitted::RepeatedTooOften);
            }
            transaction.commit().await.map_err(StoreError::from)?;
            return Ok(Admitted {
                entry_index: u64::try_from(index).map_err(|_| DAMAGED)?,
                leaf: LeafHash(leaf.try_into().map_err(|_| DAMAGED)?),
                repeated: true,
                warnings: Vec::new(),
            });
        }
        let decision = Box::new(decide(counts));
        if !decision.ruling.permitted {
            return Err(NotAdmitted::Forbidden(decision));
        }
        count_in(&mut transaction, requester, Direction::Answered, &decision.facts, at).await?;
        let mut warnings = Vec::new();
        for share in admission.shares {
            // An error drops the transaction and takes back what was counted for other scopes.
            let counting = Counting { requester: admission.requester, share, at: admission.at };
            warnings.append(&mut counting.count_in(&mut transaction).await?);
        }
        observe_in(&mut transaction, admission).await?;
        let record = LogRecord::CheckAdmitted {
            requester: admission.requester.clone(),
            check: admission.check,
            agreement: admission.agreement.clone(),
            header: hex::encode(admission.header_hash),
            elements: admission.shares.iter().map(|share| share.elements).sum(),
            decision: Some(decision),
        };
        let (entry_index, leaf) = append_in(&mut transaction, &record, admission.at).await?;
        for warning in &warnings {
            self.warn_in(&mut transaction, warning, admission.at).await?;
        }
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
        Ok(Admitted { entry_index, leaf, repeated: false, warnings })
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
}

const DAMAGED: StoreError = StoreError::Damaged { what: "record of a check" };
