//! What a lawyer does with a request but release its record: refuse it, stop its clock, let it run.

use symbolon_policy::{
    Actor,
    disclosure::{NotNow, PauseReason, RefusalGround},
    rules::Role,
};
use symbolon_store::DisclosureEvent;
use time::OffsetDateTime;

use super::{Desk, DeskError, only};
use crate::disclosure::{
    CaseFile, NamedRequest,
    refusing::{Refusing, refuse, sentence},
};

impl Desk<'_> {
    /// A lawyer refuses, for a ground of the closed list. `note` stays here.
    ///
    /// # Errors
    /// When the person has no role for it, the ground is none for people, or it is closed.
    pub async fn refuse(
        &self,
        named: &NamedRequest,
        ground: RefusalGround,
        note: &str,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<(), DeskError> {
        only(by, &[Role::Legal])?;
        if !RefusalGround::OF_PEOPLE.contains(&ground) {
            return Err(DeskError::NoGround);
        }
        let stored = self.find(named).await?;
        let file = CaseFile::read(&stored)?;
        if !stored.state.is_open() {
            return Err(NotNow { state: stored.state }.into());
        }
        let request = file.request()?;
        let sentence = sentence(ground).to_owned();
        let refusing = Refusing { ground, sentence, found: note.to_owned(), by: Some(by) };
        self.changed(refuse(self.store, stored, file, &request, refusing, now).await?)
    }

    /// A lawyer stops the clock for a reason.
    ///
    /// # Errors
    /// When the person has no role for it, or no clock runs.
    pub async fn pause(
        &self,
        named: &NamedRequest,
        reason: PauseReason,
        note: &str,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<(), DeskError> {
        only(by, &[Role::Legal])?;
        if reason == PauseReason::AgreementSuspended {
            return Err(DeskError::NotByHand);
        }
        let mut stored = self.find(named).await?;
        let mut file = CaseFile::read(&stored)?;
        file.course.pause(reason, note, now)?;
        file.put_into(&mut stored)?;
        let event =
            DisclosureEvent::Paused { request: stored.request, reason, by: Some(by.clone()) };
        self.changed(self.store.change_disclosure(&stored, &[event], now).await?)
    }

    /// A lawyer takes a reason away. Returns whether the clock runs again.
    ///
    /// # Errors
    /// When the person has no role for it, or the clock does not stand still for that reason.
    pub async fn resume(
        &self,
        named: &NamedRequest,
        reason: PauseReason,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<bool, DeskError> {
        only(by, &[Role::Legal])?;
        if reason == PauseReason::AgreementSuspended {
            return Err(DeskError::NotByHand);
        }
        let mut stored = self.find(named).await?;
        let mut file = CaseFile::read(&stored)?;
        let runs = file.course.resume(reason, now)?;
        file.put_into(&mut stored)?;
        let event =
            DisclosureEvent::Resumed { request: stored.request, reason, by: Some(by.clone()) };
        self.changed(self.store.change_disclosure(&stored, &[event], now).await?)?;
        Ok(runs)
    }
}
