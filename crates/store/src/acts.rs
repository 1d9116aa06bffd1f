//! Acts that need two people: one proposes, another approves.

use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use symbolon_policy::{Actor, RequestId};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    DisclosureEvent, LogRecord, Store, StoreError, disclosure_events::add_event_in, log::append_in,
};

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActKind {
    /// An agreement is signed; the subject is its hash.
    SignAgreement,
    /// A suspended agreement is resumed; the subject is its hash.
    ResumeAgreement,
    /// An agreement is revoked; the subject is its hash.
    RevokeAgreement,
    /// A rule pack with its tables is put in force; the subject is the hash of both.
    AdoptRules,
    /// A file is loaded that says of records that people have approved entering them; the subject is
    /// that of [`crate::HashedFile::load_subject`]. It goes with the load, so that one approval serves
    /// once.
    LoadRecords,
    /// A record is released to a partner; the subject is the hash of what exactly would be released
    /// on which request. Noted among disclosure events: the log must not grow with releases.
    ReleaseRecord,
}

impl ActKind {
    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignAgreement => "sign_agreement",
            Self::ResumeAgreement => "resume_agreement",
            Self::RevokeAgreement => "revoke_agreement",
            Self::AdoptRules => "adopt_rules",
            Self::LoadRecords => "load_records",
            Self::ReleaseRecord => "release_record",
        }
    }
}

/// An act, proposed and perhaps approved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Act {
    /// What is done.
    pub kind: ActKind,
    /// What it is about.
    pub subject: [u8; 32],
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: OffsetDateTime,
    /// Who approved it, and when.
    pub approved: Option<(String, OffsetDateTime)>,
}

/// Why an act was not proposed or approved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ActError {
    /// Nobody has proposed it.
    #[error("nobody has proposed this yet; another person proposes it first")]
    NotProposed,
    /// One person cannot be both.
    #[error("{person} has proposed this; another person must approve it")]
    SamePerson {
        /// Who it is.
        person: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Proposes an act. Proposing again takes the place of what was proposed and approved before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn propose_act(
        &self,
        kind: ActKind,
        subject: &[u8; 32],
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<(), ActError> {
        self.propose(kind, subject, None, by, at).await
    }

    /// Proposes the release of a record on a request. The subject is the hash of what exactly would be
    /// released.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn propose_release(
        &self,
        request: &RequestId,
        subject: &[u8; 32],
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<(), ActError> {
        self.propose(ActKind::ReleaseRecord, subject, Some(request), by, at).await
    }

    async fn propose(
        &self,
        kind: ActKind,
        subject: &[u8; 32],
        request: Option<&RequestId>,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<(), ActError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO acts (kind, subject, proposed_by, proposed_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kind, subject) DO UPDATE SET proposed_by = excluded.proposed_by,
                 proposed_at = excluded.proposed_at, approved_by = NULL, approved_at = NULL",
        )
        .bind(kind.as_str())
        .bind(subject.as_slice())
        .bind(&by.id)
        .bind(at.unix_timestamp())
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        note(&mut transaction, kind, subject, request, (by, false), at).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Approves an act that another person has proposed.
    ///
    /// # Errors
    /// When nobody has proposed it, the same person has, or the database fails.
    pub async fn approve_act(
        &self,
        kind: ActKind,
        subject: &[u8; 32],
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<Act, ActError> {
        self.approve(kind, subject, None, by, at).await
    }

    /// Approves the release of a record that another person has proposed.
    ///
    /// # Errors
    /// When nobody has proposed it, the same person has, or the database fails.
    pub async fn approve_release(
        &self,
        request: &RequestId,
        subject: &[u8; 32],
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<Act, ActError> {
        self.approve(ActKind::ReleaseRecord, subject, Some(request), by, at).await
    }

    async fn approve(
        &self,
        kind: ActKind,
        subject: &[u8; 32],
        request: Option<&RequestId>,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<Act, ActError> {
        let mut transaction = self.begin().await?;
        let row: Option<(String, i64)> = sqlx::query_as(
            "SELECT proposed_by, proposed_at FROM acts WHERE kind = $1 AND subject = $2",
        )
        .bind(kind.as_str())
        .bind(subject.as_slice())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        let Some((proposed_by, proposed_at)) = row else { return Err(ActError::NotProposed) };
        if proposed_by == by.id {
            return Err(ActError::SamePerson { person: proposed_by });
        }
        sqlx::query(
            "UPDATE acts SET approved_by = $3, approved_at = $4 WHERE kind = $1 AND subject = $2",
        )
        .bind(kind.as_str())
        .bind(subject.as_slice())
        .bind(&by.id)
        .bind(at.unix_timestamp())
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        note(&mut transaction, kind, subject, request, (by, true), at).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(Act {
            kind,
            subject: *subject,
            proposed_by,
            proposed_at: time(proposed_at)?,
            approved: Some((by.id.clone(), at)),
        })
    }

    /// The act on that subject, if it was proposed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn act(&self, kind: ActKind, subject: &[u8; 32]) -> Result<Option<Act>, StoreError> {
        let row: Option<(String, i64, Option<String>, Option<i64>)> = sqlx::query_as(
            "SELECT proposed_by, proposed_at, approved_by, approved_at FROM acts
             WHERE kind = $1 AND subject = $2",
        )
        .bind(kind.as_str())
        .bind(subject.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        let Some((proposed_by, proposed_at, approved_by, approved_at)) = row else {
            return Ok(None);
        };
        let approved = match (approved_by, approved_at) {
            (Some(person), Some(at)) => Some((person, time(at)?)),
            _ => None,
        };
        let proposed_at = time(proposed_at)?;
        Ok(Some(Act { kind, subject: *subject, proposed_by, proposed_at, approved }))
    }
}

async fn note(
    transaction: &mut Transaction<'static, Sqlite>,
    act: ActKind,
    subject: &[u8; 32],
    request: Option<&RequestId>,
    (by, approved): (&Actor, bool),
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let (subject, by) = (hex::encode(subject), by.clone());
    if act == ActKind::ReleaseRecord {
        let event = DisclosureEvent::Act { request: request.copied(), act, subject, approved, by };
        return add_event_in(transaction, &event, None, at).await;
    }
    let record = if approved {
        LogRecord::ActApproved { act, subject, by }
    } else {
        LogRecord::ActProposed { act, subject, by }
    };
    append_in(transaction, &record, at).await?;
    Ok(())
}

fn time(seconds: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp(seconds)
        .map_err(|_| StoreError::Damaged { what: "act of two people" })
}
