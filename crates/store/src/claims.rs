//! What this bureau could show for any element that it asked: kept whatever hit.

use symbolon_policy::{AgreementId, BureauCode, CheckId};
use zeroize::Zeroizing;

use crate::{Store, StoreError, StoredDocument};

/// Length of a claim in bytes.
pub const CLAIM_LEN: usize = 16;

/// The claims of all elements that one owner answered, for each scope of the header in order.
pub struct CheckClaims(Vec<Zeroizing<Vec<u8>>>);

impl CheckClaims {
    /// Claims of [`CLAIM_LEN`] bytes each, end to end, for each scope.
    pub fn new(scopes: Vec<Zeroizing<Vec<u8>>>) -> Self {
        Self(scopes)
    }
}

impl Store {
    /// Keeps an owner's receipt with the header that it answers and, where the agreement lets hits be
    /// followed by requests, the claims of all elements that it answered: both or neither, and neither
    /// where the header was erased meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_answer(
        &self,
        check: &CheckId,
        owner: &BureauCode,
        agreement: &AgreementId,
        receipt: &StoredDocument,
        claims: Option<&CheckClaims>,
    ) -> Result<(), StoreError> {
        let mut sealed = Vec::new();
        for (index, scope) in (0_u32..).zip(claims.iter().flat_map(|claims| &claims.0)) {
            let about = about(check, owner, agreement, index);
            sealed.push((index, self.keys.key_encryption.seal(&about, scope)?));
        }
        let mut transaction = self.begin().await?;
        let headers = sqlx::query(
            "UPDATE asked_headers SET receipt = $4, receipt_public_key = $5, receipt_signature = $6
             WHERE check_id = $1 AND owner = $2 AND agreement = $3",
        )
        .bind(check.0.as_slice())
        .bind(owner.as_str())
        .bind(agreement.as_str())
        .bind(&receipt.document)
        .bind(&receipt.public_key)
        .bind(&receipt.signature)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if headers == 0 {
            return Ok(());
        }
        for (index, sealed) in sealed {
            sqlx::query(
                "INSERT INTO asked_claims (check_id, owner, agreement, scope_index, sealed)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (check_id, owner, agreement, scope_index)
                 DO UPDATE SET sealed = excluded.sealed",
            )
            .bind(check.0.as_slice())
            .bind(owner.as_str())
            .bind(agreement.as_str())
            .bind(index)
            .bind(sealed)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The claim of the element at `position` in a scope of a check's header; `None` if none was kept.
    ///
    /// # Errors
    /// When the database fails or the seal does not open.
    pub async fn claim(
        &self,
        check: &CheckId,
        owner: &BureauCode,
        agreement: &AgreementId,
        scope: u32,
        position: usize,
    ) -> Result<Option<Zeroizing<[u8; CLAIM_LEN]>>, StoreError> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as(
            "SELECT sealed FROM asked_claims
             WHERE check_id = $1 AND owner = $2 AND agreement = $3 AND scope_index = $4",
        )
        .bind(check.0.as_slice())
        .bind(owner.as_str())
        .bind(agreement.as_str())
        .bind(scope)
        .fetch_optional(&self.pool)
        .await?;
        let Some((sealed,)) = row else { return Ok(None) };
        let claims =
            self.keys.key_encryption.open(&about(check, owner, agreement, scope), &sealed)?;
        let (claims, _) = claims.as_chunks::<CLAIM_LEN>();
        Ok(claims.get(position).map(|claim| Zeroizing::new(*claim)))
    }
}

fn about(check: &CheckId, owner: &BureauCode, agreement: &AgreementId, scope: u32) -> Vec<u8> {
    [
        b"Symbolon-v1-AskedClaims\0".as_slice(),
        &check.0,
        owner.as_str().as_bytes(),
        b"\0",
        agreement.as_str().as_bytes(),
        b"\0",
        &scope.to_be_bytes(),
    ]
    .concat()
}
