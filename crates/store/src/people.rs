//! The certificates of this bureau's people, and what of their doings is logged once a day.

use std::collections::BTreeSet;

use sqlx::{Sqlite, Transaction};
use symbolon_policy::{Actor, CertificateHash, rules::Role};
use time::OffsetDateTime;

use crate::{LogRecord, Store, StoreError, log::append_in};

/// A certificate under the bureau's own root that was issued to a person or agency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonCertificate {
    /// Which.
    pub certificate: CertificateHash,
    /// Whose it is, and the roles in it.
    pub holder: Actor,
    /// From when on it is good.
    pub issued_at: OffsetDateTime,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// When it was revoked, and why.
    pub revoked: Option<(OffsetDateTime, String)>,
}

/// What of a person's doings on the bureau face is logged, once a day each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DayNote {
    /// The first call of the day.
    LoggedIn,
    /// Something was refused for lack of a role; which act is a code of the bureau face.
    RoleMissing(&'static str),
    /// Something was refused because it is a colleague's.
    NotTheirs,
    /// A call with a revoked certificate was refused.
    Revoked,
    /// A call with a certificate that has expired since it connected was refused.
    Expired,
    /// A call with a revoked bearer token was refused.
    TokenRevoked,
    /// A call with a bearer token that has expired was refused.
    TokenExpired,
}

impl DayNote {
    fn code(self) -> &'static str {
        match self {
            Self::LoggedIn => "log_in",
            Self::RoleMissing(act) => act,
            Self::NotTheirs => "not_theirs",
            Self::Revoked => "certificate_revoked",
            Self::Expired => "certificate_expired",
            Self::TokenRevoked => "token_revoked",
            Self::TokenExpired => "token_expired",
        }
    }

    fn record(self, by: &Actor) -> LogRecord {
        let by = by.clone();
        let (act, reason) = match self {
            Self::LoggedIn => return LogRecord::LoggedIn { by },
            Self::RoleMissing(act) => (act, "role_missing"),
            Self::NotTheirs => ("disclosure", self.code()),
            Self::Revoked | Self::Expired | Self::TokenRevoked | Self::TokenExpired => {
                ("any", self.code())
            }
        };
        LogRecord::ActRefused { act: act.to_owned(), reason: reason.to_owned(), by }
    }
}

type Row = (Vec<u8>, String, String, i64, i64, Option<i64>, Option<String>);

impl Store {
    /// Records that a certificate was issued, with the log entry that says by whom.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_certificate(
        &self,
        issued: &PersonCertificate,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        keep(&mut transaction, issued).await?;
        let record = LogRecord::CertificateIssued {
            certificate: issued.certificate,
            holder: issued.holder.clone(),
            by: by.clone(),
        };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Revokes a certificate for good, whether or not its issue was recorded here. A running node
    /// refuses its next call. Revoking it again changes nothing; returns whether it was good before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_certificate(
        &self,
        certificate: &PersonCertificate,
        reason: &str,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        keep(&mut transaction, certificate).await?;
        let revoked = sqlx::query(
            "UPDATE person_certificates SET revoked_at = $2, reason = $3
             WHERE certificate = $1 AND revoked_at IS NULL",
        )
        .bind(certificate.certificate.0.as_slice())
        .bind(at.unix_timestamp())
        .bind(reason)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if revoked == 0 {
            return Ok(false);
        }
        let record = LogRecord::CertificateRevoked {
            certificate: certificate.certificate,
            holder: certificate.holder.clone(),
            reason: reason.to_owned(),
            by: by.clone(),
        };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Whether that certificate was revoked. Read from the database at each call, so that what one
    /// process revokes holds in every other at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_revoked(&self, certificate: &CertificateHash) -> Result<bool, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "SELECT 1 FROM person_certificates WHERE certificate = $1 AND revoked_at IS NOT NULL",
        )
        .bind(certificate.0.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }

    /// All certificates whose issue or revocation was recorded here, by holder and age.
    ///
    /// # Errors
    /// When the database fails or holds a damaged row.
    pub async fn person_certificates(&self) -> Result<Vec<PersonCertificate>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT certificate, holder, roles, issued_at, expires_at, revoked_at, reason
             FROM person_certificates ORDER BY holder, issued_at, certificate",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(read).collect()
    }

    /// Logs what a person does on the bureau face, once a day (UTC) for each identity and kind, so
    /// that nobody can fill the log by calling again and again. Returns whether it was the first
    /// time that day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_of_day(
        &self,
        note: DayNote,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let day = at.unix_timestamp().div_euclid(SECONDS_A_DAY);
        let mut transaction = self.begin().await?;
        let first = sqlx::query(
            "INSERT INTO days_of_people (day, person, note) VALUES ($1, $2, $3)
             ON CONFLICT (day, person, note) DO NOTHING",
        )
        .bind(day)
        .bind(&by.id)
        .bind(note.code())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if first == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM days_of_people WHERE day < $1")
            .bind(day)
            .execute(&mut *transaction)
            .await?;
        append_in(&mut transaction, &note.record(by), at).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

const SECONDS_A_DAY: i64 = 86_400;

/// The row of a certificate, if there is none yet.
async fn keep(
    transaction: &mut Transaction<'_, Sqlite>,
    one: &PersonCertificate,
) -> Result<(), StoreError> {
    let roles: Vec<_> = one.holder.roles.iter().map(|role| role.as_str()).collect();
    sqlx::query(
        "INSERT INTO person_certificates (certificate, holder, roles, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (certificate) DO NOTHING",
    )
    .bind(one.certificate.0.as_slice())
    .bind(&one.holder.id)
    .bind(roles.join(","))
    .bind(one.issued_at.unix_timestamp())
    .bind(one.expires_at.unix_timestamp())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn read(
    (certificate, holder, roles, issued_at, expires_at, revoked_at, reason): Row,
) -> Result<PersonCertificate, StoreError> {
    let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| DAMAGED);
    let roles = roles
        .split(',')
        .filter(|code| !code.is_empty())
        .map(|code| {
            let role = Role::ALL.iter().copied().find(|role| role.as_str() == code);
            role.ok_or(DAMAGED)
        })
        .collect::<Result<BTreeSet<_>, _>>()?;
    Ok(PersonCertificate {
        certificate: CertificateHash(certificate.try_into().map_err(|_| DAMAGED)?),
        holder: Actor { id: holder, roles },
        issued_at: time(issued_at)?,
        expires_at: time(expires_at)?,
        revoked: match (revoked_at, reason) {
            (Some(at), Some(reason)) => Some((time(at)?, reason)),
            _ => None,
        },
    })
}

const DAMAGED: StoreError = StoreError::Damaged { what: "certificate of a person" };
