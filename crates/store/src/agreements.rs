use symbolon_policy::{Agreement, AgreementId, SignedAgreement};

use crate::{Store, StoreError};

impl Store {
    /// All installed agreements. Signatures are verified again: a file changed in the database is
    /// found here.
    ///
    /// # Errors
    /// When the database fails or holds an agreement that does not verify.
    pub async fn agreements(&self) -> Result<Vec<Agreement>, StoreError> {
        let rows: Vec<(String, Vec<u8>, String)> =
            sqlx::query_as("SELECT id, hash, document FROM agreements ORDER BY id")
                .fetch_all(&self.pool)
                .await?;
        rows.iter()
            .map(|(id, hash, document)| {
                SignedAgreement::from_json(document.as_bytes())
                    .and_then(|signed| signed.verify())
                    .ok()
                    // An older text that was signed too does not belong in this row.
                    .filter(|one| one.terms().id.as_str() == id && one.hash().0 == hash.as_slice())
                    .ok_or(StoreError::Damaged { what: "agreement" })
            })
            .collect()
    }

    /// The file of an installed agreement, as it was given.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn agreement_document(&self, id: &AgreementId) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT document FROM agreements WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(document,)| document))
    }

    /// Ids and hashes of the agreements in place: they change whenever another text takes a place.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn agreements_fingerprint(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        Ok(sqlx::query_as("SELECT id, hash FROM agreements ORDER BY id")
            .fetch_all(&self.pool)
            .await?)
    }
}
