use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use ring::digest::{Context, SHA256};
use symbolon_exchange::{DocumentHash, MAX_MANIFESTS, Manifest, PIECE_LEN, SetError};
use symbolon_policy::{Agreement, Party, Scope, ScopeId, same_rules};
use symbolon_proto::{
    partner::v1::{DownloadTagSetRequest, GetManifestsRequest},
    v1::SignedDocument,
};
use symbolon_store::{FolderError, PartnerSet, StoreError};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::{
    failure::{Failure, FailureReason},
    requester::Requester,
    sets::HeldSet,
};

const MANIFESTS_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest tag set file that is fetched, in bytes: about 400 million records.
const LARGEST_SET: u64 = 2 << 30;
/// Longest file of labels that is fetched, in bytes: a hundred million of 64 bytes.
const LARGEST_LABELS: u64 = 8 << 30;
/// How long a transfer may stand still before it is given up, to resume next time.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// What a look at partners' manifests came to.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct SyncReport {
    /// New versions fetched, checked and put in place.
    pub installed: u64,
    /// Partners or scopes that could not be brought up to date, with the reason.
    pub failures: Vec<(String, String)>,
}

impl Requester {
    /// Puts the sets held on disk in place again, after a start. Damaged files are dropped, to be
    /// fetched anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn restore_sets(&self) -> Result<SyncReport, StoreError> {
        let mut report = SyncReport::default();
        for set in self.store.partner_sets().await? {
            let path = self.store.folder().partner_set(&set.owner, &set.scope, set.version);
            let opened = Manifest::parse(&set.manifest.document)
                .map_err(Failure::from)
                .and_then(|manifest| open_checked(&path, manifest, &set.manifest.document));
            match opened {
                Ok(held) => {
                    let folder = self.store.folder();
                    let path = folder.partner_labels(&set.owner, &set.scope, set.version);
                    // What is missing or damaged is fetched beside everything else.
                    if let Ok(labels) = held.manifest.open_labels(&path) {
                        let _ = held.labels.set(labels);
                    }
                    self.sets.put(set.scope, held);
                    report.installed = report.installed.saturating_add(1);
                }
                Err(failure) => {
                    // The file is fetched again; its manifest stays, as a pin.
                    let _ = fs::remove_file(&path);
                    report.failures.push((set.owner.to_string(), failure.sentence));
                }
            }
        }
        Ok(report)
    }

    /// The partners whose sets should be looked at now, each to be brought up to date by itself: one
    /// that is slow holds up no other.
    pub fn partners_to_sync(&self) -> Vec<PartnerSync> {
        let now = OffsetDateTime::now_utc();
        let mut all = Vec::new();
        for agreement in self.book.all().iter() {
            if agreement.in_force(now).is_err() || agreement.party(&self.us).is_none() {
                continue;
            }
            for owner in agreement.terms().parties.iter().filter(|party| party.code != self.us) {
                if agreement.scopes_of(&owner.code, now).next().is_some() {
                    all.push(PartnerSync {
                        requester: self.clone(),
                        agreement: agreement.clone(),
                        owner: owner.clone(),
                    });
                }
            }
        }
        all
    }

    /// Brings the sets of one partner under one agreement up to date, after whoever is doing that
    /// now: two transfers into one file would spoil it.
    pub(crate) async fn sync_partner(&self, agreement: &Agreement, owner: &Party) -> SyncReport {
        let turn = self.sync_turn(agreement, owner);
        let _turn = turn.lock().await;
        self.sync_in_turn(agreement, owner).await
    }

    async fn sync_in_turn(&self, agreement: &Agreement, owner: &Party) -> SyncReport {
        let mut report = SyncReport::default();
        // Under a suspended agreement nothing is asked for, lists included.
        match self.withdrawn(agreement, OffsetDateTime::now_utc()).await {
            Ok(None) => {}
            Ok(Some(_)) => return report,
            Err(error) => {
                report.failures.push((owner.code.to_string(), Failure::from(error).sentence));
                return report;
            }
        }
        match self.manifests(agreement, owner).await {
            Ok(manifests) => {
                let held = self.held_of(agreement, owner);
                for signed in manifests {
                    // What is held was verified when it came; most looks find nothing else.
                    let known = held.get(&DocumentHash::of(&signed.document));
                    let done = match known {
                        Some((id, set)) => {
                            self.bring_labels(agreement, owner, id, set).await.map(|()| false)
                        }
                        None => self.bring_up_to_date(agreement, owner, &signed).await,
                    };
                    match done {
                        Ok(new) => report.installed = report.installed.saturating_add(new.into()),
                        Err(failure) => {
                            report.failures.push((owner.code.to_string(), failure.sentence));
                        }
                    }
                }
            }
            Err(failure) => report.failures.push((owner.code.to_string(), failure.sentence)),
        }
        report
    }

    async fn manifests(
        &self,
        agreement: &Agreement,
        owner: &Party,
    ) -> Result<Vec<SignedDocument>, Failure> {
        let mut client = self.partners.client(owner)?;
        let request = GetManifestsRequest {
            agreement_id: agreement.terms().id.to_string(),
            agreement_hash: agreement.hash().0.to_vec(),
        };
        let manifests = timeout(MANIFESTS_TIMEOUT, client.get_manifests(request))
            .await
            .map_err(|_| Failure::timeout(MANIFESTS_TIMEOUT))??
            .into_inner()
            .manifests;
        if manifests.len() > MAX_MANIFESTS {
            return Err(Failure::untrusted("the bureau sent more manifests than there may be"));
        }
        Ok(manifests)
    }

    /// The sets held of a partner under an agreement, by the hash of their manifest.
    fn held_of(
        &self,
        agreement: &Agreement,
        owner: &Party,
    ) -> HashMap<DocumentHash, (ScopeId, Arc<HeldSet>)> {
        let scopes = agreement.scopes_of(&owner.code, OffsetDateTime::now_utc());
        let ids = scopes.map(|(scope, ..)| scope.id());
        ids.filter_map(|id| self.sets.held(&id).map(|set| (set.hash, (id, set)))).collect()
    }

    /// Takes a manifest that is not of what is held. Returns whether a new version was put in place.
    async fn bring_up_to_date(
        &self,
        agreement: &Agreement,
        owner: &Party,
        signed: &SignedDocument,
    ) -> Result<bool, Failure> {
        let (manifest, hash) = Manifest::verify(signed, &owner.keys.manifest)?;
        let now = OffsetDateTime::now_utc();
        let scope: Option<Scope> = agreement
            .scopes_of(&owner.code, now)
            .map(|(scope, ..)| scope)
            .find(|scope| scope == &manifest.scope);
        let id = scope
            .ok_or_else(|| Failure::untrusted("a manifest names a scope that is not agreed"))?
            .id();
        if same_rules(manifest.scope.identifier_type, manifest.scope.rules_version).is_err() {
            return Ok(false);
        }
        if self.sets.is_barred_by(&id, &hash) {
            return Ok(false);
        }
        // Held against what was held last, even if its file is gone: the pin outlives the file.
        if let Some(last) = self.store.partner_set(&id).await? {
            let pinned = Manifest::parse(&last.manifest.document)?;
            manifest.follows(hash, &pinned, DocumentHash::of(&last.manifest.document))?;
        }
        manifest.is_usable(now)?;
        // Bounded before a byte is fetched, or a partner could fill this bureau's disk.
        if manifest.file_len > LARGEST_SET {
            return Err(SetError::TooLong.into());
        }
        let path = self.store.folder().partner_set(&owner.code, &id, manifest.version);
        let file = SetFile::of_tags(&manifest, path.clone());
        self.download(agreement, owner, &id, manifest.version, &file).await?;
        let document = signed.document.clone();
        let opened = self
            .compute
            .run({
                let (path, manifest) = (path.clone(), manifest.clone());
                move || open_checked(&path, manifest, &document)
            })
            .await?;
        let held = match opened {
            Ok(held) => held,
            Err(failure) => {
                // Never a no hit from a set that is not sound, nor from the one it replaces.
                self.sets.bar(id, failure.clone(), hash);
                let _ = fs::remove_file(&path);
                return Err(failure);
            }
        };
        let set = PartnerSet {
            scope: id,
            agreement: agreement.terms().id.clone(),
            owner: owner.code.clone(),
            version: manifest.version,
            manifest: signed.clone().into(),
        };
        // Before the set is used, so that its first hit has its label; but a set without its labels
        // is better than the one before.
        let labels = self.bring_labels(agreement, owner, &id, &held).await;
        self.store.install_partner_set(&set, now).await?;
        self.sets.put(id, held);
        labels.map(|()| true)
    }

    /// Fetches the labels of a set that has them and is held without.
    async fn bring_labels(
        &self,
        agreement: &Agreement,
        owner: &Party,
        id: &ScopeId,
        held: &HeldSet,
    ) -> Result<(), Failure> {
        let Some(labels) = held.manifest.labels.filter(|_| held.labels.get().is_none()) else {
            return Ok(());
        };
        let terms = &agreement.terms().datasets;
        let agreed = terms.iter().find(|dataset| dataset.id == held.manifest.scope.dataset);
        let agreed = agreed.and_then(|dataset| dataset.labels.as_ref()).map(|terms| terms.bytes);
        // Bounded before a byte is fetched.
        let parameters = held.manifest.label_parameters(labels.label_len);
        if agreed != Some(labels.label_len) || labels.file_len != parameters.file_len() {
            return Err(Failure::untrusted(
                "the bureau offers labels of another length than was agreed",
            ));
        }
        if labels.file_len > LARGEST_LABELS {
            return Err(Failure::untrusted("the bureau offers more labels than there may be"));
        }
        let version = held.manifest.version;
        let path = self.store.folder().partner_labels(&owner.code, id, version);
        let file = SetFile {
            sha256: labels.sha256,
            len: labels.file_len,
            is_labels: true,
            path: path.clone(),
        };
        self.download(agreement, owner, id, version, &file).await?;
        let manifest = held.manifest.clone();
        let opening = path.clone();
        let opened = self.compute.run(move || manifest.open_labels(&opening)).await?;
        match opened {
            // Whoever was first; both are of one manifest.
            Ok(labels) => drop(held.labels.set(labels)),
            Err(error) => {
                let _ = fs::remove_file(&path);
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn download(
        &self,
        agreement: &Agreement,
        owner: &Party,
        scope: &ScopeId,
        version: u64,
        wanted: &SetFile,
    ) -> Result<(), Failure> {
        let SetFile { sha256, len, is_labels, path } = wanted;
        let (sha256, len) = (*sha256, *len);
        // As where only what lies beside it could not be fetched last time.
        let there = path.clone();
        let work = move || sha256_of(&there).is_ok_and(|hash| hash == sha256);
        if path.is_file() && self.compute.run(work).await? {
            return Ok(());
        }
        let partial = partial_path(path, &sha256);
        remove_stale_parts(path, &partial);
        let mut offset = match fs::metadata(&partial) {
            Ok(metadata) if metadata.len() <= len => metadata.len(),
            Ok(_) => {
                fs::remove_file(&partial).map_err(|error| disk(&partial, error))?;
                0
            }
            Err(_) => 0,
        };
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&partial)
            .map_err(|error| disk(&partial, error))?;
        if offset < len {
            let request = DownloadTagSetRequest {
                agreement_id: agreement.terms().id.to_string(),
                scope_id: scope.0.to_vec(),
                version,
                offset,
                labels: *is_labels,
            };
            let mut pieces =
                timeout(STALL_TIMEOUT, self.partners.client(owner)?.download_tag_set(request))
                    .await
                    .map_err(|_| Failure::timeout(STALL_TIMEOUT))??
                    .into_inner();
            while offset < len {
                let piece = timeout(STALL_TIMEOUT, pieces.message())
                    .await
                    .map_err(|_| Failure::timeout(STALL_TIMEOUT))??
                    .ok_or_else(|| Failure::unreachable("the transfer of a list broke off"))?;
                offset = offset.saturating_add(piece.data.len() as u64);
                if piece.data.is_empty() || piece.data.len() > PIECE_LEN || offset > len {
                    let _ = fs::remove_file(&partial);
                    return Err(Failure::untrusted("a list is not as long as its manifest says"));
                }
                file.write_all(&piece.data).map_err(|error| disk(&partial, error))?;
            }
        }
        let hashing = partial.clone();
        let work = move || file.sync_all().and_then(|()| sha256_of(&hashing));
        let hash = self.compute.run(work).await?.map_err(|error| disk(&partial, error))?;
        if hash != sha256 {
            let _ = fs::remove_file(&partial);
            return Err(Failure::untrusted(
                "a list does not have the hash in its manifest; it will be fetched again",
            ));
        }
        fs::rename(&partial, path).map_err(|error| disk(path, error))
    }

    /// Forgets the sets whose epoch or agreement is over.
    ///
    /// # Errors
    /// When the database fails or a file cannot be removed.
    pub async fn drop_ended_sets(&self) -> Result<(), StoreError> {
        let (agreements, now) = (self.book.all(), OffsetDateTime::now_utc());
        for set in self.store.partner_sets().await? {
            let lives = agreements.iter().any(|agreement| {
                agreement.scopes_of(&set.owner, now).any(|(scope, ..)| scope.id() == set.scope)
            });
            if !lives {
                self.sets.remove(&set.scope);
                self.store.drop_partner_set(&set).await?;
            }
        }
        Ok(())
    }
}

/// One partner's sets under one agreement, to be brought up to date.
pub struct PartnerSync {
    requester: Requester,
    agreement: Agreement,
    owner: Party,
}

impl PartnerSync {
    /// Brings them up to date; does nothing if that is under way already.
    pub async fn run(self) -> SyncReport {
        let turn = self.requester.sync_turn(&self.agreement, &self.owner);
        let Ok(_turn) = turn.try_lock() else { return SyncReport::default() };
        self.requester.sync_in_turn(&self.agreement, &self.owner).await
    }
}

/// A file that belongs to a version of a set.
struct SetFile {
    sha256: [u8; 32],
    len: u64,
    is_labels: bool,
    path: PathBuf,
}

impl SetFile {
    fn of_tags(manifest: &Manifest, path: PathBuf) -> Self {
        Self { sha256: manifest.file_sha256, len: manifest.file_len, is_labels: false, path }
    }
}

/// Opens a set's file and holds it against its manifest and the canaries.
fn open_checked(path: &Path, manifest: Manifest, document: &[u8]) -> Result<HeldSet, Failure> {
    let tags = manifest.open_set(path)?;
    Ok(HeldSet { hash: DocumentHash::of(document), manifest, tags, labels: OnceLock::new() })
}

fn partial_path(path: &Path, sha256: &[u8; 32]) -> PathBuf {
    let (start, _) = sha256.split_at(8);
    path.with_extension(format!("{}.part", hex::encode(start)))
}

/// Removes what broken transfers of other versions left; if that fails, they only take room.
fn remove_stale_parts(path: &Path, keep: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
    else {
        return;
    };
    // OWNER-SCOPE-VERSION.tags
    let Some((scope, _)) = name.rsplit_once('-') else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.path();
        let is_part = entry.file_name().to_str().is_some_and(|name| {
            name.strip_prefix(scope).is_some_and(|rest| rest.starts_with('-'))
                && name.ends_with(".part")
        });
        if is_part && found != keep {
            let _ = fs::remove_file(found);
        }
    }
}

fn sha256_of(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = fs::File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; PIECE_LEN];
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => break,
            read => context.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    Ok(hash)
}

fn disk(path: &Path, source: io::Error) -> Failure {
    let sentence = FolderError::io("write", path, source).to_string();
    Failure::no_answer(FailureReason::Internal, sentence)
}
