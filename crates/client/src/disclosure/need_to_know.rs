//! Who may see and follow up what: who asked a check, and whom an approver has handed it over to.

use std::collections::BTreeSet;

use symbolon_policy::{Actor, CheckId, rules::Role};
use symbolon_store::{DayNote, DisclosureEvent, Store, StoreError, StoredDisclosure};
use time::OffsetDateTime;

use super::{DisclosureFailure, RequestFile};
use crate::inspection::asker_of;

/// Longest reason for which a check is handed over, in characters.
const LONGEST_REASON: usize = 256;

/// Whose requests a person may see.
pub(super) enum Sight {
    /// Everybody's.
    All,
    /// Those about checks of this person, and about checks that were handed over to it.
    Own { person: String, handed_over: BTreeSet<CheckId> },
}

impl Sight {
    /// That of a person. Who asks sees what is his own; one of `supervising` sees all.
    pub(super) async fn of(
        store: &Store,
        by: &Actor,
        supervising: &[Role],
    ) -> Result<Self, DisclosureFailure> {
        if by.holds_any(supervising) {
            return Ok(Self::All);
        }
        only_who_asks(by)?;
        let handed_over = store.handed_over_to(&by.id).await?;
        Ok(Self::Own { person: by.id.clone(), handed_over })
    }

    pub(super) fn shows(&self, stored: &StoredDisclosure) -> Result<bool, StoreError> {
        let Self::Own { person, handed_over } = self else { return Ok(true) };
        if handed_over.contains(&stored.check) {
            return Ok(true);
        }
        // What was erased says no more whose it was.
        let Some(_) = stored.file else { return Ok(false) };
        let file = RequestFile::read(stored)?;
        Ok(&file.by == person || file.asker.as_ref() == Some(person))
    }
}

/// Who asked the check, if that is `by`, or it was handed over to `by`. Else the attempt is logged,
/// once a day.
pub(super) async fn follows_up(
    store: &Store,
    check: &CheckId,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<String, DisclosureFailure> {
    only_who_asks(by)?;
    let asker = asker_of(store, check).await?;
    if asker == by.id || store.handed_over_to(&by.id).await?.contains(check) {
        return Ok(asker);
    }
    Err(not_theirs(store, by, now).await?)
}

/// The refusal of what is a colleague's, after it is logged.
pub(super) async fn not_theirs(
    store: &Store,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<DisclosureFailure, StoreError> {
    store.note_of_day(DayNote::NotTheirs, by, now).await?;
    Ok(DisclosureFailure::NotTheirs)
}

/// Notes that somebody was shown everybody's requests. Before it is shown, so that nothing is seen
/// that is not noted.
pub(super) async fn note_listing(
    store: &Store,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    store.add_disclosure_event(&DisclosureEvent::Listed { by: by.clone() }, now).await
}

/// An approver lets `to`, a person of this bureau who may ask, follow up a check that another person
/// has asked. That `to` holds a good certificate is for the caller to verify.
///
/// # Errors
/// When the approver has no role for it, `to` asked the check or holds it already, is no person who
/// may ask, or is the approver; the reason is missing or too long; or there is no such check.
pub async fn hand_over_check(
    store: &Store,
    check: &CheckId,
    to: &Actor,
    reason: &str,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<(), DisclosureFailure> {
    if !by.holds_any(&[Role::Approver]) {
        return Err(DisclosureFailure::Role { wanted: "approver" });
    }
    if !to.holds_any(&[Role::Officer, Role::Analyst]) || to.id == by.id {
        return Err(DisclosureFailure::NoTaker { person: to.id.clone() });
    }
    let reason = reason.trim();
    let length = reason.chars().count();
    if !(1..=LONGEST_REASON).contains(&length) || reason.chars().any(char::is_control) {
        return Err(DisclosureFailure::NoReason);
    }
    let is_new = asker_of(store, check).await? != to.id
        && store.hand_over_check(check, &to.id, reason, by, now).await?;
    if is_new { Ok(()) } else { Err(DisclosureFailure::TheirsAlready { person: to.id.clone() }) }
}

fn only_who_asks(by: &Actor) -> Result<(), DisclosureFailure> {
    if by.holds_any(&[Role::Officer, Role::Analyst]) {
        Ok(())
    } else {
        Err(DisclosureFailure::Role { wanted: "officer or analyst" })
    }
}
