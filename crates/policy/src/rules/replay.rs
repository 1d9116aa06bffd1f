use serde::Serialize;

use super::{Facts, RulePack, Ruling};

/// A logged decision that a draft would decide the other way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Changed<K> {
    /// What the caller calls the decision, for instance the id of a check.
    pub key: K,
    /// As it was decided.
    pub before: Ruling,
    /// As the draft decides it.
    pub after: Ruling,
}

/// Decides logged facts again under `draft` and yields those whose decision would differ. Works
/// through a log of any length one decision at a time.
pub fn replay<K>(
    draft: &RulePack,
    logged: impl IntoIterator<Item = (K, Facts, Ruling)>,
) -> impl Iterator<Item = Changed<K>> {
    logged.into_iter().filter_map(|(key, facts, before)| {
        let after = draft.decide(&facts);
        (before.permitted != after.permitted).then_some(Changed { key, before, after })
    })
}
