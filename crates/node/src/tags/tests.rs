use std::{collections::BTreeSet, fs, path::Path};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_identifiers::{IdentifierType, parse};
use symbolon_policy::{AgreementHash, Scope};
use symbolon_store::{NodeConfig, NodeKeys, Store, StoredDocument, StoredManifest};
use tempfile::TempDir;
use time::{OffsetDateTime, macros::datetime};

use super::*;

const KIND: IdentifierType = IdentifierType::Email;
const NOW: OffsetDateTime = datetime!(2026-03-04 12:00 UTC);

struct Owner {
    root: TempDir,
    store: Store,
}

fn scope(dataset: &str) -> Scope {
    Scope {
        agreement: "test-2026".parse().unwrap(),
        agreement_hash: AgreementHash([1; 32]),
        dataset: dataset.to_owned(),
        identifier_type: KIND,
        rules_version: KIND.rules_version(),
        epoch: 0,
    }
}

fn below(bound: usize) -> usize {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).unwrap();
    usize::try_from(u64::from_ne_bytes(bytes) % bound as u64).unwrap()
}

impl Owner {
    async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(root.path()).unwrap();
        NodeKeys::generate(&folder).unwrap();
        let listen = ([127, 0, 0, 1], 1).into();
        let code = "DEU".parse().unwrap();
        NodeConfig::new(code, "D".to_owned(), listen, listen, listen).write(&folder).unwrap();
        let store = Store::open(folder).await.unwrap();
        for dataset in ["list", "other"] {
            store.create_dataset(dataset, dataset, NOW).await.unwrap();
        }
        Self { root, store }
    }

    /// Random adds and removals, of records that share identifiers.
    async fn load(&self, dataset: &str, rows: usize, replace: bool) {
        let mut import = self.store.import(dataset, replace).await.unwrap();
        for _ in 0..rows {
            let one = parse(KIND, &format!("person{}@example.org", below(400)), None).unwrap();
            let reference = format!("case {}", below(3));
            match below(4) {
                0 => import.remove(&one, Some(&reference)).unwrap(),
                1 => import.remove(&one, None).unwrap(),
                _ => import.add(&one, &reference).unwrap(),
            }
        }
        import.commit(NOW).await.unwrap();
    }

    async fn tagger(&self, dataset: &str) -> Tagger {
        let secrets = self.store.scope_secrets(&scope(dataset), NOW).await.unwrap();
        Tagger {
            folder: self.store.folder().clone(),
            compute: Compute::default(),
            scope: scope(dataset).id(),
            key: Arc::new(secrets.key),
            cache: Arc::new(secrets.cache),
            kind: CacheKind::Tags,
        }
    }

    async fn tags(&self, dataset: &str) -> (Tags, ListSnapshot) {
        let mut snapshot = self.store.snapshot(dataset, KIND).await.unwrap();
        (self.tagger(dataset).await.tags(&mut snapshot, &Arc::default()).await.unwrap(), snapshot)
    }

    /// Publishes, checks that the tags are those of a publication from scratch, and returns how many
    /// were evaluated and how many reused.
    async fn publish(&self, dataset: &str, version: u64) -> (u64, u64) {
        let (tags, snapshot) = self.tags(dataset).await;
        let came: BTreeSet<_> = tags.hashes.iter().map(|hash| hash.0).collect();
        assert_eq!(came.len(), tags.hashes.len());
        assert_eq!(came, self.evaluated_anew(dataset).await);
        let counts = (tags.evaluated, tags.reused);
        tags.cache.finish().unwrap();
        let document = StoredDocument { document: vec![], public_key: vec![], signature: vec![] };
        let dataset_revision = snapshot.mark.revision;
        let manifest =
            StoredManifest { version, document, hash: [0; 32], dataset_revision, kept_out: None };
        self.store.publish_manifest(&scope(dataset).id(), &manifest, None, NOW).await.unwrap();
        self.store.trim_journal(dataset).await.unwrap();
        counts
    }

    async fn evaluated_anew(&self, dataset: &str) -> BTreeSet<[u8; 16]> {
        let key = self.tagger(dataset).await.key;
        let mut snapshot = self.store.snapshot(dataset, KIND).await.unwrap();
        let mut all = BTreeSet::new();
        while let Some(piece) = snapshot.next_piece(0).await.unwrap() {
            all.extend(
                evaluate_piece(&key, &piece, CacheKind::Tags).unwrap().iter().map(|tag| tag.hash),
            );
        }
        all
    }

    fn cache(&self, dataset: &str) -> std::path::PathBuf {
        self.store.folder().tag_cache(&scope(dataset).id())
    }

    /// Closes the database, lets `act` at its folder, and opens it again.
    async fn closed(&mut self, act: impl FnOnce(&Path)) {
        self.store.close().await;
        act(&self.root.path().join("state"));
        self.store = Store::open(DataFolder::open(self.root.path()).unwrap()).await.unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    for old in fs::read_dir(to).unwrap() {
        fs::remove_file(old.unwrap().path()).unwrap();
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_made_with_the_cache_is_the_set_made_from_scratch_whatever_was_loaded() {
    let owner = Owner::new().await;
    let mut known = BTreeSet::new();
    for round in 0..30 {
        owner.load("list", [5, 60, 400][below(3)], below(6) == 0).await;
        let (evaluated, reused) = owner.publish("list", round + 1).await;
        let present = owner.evaluated_anew("list").await;
        // Only what is new, or came back, was evaluated.
        assert!(evaluated >= present.difference(&known).count() as u64);
        assert_eq!(evaluated + reused, present.len() as u64);
        if round > 0 {
            let stayed = present.intersection(&known).count() as u64;
            assert!(reused <= stayed);
            assert!(stayed == 0 || reused > 0 || evaluated >= stayed);
        }
        known = present;
    }
    // Nothing changed: nothing is evaluated.
    assert_eq!(owner.publish("list", 99).await, (0, known.len() as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_is_damaged_missing_or_foreign_means_that_all_is_evaluated() {
    let owner = Owner::new().await;
    owner.load("list", 800, false).await;
    owner.load("other", 800, false).await;
    owner.publish("list", 1).await;
    owner.publish("other", 1).await;
    let path = owner.cache("list");
    let sound = fs::read(&path).unwrap();
    let foreign = fs::read(owner.cache("other")).unwrap();
    let mut wrong = vec![None, Some(Vec::new()), Some(foreign)];
    for _ in 0..60 {
        let mut flipped = sound.clone();
        flipped[below(sound.len())] ^= 1 << below(8);
        wrong.push(Some(flipped));
        wrong.push(Some(sound[..below(sound.len())].to_vec()));
    }
    wrong.push(Some([sound.as_slice(), &[0]].concat()));
    wrong.push(Some([sound.as_slice(), &sound[72 + 16..]].concat()));
    let all = owner.evaluated_anew("list").await;
    for bytes in wrong {
        match bytes {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let (tags, _) = owner.tags("list").await;
        assert_eq!((tags.evaluated, tags.reused), (all.len() as u64, 0));
        assert_eq!(tags.hashes.iter().map(|hash| hash.0).collect::<BTreeSet<_>>(), all);
    }
    fs::write(&path, sound).unwrap();
    assert_eq!(owner.publish("list", 2).await, (0, all.len() as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_of_another_history_of_the_database_is_not_used() {
    let mut owner = Owner::new().await;
    let backup = tempfile::tempdir().unwrap();
    owner.load("list", 300, false).await;
    owner.publish("list", 1).await;
    owner.closed(|state| copy(state, backup.path())).await;
    owner.load("list", 100, false).await;
    owner.publish("list", 2).await;
    // Restored: ids and revisions are given anew, to others.
    owner.closed(|state| copy(backup.path(), state)).await;
    let (_, reused) = owner.publish("list", 2).await;
    assert_eq!(reused, 0);
    owner.load("list", 100, false).await;
    owner.publish("list", 3).await;
    owner.closed(|state| copy(backup.path(), state)).await;
    owner.load("list", 100, false).await;
    let (_, reused) = owner.publish("list", 2).await;
    assert_eq!(reused, 0);
    // What was written since is of this history.
    owner.load("list", 10, false).await;
    let (_, reused) = owner.publish("list", 3).await;
    assert!(reused > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_breaks_off_at_any_step_leaves_a_cache_that_serves() {
    let owner = Owner::new().await;
    owner.load("list", 600, false).await;
    owner.publish("list", 1).await;
    owner.load("list", 20, false).await;
    // Before the new cache is in place.
    let (tags, _) = owner.tags("list").await;
    std::mem::forget(tags.cache);
    owner.load("list", 20, false).await;
    // After it, before the manifest.
    let (tags, _) = owner.tags("list").await;
    assert!(tags.reused > 0);
    tags.cache.finish().unwrap();
    owner.store.trim_journal("list").await.unwrap();
    owner.load("list", 20, false).await;
    let (evaluated, reused) = owner.publish("list", 2).await;
    assert!(reused > evaluated);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_goes_with_its_scope_and_opens_under_no_later_key() {
    let owner = Owner::new().await;
    owner.load("list", 300, false).await;
    owner.publish("list", 1).await;
    let path = owner.cache("list");
    let old = fs::read(&path).unwrap();
    let id = scope("list").id();
    assert!(owner.store.destroy_scope(&id, NOW).await.unwrap());
    assert!(!path.exists());
    // Put back from a copy, under the key that the scope has when it is made again.
    fs::write(&path, old).unwrap();
    let (tags, _) = owner.tags("list").await;
    assert_eq!(tags.reused, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_shows_nothing_of_its_tags() {
    let owner = Owner::new().await;
    owner.load("list", 300, false).await;
    owner.publish("list", 1).await;
    let file = fs::read(owner.cache("list")).unwrap();
    for hash in owner.evaluated_anew("list").await {
        assert!(!file.windows(8).any(|window| hash.starts_with(window)));
    }
}
