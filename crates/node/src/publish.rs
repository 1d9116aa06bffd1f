use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use ring::rand::SystemRandom;
use symbolon_client::Compute;
use symbolon_exchange::{CanarySet, DocumentHash, Manifest};
use symbolon_oprf::SecretKey;
use symbolon_policy::{Agreement, AgreementId, BureauCode, Scope, ScopeId, same_rules};
use symbolon_proto::v1::SignedDocument;
use symbolon_store::{
    DatasetRow, FolderError, ScopeSecrets, Store, StoreError, StoredDocument, StoredManifest,
    TagCache,
};
use symbolon_tagset::{
    DEFAULT_LAMBDA, DummySecret, MembershipHash, Parameters, Summary, TagSet, build,
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::{
    logging::event,
    metrics::Metrics,
    published::{Published, PublishedScope},
    tags::{Tagger, Tags},
};

/// How long a published set may be used; it is published anew when half of that is over.
const SET_LIFE: Duration = Duration::days(30);

/// Keeps this bureau's tag sets in step with its records and agreements.
pub(crate) struct Publisher {
    pub(crate) us: BureauCode,
    pub(crate) store: Store,
    pub(crate) published: Published,
    pub(crate) compute: Compute,
    pub(crate) metrics: Arc<Metrics>,
}

impl Publisher {
    /// Publishes what is new, ends what is over.
    pub(crate) async fn bring_up_to_date(
        &self,
        agreements: &[Agreement],
        now: OffsetDateTime,
    ) -> Result<(), PublishError> {
        let datasets = self.store.datasets().await?;
        let mut living = HashSet::new();
        for agreement in agreements {
            // Removed since it was read: nothing of it may come to life again.
            if !self.store.is_installed(agreement).await? {
                continue;
            }
            for (scope, wanted, _) in agreement.scopes_of(&self.us, now) {
                if same_rules(scope.identifier_type, scope.rules_version).is_err() {
                    event!(
                        warn,
                        "an agreement has another version of a type's rules than this program; \
                         the type is not published",
                        agreement = scope.agreement,
                        identifier_type = scope.identifier_type,
                    );
                    continue;
                }
                living.insert(scope.id());
                let Some(dataset) = datasets.iter().find(|dataset| dataset.id == wanted.id) else {
                    event!(
                        debug,
                        "an agreement offers a dataset that is not here yet",
                        agreement = scope.agreement,
                    );
                    continue;
                };
                if let Err(error) = self.scope(agreement, &scope, dataset, now).await {
                    // The others must not wait for this one, and it must not answer on.
                    event!(
                        warn,
                        "a tag set could not be brought up to date; its scope answers nothing",
                        agreement = scope.agreement,
                        identifier_type = scope.identifier_type,
                        error = error,
                    );
                    living.remove(&scope.id());
                }
            }
        }
        self.published.keep(|scope| living.contains(scope));
        for agreement in agreements {
            self.end_past_epochs(agreement, now).await?;
        }
        Ok(())
    }

    async fn scope(
        &self,
        agreement: &Agreement,
        scope: &Scope,
        dataset: &DatasetRow,
        now: OffsetDateTime,
    ) -> Result<(), PublishError> {
        let id = scope.id();
        let newest = self.store.newest_manifest(&id).await?;
        if let Some(newest) = &newest {
            let manifest = Manifest::parse(&newest.document.document)
                .map_err(|_| StoreError::Damaged { what: "manifest" })?;
            let path = self.store.folder().own_set(&id, newest.version);
            let known = self.published.find(&id).is_some_and(|one| one.hash.0 == newest.hash);
            let is_current = newest.dataset_revision == dataset.revision
                && manifest.updated_at == dataset.updated_at
                && now < manifest.issued_at + SET_LIFE / 2
                && path.is_file();
            // A file from before this start may have been damaged since it was written.
            if is_current && (known || self.is_whole(path, manifest.file_sha256).await?) {
                // Without its wrapping key a scope has ended, whoever destroyed it.
                if !known || !self.store.folder().wrapping_key(&id).is_file() {
                    let secrets = self.store.scope_secrets(scope, now).await?;
                    if secrets.key.public_key() != manifest.public_key {
                        return Err(StoreError::Damaged { what: "scope key" }.into());
                    }
                    self.put(scope, Arc::new(secrets.key), manifest, newest);
                }
                return Ok(());
            }
        }
        self.publish(agreement, scope, dataset, newest, now).await
    }

    async fn is_whole(&self, path: PathBuf, sha256: [u8; 32]) -> Result<bool, PublishError> {
        let work = move || TagSet::open(&path).is_ok_and(|set| set.sha256() == &sha256);
        let is_whole = self.compute.run(work).await.map_err(|_| PublishError::Stopping)?;
        if !is_whole {
            event!(warn, "a published tag set was damaged on this disk; it is made anew");
        }
        Ok(is_whole)
    }

    async fn publish(
        &self,
        agreement: &Agreement,
        scope: &Scope,
        dataset: &DatasetRow,
        before: Option<StoredManifest>,
        now: OffsetDateTime,
    ) -> Result<(), PublishError> {
        let id = scope.id();
        let version = before.as_ref().map_or(0, |before| before.version).saturating_add(1);
        let ScopeSecrets { key, dummies, cache } = self.store.scope_secrets(scope, now).await?;
        let key = Arc::new(key);
        let canaries = CanarySet::evaluate(&key, scope.identifier_type, &SystemRandom::new())
            .map_err(|_| PublishError::Evaluation)?;
        // From here on the dataset is what the snapshot shows, whatever is loaded meanwhile.
        let mut snapshot = self.store.snapshot(&dataset.id, scope.identifier_type).await?;
        let tagger = Tagger {
            folder: self.store.folder().clone(),
            compute: self.compute.clone(),
            scope: id,
            key: Arc::clone(&key),
            cache: Arc::new(cache),
        };
        let Tags { mut hashes, evaluated, reused, cache } = tagger.tags(&mut snapshot).await?;
        let (mark, updated_at) = (snapshot.mark, snapshot.updated_at);
        snapshot.close().await?;
        hashes.extend(
            canaries
                .membership_hashes(&key.public_key(), scope.identifier_type)
                .map_err(|_| PublishError::Evaluation)?,
        );
        let parameters = Parameters { lambda: DEFAULT_LAMBDA, scope: id.0, version };
        let path = self.store.folder().own_set(&id, version);
        let work = move || {
            let summary = write_set(&path, &parameters, hashes, &dummies)?;
            cache.finish()?;
            Ok::<_, PublishError>(summary)
        };
        let summary = self.compute.run(work).await.map_err(|_| PublishError::Stopping)??;
        let epoch_end = agreement.terms().epoch_end(scope.epoch);
        let manifest = Manifest {
            scope: scope.clone(),
            version,
            public_key: key.public_key(),
            padded_len: summary.padded_len,
            lambda: DEFAULT_LAMBDA,
            file_sha256: summary.sha256,
            file_len: summary.file_len,
            previous: before.map(|before| DocumentHash(before.hash)),
            canaries,
            issued_at: now,
            expires_at: epoch_end.min(now + SET_LIFE),
            updated_at,
        };
        let signed = manifest.sign(&self.store.keys().manifest);
        let stored = StoredManifest {
            version,
            hash: DocumentHash::of(&signed.document).0,
            document: StoredDocument {
                document: signed.document,
                public_key: signed.public_key,
                signature: signed.signature,
            },
            dataset_revision: mark.revision,
        };
        self.store.publish_manifest(&id, &stored, now).await?;
        if !self.store.folder().wrapping_key(&id).is_file() {
            // The scope was ended meanwhile; what was written since must go with it.
            TagCache::remove(self.store.folder(), &id)?;
            self.store.remove_own_sets_before(&id, version.saturating_add(1))?;
            return Ok(());
        }
        self.put(scope, key, manifest, &stored);
        // Who is fetching the version before may finish.
        self.store.remove_own_sets_before(&id, version.saturating_sub(1))?;
        self.store.trim_journal(&dataset.id).await?;
        self.metrics.sets_published.inc();
        self.metrics.identifiers_evaluated.inc_by(evaluated);
        self.metrics.tags_reused.inc_by(reused);
        event!(
            info,
            "published a tag set",
            agreement = scope.agreement,
            identifier_type = scope.identifier_type,
            version = version,
            padded_len = summary.padded_len,
            evaluated = evaluated,
            reused = reused,
        );
        Ok(())
    }

    fn put(&self, scope: &Scope, key: Arc<SecretKey>, manifest: Manifest, stored: &StoredManifest) {
        let document = SignedDocument {
            document: stored.document.document.clone(),
            public_key: stored.document.public_key.clone(),
            signature: stored.document.signature.clone(),
        };
        let hash = DocumentHash(stored.hash);
        self.published.put(scope.id(), PublishedScope { key, manifest, hash, document });
    }

    async fn end_past_epochs(
        &self,
        agreement: &Agreement,
        now: OffsetDateTime,
    ) -> Result<(), PublishError> {
        if now < agreement.terms().valid_from {
            return Ok(());
        }
        // What the text does not yield now is of a past epoch, or of an older text of that id.
        let present: HashSet<_> =
            agreement.scopes_of(&self.us, now).map(|(scope, ..)| scope.id()).collect();
        for (scope, epoch) in self.store.epochs_with_keys(&agreement.terms().id).await? {
            if present.contains(&scope) {
                continue;
            }
            if self.recognises_claims(agreement, &scope, epoch, now) {
                self.store.keep_key_only(&scope)?;
            } else if self.store.destroy_scope(&scope, now).await? {
                event!(info, "a scope is over; its key was destroyed", scope = scope);
            }
        }
        Ok(())
    }
}

impl Publisher {
    /// Whether hits of a past epoch may still be followed by requests, so that its key is kept to
    /// recognise claims with. Nothing is published or answered with it.
    fn recognises_claims(
        &self,
        agreement: &Agreement,
        scope: &ScopeId,
        epoch: u32,
        now: OffsetDateTime,
    ) -> bool {
        let terms = agreement.terms();
        let conditions = terms.conditions.as_ref();
        let Some(disclosure) = conditions.and_then(|one| one.disclosure.as_ref()) else {
            return false;
        };
        let end = terms.epoch_end(epoch);
        let until = end.checked_add(Duration::days(disclosure.claim_days.into()));
        let days = i64::from(epoch).saturating_mul(i64::from(terms.epoch_days));
        let began = terms.valid_from.checked_add(Duration::days(days));
        agreement.in_force(now).is_ok()
            && until.is_some_and(|until| now < until)
            // Of this very text: keys of another one are over.
            && began.is_some_and(|began| {
                agreement.scopes_of(&self.us, began).any(|(one, ..)| one.id() == *scope)
            })
    }
}

/// Destroys the keys of all scopes of an agreement that has been removed: from then on nothing can
/// be evaluated under it, not even from a backup of the database. Returns how many.
///
/// # Errors
/// When a key file cannot be removed or the database fails.
pub async fn end_scopes(
    store: &Store,
    agreement: &AgreementId,
    now: OffsetDateTime,
) -> Result<u64, StoreError> {
    let mut ended = 0_u64;
    for scope in store.scopes_with_keys(agreement).await? {
        if store.destroy_scope(&scope, now).await? {
            ended = ended.saturating_add(1);
        }
    }
    Ok(ended)
}

/// Writes a set aside, syncs it and moves it into place.
fn write_set(
    path: &Path,
    parameters: &Parameters,
    hashes: Vec<MembershipHash>,
    dummies: &DummySecret,
) -> Result<Summary, PublishError> {
    let aside = path.with_extension("new");
    let disk = |source: io::Error| FolderError::io("write", path, source);
    let attempt = || -> Result<Summary, PublishError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&aside)
            .map_err(disk)?;
        let mut out = BufWriter::new(file);
        let summary = build(parameters, hashes, dummies, &mut out).map_err(PublishError::Set)?;
        out.flush().map_err(disk)?;
        out.get_ref().sync_all().map_err(disk)?;
        fs::rename(&aside, path).map_err(disk)?;
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)?;
        }
        Ok(summary)
    };
    attempt().inspect_err(|_| {
        let _ = fs::remove_file(&aside);
    })
}

/// Why a set was not published.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum PublishError {
    /// The key could not be used.
    #[error("a record could not be evaluated")]
    Evaluation,
    /// The set could not be written.
    #[error("a tag set could not be written: {0}")]
    Set(#[source] symbolon_tagset::Error),
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FolderError> for PublishError {
    fn from(error: FolderError) -> Self {
        Self::Store(error.into())
    }
}

// Made of store errors and fixed sentences; a set's errors name sizes only.
impl crate::logging::LogSafe for PublishError {}
