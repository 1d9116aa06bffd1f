use std::fs;

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{Scope, ScopeId};
use symbolon_store::{FolderError, LogRecord, ScopeSecrets, Store, StoreError, write_private};
use symbolon_tagset::{DEFAULT_LAMBDA, Parameters, Summary, build};
use tempfile::tempdir;

use crate::fixture::{Home, NOW, agreement_id, copy_database, records, scope_of};

fn scope() -> Scope {
    scope_of("list", IdentifierType::Vin, 0)
}

fn key_bytes(secrets: &ScopeSecrets) -> [u8; 32] {
    *secrets.key.to_bytes()
}

/// A set of nothing but dummies: the same from the same secret only.
fn set_of_dummies(secrets: &ScopeSecrets) -> Summary {
    let parameters = Parameters { lambda: DEFAULT_LAMBDA, scope: scope().id().0, version: 1 };
    build(&parameters, Vec::new(), &secrets.dummies, std::io::sink()).unwrap()
}

async fn secrets(store: &Store, scope: &Scope) -> ScopeSecrets {
    store.scope_secrets(scope, NOW).await.unwrap()
}

async fn sealed(home: &Home, id: &ScopeId) -> Option<Vec<u8>> {
    let row: Option<(Vec<u8>,)> =
        sqlx::query_as("SELECT sealed FROM scope_keys WHERE scope_id = $1")
            .bind(id.0.as_slice())
            .fetch_optional(&mut home.raw().await)
            .await
            .unwrap();
    row.map(|(sealed,)| sealed)
}

#[tokio::test]
async fn a_scope_keeps_its_secrets_across_openings() {
    let mut home = Home::new().await;
    let first = secrets(&home.store, &scope()).await;
    assert_eq!(key_bytes(&secrets(&home.store, &scope()).await), key_bytes(&first));
    home.reopen().await;
    let later = secrets(&home.store, &scope()).await;
    assert_eq!(key_bytes(&later), key_bytes(&first));
    assert_eq!(set_of_dummies(&later), set_of_dummies(&first));
    // Made once, logged once.
    assert_eq!(records(&home.store).await, [LogRecord::ScopeKeyMade { scope: scope().id() }]);
}

#[tokio::test]
async fn every_scope_has_its_own_secrets() {
    let home = Home::new().await;
    let mut seen = Vec::new();
    for epoch in 0..3 {
        for kind in [IdentifierType::Vin, IdentifierType::Iban] {
            for dataset in ["list", "other"] {
                let key = key_bytes(&secrets(&home.store, &scope_of(dataset, kind, epoch)).await);
                assert!(!seen.contains(&key));
                seen.push(key);
            }
        }
    }
    let mut with_keys = home.store.scopes_with_keys(&agreement_id()).await.unwrap();
    with_keys.sort_unstable();
    assert_eq!(with_keys.len(), 12);
    assert!(with_keys.contains(&scope_of("list", IdentifierType::Vin, 2).id()));
    let other = "other-agreement".parse().unwrap();
    assert!(home.store.scopes_with_keys(&other).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_scope_asked_for_by_two_processes_at_once_gets_one_key() {
    let home = Home::new().await;
    let other = home.other_handle().await;
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let store = if n % 2 == 0 { home.store.clone() } else { other.clone() };
            tokio::spawn(async move { key_bytes(&secrets(&store, &scope()).await) })
        })
        .collect();
    let mut keys = Vec::new();
    for task in tasks {
        keys.push(task.await.unwrap());
    }
    keys.dedup();
    assert_eq!(keys.len(), 1);
}

#[tokio::test]
async fn the_database_alone_does_not_hold_the_key() {
    let home = Home::new().await;
    let key = key_bytes(&secrets(&home.store, &scope()).await);
    let sealed = sealed(&home, &scope().id()).await.unwrap();
    assert!(!sealed.windows(16).any(|window| key.windows(16).any(|part| part == window)));
    let wrapping = fs::read(home.folder.wrapping_key(&scope().id())).unwrap();
    home.store.close().await;
    for entry in fs::read_dir(home.folder.database().parent().unwrap()).unwrap() {
        // SQLite's files beside the database may go while they are listed; they hold nothing then.
        let Ok(bytes) = fs::read(entry.unwrap().path()) else { continue };
        for secret in [key.as_slice(), &wrapping] {
            assert!(!bytes.windows(32).any(|window| window == secret));
        }
    }
}

#[tokio::test]
async fn without_its_wrapping_key_a_scope_is_closed_and_gets_no_new_key() {
    let home = Home::new().await;
    secrets(&home.store, &scope()).await;
    let id = scope().id();
    let before = sealed(&home, &id).await;
    let path = home.folder.wrapping_key(&id);
    fs::remove_file(&path).unwrap();
    for store in [home.store.clone(), home.other_handle().await] {
        let error = store.scope_secrets(&scope(), NOW).await.err().unwrap();
        assert!(
            matches!(&error, StoreError::Folder(FolderError::Io { path: named, .. }) if *named == path),
            "{error}"
        );
    }
    assert!(!path.exists());
    assert_eq!(sealed(&home, &id).await, before);
}

#[tokio::test]
async fn another_wrapping_key_does_not_open_a_scope() {
    let home = Home::new().await;
    let (one, other) = (scope(), scope_of("other", IdentifierType::Vin, 0));
    secrets(&home.store, &one).await;
    secrets(&home.store, &other).await;
    let path = home.folder.wrapping_key(&one.id());
    for wrong in [
        fs::read(home.folder.wrapping_key(&other.id())).unwrap(),
        vec![0; 32],
        vec![0; 31],
        Vec::new(),
    ] {
        write_private(&path, &wrong).unwrap();
        let error = home.store.scope_secrets(&one, NOW).await.err().unwrap();
        assert!(matches!(error, StoreError::Seal(_)), "{error}");
        assert_eq!(fs::read(&path).unwrap(), wrong);
    }
}

#[tokio::test]
async fn sealed_secrets_moved_to_another_scope_do_not_open() {
    let home = Home::new().await;
    let (one, other) = (scope(), scope_of("other", IdentifierType::Vin, 0));
    secrets(&home.store, &one).await;
    secrets(&home.store, &other).await;
    // Both the row's content and the wrapping key are carried over.
    fs::copy(home.folder.wrapping_key(&one.id()), home.folder.wrapping_key(&other.id())).unwrap();
    sqlx::query("UPDATE scope_keys SET sealed = $1 WHERE scope_id = $2")
        .bind(sealed(&home, &one.id()).await)
        .bind(other.id().0.as_slice())
        .execute(&mut home.raw().await)
        .await
        .unwrap();
    let error = home.store.scope_secrets(&other, NOW).await.err().unwrap();
    assert!(matches!(error, StoreError::Seal(_)), "{error}");
}

#[tokio::test]
async fn destroying_a_scope_removes_wrapping_key_row_and_sets() {
    let home = Home::new().await;
    let other = scope_of("other", IdentifierType::Vin, 0);
    let (id, other_id) = (scope().id(), other.id());
    secrets(&home.store, &scope()).await;
    let others_key = key_bytes(&secrets(&home.store, &other).await);
    for version in [1, 2] {
        write_private(&home.folder.own_set(&id, version), b"tags").unwrap();
        write_private(&home.folder.own_set(&other_id, version), b"tags").unwrap();
    }
    assert!(home.store.destroy_scope(&id, NOW).await.unwrap());
    assert!(!home.folder.wrapping_key(&id).exists());
    assert_eq!(sealed(&home, &id).await, None);
    assert_eq!(home.store.scopes_with_keys(&agreement_id()).await.unwrap(), [other_id]);
    for version in [1, 2] {
        assert!(!home.folder.own_set(&id, version).exists());
        assert!(home.folder.own_set(&other_id, version).exists());
    }
    assert_eq!(key_bytes(&secrets(&home.store, &other).await), others_key);
    assert_eq!(
        records(&home.store).await.last(),
        Some(&LogRecord::ScopeKeyDestroyed { scope: id })
    );
    // There is nothing to destroy twice.
    let entries = records(&home.store).await.len();
    assert!(!home.store.destroy_scope(&id, NOW).await.unwrap());
    assert_eq!(records(&home.store).await.len(), entries);
}

#[tokio::test]
async fn a_destroyed_scope_never_has_its_old_key_again() {
    let home = Home::new().await;
    let old = key_bytes(&secrets(&home.store, &scope()).await);
    home.store.destroy_scope(&scope().id(), NOW).await.unwrap();
    assert_ne!(key_bytes(&secrets(&home.store, &scope()).await), old);
}

#[tokio::test]
async fn a_backup_of_the_database_opens_nothing_of_a_destroyed_scope() {
    let mut home = Home::new().await;
    let kept = scope_of("kept", IdentifierType::Vin, 0);
    secrets(&home.store, &scope()).await;
    let kept_key = key_bytes(&secrets(&home.store, &kept).await);
    let state = home.folder.database().parent().unwrap().to_owned();
    let backup = tempdir().unwrap();
    home.store.close().await;
    copy_database(&state, backup.path());
    home.store = home.other_handle().await;
    assert!(home.store.destroy_scope(&scope().id(), NOW).await.unwrap());
    home.store.close().await;

    for entry in fs::read_dir(&state).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    copy_database(backup.path(), &state);
    let restored = home.other_handle().await;
    assert!(sealed(&home, &scope().id()).await.is_some());
    let error = restored.scope_secrets(&scope(), NOW).await.err().unwrap();
    assert!(matches!(error, StoreError::Folder(FolderError::Io { .. })), "{error}");
    // The others are as they were.
    assert_eq!(key_bytes(&secrets(&restored, &kept).await), kept_key);
    // And the destruction can be repeated.
    assert!(restored.destroy_scope(&scope().id(), NOW).await.unwrap());
}

#[tokio::test]
async fn a_destruction_that_broke_off_is_completed_by_repeating_it() {
    let home = Home::new().await;
    let id = scope().id();
    secrets(&home.store, &scope()).await;
    let set = home.folder.own_set(&id, 1);
    // A set that cannot be removed now: stands for a crash or a full disk midway.
    fs::create_dir(&set).unwrap();
    home.store.destroy_scope(&id, NOW).await.unwrap_err();
    assert!(!home.folder.wrapping_key(&id).exists());
    fs::remove_dir(&set).unwrap();
    write_private(&set, b"tags").unwrap();
    home.store.destroy_scope(&id, NOW).await.unwrap();
    assert!(!set.exists());
}
