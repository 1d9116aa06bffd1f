use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use symbolon_policy::{Actor, Reason, Refusal, rules::Role};
use symbolon_store::{BearerToken, DayNote, Store, StoreError};
use time::{Date, OffsetDateTime};

use crate::{logging::event, peer::Peer};

/// Most items of a question by somebody who may ask in single cases only.
pub(super) const MOST_ITEMS_OF_OFFICER: usize = 100;

/// What a call is for, and whose work that is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    /// Asks in a single case.
    Check,
    /// Asks about more than that.
    BigCheck,
    /// Begins, changes, matches, lists or ends standing checks.
    Standing,
    /// Sees what can be asked.
    Coverage,
    /// Allows others to ask.
    Approve,
}

impl Act {
    fn code(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::BigCheck => "big_check",
            Self::Standing => "standing",
            Self::Coverage => "coverage",
            Self::Approve => "approve",
        }
    }

    fn roles(self) -> &'static [Role] {
        match self {
            Self::Check => &[Role::Officer, Role::Analyst],
            Self::BigCheck | Self::Standing => &[Role::Analyst],
            Self::Coverage => Role::ALL,
            Self::Approve => &[Role::Approver],
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Check => "only an officer or an analyst asks",
            Self::BigCheck => {
                "an officer asks about at most 100 identifiers at once; an analyst asks about more"
            }
            Self::Standing => "only an analyst keeps standing checks",
            Self::Coverage => "what can be asked is shown to everyone who has a role",
            Self::Approve => "only an approver approves what others ask",
        }
    }
}

/// Who may do what on the bureau face.
#[derive(Clone)]
pub(crate) struct Authority {
    store: Store,
    /// What of whom was logged today. Without it every call would take the database's turn to write.
    today: Arc<Mutex<(Date, HashSet<(String, DayNote)>)>>,
}

impl Authority {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, today: Arc::new(Mutex::new((Date::MIN, HashSet::new()))) }
    }

    /// Who calls, if the certificate is good and one of its roles may do `act`. Asked anew at each
    /// call, since a connection may outlive a certificate.
    pub(crate) async fn authorise(&self, peer: &Peer, act: Act) -> Result<Actor, Refusal> {
        let now = OffsetDateTime::now_utc();
        let actor = &peer.actor;
        if now > peer.not_after {
            self.note(DayNote::Expired, actor, now).await?;
            return Err(Refusal::new(
                Reason::CertificateExpired,
                "this certificate has expired; ask the administrator of your bureau for another",
            ));
        }
        if self.store.is_revoked(&peer.certificate).await.map_err(|error| failed(&error))? {
            self.note(DayNote::Revoked, actor, now).await?;
            return Err(Refusal::new(
                Reason::CertificateRevoked,
                "this certificate was revoked; ask the administrator of your bureau for another",
            ));
        }
        self.admit(actor, act, now).await
    }

    /// Who calls with `token`, if it is one that this bureau has issued, is good now, and allows `act`.
    /// Asked anew at each call.
    pub(crate) async fn authorise_token(
        &self,
        token: &BearerToken,
        act: Act,
    ) -> Result<Actor, Refusal> {
        let now = OffsetDateTime::now_utc();
        let known = self.store.recognise_token(token).await.map_err(|error| failed(&error))?;
        let known = known.ok_or_else(|| {
            Refusal::new(
                Reason::TokenUnknown,
                "this bureau has issued no such token, or not with this secret; ask its administrator \
                 for one",
            )
        })?;
        if known.revoked.is_some() {
            self.note(DayNote::TokenRevoked, &known.holder, now).await?;
            return Err(Refusal::new(
                Reason::TokenRevoked,
                "this token was revoked; ask the administrator of your bureau for another",
            ));
        }
        if now >= known.expires_at {
            self.note(DayNote::TokenExpired, &known.holder, now).await?;
            return Err(Refusal::new(
                Reason::TokenExpired,
                "this token has expired; ask the administrator of your bureau for another",
            ));
        }
        self.admit(&known.holder, act, now).await
    }

    /// `actor`, whose certificate or token is good, if one of the roles may do `act`.
    async fn admit(&self, actor: &Actor, act: Act, now: OffsetDateTime) -> Result<Actor, Refusal> {
        self.note(DayNote::LoggedIn, actor, now).await?;
        if actor.holds_any(act.roles()) {
            Ok(actor.clone())
        } else {
            Err(self.refuse(actor, act).await?)
        }
    }

    /// The refusal of what `actor` may not do, after it is logged.
    pub(super) async fn refuse(&self, actor: &Actor, act: Act) -> Result<Refusal, Refusal> {
        self.note(DayNote::RoleMissing(act.code()), actor, OffsetDateTime::now_utc()).await?;
        let held: Vec<_> = actor.roles.iter().map(|role| role.as_str()).collect();
        let held = match held.as_slice() {
            [] => "no role".to_owned(),
            _ => format!("the role {}", held.join(" and ")),
        };
        Ok(Refusal::new(
            Reason::RoleMissing,
            format!(
                "{}; what you showed carries {held}. The administrator of your bureau issues \
                 certificates and tokens with roles",
                act.sentence()
            ),
        ))
    }

    async fn note(&self, note: DayNote, by: &Actor, at: OffsetDateTime) -> Result<(), Refusal> {
        let entry = (by.id.clone(), note);
        if self.of_day(at.date()).1.contains(&entry) {
            return Ok(());
        }
        self.store.note_of_day(note, by, at).await.map_err(|error| failed(&error))?;
        // Only after it is logged, so that a failed attempt is made again.
        self.of_day(at.date()).1.insert(entry);
        Ok(())
    }

    fn of_day(&self, day: Date) -> MutexGuard<'_, (Date, HashSet<(String, DayNote)>)> {
        // A set of whole entries: a panic elsewhere leaves nothing half written.
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if today.0 != day {
            *today = (day, HashSet::new());
        }
        today
    }
}

fn failed(error: &StoreError) -> Refusal {
    event!(warn, "it could not be looked up who may do what", error = error);
    Refusal::new(
        Reason::Internal,
        "it could not be looked up or recorded who you are, so nothing was done; the administrator \
         finds the cause in the node's log",
    )
}

#[cfg(test)]
mod tests;
