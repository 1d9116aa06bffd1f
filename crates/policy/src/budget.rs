//! How much may be asked in an epoch. A day's quota bounds how fast a space of identifiers can be
//! tried out, a budget how much of it.

use symbolon_identifiers::IdentifierType;

use crate::{AgreementTerms, OfferedType, Scope};

/// Of how many values of a type's space one may be asked in an epoch, where an agreement says
/// nothing: a partner who spends all of it on trying out learns of one record in so many.
pub const SHARE_OF_SPACE: u64 = 1_000;

/// At how much of a quota or budget, in percent, its owner is warned.
pub const WARNED_AT_PERCENT: u64 = 80;

/// What one party may ask of a type in an epoch, where the agreement does not say: a thousandth of
/// the type's space, at most as much as the daily quotas of the epoch add up to, and never less
/// than the quota of one day.
pub fn usual_epoch_budget(kind: IdentifierType, daily_quota: u64, epoch_days: u32) -> u64 {
    let share = kind.space().values().checked_div(SHARE_OF_SPACE).unwrap_or(u64::MAX);
    share.min(daily_quota.saturating_mul(u64::from(epoch_days))).max(daily_quota)
}

impl OfferedType {
    /// Elements that each other party may ask in an epoch of so many days.
    pub fn epoch_budget_of_a_party(&self, epoch_days: u32) -> u64 {
        self.epoch_budget.unwrap_or_else(|| {
            usual_epoch_budget(self.identifier_type, self.daily_quota, epoch_days)
        })
    }
}

impl AgreementTerms {
    /// Elements that all other parties together may ask of a type in an epoch. `None` where there
    /// is one other party only, whose own budget says it all.
    ///
    /// Members of one scope share its key, so that their results can be put together: without this,
    /// ten of them would have ten budgets for trying out one list. It is as many budgets of a party
    /// as [`pooled_budgets`](crate::Conditions::pooled_budgets) says. Where that is absent it is a
    /// thousandth of the space, at most all the parties' budgets, and never less than one.
    pub fn epoch_budget_of_all(&self, offered: &OfferedType) -> Option<u64> {
        let others = u64::try_from(self.parties.len()).ok()?.checked_sub(1)?;
        if others < 2 {
            return None;
        }
        let one = offered.epoch_budget_of_a_party(self.epoch_days);
        let all = one.saturating_mul(others);
        let pooled = self.conditions.as_ref().and_then(|conditions| conditions.pooled_budgets);
        Some(match pooled {
            Some(budgets) => one.saturating_mul(budgets.into()).min(all),
            None => {
                let space = offered.identifier_type.space().values();
                space.checked_div(SHARE_OF_SPACE).unwrap_or(u64::MAX).min(all).max(one)
            }
        })
    }

    /// When the scope's epoch ends, and with it its budget.
    pub fn budget_renews_at(&self, scope: &Scope) -> time::OffsetDateTime {
        self.epoch_end(scope.epoch)
    }
}
