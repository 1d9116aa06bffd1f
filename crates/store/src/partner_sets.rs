use std::{fs, io};

use symbolon_policy::{AgreementId, BureauCode, ScopeId};
use time::OffsetDateTime;

use crate::{FolderError, Store, StoreError, StoredDocument};

/// A partner's tag set that this node holds and has checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartnerSet {
    /// The scope.
    pub scope: ScopeId,
    /// The agreement.
    pub agreement: AgreementId,
    /// Whose it is.
    pub owner: BureauCode,
    /// Its version.
    pub version: u64,
    /// Its manifest.
    pub manifest: StoredDocument,
}

impl Store {
    /// The partners' sets that are held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn partner_sets(&self) -> Result<Vec<PartnerSet>, StoreError> {
        typed(
            sqlx::query_as(
                "SELECT scope_id, agreement, owner, version, document, public_key, signature
                 FROM partner_sets",
            )
            .fetch_all(&self.pool)
            .await?,
        )
    }

    /// The newest version of a scope's set that was ever held here, in place or not: its manifest
    /// pins the owner's key and what a later version must follow.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn partner_set(&self, scope: &ScopeId) -> Result<Option<PartnerSet>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT scope_id, agreement, owner, version, document, public_key, signature
             FROM partner_sets WHERE scope_id = $1",
        )
        .bind(scope.0.as_slice())
        .fetch_all(&self.pool)
        .await?;
        Ok(typed(rows)?.pop())
    }

    /// Takes note of a set whose file is in place and checked, and removes the file of the version
    /// before it.
    ///
    /// # Errors
    /// When the database fails or the old file cannot be removed.
    pub async fn install_partner_set(
        &self,
        set: &PartnerSet,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let before: Option<(i64,)> =
            sqlx::query_as("SELECT version FROM partner_sets WHERE scope_id = $1")
                .bind(set.scope.0.as_slice())
                .fetch_optional(&mut *transaction)
                .await?;
        sqlx::query(
            "INSERT INTO partner_sets (scope_id, agreement, owner, version, document, public_key,
                 signature, installed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (scope_id) DO UPDATE SET version = excluded.version,
                 document = excluded.document, public_key = excluded.public_key,
                 signature = excluded.signature, installed_at = excluded.installed_at",
        )
        .bind(set.scope.0.as_slice())
        .bind(set.agreement.as_str())
        .bind(set.owner.as_str())
        .bind(i64::try_from(set.version).map_err(|_| DAMAGED)?)
        .bind(&set.manifest.document)
        .bind(&set.manifest.public_key)
        .bind(&set.manifest.signature)
        .bind(at.unix_timestamp())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        match before.and_then(|(version,)| u64::try_from(version).ok()) {
            Some(version) if version != set.version => self.remove_set_file(set, version),
            _ => Ok(()),
        }
    }

    /// Forgets a set whose epoch or agreement is over.
    ///
    /// # Errors
    /// When the database fails or the file cannot be removed.
    pub async fn drop_partner_set(&self, set: &PartnerSet) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM partner_sets WHERE scope_id = $1")
            .bind(set.scope.0.as_slice())
            .execute(&self.pool)
            .await?;
        self.remove_set_file(set, set.version)
    }

    fn remove_set_file(&self, set: &PartnerSet, version: u64) -> Result<(), StoreError> {
        for path in [
            self.folder.partner_labels(&set.owner, &set.scope, version),
            self.folder.partner_set(&set.owner, &set.scope, version),
        ] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(FolderError::io("remove", &path, error).into());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn typed(
    rows: Vec<(Vec<u8>, String, String, i64, Vec<u8>, Vec<u8>, Vec<u8>)>,
) -> Result<Vec<PartnerSet>, StoreError> {
    rows.into_iter()
        .map(|(scope, agreement, owner, version, document, public_key, signature)| {
            Ok(PartnerSet {
                scope: ScopeId(scope.try_into().map_err(|_| DAMAGED)?),
                agreement: agreement.parse().map_err(|_| DAMAGED)?,
                owner: owner.parse().map_err(|_| DAMAGED)?,
                version: u64::try_from(version).map_err(|_| DAMAGED)?,
                manifest: StoredDocument { document, public_key, signature },
            })
        })
        .collect()
}

const DAMAGED: StoreError = StoreError::Damaged { what: "partner's set" };
