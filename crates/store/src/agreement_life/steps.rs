//! What comes in is merged, and steps are taken: each change of a text is one transaction.

use sqlx::{Sqlite, SqliteConnection, Transaction};
use symbolon_policy::{
    AgreementHash, AgreementState, AgreementStep, AgreementTerms, IllegalStep, SignedAgreement,
};
use time::OffsetDateTime;

use super::{
    DAMAGED, IncomingText, KeptNotice, LifeError, MOST_NOTICES, MOST_OPEN, TakenIn,
    rows::{TextRow, life, read_text},
};
use crate::{LogRecord, Store, StoreError, log::append_in};

/// Who takes a step and why.
#[derive(Clone, Copy, Default)]
pub(super) struct By<'a> {
    /// The person of this bureau.
    pub(super) person: Option<&'a str>,
    /// For people.
    pub(super) reason: &'a str,
}

impl Store {
    /// Takes in what is held elsewhere of a text: new signatures and notices are kept, and the steps
    /// that they stand for are taken. What is known already changes nothing.
    ///
    /// # Errors
    /// When a notice stands for a step that does not follow, the text was ended here for good, too
    /// many proposals of that bureau lie here, or the database fails. Nothing is kept then.
    pub async fn take_in_text(
        &self,
        incoming: &IncomingText<'_>,
        at: OffsetDateTime,
    ) -> Result<TakenIn, LifeError> {
        let hash = incoming.file.hash().map_err(|_| DAMAGED)?;
        let terms = incoming.file.terms().map_err(|_| DAMAGED)?;
        if self.folder.ended_agreement(&hash).exists()
            && self.agreement_text(&hash).await?.is_none()
        {
            return Err(LifeError::Ended { id: terms.id });
        }
        let mut transaction = self.begin().await?;
        let mut taken = TakenIn::default();
        let mut row = match read_text(&mut *transaction, &hash).await? {
            Some(row) => row,
            None => {
                taken.is_new = true;
                insert_text(&mut transaction, incoming, &terms, &hash, true, at).await?
            }
        };
        let by = By { person: incoming.person.map(|actor| actor.id.as_str()), reason: "" };
        let before = row.state()?;
        if !before.is_over() {
            merge_signatures(&mut transaction, &mut row, incoming.file, by, at).await?;
            if row.state()? == AgreementState::Countersigned {
                put_in_place(&mut transaction, &mut row, at).await?;
            }
        }
        for notice in incoming.notices {
            take_notice(&mut transaction, &mut row, notice, by, at).await?;
        }
        let after = row.state()?;
        if after != before {
            taken.states.push(after);
        }
        transaction.commit().await?;
        Ok(taken)
    }

    /// Takes the steps that time brings: validity that begins, validity that is over. Returns what
    /// changed.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn advance_agreements(
        &self,
        at: OffsetDateTime,
    ) -> Result<Vec<(AgreementHash, AgreementState)>, StoreError> {
        const DUE: &str = "SELECT hash, id, document, state, since, origin FROM agreement_texts
             WHERE (state = 'countersigned' AND valid_from <= $1)
                OR (state NOT IN ('revoked', 'expired') AND valid_until <= $1)
             ORDER BY since, hash";
        // As a rule there is nothing to do, and no need to hold the right to write.
        let due: Vec<TextRow> =
            sqlx::query_as(DUE).bind(at.unix_timestamp()).fetch_all(&self.pool).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = self.begin().await?;
        let due: Vec<TextRow> =
            sqlx::query_as(DUE).bind(at.unix_timestamp()).fetch_all(&mut *transaction).await?;
        let mut changed = Vec::new();
        for mut row in due {
            let terms = row.file()?.terms().map_err(|_| DAMAGED)?;
            if at >= terms.valid_until {
                take(&mut transaction, &mut row, &AgreementStep::Expire, By::default(), at)
                    .await
                    .map_err(store_error)?;
            } else if at >= terms.valid_from {
                put_in_place(&mut transaction, &mut row, at).await.map_err(store_error)?;
            }
            let hash = AgreementHash(row.hash.as_slice().try_into().map_err(|_| DAMAGED)?);
            changed.push((hash, row.state()?));
        }
        transaction.commit().await?;
        Ok(changed)
    }
}

/// Adds a text that was not known.
pub(super) async fn insert_text(
    transaction: &mut Transaction<'static, Sqlite>,
    incoming: &IncomingText<'_>,
    terms: &AgreementTerms,
    hash: &AgreementHash,
    exchanged: bool,
    at: OffsetDateTime,
) -> Result<TextRow, LifeError> {
    if incoming.person.is_none() && incoming.origin != incoming.us {
        let (open,): (i64,) = sqlx::query_as(
            "SELECT COUNT(*) FROM agreement_texts t
             WHERE t.origin = $1 AND (t.state IN ('draft', 'proposed')
                 OR (t.state = 'expired' AND NOT EXISTS (
                     SELECT 1 FROM agreement_history h
                     WHERE h.hash = t.hash AND h.step = 'countersign')))",
        )
        .bind(incoming.origin.as_str())
        .fetch_one(&mut **transaction)
        .await?;
        if open >= MOST_OPEN {
            return Err(LifeError::TooManyOpen { most: MOST_OPEN });
        }
    }
    let row = TextRow {
        hash: hash.0.to_vec(),
        id: terms.id.to_string(),
        document: incoming.file.unsigned().to_json().map_err(|_| DAMAGED)?,
        state: AgreementState::Draft.as_str().to_owned(),
        since: at.unix_timestamp(),
        origin: incoming.origin.to_string(),
    };
    sqlx::query(
        "INSERT INTO agreement_texts (hash, id, document, state, since, valid_from, valid_until,
             origin, exchanged) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.hash.as_slice())
    .bind(&row.id)
    .bind(&row.document)
    .bind(&row.state)
    .bind(row.since)
    .bind(ceil(terms.valid_from))
    .bind(ceil(terms.valid_until))
    .bind(&row.origin)
    .bind(exchanged)
    .execute(&mut **transaction)
    .await?;
    Ok(row)
}

/// Adds the signatures that are new, and takes the steps that they stand for.
pub(super) async fn merge_signatures(
    transaction: &mut Transaction<'static, Sqlite>,
    row: &mut TextRow,
    from: &SignedAgreement,
    by: By<'_>,
    at: OffsetDateTime,
) -> Result<(), LifeError> {
    let mut file = row.file()?;
    let mut signers = Vec::new();
    for signature in from.signatures() {
        // Verified by the caller; what does not hold is not kept whoever says so.
        if file.add_signature(signature).map_err(|_| DAMAGED)? {
            signers.push(signature.party.clone());
        }
    }
    if signers.is_empty() {
        return Ok(());
    }
    row.document = file.to_json().map_err(|_| DAMAGED)?;
    sqlx::query("UPDATE agreement_texts SET document = $2 WHERE hash = $1")
        .bind(row.hash.as_slice())
        .bind(&row.document)
        .execute(&mut **transaction)
        .await?;
    if row.state()?.is_in_place() {
        return Ok(());
    }
    let is_whole = file.verify().is_ok();
    // Carried here whole, it was never a proposal here.
    if is_whole && row.state()? == AgreementState::Draft {
        return take(transaction, row, &AgreementStep::Countersign, by, at).await;
    }
    let last = signers.len().saturating_sub(1);
    for (place, signer) in signers.into_iter().enumerate() {
        let step = if is_whole && place == last {
            AgreementStep::Countersign
        } else {
            AgreementStep::Propose
        };
        take_signed(transaction, row, &step, Some(signer.as_str()), by, at).await?;
    }
    Ok(())
}

/// Puts a text that all have signed in place under its id: at once where no other is, or else when
/// its validity begins; the other is replaced then.
pub(super) async fn put_in_place(
    transaction: &mut Transaction<'static, Sqlite>,
    row: &mut TextRow,
    at: OffsetDateTime,
) -> Result<(), LifeError> {
    let agreement = row.file()?.verify().map_err(|_| DAMAGED)?;
    let terms = agreement.terms();
    let other: Option<(Vec<u8>,)> = sqlx::query_as("SELECT hash FROM agreements WHERE id = $1")
        .bind(&row.id)
        .fetch_optional(&mut **transaction)
        .await?;
    let other = other.map(|(hash,)| hash).filter(|hash| hash != &row.hash);
    let has_begun = at >= terms.valid_from;
    if let Some(other) = other {
        let other = AgreementHash(other.try_into().map_err(|_| DAMAGED)?);
        let known = read_text(&mut **transaction, &other).await?;
        let lives = match &known {
            Some(known) => known.state()?.is_in_place(),
            None => false,
        };
        if lives && !has_begun {
            return Ok(());
        }
        if let Some(mut known) = known.filter(|_| lives) {
            let reason = format!("replaced by {}", hex::encode(&row.hash));
            let by = By { person: None, reason: &reason };
            take(transaction, &mut known, &AgreementStep::Replace, by, at).await?;
        }
    }
    sqlx::query(
        "INSERT INTO agreements (id, hash, document, installed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, document = excluded.document,
             installed_at = excluded.installed_at",
    )
    .bind(&row.id)
    .bind(row.hash.as_slice())
    .bind(&row.document)
    .bind(at.unix_timestamp())
    .execute(&mut **transaction)
    .await?;
    if has_begun && at < terms.valid_until {
        take(transaction, row, &AgreementStep::Begin, By::default(), at).await?;
    }
    Ok(())
}

/// Keeps a notice that is new, and takes its step. Of an issuer that has given too many, only what
/// stops more than it has stopped already is kept; of one that has revoked, nothing more. A revocation
/// counts whatever its number is: nothing that its issuer said before or after can be meant to undo it,
/// and a bureau that has restored a backup numbers its notices anew.
async fn take_notice(
    transaction: &mut Transaction<'static, Sqlite>,
    row: &mut TextRow,
    notice: &KeptNotice,
    by: By<'_>,
    at: OffsetDateTime,
) -> Result<(), LifeError> {
    let Some(issuer) = notice.step.party() else { return Err(DAMAGED.into()) };
    let revokes = matches!(notice.step, AgreementStep::Revoke { .. });
    if !revokes && notice.counter <= newest_counter(transaction, &row.hash, issuer.as_str()).await?
    {
        return Ok(());
    }
    let matters = match &notice.step {
        AgreementStep::Revoke { .. } => true,
        AgreementStep::Suspend { .. } => {
            has_room(transaction, &row.hash, issuer.as_str()).await? || {
                let life = life(transaction, row).await?;
                !life.state().is_over() && !life.suspended_by().contains(issuer)
            }
        }
        _ => has_room(transaction, &row.hash, issuer.as_str()).await?,
    };
    if !matters || has_revoked(transaction, &row.hash, issuer.as_str()).await? {
        return Ok(());
    }
    if revokes {
        // It takes the place of what bears the same number.
        sqlx::query(
            "DELETE FROM agreement_notices WHERE hash = $1 AND issuer = $2 AND counter = $3",
        )
        .bind(row.hash.as_slice())
        .bind(issuer.as_str())
        .bind(i64::try_from(notice.counter).map_err(|_| DAMAGED)?)
        .execute(&mut **transaction)
        .await
        .map_err(StoreError::from)?;
    }
    keep_notice(transaction, &row.hash, notice, at).await?;
    let by = By { reason: &notice.reason, ..by };
    match take(transaction, row, &notice.step, by, at).await {
        // What it says is so already, or no longer matters; it is kept as evidence.
        Err(LifeError::Illegal(
            IllegalStep::Over { .. }
            | IllegalStep::SuspendedAlready { .. }
            | IllegalStep::NotItsSuspension { .. },
        )) => Ok(()),
        other => other,
    }
}

pub(super) async fn newest_counter(
    connection: &mut SqliteConnection,
    hash: &[u8],
    issuer: &str,
) -> Result<u64, StoreError> {
    let (counter,): (i64,) = sqlx::query_as(
        "SELECT COALESCE(MAX(counter), 0) FROM agreement_notices WHERE hash = $1 AND issuer = $2",
    )
    .bind(hash)
    .bind(issuer)
    .fetch_one(connection)
    .await?;
    u64::try_from(counter).map_err(|_| DAMAGED)
}

/// Whether fewer notices of that issuer about a text are held than are taken of one.
pub(super) async fn has_room(
    connection: &mut SqliteConnection,
    hash: &[u8],
    issuer: &str,
) -> Result<bool, StoreError> {
    let (held,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM agreement_notices WHERE hash = $1 AND issuer = $2")
            .bind(hash)
            .bind(issuer)
            .fetch_one(connection)
            .await?;
    Ok(held < MOST_NOTICES)
}

async fn has_revoked(
    connection: &mut SqliteConnection,
    hash: &[u8],
    issuer: &str,
) -> Result<bool, StoreError> {
    let (held,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM agreement_notices
         WHERE hash = $1 AND issuer = $2 AND step = 'revoke'",
    )
    .bind(hash)
    .bind(issuer)
    .fetch_one(connection)
    .await?;
    Ok(held > 0)
}

pub(super) async fn keep_notice(
    connection: &mut SqliteConnection,
    hash: &[u8],
    notice: &KeptNotice,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO agreement_notices (hash, issuer, counter, step, document, public_key,
             signature, kept_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(hash)
    .bind(notice.step.party().map(|party| party.as_str().to_owned()))
    .bind(i64::try_from(notice.counter).map_err(|_| DAMAGED)?)
    .bind(notice.step.as_str())
    .bind(&notice.document.document)
    .bind(&notice.document.public_key)
    .bind(&notice.document.signature)
    .bind(at.unix_timestamp())
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a step of no party, or of the party that it names.
pub(super) async fn take(
    transaction: &mut Transaction<'static, Sqlite>,
    row: &mut TextRow,
    step: &AgreementStep,
    by: By<'_>,
    at: OffsetDateTime,
) -> Result<(), LifeError> {
    let party = step.party().map(|party| party.as_str().to_owned());
    take_signed(transaction, row, step, party.as_deref(), by, at).await
}

/// Takes a step: state, suspensions, history and log change together or not at all.
async fn take_signed(
    transaction: &mut Transaction<'static, Sqlite>,
    row: &mut TextRow,
    step: &AgreementStep,
    party: Option<&str>,
    by: By<'_>,
    at: OffsetDateTime,
) -> Result<(), LifeError> {
    let before = life(transaction, row).await?;
    let after = before.after(step)?;
    let state = after.state();
    sqlx::query("UPDATE agreement_texts SET state = $2, since = $3 WHERE hash = $1")
        .bind(row.hash.as_slice())
        .bind(state.as_str())
        .bind(if state == before.state() { row.since } else { at.unix_timestamp() })
        .execute(&mut **transaction)
        .await?;
    for party in before.suspended_by().difference(after.suspended_by()) {
        sqlx::query("DELETE FROM agreement_suspensions WHERE hash = $1 AND party = $2")
            .bind(row.hash.as_slice())
            .bind(party.as_str())
            .execute(&mut **transaction)
            .await?;
    }
    for party in after.suspended_by().difference(before.suspended_by()) {
        sqlx::query(
            "INSERT INTO agreement_suspensions (hash, party, person, reason, since)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(row.hash.as_slice())
        .bind(party.as_str())
        .bind(by.person)
        .bind(by.reason)
        .bind(at.unix_timestamp())
        .execute(&mut **transaction)
        .await?;
    }
    if state == AgreementState::Revoked {
        sqlx::query("DELETE FROM agreements WHERE hash = $1")
            .bind(row.hash.as_slice())
            .execute(&mut **transaction)
            .await?;
    }
    sqlx::query(
        "INSERT INTO agreement_history (hash, position, step, state, party, person, reason, at)
         VALUES ($1, (SELECT COALESCE(MAX(position) + 1, 0) FROM agreement_history WHERE hash = $1),
             $2, $3, $4, $5, $6, $7)",
    )
    .bind(row.hash.as_slice())
    .bind(step.as_str())
    .bind(state.as_str())
    .bind(party)
    .bind(by.person)
    .bind(by.reason)
    .bind(at.unix_timestamp())
    .execute(&mut **transaction)
    .await?;
    let record = LogRecord::AgreementStep {
        agreement: row.id.parse().map_err(|_| DAMAGED)?,
        hash: AgreementHash(row.hash.as_slice().try_into().map_err(|_| DAMAGED)?),
        step: step.as_str().to_owned(),
        state,
        party: party.map(str::to_owned),
        person: by.person.map(str::to_owned),
        reason: by.reason.to_owned(),
    };
    append_in(transaction, &record, at).await?;
    if state != before.state() {
        row.since = at.unix_timestamp();
    }
    row.state = state.as_str().to_owned();
    Ok(())
}

/// Where the step is known to follow, only the store can fail.
pub(super) fn store_error(error: LifeError) -> StoreError {
    match error {
        LifeError::Store(error) => error,
        _ => DAMAGED,
    }
}

/// Seconds since 1970, the next whole one: nothing begins or ends a moment too early.
fn ceil(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().saturating_add(i64::from(at.nanosecond() > 0))
}
