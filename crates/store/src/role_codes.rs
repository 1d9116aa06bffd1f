//! Roles as the database keeps them: their codes, separated by commas.

use std::collections::BTreeSet;

use symbolon_policy::rules::Role;

pub(crate) fn codes_of(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(",")
}

/// `None` where a code is no role's.
pub(crate) fn roles_of(codes: &str) -> Option<BTreeSet<Role>> {
    let named = |code: &str| Role::ALL.iter().copied().find(|role| role.as_str() == code);
    codes.split(',').filter(|code| !code.is_empty()).map(named).collect()
}
