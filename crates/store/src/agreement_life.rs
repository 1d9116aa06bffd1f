//! The life of every agreement text that this node knows: signatures and notices come in, steps are
//! taken and written down, and each step is an entry of the log.

mod deliveries;
mod ending;
mod lapsed;
mod own;
mod rows;
mod steps;

use symbolon_policy::{
    Actor, Agreement, AgreementHash, AgreementId, AgreementState, AgreementStep, BureauCode,
    IllegalStep, Reason, Refusal, SignedAgreement, moment,
};
use thiserror::Error;
use time::OffsetDateTime;

pub use deliveries::{Delivery, ExchangeMark};
pub use own::OwnDecision;

use self::rows::{TextRow, read_text};
use crate::{ActKind, Store, StoreError, StoredDocument};

/// Most texts that others have proposed and that not all have signed, for each bureau by which they
/// came: those that lapsed count until they are erased.
const MOST_OPEN: i64 = 64;

/// After how many notices of one party about one text it can no more take a suspension back: more
/// would come of a fault, or of somebody who means harm, and each is kept. It may still suspend, once,
/// and revoke.
const MOST_NOTICES: i64 = 64;

/// A text with what this node knows of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredText {
    /// The agreement's id; several texts may bear it.
    pub id: AgreementId,
    /// Hash of the text.
    pub hash: AgreementHash,
    /// Terms with the signatures so far, as JSON.
    pub document: String,
    /// Where it stands.
    pub state: AgreementState,
    /// Since when.
    pub since: OffsetDateTime,
    /// Code of the bureau by which it came; empty for those of before.
    pub origin: String,
    /// Who holds it suspended.
    pub suspensions: Vec<Suspension>,
}

/// A party's suspension of an agreement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suspension {
    /// Whose.
    pub party: BureauCode,
    /// Which person of this bureau, if it is this bureau's own.
    pub person: Option<String>,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: OffsetDateTime,
}

/// One line of a text's history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryLine {
    /// What happened, by the code of [`AgreementStep`].
    pub step: String,
    /// The state after it.
    pub state: AgreementState,
    /// The party whose step it was, where it was one's.
    pub party: Option<String>,
    /// The person of this bureau who did it, where one did.
    pub person: Option<String>,
    /// Why; may be empty.
    pub reason: String,
    /// When, by this node's clock.
    pub at: OffsetDateTime,
}

/// Where the agreement under an id stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementStatus {
    /// Its text.
    pub hash: AgreementHash,
    /// Its state.
    pub state: AgreementState,
    /// Since when.
    pub since: OffsetDateTime,
    /// Who holds it suspended.
    pub suspensions: Vec<Suspension>,
}

/// A text that comes in, from a partner or a person. Signatures and notices were verified by the
/// caller.
#[derive(Clone, Copy, Debug)]
pub struct IncomingText<'a> {
    /// Terms and signatures.
    pub file: &'a SignedAgreement,
    /// Notices about it, in the order of their counters for each issuer.
    pub notices: &'a [KeptNotice],
    /// The bureau by which it comes: this one, where a person brings it.
    pub origin: &'a BureauCode,
    /// This bureau.
    pub us: &'a BureauCode,
    /// Who brings it, if a person does.
    pub person: Option<&'a Actor>,
}

/// A notice as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptNotice {
    /// The step that it stands for; a party's.
    pub step: AgreementStep,
    /// Higher with each notice of one party about one text.
    pub counter: u64,
    /// Why.
    pub reason: String,
    /// The document that was signed.
    pub document: StoredDocument,
}

/// What came of a text that came in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TakenIn {
    /// Whether it was not known before.
    pub is_new: bool,
    /// The states that it went through, the last one last; empty where nothing changed.
    pub states: Vec<AgreementState>,
}

/// Why a step in the life of an agreement was not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LifeError {
    /// The step does not follow.
    #[error(transparent)]
    Illegal(#[from] IllegalStep),
    /// One text was ended here for good.
    #[error(
        "this text of {id} was ended here for good, and does not come back; draft another, under \
         another title"
    )]
    Ended {
        /// The agreement.
        id: AgreementId,
    },
    /// Nobody has proposed the act.
    #[error("nobody has proposed this yet; another person proposes it first")]
    NotProposed,
    /// A notice bears a number that is not higher than one held.
    #[error("this notice is not newer than one that is held of the same party")]
    OldNotice,
    /// A party has given too many notices about one text.
    #[error(
        "{most} notices of one party about one text are held; it can only be suspended and revoked \
         from now on: sign another text"
    )]
    TooManyNotices {
        /// The limit.
        most: i64,
    },
    /// Too many proposals of one bureau lie here.
    #[error(
        "{most} texts proposed by one bureau wait for an answer, or have lapsed within 30 days; no \
         more are taken"
    )]
    TooManyOpen {
        /// The limit.
        most: i64,
    },
    /// There is no such text here.
    #[error("there is no such text of an agreement here")]
    Unknown,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for LifeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// All texts that this node knows, by id and then by age.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn agreement_texts(&self) -> Result<Vec<StoredText>, StoreError> {
        let rows: Vec<TextRow> = sqlx::query_as(
            "SELECT hash, id, document, state, since, origin FROM agreement_texts
             ORDER BY id, since, hash",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut texts = Vec::with_capacity(rows.len());
        for row in rows {
            let suspensions = self.suspensions_of(&row.hash).await?;
            texts.push(row.read(suspensions)?);
        }
        Ok(texts)
    }

    /// The text with that hash.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn agreement_text(
        &self,
        hash: &AgreementHash,
    ) -> Result<Option<StoredText>, StoreError> {
        let Some(row) = read_text(&self.pool, hash).await? else { return Ok(None) };
        let suspensions = self.suspensions_of(&row.hash).await?;
        row.read(suspensions).map(Some)
    }

    /// What has happened to a text, in order.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn agreement_history(
        &self,
        hash: &AgreementHash,
    ) -> Result<Vec<HistoryLine>, StoreError> {
        let rows: Vec<(String, String, Option<String>, Option<String>, String, i64)> =
            sqlx::query_as(
                "SELECT step, state, party, person, reason, at FROM agreement_history
                 WHERE hash = $1 ORDER BY position",
            )
            .bind(hash.0.as_slice())
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter()
            .map(|(step, state, party, person, reason, at)| {
                let state = state.parse().map_err(|_| DAMAGED)?;
                Ok(HistoryLine { step, state, party, person, reason, at: time(at)? })
            })
            .collect()
    }

    /// Where the agreement under that id stands: the text in place, or else the one that changed
    /// last. `None` where no text bears that id.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn agreement_state(
        &self,
        id: &AgreementId,
    ) -> Result<Option<AgreementStatus>, StoreError> {
        let row: Option<(Vec<u8>, String, i64)> = sqlx::query_as(
            "SELECT t.hash, t.state, t.since FROM agreement_texts t
             LEFT JOIN agreements a ON a.hash = t.hash
             WHERE t.id = $1
             ORDER BY CASE WHEN a.hash IS NULL THEN 1 ELSE 0 END, t.since DESC, t.hash LIMIT 1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some((hash, state, since)) = row else { return Ok(None) };
        Ok(Some(AgreementStatus {
            suspensions: self.suspensions_of(&hash).await?,
            hash: AgreementHash(hash.try_into().map_err(|_| DAMAGED)?),
            state: state.parse().map_err(|_| DAMAGED)?,
            since: time(since)?,
        }))
    }

    /// Why nothing may be asked or answered under exactly this agreement at this moment, whatever its
    /// terms say; `None` where nothing stands against it. Every decision asks this, so that a
    /// suspension or an end counts from the moment at which it was written.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn withdrawn(&self, agreement: &Agreement) -> Result<Option<Refusal>, StoreError> {
        let (id, hash) = (&agreement.terms().id, agreement.hash());
        let row: Option<(String, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT t.state, a.hash FROM agreement_texts t
             LEFT JOIN agreements a ON a.hash = t.hash AND a.id = t.id
             WHERE t.hash = $1 AND t.id = $2",
        )
        .bind(hash.0.as_slice())
        .bind(id.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let state = row.as_ref().map(|(state, _)| state.parse::<AgreementState>());
        let state = state.transpose().map_err(|_| DAMAGED)?;
        if state == Some(AgreementState::Revoked) {
            return Ok(Some(Refusal::new(
                Reason::AgreementRevoked,
                format!(
                    "agreement {id} has ended: it was revoked or replaced, and its keys are gone"
                ),
            )));
        }
        if row.is_none_or(|(_, in_place)| in_place.is_none()) {
            return Ok(Some(Refusal::new(
                Reason::AgreementUnknown,
                format!(
                    "agreement {id} was removed or replaced at this bureau; compare with its desk"
                ),
            )));
        }
        // What was suspended before it began here is suspended from its first moment.
        if !matches!(state, Some(AgreementState::Suspended | AgreementState::Countersigned)) {
            return Ok(None);
        }
        let suspensions = self.suspensions_of(&hash.0).await?;
        if suspensions.is_empty() && state != Some(AgreementState::Suspended) {
            return Ok(None);
        }
        let by: Vec<_> = suspensions
            .into_iter()
            .map(|one| format!("{} since {} ({})", one.party, moment(one.since), one.reason))
            .collect();
        Ok(Some(Refusal::new(
            Reason::AgreementSuspended,
            format!(
                "agreement {id} is suspended by {}; nothing is asked or answered under it until \
                 whoever suspended it resumes it",
                by.join(" and by ")
            ),
        )))
    }

    /// How many texts stand in each state, in the order of [`AgreementState::ALL`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn agreements_by_state(&self) -> Result<Vec<(AgreementState, u64)>, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT state, COUNT(*) FROM agreement_texts GROUP BY state")
                .fetch_all(&self.pool)
                .await?;
        Ok(AgreementState::ALL
            .into_iter()
            .map(|state| {
                let count = rows.iter().find(|(found, _)| found == state.as_str());
                (state, count.map_or(0, |(_, count)| u64::try_from(*count).unwrap_or(0)))
            })
            .collect())
    }

    /// Acts on a text that were proposed and wait for a second person, with the reasons.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn agreement_intents(
        &self,
        hash: &AgreementHash,
    ) -> Result<Vec<(ActKind, String)>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT act, reason FROM agreement_intents WHERE hash = $1 ORDER BY act",
        )
        .bind(hash.0.as_slice())
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(act, reason)| {
                let acts =
                    [ActKind::SignAgreement, ActKind::ResumeAgreement, ActKind::RevokeAgreement];
                Some((acts.into_iter().find(|kind| kind.as_str() == act)?, reason))
            })
            .collect())
    }

    async fn suspensions_of(&self, hash: &[u8]) -> Result<Vec<Suspension>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        rows::suspensions(&mut connection, hash).await
    }
}

fn time(seconds: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| DAMAGED)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "agreement" };
