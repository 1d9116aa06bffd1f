//! What this bureau's own people decide about an agreement.

use symbolon_policy::{
    Actor, Agreement, AgreementHash, AgreementState, AgreementStep, BureauCode, SignedAgreement,
};
use time::OffsetDateTime;

use super::{
    DAMAGED, IncomingText, KeptNotice, LifeError, MOST_NOTICES,
    rows::{life, read_text},
    steps::{
        By, has_room, insert_text, keep_notice, merge_signatures, newest_counter, put_in_place,
        store_error, take,
    },
};
use crate::{ActKind, LogRecord, Store, StoreError, log::append_in};

/// A decision of this bureau that two people have taken, with the signed notice of it.
#[derive(Clone, Debug)]
pub struct OwnDecision<'a> {
    /// The text.
    pub hash: &'a AgreementHash,
    /// What was proposed and approved.
    pub act: ActKind,
    /// The notice.
    pub notice: &'a KeptNotice,
    /// Who approved it.
    pub by: &'a Actor,
}

impl Store {
    /// Puts an agreement that every party has signed in place, as it was carried here by hand; a
    /// text that is in place under the same id is replaced once this one is in force.
    ///
    /// # Errors
    /// When this very text has ended here, or the database fails.
    pub async fn install_agreement(
        &self,
        agreement: &Agreement,
        document: &str,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let (terms, hash) = (agreement.terms(), agreement.hash());
        let ended = || StoreError::AgreementEnded { id: terms.id.clone() };
        if self.folder.ended_agreement(&hash).exists() {
            return Err(ended());
        }
        let file = SignedAgreement::from_json(document.as_bytes()).map_err(|_| DAMAGED)?;
        let origin = terms.parties.first().ok_or(DAMAGED)?.code.clone();
        let incoming =
            IncomingText { file: &file, notices: &[], origin: &origin, us: &origin, person: None };
        let mut transaction = self.begin().await?;
        let mut row = match read_text(&mut *transaction, &hash).await? {
            Some(row) => row,
            None => insert_text(&mut transaction, &incoming, terms, &hash, false, at)
                .await
                .map_err(store_error)?,
        };
        match row.state()? {
            AgreementState::Draft | AgreementState::Proposed => {}
            AgreementState::Revoked => return Err(ended()),
            _ => return Ok(()),
        }
        merge_signatures(&mut transaction, &mut row, &file, By::default(), at)
            .await
            .map_err(store_error)?;
        // The file as it was given.
        sqlx::query("UPDATE agreement_texts SET document = $2 WHERE hash = $1")
            .bind(hash.0.as_slice())
            .bind(document)
            .execute(&mut *transaction)
            .await?;
        row.document = document.to_owned();
        put_in_place(&mut transaction, &mut row, at).await.map_err(store_error)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Ends the agreement under that id for this bureau alone, with no word to the others; returns
    /// whether one was in place. Its keys, sets and tags are destroyed by
    /// [`Store::destroy_what_has_ended`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_agreement(
        &self,
        id: &symbolon_policy::AgreementId,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let hash: Option<(Vec<u8>,)> = sqlx::query_as("SELECT hash FROM agreements WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some((hash,)) = hash else { return Ok(false) };
        let hash = AgreementHash(hash.try_into().map_err(|_| DAMAGED)?);
        sqlx::query("DELETE FROM agreements WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await?;
        let row = read_text(&mut *transaction, &hash).await?;
        if let Some(mut row) = row.filter(|row| row.state().is_ok_and(|state| !state.is_over())) {
            let by = By { person: None, reason: "removed at this bureau" };
            take(&mut transaction, &mut row, &AgreementStep::Remember, by, at)
                .await
                .map_err(store_error)?;
        }
        append_in(&mut transaction, &LogRecord::AgreementRemoved { agreement: id.clone() }, at)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Notes that a person has proposed an act on a text, with the reason, after it was proposed as
    /// an act of two people.
    ///
    /// # Errors
    /// When there is no such text, the act cannot follow on its state, or the database fails.
    pub async fn intend(
        &self,
        hash: &AgreementHash,
        act: ActKind,
        us: &BureauCode,
        reason: &str,
    ) -> Result<(), LifeError> {
        let mut transaction = self.begin().await?;
        let row = read_text(&mut *transaction, hash).await?.ok_or(LifeError::Unknown)?;
        let life = life(&mut transaction, &row).await?;
        // What could not be carried out need not be proposed.
        life.after(&match act {
            ActKind::ResumeAgreement => AgreementStep::Resume { party: us.clone() },
            ActKind::RevokeAgreement => AgreementStep::Revoke { party: us.clone() },
            _ => AgreementStep::Propose,
        })?;
        // The other parties would not take it.
        if act == ActKind::ResumeAgreement
            && !has_room(&mut transaction, &hash.0, us.as_str()).await?
        {
            return Err(LifeError::TooManyNotices { most: MOST_NOTICES });
        }
        sqlx::query(
            "INSERT INTO agreement_intents (hash, act, reason) VALUES ($1, $2, $3)
             ON CONFLICT (hash, act) DO UPDATE SET reason = excluded.reason",
        )
        .bind(hash.0.as_slice())
        .bind(act.as_str())
        .bind(reason)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Adds this bureau's own signature, once two people have agreed to it. Returns the state after
    /// it.
    ///
    /// # Errors
    /// When nobody has proposed it, the text is unknown or over, or the database fails.
    pub async fn sign_text(
        &self,
        hash: &AgreementHash,
        signed: &SignedAgreement,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<AgreementState, LifeError> {
        let mut transaction = self.begin().await?;
        spend_intent(&mut transaction, hash, ActKind::SignAgreement).await?;
        let mut row = read_text(&mut *transaction, hash).await?.ok_or(LifeError::Unknown)?;
        if row.state()?.is_over() {
            return Err(symbolon_policy::IllegalStep::Over { state: row.state()? }.into());
        }
        let by = By { person: Some(&by.id), reason: "" };
        merge_signatures(&mut transaction, &mut row, signed, by, at).await?;
        sqlx::query("UPDATE agreement_texts SET exchanged = 1 WHERE hash = $1")
            .bind(hash.0.as_slice())
            .execute(&mut *transaction)
            .await?;
        if row.state()? == AgreementState::Countersigned {
            put_in_place(&mut transaction, &mut row, at).await?;
        }
        transaction.commit().await?;
        Ok(row.state()?)
    }

    /// Suspends an agreement for this bureau, from this moment on. One person may: it only stops
    /// what is going on.
    ///
    /// # Errors
    /// When there is no such text, the step does not follow, or the database fails.
    pub async fn suspend_agreement(
        &self,
        hash: &AgreementHash,
        us: &BureauCode,
        by: &Actor,
        reason: &str,
        at: OffsetDateTime,
    ) -> Result<(), LifeError> {
        let mut transaction = self.begin().await?;
        let mut row = read_text(&mut *transaction, hash).await?.ok_or(LifeError::Unknown)?;
        let step = AgreementStep::Suspend { party: us.clone() };
        let by = By { person: Some(&by.id), reason };
        take(&mut transaction, &mut row, &step, by, at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps this bureau's signed word of a suspension that holds already, so that the other parties
    /// are told.
    ///
    /// # Errors
    /// When a newer one of this bureau is held, or the database fails.
    pub async fn keep_own_notice(
        &self,
        hash: &AgreementHash,
        notice: &KeptNotice,
        at: OffsetDateTime,
    ) -> Result<(), LifeError> {
        let mut transaction = self.begin().await?;
        let issuer = notice.step.party().ok_or(DAMAGED)?.as_str().to_owned();
        if notice.counter <= newest_counter(&mut transaction, &hash.0, &issuer).await? {
            return Err(LifeError::OldNotice);
        }
        keep_notice(&mut transaction, &hash.0, notice, at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Carries out what two people have decided, and keeps the signed word of it.
    ///
    /// # Errors
    /// When nobody has proposed it, the step does not follow, or the database fails.
    pub async fn carry_out(
        &self,
        decision: &OwnDecision<'_>,
        at: OffsetDateTime,
    ) -> Result<AgreementState, LifeError> {
        let OwnDecision { hash, act, notice, by } = decision;
        let mut transaction = self.begin().await?;
        spend_intent(&mut transaction, hash, *act).await?;
        let mut row = read_text(&mut *transaction, hash).await?.ok_or(LifeError::Unknown)?;
        let issuer = notice.step.party().ok_or(DAMAGED)?.as_str().to_owned();
        if notice.counter <= newest_counter(&mut transaction, &hash.0, &issuer).await? {
            return Err(LifeError::OldNotice);
        }
        let person = By { person: Some(&by.id), reason: &notice.reason };
        take(&mut transaction, &mut row, &notice.step, person, at).await?;
        keep_notice(&mut transaction, &hash.0, notice, at).await?;
        transaction.commit().await?;
        Ok(row.state()?)
    }

    /// The number that this bureau's next notice about a text bears.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_counter(
        &self,
        hash: &AgreementHash,
        us: &BureauCode,
    ) -> Result<u64, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let newest = newest_counter(&mut connection, &hash.0, us.as_str()).await?;
        Ok(newest.saturating_add(1))
    }

    /// Whether this bureau's newest notice about a text says that it suspends it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_told_suspension(
        &self,
        hash: &AgreementHash,
        us: &BureauCode,
    ) -> Result<bool, StoreError> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT step FROM agreement_notices WHERE hash = $1 AND issuer = $2
             ORDER BY counter DESC LIMIT 1",
        )
        .bind(hash.0.as_slice())
        .bind(us.as_str())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some_and(|(step,)| step == "suspend"))
    }
}

/// One proposal serves one approval.
async fn spend_intent(
    connection: &mut sqlx::SqliteConnection,
    hash: &AgreementHash,
    act: ActKind,
) -> Result<(), LifeError> {
    let spent = sqlx::query("DELETE FROM agreement_intents WHERE hash = $1 AND act = $2")
        .bind(hash.0.as_slice())
        .bind(act.as_str())
        .execute(connection)
        .await?
        .rows_affected();
    if spent == 0 { Err(LifeError::NotProposed) } else { Ok(()) }
}
