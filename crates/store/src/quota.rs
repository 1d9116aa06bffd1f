//! What was asked of this bureau, and what is left, by day and by epoch. Decided where it is stored.

use sqlx::{Sqlite, Transaction};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    AgreementId, BureauCode, ScopeId, ScopeShare, WARNED_AT_PERCENT,
    watch::{FindingKind, Observation},
};
use time::OffsetDateTime;

use crate::{
    Admission, FindingDetails, NotAdmitted, Store, StoreError,
    day::{SECONDS_A_DAY, SECONDS_AN_HOUR, day_of, hour_of},
    tallies::{Measure, Side, Tally, add_tallies_in},
};

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

/// How much of a scope's budget was used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BudgetUsage {
    /// The scope.
    pub scope: ScopeId,
    /// Who asked; `None` for all parties together.
    pub requester: Option<BureauCode>,
    /// Elements counted.
    pub used: u64,
}

/// A quota or budget of which most is used: once on the way up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WarnedUsage {
    /// Elements counted.
    pub used: u64,
    /// Elements that may be asked.
    pub limit: u64,
}

/// A quota or budget that a check has brought to where its owner is warned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuotaWarning {
    /// Of a day or of an epoch.
    pub kind: FindingKind,
    /// Who asked; `None` for all parties together.
    pub requester: Option<BureauCode>,
    /// The agreement.
    pub agreement: AgreementId,
    /// The dataset.
    pub dataset: String,
    /// The type.
    pub identifier_type: IdentifierType,
    /// How much.
    pub usage: WarnedUsage,
}

/// A share of a check, about to be counted.
pub(crate) struct Counting<'a> {
    pub(crate) requester: &'a BureauCode,
    pub(crate) share: &'a ScopeShare,
    pub(crate) at: OffsetDateTime,
}

impl Counting<'_> {
    /// Counts it in the day and in the epoch, or says which of them does not suffice.
    pub(crate) async fn count_in(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
    ) -> Result<Vec<QuotaWarning>, NotAdmitted> {
        let share = self.share;
        let identifier_type = share.scope.identifier_type.name();
        let day = day_of(self.at);
        let day_used = self.count_day(transaction, day).await?;
        if let Some(left) = too_much(day_used, share.elements, share.daily_quota) {
            let renews_at = day.saturating_add(1).saturating_mul(SECONDS_A_DAY);
            let renews_at = OffsetDateTime::from_unix_timestamp(renews_at).unwrap_or(self.at);
            let quota = share.daily_quota;
            return Err(NotAdmitted::Quota { identifier_type, quota, left, renews_at });
        }
        let own_used = self.count_epoch(transaction, self.requester.as_str()).await?;
        let mut counted = vec![
            (FindingKind::QuotaNearlyUsed, Some(self.requester), day_used, share.daily_quota),
            (FindingKind::BudgetNearlyUsed, Some(self.requester), own_used, share.epoch_budget),
        ];
        if let Some(budget) = share.shared_budget {
            let used = self.count_epoch(transaction, OF_ALL).await?;
            counted.push((FindingKind::BudgetNearlyUsed, None, used, budget));
        }
        let mut warnings = Vec::new();
        for (kind, requester, used, limit) in counted {
            if let Some(left) = too_much(used, share.elements, limit) {
                let (shared, renews_at) = (requester.is_none(), share.epoch_ends);
                let budget = limit;
                return Err(NotAdmitted::Budget {
                    identifier_type,
                    budget,
                    left,
                    shared,
                    renews_at,
                });
            }
            if crosses(used, share.elements, limit) {
                warnings.push(QuotaWarning {
                    kind,
                    requester: requester.cloned(),
                    agreement: share.scope.agreement.clone(),
                    dataset: share.scope.dataset.clone(),
                    identifier_type: share.scope.identifier_type,
                    usage: WarnedUsage { used, limit },
                });
            }
        }
        Ok(warnings)
    }

    async fn count_day(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        day: i64,
    ) -> Result<u64, StoreError> {
        let (used,): (i64,) = sqlx::query_as(
            "INSERT INTO quota_usage (agreement, requester, dataset, identifier_type, day, used)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (agreement, requester, dataset, identifier_type, day)
             DO UPDATE SET used = quota_usage.used + excluded.used RETURNING used",
        )
        .bind(self.share.scope.agreement.as_str())
        .bind(self.requester.as_str())
        .bind(&self.share.scope.dataset)
        .bind(self.share.scope.identifier_type.name())
        .bind(day)
        .bind(count(self.share.elements)?)
        .fetch_one(&mut **transaction)
        .await?;
        u64::try_from(used).map_err(|_| DAMAGED)
    }

    async fn count_epoch(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        requester: &str,
    ) -> Result<u64, StoreError> {
        let scope = &self.share.scope;
        let (used,): (i64,) = sqlx::query_as(
            "INSERT INTO budget_usage (scope_id, requester, agreement, dataset, identifier_type,
                 renews_at, used) VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (scope_id, requester)
             DO UPDATE SET used = budget_usage.used + excluded.used RETURNING used",
        )
        .bind(self.share.id.0.as_slice())
        .bind(requester)
        .bind(scope.agreement.as_str())
        .bind(&scope.dataset)
        .bind(scope.identifier_type.name())
        .bind(self.share.epoch_ends.unix_timestamp())
        .bind(count(self.share.elements)?)
        .fetch_one(&mut **transaction)
        .await?;
        u64::try_from(used).map_err(|_| DAMAGED)
    }
}

/// Who stands in a row for all parties together: no bureau's code is empty.
const OF_ALL: &str = "";

/// What was left before `elements` were counted, if that was less than these.
fn too_much(used: u64, elements: u64, limit: u64) -> Option<u64> {
    (used > limit).then(|| limit.saturating_sub(used.saturating_sub(elements)))
}

/// Whether counting `elements` went over the mark. Limits are up to 2^53, so the products fit.
fn crosses(used: u64, elements: u64, limit: u64) -> bool {
    let mark = limit.saturating_mul(WARNED_AT_PERCENT);
    let reaches = |used: u64| used.saturating_mul(100) >= mark;
    reaches(used) && !reaches(used.saturating_sub(elements))
}

/// Adds an admitted check to what patterns are looked for in, and to the statistics.
pub(crate) async fn observe_in(
    transaction: &mut Transaction<'static, Sqlite>,
    admission: &Admission<'_>,
) -> Result<(), StoreError> {
    let mut tallies: Vec<Tally> = Vec::new();
    for (number, share) in admission.shares.iter().enumerate() {
        sqlx::query(
            "INSERT INTO answered_hours (agreement, requester, hour, identifier_type, purpose,
                 urgency, checks, elements) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (agreement, requester, hour, identifier_type, purpose, urgency)
             DO UPDATE SET checks = answered_hours.checks + excluded.checks,
                 elements = answered_hours.elements + excluded.elements",
        )
        .bind(admission.agreement.as_str())
        .bind(admission.requester.as_str())
        .bind(hour_of(admission.at))
        .bind(share.scope.identifier_type.name())
        .bind(admission.purpose)
        .bind(admission.urgency.as_str())
        .bind(i64::from(number == 0))
        .bind(count(share.elements)?)
        .execute(&mut **transaction)
        .await?;
        tallies.push(Tally {
            side: Side::Answered,
            partner: admission.requester.clone(),
            dataset: share.scope.dataset.clone(),
            purpose: admission.purpose.to_owned(),
            measure: Measure::Elements,
            count: share.elements,
        });
    }
    add_tallies_in(transaction, &tallies, admission.at).await
}

impl Store {
    /// Keeps the warning, with its entry in the log, in the transaction that counted.
    pub(crate) async fn warn_in(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        warning: &QuotaWarning,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let WarnedUsage { used, limit } = warning.usage;
        let of = match (warning.kind, &warning.requester) {
            (FindingKind::QuotaNearlyUsed, _) => "of this day's quota",
            (_, Some(_)) => "of the epoch's budget",
            (_, None) => "of the budget that all parties have together in the epoch",
        };
        let details = FindingDetails {
            partner: warning.requester.clone(),
            agreement: Some(warning.agreement.clone()),
            dataset: Some(warning.dataset.clone()),
            identifier_type: Some(warning.identifier_type.name().to_owned()),
            sentence: format!(
                "{used} of {limit} elements {of} are used for {}",
                warning.identifier_type
            ),
            seen: used,
            usual: limit,
            ..FindingDetails::default()
        };
        self.record_finding_in(transaction, warning.kind, &details, 1, at).await?;
        Ok(())
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
        .bind(day_of(at))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(agreement, requester, dataset, identifier_type, used)| {
                let used = u64::try_from(used).map_err(|_| DAMAGED)?;
                Ok(QuotaUsage { agreement, requester, dataset, identifier_type, used })
            })
            .collect()
    }

    /// What has been counted in scopes whose epoch is not over at `at`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn budget_usage(&self, at: OffsetDateTime) -> Result<Vec<BudgetUsage>, StoreError> {
        let rows: Vec<(Vec<u8>, String, i64)> = sqlx::query_as(
            "SELECT scope_id, requester, used FROM budget_usage WHERE renews_at > $1
             ORDER BY agreement, dataset, identifier_type, requester",
        )
        .bind(at.unix_timestamp())
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(scope, requester, used)| {
                let requester = match requester.as_str() {
                    OF_ALL => None,
                    code => Some(code.parse().map_err(|_| DAMAGED)?),
                };
                Ok(BudgetUsage {
                    scope: ScopeId(scope.try_into().map_err(|_| DAMAGED)?),
                    requester,
                    used: u64::try_from(used).map_err(|_| DAMAGED)?,
                })
            })
            .collect()
    }

    /// What each partner asked under each agreement since `since`, hour by hour. As many rows as
    /// there were hours in which something was asked, times types, purposes and urgencies; not more
    /// when more is asked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn observations(
        &self,
        agreement: &AgreementId,
        requester: &BureauCode,
        since: OffsetDateTime,
    ) -> Result<Vec<Observation>, StoreError> {
        let rows: Vec<(i64, String, String, String, i64, i64)> = sqlx::query_as(
            "SELECT hour, identifier_type, purpose, urgency, checks, elements FROM answered_hours
             WHERE agreement = $1 AND requester = $2 AND hour >= $3
             ORDER BY hour, identifier_type, purpose, urgency",
        )
        .bind(agreement.as_str())
        .bind(requester.as_str())
        .bind(hour_of(since))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(hour, kind, purpose, urgency, checks, elements)| {
                let seconds = hour.saturating_mul(SECONDS_AN_HOUR);
                let urgency = symbolon_policy::rules::Urgency::ALL
                    .iter()
                    .find(|known| known.as_str() == urgency)
                    .ok_or(DAMAGED)?;
                Ok(Observation {
                    at: OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| DAMAGED)?,
                    kind: kind.parse().map_err(|_| DAMAGED)?,
                    checks: u64::try_from(checks).map_err(|_| DAMAGED)?,
                    elements: u64::try_from(elements).map_err(|_| DAMAGED)?,
                    purpose,
                    urgency: *urgency,
                })
            })
            .collect()
    }
}

fn count(elements: u64) -> Result<i64, StoreError> {
    i64::try_from(elements).map_err(|_| DAMAGED)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "count of a quota" };
