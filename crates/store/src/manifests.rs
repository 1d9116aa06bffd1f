use std::{fs, io};

use symbolon_policy::ScopeId;
use time::OffsetDateTime;

use crate::{FolderError, KeptOut, LogRecord, Store, StoreError, StoredDocument, log::append_in};

/// A manifest that this bureau published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredManifest {
    /// The version of the set.
    pub version: u64,
    /// The signed manifest.
    pub document: StoredDocument,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// The revision of the dataset that the set holds.
    pub dataset_revision: u64,
    /// Digest of the identifiers that rules kept out of the set; `None` where they kept out none.
    pub kept_out: Option<[u8; 32]>,
}

impl Store {
    /// The newest manifest of a scope.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_manifest(
        &self,
        scope: &ScopeId,
    ) -> Result<Option<StoredManifest>, StoreError> {
        let row: Option<ManifestRow> = sqlx::query_as(
            "SELECT version, document, public_key, signature, document_hash, dataset_revision,
                 kept_out
             FROM manifests WHERE scope_id = $1 ORDER BY version DESC LIMIT 1",
        )
        .bind(scope.0.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|(version, document, public_key, signature, hash, revision, kept_out)| {
            Ok(StoredManifest {
                version: u64::try_from(version).map_err(|_| DAMAGED)?,
                document: StoredDocument { document, public_key, signature },
                hash: hash.try_into().map_err(|_| DAMAGED)?,
                dataset_revision: u64::try_from(revision).map_err(|_| DAMAGED)?,
                kept_out: kept_out
                    .map(|digest| digest.try_into().map_err(|_| DAMAGED))
                    .transpose()?,
            })
        })
        .transpose()
    }

    /// Publishes a manifest whose set's file is in place, and logs it with what rules kept out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn publish_manifest(
        &self,
        scope: &ScopeId,
        manifest: &StoredManifest,
        kept_out: Option<KeptOut>,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO manifests (scope_id, version, document, public_key, signature,
                 document_hash, dataset_revision, kept_out)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(scope.0.as_slice())
        .bind(i64::try_from(manifest.version).map_err(|_| DAMAGED)?)
        .bind(&manifest.document.document)
        .bind(&manifest.document.public_key)
        .bind(&manifest.document.signature)
        .bind(manifest.hash.as_slice())
        .bind(i64::try_from(manifest.dataset_revision).map_err(|_| DAMAGED)?)
        .bind(manifest.kept_out.as_ref().map(<[u8; 32]>::as_slice))
        .execute(&mut *transaction)
        .await?;
        let record = LogRecord::ManifestPublished {
            scope: *scope,
            version: manifest.version,
            manifest: hex::encode(manifest.hash),
            kept_out,
        };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes the files of versions before `version`, sets and labels; what is being sent stays readable.
    ///
    /// # Errors
    /// When the folder cannot be read or a file cannot be removed.
    pub fn remove_own_sets_before(&self, scope: &ScopeId, version: u64) -> Result<(), StoreError> {
        let newest = self.folder.own_set(scope, version);
        let Some(folder) = newest.parent() else { return Ok(()) };
        let prefix = format!("{scope}-");
        let entries =
            fs::read_dir(folder).map_err(|source| FolderError::io("read", folder, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| FolderError::io("read", folder, source))?;
            let name = entry.file_name();
            let older = name
                .to_str()
                .and_then(|name| {
                    let name = name.strip_prefix(&prefix)?;
                    name.strip_suffix(".tags").or_else(|| name.strip_suffix(".labels"))
                })
                .and_then(|number| number.parse::<u64>().ok())
                .is_some_and(|found| found < version);
            if older {
                match fs::remove_file(entry.path()) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(FolderError::io("remove", &entry.path(), error).into());
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

type ManifestRow = (i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, i64, Option<Vec<u8>>);

const DAMAGED: StoreError = StoreError::Damaged { what: "manifest" };
