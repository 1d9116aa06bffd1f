//! Bureaus that are known by card only.

use symbolon_policy::{Actor, BureauCode, CardFingerprint, Party};
use time::OffsetDateTime;

use crate::{LogRecord, Store, StoreError, log::append_in};

/// A bureau whose card people of both sides have compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// Its card.
    pub card: Party,
    /// The card's fingerprint.
    pub fingerprint: CardFingerprint,
    /// Who has compared it.
    pub added_by: String,
    /// When.
    pub added_at: OffsetDateTime,
}

impl Store {
    /// Adds a contact; returns `false`, and changes nothing, where another card is there under that
    /// code. The caller has compared the fingerprint.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_contact(
        &self,
        card: &Party,
        fingerprint: &CardFingerprint,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let text = serde_json::to_string(card).map_err(|_| DAMAGED)?;
        let mut transaction = self.begin().await?;
        let known: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT fingerprint FROM contacts WHERE code = $1")
                .bind(card.code.as_str())
                .fetch_optional(&mut *transaction)
                .await?;
        if let Some((known,)) = known {
            return Ok(known == fingerprint.0);
        }
        sqlx::query(
            "INSERT INTO contacts (code, card, fingerprint, added_by, added_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(card.code.as_str())
        .bind(text)
        .bind(fingerprint.0.as_slice())
        .bind(&by.id)
        .bind(at.unix_timestamp())
        .execute(&mut *transaction)
        .await?;
        let record = LogRecord::ContactAdded {
            bureau: card.code.clone(),
            fingerprint: *fingerprint,
            by: by.clone(),
        };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes a contact; returns whether it was there. Agreements with that bureau stay.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_contact(
        &self,
        code: &BureauCode,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let removed = sqlx::query("DELETE FROM contacts WHERE code = $1")
            .bind(code.as_str())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if removed == 0 {
            return Ok(false);
        }
        let record = LogRecord::ContactRemoved { bureau: code.clone(), by: by.clone() };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// All contacts, by code. A card that was changed in the database is found here.
    ///
    /// # Errors
    /// When the database fails or a card does not have its fingerprint.
    pub async fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        let rows: Vec<(String, String, Vec<u8>, String, i64)> = sqlx::query_as(
            "SELECT code, card, fingerprint, added_by, added_at FROM contacts ORDER BY code",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(code, card, fingerprint, added_by, added_at)| {
                let card: Party = serde_json::from_str(&card).map_err(|_| DAMAGED)?;
                let fingerprint = CardFingerprint(fingerprint.try_into().map_err(|_| DAMAGED)?);
                let is_sound = card.code.as_str() == code
                    && card.fingerprint().is_ok_and(|found| found == fingerprint);
                if !is_sound {
                    return Err(DAMAGED);
                }
                let added_at =
                    OffsetDateTime::from_unix_timestamp(added_at).map_err(|_| DAMAGED)?;
                Ok(Contact { card, fingerprint, added_by, added_at })
            })
            .collect()
    }
}

const DAMAGED: StoreError = StoreError::Damaged { what: "contact" };
