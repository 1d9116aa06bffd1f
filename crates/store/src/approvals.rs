//! Questions that somebody other than the asker has approved beforehand.

use std::collections::BTreeSet;

use ring::hmac;
use sqlx::{Sqlite, SqliteConnection, Transaction};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{Actor, CertificateHash, CheckId};
use time::{Duration, OffsetDateTime};

use crate::{LogRecord, SealError, Store, StoreError, code_key::code_key, log::append_in};

/// How far ahead an approval may reach.
pub const LONGEST_APPROVAL: Duration = Duration::days(30);

/// What an approver allows one other person to ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckApproval {
    /// The reference of the case. Only a keyed hash of it is kept.
    pub case_reference: String,
    /// The purpose that the question must declare.
    pub purpose: String,
    /// Who may ask: the SPIFFE identity.
    pub asker: String,
    /// Of which types; of every type where empty.
    pub types: BTreeSet<IdentifierType>,
    /// So many identifiers, in however many questions.
    pub elements: u64,
    /// Until when.
    pub valid_until: OffsetDateTime,
}

/// A question, as far as approvals go.
#[derive(Clone, Debug)]
pub struct ApprovedQuestion<'a> {
    /// The reference of the case.
    pub case_reference: &'a str,
    /// The declared purpose.
    pub purpose: &'a str,
    /// Who asks: the SPIFFE identity.
    pub asker: &'a str,
    /// The types asked.
    pub types: BTreeSet<IdentifierType>,
    /// How many different identifiers it asks in all.
    pub elements: u64,
}

/// An approval that covers a question.
pub(crate) struct Covering {
    approver: String,
    certificate: Vec<u8>,
    valid_until: i64,
}

/// The key under which case references are hashed: without it nobody who has the database can try
/// out which cases were approved.
pub(crate) struct CaseKey(hmac::Key);

impl CaseKey {
    /// That of a node, from its key-encryption key.
    pub(crate) fn derive(key_encryption: &[u8]) -> Result<Self, SealError> {
        code_key(key_encryption, b"Symbolon-v1-approved-cases", b"case").map(Self)
    }

    fn code(&self, case_reference: &str) -> hmac::Tag {
        hmac::sign(&self.0, case_reference.trim().as_bytes())
    }
}

impl Store {
    /// Keeps an approval, in place of what is left of the one that the same person gave to the same
    /// asker for that case and purpose. It ends when `certificate`, by which it was given, is revoked.
    /// The caller has verified that `by` may approve, and that the bounds are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn approve_check(
        &self,
        approval: &CheckApproval,
        by: &Actor,
        certificate: &CertificateHash,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let case = self.keys.approved_cases.code(&approval.case_reference);
        let types: Vec<_> = approval.types.iter().map(|one| one.name()).collect();
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM check_approvals WHERE valid_until < $1")
            .bind(at.unix_timestamp())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO check_approvals (case_code, purpose, asker, approver, certificate, types,
                 elements_left, approved_at, valid_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (case_code, purpose, asker, approver) DO UPDATE SET
                 certificate = excluded.certificate, types = excluded.types,
                 elements_left = excluded.elements_left, approved_at = excluded.approved_at,
                 valid_until = excluded.valid_until",
        )
        .bind(case.as_ref())
        .bind(&approval.purpose)
        .bind(&approval.asker)
        .bind(&by.id)
        .bind(certificate.0.as_slice())
        .bind(types.join(","))
        .bind(number(approval.elements))
        .bind(at.unix_timestamp())
        .bind(approval.valid_until.unix_timestamp())
        .execute(&mut *transaction)
        .await?;
        let record = LogRecord::CheckApproved {
            case: hex::encode(case),
            purpose: approval.purpose.clone(),
            asker: approval.asker.clone(),
            types: types.into_iter().map(str::to_owned).collect(),
            most_elements: approval.elements,
            valid_until: approval.valid_until,
            by: by.clone(),
        };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// How many people other than the asker have approvals at `at` that cover that question.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_approvals(
        &self,
        question: &ApprovedQuestion<'_>,
        at: OffsetDateTime,
    ) -> Result<u64, StoreError> {
        let case = self.keys.approved_cases.code(question.case_reference);
        let covering = covering(&mut *self.pool.acquire().await?, &case, question, at).await?;
        Ok(covering.len() as u64)
    }

    /// How many of those whose approvals a check used up when it was recorded stand by it at `at`:
    /// what counts when it is asked again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn approvals_used(
        &self,
        check: &CheckId,
        at: OffsetDateTime,
    ) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as(
            "SELECT COUNT(*) FROM check_approvals_used u
             LEFT JOIN person_certificates p ON p.certificate = u.certificate
             WHERE u.check_id = $1 AND u.valid_until > $2 AND p.revoked_at IS NULL",
        )
        .bind(check.0.as_slice())
        .bind(at.unix_timestamp())
        .fetch_one(&self.pool)
        .await?;
        u64::try_from(count).map_err(|_| DAMAGED)
    }

    /// The approvals that cover a question, in the transaction that records it.
    pub(crate) async fn covering_in(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        question: &ApprovedQuestion<'_>,
        at: OffsetDateTime,
    ) -> Result<Vec<Covering>, StoreError> {
        let case = self.keys.approved_cases.code(question.case_reference);
        covering(transaction, &case, question, at).await
    }

    /// Counts a question down in all approvals that cover it.
    pub(crate) async fn use_up_in(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        check: &CheckId,
        question: &ApprovedQuestion<'_>,
        covering: &[Covering],
    ) -> Result<(), StoreError> {
        let case = self.keys.approved_cases.code(question.case_reference);
        for one in covering {
            sqlx::query(
                "UPDATE check_approvals SET elements_left = elements_left - $5
                 WHERE case_code = $1 AND purpose = $2 AND asker = $3 AND approver = $4",
            )
            .bind(case.as_ref())
            .bind(question.purpose)
            .bind(question.asker)
            .bind(&one.approver)
            .bind(number(question.elements))
            .execute(&mut **transaction)
            .await?;
            sqlx::query(
                "INSERT INTO check_approvals_used (check_id, approver, certificate, valid_until)
                 VALUES ($1, $2, $3, $4)",
            )
            .bind(check.0.as_slice())
            .bind(&one.approver)
            .bind(&one.certificate)
            .bind(one.valid_until)
            .execute(&mut **transaction)
            .await?;
        }
        Ok(())
    }
}

async fn covering(
    connection: &mut SqliteConnection,
    case: &hmac::Tag,
    question: &ApprovedQuestion<'_>,
    at: OffsetDateTime,
) -> Result<Vec<Covering>, StoreError> {
    let rows: Vec<(String, Vec<u8>, String, i64)> = sqlx::query_as(
        "SELECT a.approver, a.certificate, a.types, a.valid_until FROM check_approvals a
         LEFT JOIN person_certificates p ON p.certificate = a.certificate
         WHERE a.case_code = $1 AND a.purpose = $2 AND a.asker = $3 AND a.approver <> $3
             AND a.elements_left >= $4 AND a.approved_at <= $5 AND a.valid_until > $5
             AND p.revoked_at IS NULL
         ORDER BY a.approver",
    )
    .bind(case.as_ref())
    .bind(question.purpose)
    .bind(question.asker)
    .bind(number(question.elements))
    .bind(at.unix_timestamp())
    .fetch_all(connection)
    .await?;
    let fits = |types: &str| {
        types.is_empty()
            || question.types.iter().all(|asked| types.split(',').any(|one| one == asked.name()))
    };
    Ok(rows
        .into_iter()
        .filter(|(_, _, types, _)| fits(types))
        .map(|(approver, certificate, _, valid_until)| Covering {
            approver,
            certificate,
            valid_until,
        })
        .collect())
}

fn number(elements: u64) -> i64 {
    i64::try_from(elements).unwrap_or(i64::MAX)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "approval of a check" };
