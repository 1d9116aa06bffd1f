use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::rules::Role;

/// A person or agency of this bureau, as a certificate or token under the bureau's own root names
/// it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The SPIFFE identity.
    pub id: String,
    /// What it may do.
    pub roles: BTreeSet<Role>,
}

impl Actor {
    /// Whether it holds one of `roles`.
    pub fn holds_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }
}
