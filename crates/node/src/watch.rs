//! Looks at what partners asked for patterns, as far as an owner can see them. Nothing is refused by
//! what it finds.

use std::sync::Arc;

use symbolon_policy::{
    Agreement, BureauCode,
    watch::{FindingKind, PAST_DAYS, Seen, patterns, slope_of_budget},
};
use symbolon_store::{BudgetUsage, FindingDetails, QuotaUsage, Store, StoreError};
use time::{Duration, OffsetDateTime};

use crate::{
    logging::{FindingCode, event},
    metrics::{FindingLabel, Metrics, UsageLabel},
};

/// A pattern that goes on is told again after so many days.
const QUIET_DAYS: u16 = 7;

/// Days that the patterns look back: the week that is looked at, and what it is compared with.
const LOOK_BACK: Duration = Duration::days(PAST_DAYS + 8);

/// What the look needs.
pub(crate) struct OwnerWatch {
    pub(crate) us: BureauCode,
    pub(crate) store: Store,
    pub(crate) metrics: Arc<Metrics>,
}

impl OwnerWatch {
    /// One look at all partners. Reads sums by hour, so that it takes as long whatever was asked.
    pub(crate) async fn look(
        &self,
        agreements: &[Agreement],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let budgets = self.store.budget_usage(now).await?;
        let days = self.store.quota_usage(now).await?;
        for agreement in agreements {
            let terms = agreement.terms();
            if agreement.party(&self.us).is_none() {
                continue;
            }
            for party in terms.parties.iter().filter(|party| party.code != self.us) {
                let since = now.checked_sub(LOOK_BACK).unwrap_or(now);
                let series = self.store.observations(&terms.id, &party.code, since).await?;
                for seen in patterns(&series, now) {
                    let details = FindingDetails {
                        partner: Some(party.code.clone()),
                        agreement: Some(terms.id.clone()),
                        ..FindingDetails::default()
                    };
                    self.keep(seen, details, now).await?;
                }
                self.look_at_scopes(agreement, Some(&party.code), &days, &budgets, now).await?;
            }
            self.look_at_scopes(agreement, None, &days, &budgets, now).await?;
        }
        self.count_open().await
    }

    /// The slope of each budget of a party, or of all together, and how much of it is used.
    async fn look_at_scopes(
        &self,
        agreement: &Agreement,
        requester: Option<&BureauCode>,
        days: &[QuotaUsage],
        budgets: &[BudgetUsage],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let terms = agreement.terms();
        for (scope, dataset, offered) in agreement.scopes_of(&self.us, now) {
            let budget = match requester {
                Some(_) => offered.epoch_budget_of_a_party(terms.epoch_days),
                None => match terms.epoch_budget_of_all(offered) {
                    Some(budget) => budget,
                    None => continue,
                },
            };
            let (id, kind) = (scope.id(), scope.identifier_type);
            let used = budgets
                .iter()
                .find(|usage| usage.scope == id && usage.requester.as_ref() == requester)
                .map_or(0, |usage| usage.used);
            let label = |period| UsageLabel {
                side: "answered",
                bureau: requester.map_or_else(|| "all".to_owned(), ToString::to_string),
                agreement: terms.id.to_string(),
                dataset: dataset.id.clone(),
                identifier_type: kind.name(),
                period,
            };
            self.show_usage(&label("epoch"), used, budget);
            if let Some(requester) = requester {
                let used = days
                    .iter()
                    .find(|usage| {
                        usage.agreement == terms.id.as_str()
                            && usage.requester == requester.as_str()
                            && usage.dataset == dataset.id
                            && usage.identifier_type == kind.name()
                    })
                    .map_or(0, |usage| usage.used);
                self.show_usage(&label("day"), used, offered.daily_quota);
            }
            let epoch = terms.epoch_start(scope.epoch)..terms.epoch_end(scope.epoch);
            if let Some(seen) = slope_of_budget(used, budget, epoch, now) {
                let details = FindingDetails {
                    partner: requester.cloned(),
                    agreement: Some(terms.id.clone()),
                    dataset: Some(dataset.id.clone()),
                    identifier_type: Some(kind.name().to_owned()),
                    ..FindingDetails::default()
                };
                self.keep(seen, details, now).await?;
            }
        }
        Ok(())
    }

    async fn keep(
        &self,
        seen: Seen,
        details: FindingDetails,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let Seen { kind, sentence, seen, usual } = seen;
        let details = FindingDetails { sentence, seen, usual, ..details };
        let Some(finding) = self.store.record_finding(kind, &details, QUIET_DAYS, now).await?
        else {
            return Ok(());
        };
        self.metrics.findings.get_or_create(&FindingLabel::from(kind)).inc();
        event!(
            warn,
            "a partner's questions are unusual; `symbolon watch show` says how",
            finding = finding,
            kind = FindingCode(kind),
        );
        Ok(())
    }

    async fn count_open(&self) -> Result<(), StoreError> {
        let open = self.store.open_findings().await?;
        for kind in FindingKind::ALL {
            let count = open.iter().find(|(known, _)| known == kind).map_or(0, |(_, count)| *count);
            let gauge = self.metrics.findings_open.get_or_create(&FindingLabel::from(*kind));
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        Ok(())
    }

    fn show_usage(&self, label: &UsageLabel, used: u64, limit: u64) {
        let percent = used.saturating_mul(100).checked_div(limit).unwrap_or(0);
        let gauge = self.metrics.quota_used_percent.get_or_create(label);
        gauge.set(i64::try_from(percent).unwrap_or(i64::MAX));
    }
}
