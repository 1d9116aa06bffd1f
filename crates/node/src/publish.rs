mod decided;
mod files;

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use ring::rand::SystemRandom;
use symbolon_client::{Compute, RuleBook, Rules};
use symbolon_exchange::{CanarySet, DocumentHash, Manifest};
use symbolon_oprf::SecretKey;
use symbolon_policy::{
    AdmissionSetting, Agreement, BureauCode, Dataset, Scope, ScopeId, same_rules,
};
use symbolon_proto::v1::SignedDocument;
use symbolon_store::{
    CacheKind, DatasetRow, ListSnapshot, ScopeSecrets, Store, StoreError, StoredDocument,
    StoredManifest, TagCache,
};
use symbolon_tagset::{DEFAULT_LAMBDA, Labels, Parameters, TagSet, build_with_room};
use time::{Duration, OffsetDateTime};

pub(crate) use self::decided::DecidedBefore;
use self::{
    decided::{Decided, hour},
    files::{ScopeLabels, write_aside},
};
use crate::{
    entering::Entering,
    logging::event,
    metrics::Metrics,
    publish_error::PublishError,
    published::{Published, PublishedScope},
    tags::{IdSet, Tagger, Tags},
};

/// How long a published set may be used; it is published anew when half of that is over.
const SET_LIFE: Duration = Duration::days(30);

/// Keeps this bureau's tag sets in step with its records and agreements.
pub(crate) struct Publisher {
    pub(crate) us: BureauCode,
    pub(crate) store: Store,
    pub(crate) published: Published,
    pub(crate) rules: RuleBook,
    pub(crate) decided: DecidedBefore,
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
            // Suspended, ended or replaced, perhaps since it was read: what was published leaves
            // memory, and nothing of it may come to life again.
            if self.store.withdrawn(agreement).await?.is_some() {
                continue;
            }
            let rules = self.rules.current();
            let is_as_promised = rules.are_as_promised(agreement, &self.us).is_ok();
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
                // By other rules than were promised no record enters or leaves; nothing is answered.
                if !is_as_promised {
                    continue;
                }
                let Some(dataset) = datasets.iter().find(|dataset| dataset.id == wanted.id) else {
                    event!(
                        debug,
                        "an agreement offers a dataset that is not here yet",
                        agreement = scope.agreement,
                    );
                    continue;
                };
                if let Err(error) =
                    self.scope(agreement, &scope, wanted, dataset, &rules, now).await
                {
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
        self.decided.keep(&living);
        for agreement in agreements {
            self.end_past_epochs(agreement, now).await?;
        }
        Ok(())
    }

    async fn scope(
        &self,
        agreement: &Agreement,
        scope: &Scope,
        offered: &Dataset,
        dataset: &DatasetRow,
        rules: &Arc<Rules>,
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
                && path.is_file()
                && manifest.labels.is_some() == offered.labels.is_some()
                && (rules.are_damaged()
                    || newest.kept_out
                        == self.kept_out(agreement, scope, offered, dataset, rules, now).await?);
            // A file from before this start may have been damaged since it was written.
            let labels = manifest
                .labels
                .map(|file| (self.store.folder().own_labels(&id, newest.version), file.sha256));
            if is_current && (known || self.is_whole(path, manifest.file_sha256, labels).await?) {
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
        // Rules that cannot be read let no record in: partners would read "no hit" in an empty list.
        if rules.are_damaged() {
            return Err(StoreError::Damaged { what: "rules in force" }.into());
        }
        self.publish(agreement, scope, offered, newest, rules, now).await
    }

    /// A digest of what rules would keep out of the set and its labels now.
    async fn kept_out(
        &self,
        agreement: &Agreement,
        scope: &Scope,
        offered: &Dataset,
        dataset: &DatasetRow,
        rules: &Arc<Rules>,
        now: OffsetDateTime,
    ) -> Result<Option<[u8; 32]>, PublishError> {
        if let Some(digest) = self.decided.find(&scope.id(), rules, dataset.revision, now) {
            return Ok(digest);
        }
        let mut snapshot = self.store.snapshot(&dataset.id, scope.identifier_type).await?;
        let entering = self.decide(&mut snapshot, agreement, scope, offered, rules, now).await;
        snapshot.close().await?;
        Ok(entering?.digest(offered.labels.is_some()))
    }

    async fn decide(
        &self,
        snapshot: &mut ListSnapshot,
        agreement: &Agreement,
        scope: &Scope,
        offered: &Dataset,
        rules: &Arc<Rules>,
        now: OffsetDateTime,
    ) -> Result<Entering, PublishError> {
        let setting = AdmissionSetting::new(&self.us, agreement, scope, &rules.tables);
        let entering = Entering::find(snapshot, &setting, rules, now).await?;
        let decided = Decided {
            rules: Arc::clone(rules),
            revision: snapshot.mark.revision,
            hour: hour(now),
            digest: entering.digest(offered.labels.is_some()),
        };
        self.decided.put(scope.id(), decided);
        Ok(entering)
    }

    async fn is_whole(
        &self,
        path: PathBuf,
        sha256: [u8; 32],
        labels: Option<(PathBuf, [u8; 32])>,
    ) -> Result<bool, PublishError> {
        let work = move || {
            TagSet::open(&path).is_ok_and(|set| set.sha256() == &sha256)
                && labels.is_none_or(|(path, sha256)| {
                    Labels::open(&path).is_ok_and(|labels| labels.sha256() == &sha256)
                })
        };
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
        offered: &Dataset,
        before: Option<StoredManifest>,
        rules: &Arc<Rules>,
        now: OffsetDateTime,
    ) -> Result<(), PublishError> {
        let id = scope.id();
        let version = before.as_ref().map_or(0, |before| before.version).saturating_add(1);
        let ScopeSecrets { key, dummies, cache } = self.store.scope_secrets(scope, now).await?;
        let key = Arc::new(key);
        let canaries = CanarySet::evaluate(&key, scope.identifier_type, &SystemRandom::new())
            .map_err(|_| PublishError::Evaluation)?;
        // From here on the dataset is what the snapshot shows, whatever is loaded meanwhile.
        let mut snapshot = self.store.snapshot(&offered.id, scope.identifier_type).await?;
        let tagger = Tagger {
            folder: self.store.folder().clone(),
            compute: self.compute.clone(),
            scope: id,
            key: Arc::clone(&key),
            cache: Arc::new(cache),
            kind: match offered.labels {
                Some(_) => CacheKind::WithSecrets,
                None => CacheKind::Tags,
            },
        };
        let entering = self.decide(&mut snapshot, agreement, scope, offered, rules, now).await?;
        let kept_out = Arc::new(IdSet::of(&entering.exclusion.identifiers));
        let Tags { mut hashes, labelled, evaluated, reused, cache, .. } =
            tagger.tags(&mut snapshot, &kept_out).await?;
        let labels = match &offered.labels {
            Some(terms) => {
                let (store, groups) = (&self.store, &entering.groups);
                let texts = snapshot.label_texts(store, groups, &terms.fields).await?;
                Some(ScopeLabels { label_len: terms.bytes, labelled, texts })
            }
            None => None,
        };
        let (mark, updated_at) = (snapshot.mark, snapshot.updated_at);
        snapshot.close().await?;
        hashes.extend(
            canaries
                .membership_hashes(&key.public_key(), scope.identifier_type)
                .map_err(|_| PublishError::Evaluation)?,
        );
        // What is kept out takes as much room as what enters: no partner learns how much it is.
        let room = hashes.len().saturating_add(entering.exclusion.identifiers.len()) as u64;
        let parameters = Parameters { lambda: DEFAULT_LAMBDA, scope: id.0, version };
        let path = self.store.folder().own_set(&id, version);
        let labels_path = self.store.folder().own_labels(&id, version);
        let work = move || {
            let summary = write_aside(&path, |out| {
                build_with_room(&parameters, hashes, room, &dummies, out)
            })?;
            let labels = match labels {
                Some(labels) => Some(labels.write(&labels_path, &path, &parameters)?),
                None => None,
            };
            cache.finish()?;
            Ok::<_, PublishError>((summary, labels))
        };
        let (summary, labels) =
            self.compute.run(work).await.map_err(|_| PublishError::Stopping)??;
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
            labels,
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
            kept_out: entering.digest(offered.labels.is_some()),
        };
        self.store.publish_manifest(&id, &stored, entering.as_logged(rules), now).await?;
        if !self.store.folder().wrapping_key(&id).is_file() {
            // The scope was ended meanwhile; what was written since must go with it.
            TagCache::remove(self.store.folder(), &id)?;
            self.store.remove_own_sets_before(&id, version.saturating_add(1))?;
            return Ok(());
        }
        self.put(scope, key, manifest, &stored);
        // Who is fetching the version before may finish.
        self.store.remove_own_sets_before(&id, version.saturating_sub(1))?;
        self.store.trim_journal(&offered.id).await?;
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
            kept_out = entering.exclusion.identifiers.len(),
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

#[cfg(test)]
mod tests;
