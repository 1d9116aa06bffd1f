use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

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

/// Whether one person may hold all of `roles`: who asks single questions may ask in bulk as well;
/// every other role stands alone.
///
/// # Errors
/// When there is no role, or two of them must lie with different people.
pub fn separate_duties(roles: &BTreeSet<Role>) -> Result<(), DutiesError> {
    let asks = |role: &Role| matches!(role, Role::Officer | Role::Analyst);
    match roles.iter().find(|role| !asks(role)) {
        None if roles.is_empty() => Err(DutiesError::NoRole),
        Some(alone) if roles.len() > 1 => Err(DutiesError::NotTogether {
            alone: *alone,
            other: roles.iter().copied().find(|role| role != alone).unwrap_or(*alone),
        }),
        _ => Ok(()),
    }
}

/// Why nobody may hold these roles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum DutiesError {
    /// There is none.
    #[error("a person needs a role: officer, analyst, legal, approver, inspector or administrator")]
    NoRole,
    /// Two roles that must lie with different people.
    #[error(
        "nobody is {} and {} at once: whoever acts is watched by others. Only officer and analyst \
         go together; issue another certificate, to another person",
        alone.as_str(),
        other.as_str()
    )]
    NotTogether {
        /// A role that stands alone.
        alone: Role,
        /// One that was to stand beside it.
        other: Role,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_ask_may_hold_two_roles() {
        for first in Role::ALL {
            assert_eq!(separate_duties(&BTreeSet::from([*first])), Ok(()), "{first:?}");
            for second in Role::ALL.iter().filter(|second| *second != first) {
                let both = separate_duties(&BTreeSet::from([*first, *second]));
                let ask = [first, second]
                    .iter()
                    .all(|role| matches!(role, Role::Officer | Role::Analyst));
                assert_eq!(both.is_ok(), ask, "{first:?} and {second:?}");
            }
        }
        assert_eq!(separate_duties(&BTreeSet::new()), Err(DutiesError::NoRole));
        assert!(separate_duties(&Role::ALL.iter().copied().collect()).is_err());
    }
}
