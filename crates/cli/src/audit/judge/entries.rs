//! Entries of which others hold the leaf.

use std::collections::HashMap;

use crate::audit::{
    leaves::Leaves,
    verdict::{Finding, FindingKind, HeldEntry, HeldState},
};

/// What became of an entry of which somebody holds the leaf.
pub(super) fn state(
    leaves: &Leaves,
    places: &HashMap<[u8; 32], u64>,
    index: u64,
    leaf: &[u8; 32],
) -> (HeldState, Option<u64>) {
    match (leaves.at(index), places.get(leaf)) {
        (Some(found), _) if &found.0 == leaf => (HeldState::Holds, None),
        (_, Some(place)) => (HeldState::Moved, Some(*place)),
        (Some(_), None) => (HeldState::Changed, None),
        (None, None) if index < leaves.len() => (HeldState::NotShown, None),
        (None, None) => (HeldState::Missing, None),
    }
}

pub(super) fn entry_finding(held: &HeldEntry) -> Option<Finding> {
    let HeldEntry { index, by, holder, .. } = held;
    let (kind, what) = match held.state {
        // A missing tile was found already.
        HeldState::Holds | HeldState::NotShown => return None,
        HeldState::Changed => (FindingKind::EntryChanged, "another entry stands there now".into()),
        HeldState::Missing => (FindingKind::EntryMissing, "the log has no such entry now".into()),
        HeldState::Moved => {
            let place = held.moved_to.unwrap_or_default();
            (FindingKind::EntryMoved, format!("it stands at {place} now"))
        }
    };
    Some(Finding::at(kind, *index, format!("entry {index} is held by {by} ({holder}): {what}")))
}
