//! Questions that somebody other than the asker has approved beforehand.

use ring::{
    hkdf::{HKDF_SHA256, Salt},
    hmac,
};
use symbolon_policy::Actor;
use time::{Duration, OffsetDateTime};

use crate::{LogRecord, SealError, Store, StoreError, log::append_in};

/// How far ahead an approval may reach.
pub const LONGEST_APPROVAL: Duration = Duration::days(30);

/// What an approver allows others to ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckApproval {
    /// The reference of the case. Only a keyed hash of it is kept.
    pub case_reference: String,
    /// The purpose that the question must declare.
    pub purpose: String,
    /// For questions of at most so many identifiers.
    pub most_elements: u64,
    /// Until when.
    pub valid_until: OffsetDateTime,
}

/// The key under which case references are hashed: without it nobody who has the database can try
/// out which cases were approved.
pub(crate) struct CaseKey(hmac::Key);

impl CaseKey {
    /// That of a node, from its key-encryption key.
    pub(crate) fn derive(key_encryption: &[u8]) -> Result<Self, SealError> {
        Salt::new(HKDF_SHA256, b"Symbolon-v1-approved-cases")
            .extract(key_encryption)
            .expand(&[b"case"], hmac::HMAC_SHA256)
            .map(|derived| Self(hmac::Key::from(derived)))
            .map_err(|_| SealError::KeyLength)
    }

    fn code(&self, case_reference: &str) -> hmac::Tag {
        hmac::sign(&self.0, case_reference.trim().as_bytes())
    }
}

impl Store {
    /// Keeps an approval, in place of what the same person had approved for that case and purpose.
    /// The caller has verified that `by` may approve, and that the bounds are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn approve_check(
        &self,
        approval: &CheckApproval,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let case = self.keys.approved_cases.code(&approval.case_reference);
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM check_approvals WHERE valid_until < $1")
            .bind(at.unix_timestamp())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO check_approvals
                 (case_code, purpose, approver, most_elements, approved_at, valid_until)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (case_code, purpose, approver) DO UPDATE SET
                 most_elements = excluded.most_elements, approved_at = excluded.approved_at,
                 valid_until = excluded.valid_until",
        )
        .bind(case.as_ref())
        .bind(&approval.purpose)
        .bind(&by.id)
        .bind(i64::try_from(approval.most_elements).unwrap_or(i64::MAX))
        .bind(at.unix_timestamp())
        .bind(approval.valid_until.unix_timestamp())
        .execute(&mut *transaction)
        .await?;
        let record = LogRecord::CheckApproved {
            case: hex::encode(case),
            purpose: approval.purpose.clone(),
            most_elements: approval.most_elements,
            valid_until: approval.valid_until,
            by: by.clone(),
        };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The different people, other than `asker`, whose approvals at `at` cover a question of
    /// `elements` identifiers for that case and purpose: SPIFFE identities, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_approvals(
        &self,
        case_reference: &str,
        purpose: &str,
        elements: u64,
        asker: &str,
        at: OffsetDateTime,
    ) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT approver FROM check_approvals
             WHERE case_code = $1 AND purpose = $2 AND approver <> $3 AND most_elements >= $4
                 AND approved_at <= $5 AND valid_until > $5
             ORDER BY approver",
        )
        .bind(self.keys.approved_cases.code(case_reference).as_ref())
        .bind(purpose)
        .bind(asker)
        .bind(i64::try_from(elements).unwrap_or(i64::MAX))
        .bind(at.unix_timestamp())
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(approver,)| approver).collect())
    }
}
