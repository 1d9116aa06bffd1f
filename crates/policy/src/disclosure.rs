//! The course of a request for the record behind a hit, as its owner sees it: where it stands, and a
//! clock that starts, pauses, warns and escalates. Times are given, never read.
//!
//! ```text
//! received ─▶ waiting ⇄ paused
//!     │          │         │
//!     │          ├─▶ released
//!     └──────────┴─────────┴─▶ refused | withdrawn      received, waiting ─▶ lapsed
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::{
    Deadlines,
    rules::{DisclosedField, SubjectCategory, Urgency},
};

macro_rules! codes {
    ($(
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$code_doc:meta])* $variant:ident = $code:literal,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize,
        )]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$code_doc])* #[serde(rename = $code)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// The one with this code.
            pub fn named(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == code)
            }
        }
    )*};
}

codes! {
    /// Where a request for a record stands.
    DisclosureState {
        /// It came in; its conditions are not all met, so no clock runs.
        Received = "received",
        /// People of the owner decide, and the clock runs.
        Waiting = "waiting",
        /// The clock stands still, for a reason.
        Paused = "paused",
        /// The record was released.
        Released = "released",
        /// It was refused.
        Refused = "refused",
        /// The requester took it back.
        Withdrawn = "withdrawn",
        /// Nobody decided while it could be decided.
        Lapsed = "lapsed",
    }

    /// Why a clock stands still.
    PauseReason {
        /// A judicial authority must authorise the release first.
        JudicialAuthorisation = "judicial_authorisation",
        /// The requester was asked for something by telephone or mail.
        MoreInformation = "more_information",
        /// A lawyer must look at it.
        LegalReview = "legal_review",
        /// The agreement is suspended, and says that open requests wait.
        AgreementSuspended = "agreement_suspended",
    }

    /// Why a record is not released: what the requester is told.
    RefusalGround {
        /// The hit is not recognised: never asked, asked otherwise, by somebody else, or no record.
        NotRecognised = "not_recognised",
        /// The time in which a hit may be followed by a request is over.
        ClaimExpired = "claim_expired",
        /// Confirmation, facts or offence are missing.
        Incomplete = "incomplete",
        /// The owner's rules do not let it be released.
        ForbiddenByRule = "forbidden_by_rule",
        /// The record was released for this hit before.
        AlreadyReleased = "already_released",
        /// The agreement is suspended or over, and says that open requests are refused.
        AgreementEnded = "agreement_ended",
        /// It would harm essential interests of national security.
        NationalSecurity = "national_security",
        /// It would endanger an investigation, or a person.
        Endangers = "endangers",
        /// It is out of proportion to what it is wanted for, or has nothing to do with it.
        Disproportionate = "disproportionate",
        /// A judicial authority did not authorise it.
        NotAuthorised = "not_authorised",
        /// The record has been withdrawn or is being corrected.
        RecordWithdrawn = "record_withdrawn",
    }

    /// What a person of the owner has found out or decided before a release, where a rule may ask for
    /// it. Each is noted with a word on how.
    Finding {
        /// A judicial authority has authorised the release.
        JudicialAuthorisation = "judicial_authorisation",
        /// The act is an offence in both countries.
        DualCriminality = "dual_criminality",
        /// The release is strictly necessary.
        StrictlyNecessary = "strictly_necessary",
        /// A lawyer has reviewed a matter that may be political, military, religious or racial.
        LegalReview = "legal_review",
        /// The originator has permitted the use that the handling code restricts.
        HandlingPermission = "handling_permission",
        /// A person has read the restriction in words, and found the use allowed.
        HandlingReviewed = "handling_reviewed",
        /// Passing the record on was authorised.
        OnwardAuthorised = "onward_authorised",
        /// The derogation is documented: date, time, recipient, justification, data.
        DerogationDocumented = "derogation_documented",
        /// Another purpose than those agreed was authorised beforehand.
        PurposeAuthorised = "purpose_authorised",
        /// Facts are told apart from assessments in what is written freely.
        AssessmentsSeparated = "assessments_separated",
    }

    /// How much of the time is gone.
    Alarm {
        /// Half of it.
        Half = "half",
        /// All of it.
        Overdue = "overdue",
    }
}

impl DisclosureState {
    /// Whether somebody can still decide.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::Waiting | Self::Paused)
    }
}

impl RefusalGround {
    /// What a person may refuse for; the rest is found by the program.
    pub const OF_PEOPLE: &'static [Self] = &[
        Self::Incomplete,
        Self::ForbiddenByRule,
        Self::NationalSecurity,
        Self::Endangers,
        Self::Disproportionate,
        Self::NotAuthorised,
        Self::RecordWithdrawn,
    ];
}

impl Deadlines {
    /// Minutes for a request of that urgency.
    pub fn minutes(&self, urgency: Urgency) -> u32 {
        match urgency {
            Urgency::Routine => self.routine,
            Urgency::Urgent => self.urgent,
            Urgency::Emergency => self.emergency,
        }
    }
}

/// The fields that a record of this kind can have: of a person or of a thing. Which of them are
/// released is for rules to narrow, never to widen.
pub fn fields_of(category: SubjectCategory) -> &'static [DisclosedField] {
    use DisclosedField as Field;
    match category {
        SubjectCategory::Object => &[
            Field::ObjectDescription,
            Field::ObjectStatus,
            Field::AcquisitionDate,
            Field::AcquisitionPlace,
            Field::AcquisitionOffence,
            Field::CaseNumber,
            Field::Authority,
        ],
        // Who granted asylum is on no list: it is never said.
        _ => &[
            Field::Name,
            Field::Alias,
            Field::DateOfBirth,
            Field::Nationality,
            Field::PlaceOfBirth,
            Field::Gender,
            Field::AcquisitionDate,
            Field::AcquisitionPlace,
            Field::AcquisitionOffence,
            Field::CaseNumber,
            Field::Authority,
            Field::Photograph,
            Field::Address,
            Field::Health,
            Field::FreeText,
        ],
    }
}

/// The course of one request at the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureCourse {
    state: DisclosureState,
    #[serde(with = "time::serde::rfc3339")]
    received_at: OffsetDateTime,
    /// Minutes that the clock may run.
    deadline_minutes: u32,
    /// From here on it lapses if nobody has decided.
    #[serde(with = "time::serde::rfc3339")]
    lapses_at: OffsetDateTime,
    /// When all conditions were met.
    #[serde(with = "time::serde::rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    /// Since when the clock stands still.
    #[serde(with = "time::serde::rfc3339::option")]
    paused_at: Option<OffsetDateTime>,
    /// Why; not empty exactly while it is paused.
    pauses: BTreeMap<PauseReason, String>,
    /// Seconds that it stood still before.
    paused_seconds: i64,
    /// What people were told last.
    told: Option<Alarm>,
    #[serde(with = "time::serde::rfc3339::option")]
    closed_at: Option<OffsetDateTime>,
}

impl DisclosureCourse {
    /// A request that came in at `at`. Nobody waits for a decision longer than to `claim_until`,
    /// unless its own time, twice over, is longer.
    pub fn received(
        at: OffsetDateTime,
        deadline_minutes: u32,
        claim_until: OffsetDateTime,
    ) -> Self {
        let twice = Duration::minutes(i64::from(deadline_minutes).saturating_mul(2));
        let lapses_at = at.checked_add(twice).map_or(claim_until, |end| end.max(claim_until));
        Self {
            state: DisclosureState::Received,
            received_at: at,
            deadline_minutes,
            lapses_at,
            started_at: None,
            paused_at: None,
            pauses: BTreeMap::new(),
            paused_seconds: 0,
            told: None,
            closed_at: None,
        }
    }

    /// Where it stands.
    pub fn state(&self) -> DisclosureState {
        self.state
    }

    /// When it came in.
    pub fn received_at(&self) -> OffsetDateTime {
        self.received_at
    }

    /// When its clock started, if it did.
    pub fn started_at(&self) -> Option<OffsetDateTime> {
        self.started_at
    }

    /// When it was closed, if it was.
    pub fn closed_at(&self) -> Option<OffsetDateTime> {
        self.closed_at
    }

    /// Why the clock stands still, with what was noted to each.
    pub fn pauses(&self) -> &BTreeMap<PauseReason, String> {
        &self.pauses
    }

    /// All conditions are met: the clock starts.
    ///
    /// # Errors
    /// Unless it was just received.
    pub fn conditions_met(&mut self, at: OffsetDateTime) -> Result<(), NotNow> {
        self.only_in(&[DisclosureState::Received])?;
        self.state = DisclosureState::Waiting;
        self.started_at = Some(at);
        Ok(())
    }

    /// Stops the clock for a reason; it runs again when no reason is left.
    ///
    /// # Errors
    /// Unless the clock has started and nobody has decided.
    pub fn pause(
        &mut self,
        reason: PauseReason,
        note: &str,
        at: OffsetDateTime,
    ) -> Result<(), NotNow> {
        self.only_in(&[DisclosureState::Waiting, DisclosureState::Paused])?;
        self.pauses.insert(reason, note.to_owned());
        self.paused_at.get_or_insert(at);
        self.state = DisclosureState::Paused;
        Ok(())
    }

    /// Takes one reason away. Returns whether the clock runs again.
    ///
    /// # Errors
    /// When it does not stand still for that reason.
    pub fn resume(&mut self, reason: PauseReason, at: OffsetDateTime) -> Result<bool, NotNow> {
        self.only_in(&[DisclosureState::Paused])?;
        if self.pauses.remove(&reason).is_none() {
            return Err(NotNow { state: self.state });
        }
        if !self.pauses.is_empty() {
            return Ok(false);
        }
        self.end_pause(at);
        self.state = DisclosureState::Waiting;
        Ok(true)
    }

    /// The record is released.
    ///
    /// # Errors
    /// Unless it waits for a decision.
    pub fn release(&mut self, at: OffsetDateTime) -> Result<(), NotNow> {
        self.only_in(&[DisclosureState::Waiting])?;
        self.close(DisclosureState::Released, at);
        Ok(())
    }

    /// It is refused.
    ///
    /// # Errors
    /// When it is closed.
    pub fn refuse(&mut self, at: OffsetDateTime) -> Result<(), NotNow> {
        self.only_open()?;
        self.close(DisclosureState::Refused, at);
        Ok(())
    }

    /// The requester takes it back.
    ///
    /// # Errors
    /// When it is closed.
    pub fn withdraw(&mut self, at: OffsetDateTime) -> Result<(), NotNow> {
        self.only_open()?;
        self.close(DisclosureState::Withdrawn, at);
        Ok(())
    }

    /// Closes it if its time is over and nobody decided; not while it is paused. Returns whether it
    /// did.
    pub fn lapse(&mut self, at: OffsetDateTime) -> bool {
        let can = [DisclosureState::Received, DisclosureState::Waiting].contains(&self.state);
        if !can || at < self.lapses_at {
            return false;
        }
        self.close(DisclosureState::Lapsed, at);
        true
    }

    /// For how long the clock has run until `at`, pauses not counted.
    pub fn elapsed(&self, at: OffsetDateTime) -> Duration {
        let Some(started) = self.started_at else { return Duration::ZERO };
        let end = self.closed_at.or(self.paused_at).unwrap_or(at);
        let run = (end - started).whole_seconds().saturating_sub(self.paused_seconds);
        Duration::seconds(run.max(0))
    }

    /// Until when a decision is due, as things stand at `at`; `None` while no clock runs.
    pub fn due_at(&self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        if self.state != DisclosureState::Waiting {
            return None;
        }
        at.checked_add(self.limit() - self.elapsed(at))
    }

    /// How much of the time is gone.
    pub fn alarm(&self, at: OffsetDateTime) -> Option<Alarm> {
        if self.started_at.is_none() || !self.state.is_open() {
            return None;
        }
        let elapsed = self.elapsed(at);
        if elapsed >= self.limit() {
            Some(Alarm::Overdue)
        } else if elapsed >= self.limit() / 2 {
            Some(Alarm::Half)
        } else {
            None
        }
    }

    /// The alarm that people have not been told yet; told from now on.
    pub fn tell_alarm(&mut self, at: OffsetDateTime) -> Option<Alarm> {
        let alarm = self.alarm(at)?;
        if self.told.is_some_and(|told| told >= alarm) {
            return None;
        }
        self.told = Some(alarm);
        Some(alarm)
    }

    fn limit(&self) -> Duration {
        Duration::minutes(self.deadline_minutes.into())
    }

    fn close(&mut self, state: DisclosureState, at: OffsetDateTime) {
        self.end_pause(at);
        self.pauses.clear();
        self.state = state;
        self.closed_at = Some(at);
    }

    fn end_pause(&mut self, at: OffsetDateTime) {
        if let Some(since) = self.paused_at.take() {
            let stood = (at - since).whole_seconds().max(0);
            self.paused_seconds = self.paused_seconds.saturating_add(stood);
        }
    }

    fn only_open(&self) -> Result<(), NotNow> {
        if self.state.is_open() { Ok(()) } else { Err(NotNow { state: self.state }) }
    }

    fn only_in(&self, states: &[DisclosureState]) -> Result<(), NotNow> {
        if states.contains(&self.state) { Ok(()) } else { Err(NotNow { state: self.state }) }
    }
}

/// That is not possible where the request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the request is {}; that is not possible now", state.as_str())]
pub struct NotNow {
    /// Where it stands.
    pub state: DisclosureState,
}
