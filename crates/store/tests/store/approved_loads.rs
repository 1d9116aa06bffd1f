//! A load that states approvals needs one of another person: for that file, dataset, mapping and mode, and
//! for one load.

use std::io::{self, Read as _};

use symbolon_identifiers::{IdentifierType, parse};
use symbolon_policy::{Actor, rules::Role};
use symbolon_store::{ActKind, HashedFile, ImportCounts, LoadMode, Store, StoreError};

use crate::fixture::{Home, NOW, held};

const KIND: IdentifierType = IdentifierType::Imo;
const SUBJECT: [u8; 32] = [5; 32];

fn person(name: &str) -> Actor {
    Actor {
        id: format!("spiffe://deu.example/people/{name}"),
        roles: [Role::Administrator, Role::Approver].into(),
    }
}

async fn home() -> Home {
    let home = Home::new().await;
    home.store.create_dataset("list", "List", NOW).await.unwrap();
    home
}

async fn approve(store: &Store, subject: &[u8; 32], proposer: &str, approver: &str) {
    let kind = ActKind::LoadRecords;
    store.propose_act(kind, subject, &person(proposer), NOW).await.unwrap();
    store.approve_act(kind, subject, &person(approver), NOW).await.unwrap();
}

async fn load(store: &Store, value: &str, by: &str) -> Result<ImportCounts, StoreError> {
    let mut import = store.import("list", false).await.unwrap().by(person(by)).approved_as(SUBJECT);
    import.add(&parse(KIND, value, None).unwrap(), "case").unwrap();
    import.commit(NOW).await
}

fn is_not_approved<T>(outcome: Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::LoadNotApproved))
}

#[tokio::test]
async fn a_load_without_approval_changes_nothing() {
    let home = home().await;
    let store = &home.store;
    assert!(is_not_approved(load(store, "9074729", "a").await));
    store.propose_act(ActKind::LoadRecords, &SUBJECT, &person("a"), NOW).await.unwrap();
    assert!(is_not_approved(load(store, "9074729", "a").await), "proposed is not approved");
    approve(store, &[6; 32], "a", "b").await;
    assert!(is_not_approved(load(store, "9074729", "a").await), "another load was approved");
    approve(store, &SUBJECT, "a", "b").await;
    assert!(is_not_approved(load(store, "9074729", "b").await), "by who loads it");
    assert!(held(store, KIND).await.is_empty());
    assert_eq!(load(store, "9074729", "a").await.unwrap().added, 1);
}

#[tokio::test]
async fn an_approval_is_good_for_one_load() {
    let home = home().await;
    let store = &home.store;
    approve(store, &SUBJECT, "a", "b").await;
    load(store, "9074729", "a").await.unwrap();
    assert!(is_not_approved(load(store, "9305219", "a").await));
    assert_eq!(held(store, KIND).await.len(), 1);
    assert!(store.act(ActKind::LoadRecords, &SUBJECT).await.unwrap().is_none());
    approve(store, &SUBJECT, "a", "b").await;
    load(store, "9305219", "a").await.unwrap();
    assert_eq!(held(store, KIND).await.len(), 2);
}

#[tokio::test]
async fn of_two_loads_at_once_one_uses_the_approval() {
    let home = home().await;
    approve(&home.store, &SUBJECT, "a", "b").await;
    let other = home.other_handle().await;
    let (one, two) = tokio::join!(load(&home.store, "9074729", "a"), load(&other, "9305219", "a"));
    assert!(one.is_ok() != two.is_ok());
    assert!(is_not_approved(one) != is_not_approved(two));
    assert_eq!(held(&home.store, KIND).await.len(), 1);
}

#[test]
fn every_part_of_a_load_is_part_of_what_is_approved() {
    let subject = |text: &[u8], dataset: &str, mapping: &[u8], mode| {
        let mut file = HashedFile::new(text);
        io::copy(&mut file, &mut io::sink()).unwrap();
        file.load_subject(dataset, mapping, mode)
    };
    let all = [
        subject(b"rows", "list", b"", LoadMode::Add),
        subject(b"rows", "list", b"", LoadMode::Replace),
        subject(b"rows", "list", b"", LoadMode::Changes),
        subject(b"rows", "list", b"mapping", LoadMode::Add),
        subject(b"rows", "lists", b"", LoadMode::Add),
        subject(b"row", "list", b"", LoadMode::Add),
    ];
    for (place, one) in all.iter().enumerate() {
        assert!(!all[..place].contains(one), "{place}");
    }
    // What was read, and no more.
    let mut file = HashedFile::new(&b"rows"[..]);
    file.read_exact(&mut [0; 3]).unwrap();
    assert_eq!(file.load_subject("list", b"", LoadMode::Add), all[5]);
}
