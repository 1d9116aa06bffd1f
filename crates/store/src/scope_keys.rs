use std::{fs, io};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_oprf::SecretKey;
use symbolon_policy::{AgreementId, Scope, ScopeId};
use symbolon_tagset::DummySecret;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    FolderError, LogRecord, SealError, Sealer, Store, StoreError, TagCache, TagCacheKey,
    log::append_in, write_private,
};

/// What only the owner of a scope knows.
pub struct ScopeSecrets {
    /// The OPRF key.
    pub key: SecretKey,
    /// From which the scope's dummies come.
    pub dummies: DummySecret,
    /// Seals the scope's cached tags.
    pub cache: TagCacheKey,
}

const SECRET_LEN: usize = 32;

impl Store {
    /// The secrets of a scope, made now if the scope is new.
    ///
    /// They lie in the database, sealed under a wrapping key that is a file outside it and its
    /// backups: once that file is destroyed, a restored backup can evaluate nothing.
    ///
    /// # Errors
    /// When the wrapping key is gone, the agreement was ended for good, or the database fails.
    pub async fn scope_secrets(
        &self,
        scope: &Scope,
        at: OffsetDateTime,
    ) -> Result<ScopeSecrets, StoreError> {
        let id = scope.id();
        let mut transaction = self.begin().await?;
        let sealed: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT sealed FROM scope_keys WHERE scope_id = $1")
                .bind(id.0.as_slice())
                .fetch_optional(&mut *transaction)
                .await?;
        if let Some((sealed,)) = sealed {
            return self.open_secrets(&id, &sealed);
        }
        // Within the transaction: who ends an agreement sets the mark and then waits for its turn.
        if self.folder.ended_agreement(&scope.agreement_hash).exists() {
            return Err(StoreError::AgreementEnded { id: scope.agreement.clone() });
        }
        let random = SystemRandom::new();
        let key = SecretKey::random(&random).map_err(|_| StoreError::Randomness)?;
        let mut plain = Zeroizing::new([0; 2 * SECRET_LEN]);
        let (first, second) = plain.split_at_mut(SECRET_LEN);
        first.copy_from_slice(key.to_bytes().as_ref());
        random.fill(second).map_err(|_| StoreError::Randomness)?;
        let dummies = dummy_secret(second)?;

        let wrapping = Sealer::random_key()?;
        // First the file, then the row: a crash between them leaves a wrapper that wraps nothing.
        write_private(&self.folder.wrapping_key(&id), wrapping.as_ref())?;
        let sealed = Sealer::new(wrapping.as_ref())?.seal(&id.0, plain.as_ref())?;
        sqlx::query(
            "INSERT INTO scope_keys (scope_id, agreement, dataset, epoch, sealed, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.0.as_slice())
        .bind(scope.agreement.as_str())
        .bind(&scope.dataset)
        .bind(scope.epoch)
        .bind(sealed)
        .bind(at.unix_timestamp())
        .execute(&mut *transaction)
        .await?;
        append_in(&mut transaction, &LogRecord::ScopeKeyMade { scope: id }, at).await?;
        transaction.commit().await?;
        let cache = TagCacheKey::derive(plain.as_ref(), &id)?;
        Ok(ScopeSecrets { key, dummies, cache })
    }

    /// The scopes of an agreement, whatever its text, that have keys here.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scopes_with_keys(
        &self,
        agreement: &AgreementId,
    ) -> Result<Vec<ScopeId>, StoreError> {
        let rows: Vec<(Vec<u8>,)> =
            sqlx::query_as("SELECT scope_id FROM scope_keys WHERE agreement = $1")
                .bind(agreement.as_str())
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(|(id,)| Ok(ScopeId(id.try_into().map_err(|_| DAMAGED)?))).collect()
    }

    /// The scopes of an agreement that have keys here, each with its epoch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn epochs_with_keys(
        &self,
        agreement: &AgreementId,
    ) -> Result<Vec<(ScopeId, u32)>, StoreError> {
        let rows: Vec<(Vec<u8>, i64)> =
            sqlx::query_as("SELECT scope_id, epoch FROM scope_keys WHERE agreement = $1")
                .bind(agreement.as_str())
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter()
            .map(|(id, epoch)| {
                let id = ScopeId(id.try_into().map_err(|_| DAMAGED)?);
                Ok((id, u32::try_from(epoch).map_err(|_| DAMAGED)?))
            })
            .collect()
    }

    /// Takes a scope's sets and cached tags away and leaves its key, with which claims of a past epoch
    /// are recognised for some days.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn keep_key_only(&self, id: &ScopeId) -> Result<(), StoreError> {
        self.remove_own_sets_before(id, u64::MAX)?;
        TagCache::remove(&self.folder, id)?;
        Ok(())
    }

    /// The OPRF key of a scope, if it has one here and it was not destroyed. None is ever made.
    ///
    /// # Errors
    /// When the database fails, or the key is damaged.
    pub async fn living_key(&self, id: &ScopeId) -> Result<Option<SecretKey>, StoreError> {
        let sealed: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT sealed FROM scope_keys WHERE scope_id = $1")
                .bind(id.0.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        let Some((sealed,)) = sealed else { return Ok(None) };
        if !self.folder.wrapping_key(id).is_file() {
            return Ok(None);
        }
        Ok(Some(self.open_secrets(id, &sealed)?.key))
    }

    /// Ends a scope for good: destroys its wrapping key, its sealed secrets, its sets and
    /// their cached tags. Returns
    /// whether there was anything to destroy.
    ///
    /// # Errors
    /// When a file cannot be removed or the database fails.
    pub async fn destroy_scope(
        &self,
        id: &ScopeId,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let path = self.folder.wrapping_key(id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(FolderError::io("remove", &path, error).into());
            }
            _ => {}
        }
        // Destroyed must mean destroyed after a power cut too.
        if let Some(folder) = path.parent() {
            fs::File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|source| FolderError::io("sync", folder, source))?;
        }
        // Before the row goes, so that a destruction that breaks off is completed by repeating it.
        self.remove_own_sets_before(id, u64::MAX)?;
        TagCache::remove(&self.folder, id)?;
        let mut transaction = self.begin().await?;
        let gone = sqlx::query("DELETE FROM scope_keys WHERE scope_id = $1")
            .bind(id.0.as_slice())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if gone == 0 {
            return Ok(false);
        }
        append_in(&mut transaction, &LogRecord::ScopeKeyDestroyed { scope: *id }, at).await?;
        transaction.commit().await?;
        Ok(true)
    }

    fn open_secrets(&self, id: &ScopeId, sealed: &[u8]) -> Result<ScopeSecrets, StoreError> {
        let path = self.folder.wrapping_key(id);
        let wrapping = Zeroizing::new(
            fs::read(&path).map_err(|source| FolderError::io("read", &path, source))?,
        );
        let plain = Sealer::new(&wrapping)?.open(&id.0, sealed)?;
        let (key, dummies) =
            plain.split_first_chunk::<SECRET_LEN>().ok_or(SealError::DoesNotOpen)?;
        Ok(ScopeSecrets {
            key: SecretKey::from_bytes(key).map_err(|_| DAMAGED)?,
            dummies: dummy_secret(dummies)?,
            cache: TagCacheKey::derive(&plain, id)?,
        })
    }
}

fn dummy_secret(bytes: &[u8]) -> Result<DummySecret, StoreError> {
    bytes.try_into().map(DummySecret::new).map_err(|_| DAMAGED)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "scope key" };
