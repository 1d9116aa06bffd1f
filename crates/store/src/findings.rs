//! What a person should look at: kept sealed until somebody has, and who it was.

use ring::hmac;
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use symbolon_policy::{Actor, AgreementId, BureauCode, CheckId, watch::FindingKind};
use time::OffsetDateTime;

use crate::{LogRecord, Store, StoreError, day::day_of, log::append_in};

/// What was seen, and of whom. Holds no identifier.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FindingDetails {
    /// The partner that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<BureauCode>,
    /// The agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementId>,
    /// The dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Registered name of the identifier type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier_type: Option<String>,
    /// The person of this bureau, as the check named them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// The identity in that person's or agency's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// The check in which it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckId>,
    /// What was seen, for a person.
    pub sentence: String,
    /// The number that was seen; its unit is in the sentence.
    pub seen: u64,
    /// The number above which it is unusual.
    pub usual: u64,
}

/// A finding as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Its number.
    pub id: u64,
    /// Which pattern.
    pub kind: FindingKind,
    /// When it was found.
    pub found_at: OffsetDateTime,
    /// What was seen.
    pub details: FindingDetails,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<(String, OffsetDateTime)>,
}

type Row = (i64, String, i64, Vec<u8>, Option<String>, Option<i64>);

impl Store {
    /// Keeps a finding, unless one of its kind about the same was found in the last `quiet_days`
    /// days, today among them. Returns its number if it was kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_finding(
        &self,
        kind: FindingKind,
        details: &FindingDetails,
        quiet_days: u16,
        at: OffsetDateTime,
    ) -> Result<Option<u64>, StoreError> {
        let mut transaction = self.begin().await?;
        let kept = self.record_finding_in(&mut transaction, kind, details, quiet_days, at).await?;
        transaction.commit().await?;
        Ok(kept)
    }

    pub(crate) async fn record_finding_in(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        kind: FindingKind,
        details: &FindingDetails,
        quiet_days: u16,
        at: OffsetDateTime,
    ) -> Result<Option<u64>, StoreError> {
        let (subject, day) = (self.subject(details)?, day_of(at));
        let known: Option<(i64,)> = sqlx::query_as(
            "SELECT id FROM findings WHERE kind = $1 AND subject = $2 AND day > $3 LIMIT 1",
        )
        .bind(kind.as_str())
        .bind(subject.as_slice())
        .bind(day.saturating_sub(quiet_days.into()))
        .fetch_optional(&mut **transaction)
        .await?;
        if known.is_some() {
            return Ok(None);
        }
        let plain = serde_json::to_vec(details).map_err(|_| DAMAGED)?;
        let sealed = self.keys.key_encryption.seal(&about(kind, &subject), &plain)?;
        let (id,): (i64,) = sqlx::query_as(
            "INSERT INTO findings (kind, subject, day, found_at, sealed)
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
        )
        .bind(kind.as_str())
        .bind(subject.as_slice())
        .bind(day)
        .bind(at.unix_timestamp())
        .bind(sealed)
        .fetch_one(&mut **transaction)
        .await?;
        let finding = u64::try_from(id).map_err(|_| DAMAGED)?;
        let record = LogRecord::FindingMade { finding, kind, partner: details.partner.clone() };
        append_in(transaction, &record, at).await?;
        Ok(Some(finding))
    }

    /// Findings, newest first: about this bureau's own people or about partners; those that were
    /// acknowledged only where wanted.
    ///
    /// # Errors
    /// When the database fails or a seal does not open.
    pub async fn findings(
        &self,
        own: bool,
        acknowledged_too: bool,
    ) -> Result<Vec<Finding>, StoreError> {
        let rows: Vec<(Vec<u8>, i64, String, i64, Vec<u8>, Option<String>, Option<i64>)> =
            sqlx::query_as(
                "SELECT subject, id, kind, found_at, sealed, acknowledged_by, acknowledged_at
                 FROM findings WHERE $1 = 1 OR acknowledged_at IS NULL
                 ORDER BY found_at DESC, id DESC",
            )
            .bind(i64::from(acknowledged_too))
            .fetch_all(&self.pool)
            .await?;
        let mut found = Vec::new();
        for (subject, id, kind, at, sealed, by, when) in rows {
            let finding = self.open_finding(&subject, (id, kind, at, sealed, by, when))?;
            if finding.kind.is_own() == own {
                found.push(finding);
            }
        }
        Ok(found)
    }

    /// Shows a finding to a person, and logs that they looked. `None` if there is none of this
    /// number.
    ///
    /// # Errors
    /// When the database fails or the seal does not open.
    pub async fn show_finding(
        &self,
        finding: u64,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<Option<Finding>, StoreError> {
        self.look_at(finding, LogRecord::FindingShown { finding, by: by.clone() }, None, at).await
    }

    /// Takes a finding off the list, in a person's name. Who did so first stays named. `None` if
    /// there is none of this number.
    ///
    /// # Errors
    /// When the database fails or the seal does not open.
    pub async fn acknowledge_finding(
        &self,
        finding: u64,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<Option<Finding>, StoreError> {
        let record = LogRecord::FindingAcknowledged { finding, by: by.clone() };
        self.look_at(finding, record, Some(&by.id), at).await
    }

    async fn look_at(
        &self,
        finding: u64,
        record: LogRecord,
        acknowledged_by: Option<&str>,
        at: OffsetDateTime,
    ) -> Result<Option<Finding>, StoreError> {
        let Ok(id) = i64::try_from(finding) else { return Ok(None) };
        let mut transaction = self.begin().await?;
        if let Some(by) = acknowledged_by {
            sqlx::query(
                "UPDATE findings SET acknowledged_by = $2, acknowledged_at = $3
                 WHERE id = $1 AND acknowledged_at IS NULL",
            )
            .bind(id)
            .bind(by)
            .bind(at.unix_timestamp())
            .execute(&mut *transaction)
            .await?;
        }
        let row: Option<(Vec<u8>, String, i64, Vec<u8>, Option<String>, Option<i64>)> =
            sqlx::query_as(
                "SELECT subject, kind, found_at, sealed, acknowledged_by, acknowledged_at
                 FROM findings WHERE id = $1",
            )
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some((subject, kind, found, sealed, by, when)) = row else { return Ok(None) };
        let shown = self.open_finding(&subject, (id, kind, found, sealed, by, when))?;
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(Some(shown))
    }

    /// How many findings of each kind nobody has acknowledged.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_findings(&self) -> Result<Vec<(FindingKind, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT kind, COUNT(*) FROM findings WHERE acknowledged_at IS NULL GROUP BY kind",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(kind, count)| {
                let kind = kind.parse().map_err(|_| DAMAGED)?;
                Ok((kind, u64::try_from(count).map_err(|_| DAMAGED)?))
            })
            .collect()
    }

    fn open_finding(&self, subject: &[u8], row: Row) -> Result<Finding, StoreError> {
        let (id, kind, found_at, sealed, by, when) = row;
        let kind: FindingKind = kind.parse().map_err(|_| DAMAGED)?;
        let opened = self.keys.key_encryption.open(&about(kind, subject), &sealed)?;
        let time = |at| OffsetDateTime::from_unix_timestamp(at).map_err(|_| DAMAGED);
        Ok(Finding {
            id: u64::try_from(id).map_err(|_| DAMAGED)?,
            kind,
            found_at: time(found_at)?,
            details: serde_json::from_slice(&opened).map_err(|_| DAMAGED)?,
            acknowledged: by
                .zip(when)
                .map(|(by, at)| Ok::<_, StoreError>((by, time(at)?)))
                .transpose()?,
        })
    }

    /// What a finding is about, under a key: a plain hash of a person's name could be guessed.
    fn subject(&self, details: &FindingDetails) -> Result<[u8; 32], StoreError> {
        let about = (
            &details.partner,
            &details.agreement,
            &details.dataset,
            &details.identifier_type,
            &details.officer,
            &details.agency,
        );
        let bytes = serde_json::to_vec(&("finding", about)).map_err(|_| DAMAGED)?;
        let tag = hmac::sign(&self.keys.watch, &bytes);
        tag.as_ref().try_into().map_err(|_| DAMAGED)
    }
}

fn about(kind: FindingKind, subject: &[u8]) -> Vec<u8> {
    [b"Symbolon-v1-Finding\0".as_slice(), kind.as_str().as_bytes(), b"\0", subject].concat()
}

const DAMAGED: StoreError = StoreError::Damaged { what: "finding" };
