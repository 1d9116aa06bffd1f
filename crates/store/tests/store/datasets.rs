use symbolon_identifiers::{Identifier, IdentifierType, parse};
use symbolon_store::{DatasetRow, Import, ImportCounts, Store, StoreError, TypeCount};
use time::Duration;

use crate::fixture::{Home, NOW, assert_whole, held, held_in};

struct Record {
    identifier: Identifier,
    reference: String,
}

/// The `number`th e-mail address of a list without end.
fn email(number: u32) -> Identifier {
    parse(IdentifierType::Email, &format!("person{number}@example.org"), None).unwrap()
}

fn phone(number: u32) -> Identifier {
    parse(IdentifierType::Phone, &format!("+4930{:07}", 1_000_000 + number), None).unwrap()
}

fn record(identifier: Identifier, reference: &str) -> Record {
    Record { identifier, reference: reference.to_owned() }
}

fn emails(numbers: std::ops::Range<u32>) -> Vec<Record> {
    numbers.map(|n| record(email(n), "a file")).collect()
}

fn put(import: &mut Import, records: &[Record]) {
    for record in records {
        import.add(&record.identifier, &record.reference).unwrap();
    }
}

async fn load(store: &Store, replace: bool, records: Vec<Record>) -> [u64; 3] {
    let mut import = store.import("list", replace).await.unwrap();
    put(&mut import, &records);
    came(&import.commit(NOW).await.unwrap())
}

fn came(counts: &ImportCounts) -> [u64; 3] {
    counts_of(counts.added, counts.unchanged, counts.removed)
}

fn counts_of(added: u64, unchanged: u64, removed: u64) -> [u64; 3] {
    [added, unchanged, removed]
}

async fn revision(store: &Store) -> u64 {
    store.datasets().await.unwrap()[0].revision
}

fn canonical(numbers: impl IntoIterator<Item = u32>) -> Vec<Vec<u8>> {
    let mut all: Vec<_> = numbers.into_iter().map(|n| email(n).canonical().to_vec()).collect();
    all.sort_unstable();
    all
}

async fn home_with_list() -> Home {
    let home = Home::new().await;
    home.store.create_dataset("list", "A list", NOW - Duration::DAY).await.unwrap();
    home
}

#[tokio::test]
async fn a_new_dataset_is_empty_at_revision_zero() {
    let home = home_with_list().await;
    let expected = DatasetRow {
        id: "list".to_owned(),
        title: "A list".to_owned(),
        updated_at: NOW - Duration::DAY,
        revision: 0,
    };
    assert_eq!(home.store.datasets().await.unwrap(), [expected]);
    assert_eq!(home.store.dataset_counts("list").await.unwrap(), []);
    assert!(held(&home.store, IdentifierType::Email).await.is_empty());
}

#[tokio::test]
async fn a_dataset_is_not_made_twice() {
    let home = home_with_list().await;
    let error = home.store.create_dataset("list", "Another", NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::DatasetExists { id } if id == "list"));
    assert_eq!(home.store.datasets().await.unwrap()[0].title, "A list");
}

#[tokio::test]
async fn a_dataset_that_is_not_there_cannot_be_loaded() {
    let home = home_with_list().await;
    let error = home.store.import("lists", false).await.err().unwrap();
    assert!(matches!(error, StoreError::NoSuchDataset { id } if id == "lists"));
    // Nothing is left locked.
    load(&home.store, false, emails(0..1)).await;
}

#[tokio::test]
async fn what_is_loaded_is_there_by_type() {
    let home = home_with_list().await;
    let mut all = emails(0..3);
    all.extend((0..2).map(|n| record(phone(n), "a file")));
    assert_eq!(load(&home.store, false, all).await, counts_of(5, 0, 0));
    assert_eq!(held(&home.store, IdentifierType::Email).await, canonical(0..3));
    assert_eq!(held(&home.store, IdentifierType::Phone).await.len(), 2);
    assert!(held(&home.store, IdentifierType::Vin).await.is_empty());
    let count = |kind: IdentifierType, identifiers| TypeCount {
        identifier_type: kind.name().to_owned(),
        identifiers,
    };
    assert_eq!(
        home.store.dataset_counts("list").await.unwrap(),
        [count(IdentifierType::Email, 3), count(IdentifierType::Phone, 2)]
    );
    let row = &home.store.datasets().await.unwrap()[0];
    assert_eq!((row.revision, row.updated_at), (1, NOW));
}

#[tokio::test]
async fn a_load_that_is_not_committed_leaves_nothing() {
    let mut home = home_with_list().await;
    load(&home.store, false, emails(0..2)).await;
    for replace in [false, true] {
        let mut import = home.store.import("list", replace).await.unwrap();
        // More than one statement holds.
        put(&mut import, &emails(10..2_510));
        drop(import);
        assert_eq!(held(&home.store, IdentifierType::Email).await, canonical(0..2));
        assert_eq!(revision(&home.store).await, 1);
    }
    // The next load does not see what was gathered for the last.
    assert_eq!(load(&home.store, false, emails(2..3)).await, counts_of(1, 0, 0));
    home.reopen().await;
    assert_eq!(held(&home.store, IdentifierType::Email).await, canonical(0..3));
    assert_whole(&home.folder).await;
}

#[tokio::test]
async fn others_see_nothing_of_a_load_before_it_is_committed() {
    let home = home_with_list().await;
    let other = home.other_handle().await;
    let mut import = home.store.import("list", false).await.unwrap();
    put(&mut import, &emails(0..1_500));
    assert!(held(&other, IdentifierType::Email).await.is_empty());
    assert_eq!(revision(&other).await, 0);
    import.commit(NOW).await.unwrap();
    assert_eq!(held(&other, IdentifierType::Email).await.len(), 1_500);
}

#[tokio::test]
async fn the_same_file_again_changes_nothing_but_how_fresh_the_list_is() {
    let home = home_with_list().await;
    load(&home.store, false, emails(0..1_200)).await;
    for replace in [false, true] {
        let mut import = home.store.import("list", replace).await.unwrap();
        put(&mut import, &emails(0..1_200));
        let later = NOW + Duration::HOUR;
        assert_eq!(came(&import.commit(later).await.unwrap()), counts_of(0, 1_200, 0));
        let row = &home.store.datasets().await.unwrap()[0];
        assert_eq!((row.revision, row.updated_at), (1, later));
    }
}

#[tokio::test]
async fn a_replacing_load_removes_what_the_file_lacks() {
    let home = home_with_list().await;
    load(&home.store, false, emails(0..10)).await;
    assert_eq!(load(&home.store, true, emails(5..12)).await, counts_of(2, 5, 5));
    assert_eq!(held(&home.store, IdentifierType::Email).await, canonical(5..12));
    assert_eq!(revision(&home.store).await, 2);
    // Only removals are a change as well.
    assert_eq!(load(&home.store, true, emails(5..6)).await, counts_of(0, 1, 6));
    assert_eq!(revision(&home.store).await, 3);
    assert_eq!(load(&home.store, true, Vec::new()).await, counts_of(0, 0, 1));
    assert!(held(&home.store, IdentifierType::Email).await.is_empty());
    // Nothing in place of nothing is none.
    assert_eq!(load(&home.store, true, Vec::new()).await, counts_of(0, 0, 0));
    assert_eq!(revision(&home.store).await, 4);
}

#[tokio::test]
async fn a_replacing_load_leaves_other_datasets_alone() {
    let home = home_with_list().await;
    home.store.create_dataset("other", "Other", NOW).await.unwrap();
    let mut import = home.store.import("other", false).await.unwrap();
    put(&mut import, &[record(email(1), "a file")]);
    import.commit(NOW).await.unwrap();
    load(&home.store, true, Vec::new()).await;
    assert_eq!(held_in(&home.store, "other", IdentifierType::Email).await.len(), 1);
}

#[tokio::test]
async fn one_identifier_of_two_records_is_one_identifier_until_both_are_gone() {
    let home = home_with_list().await;
    let both = || vec![record(email(1), "case 1"), record(email(1), "case 2")];
    assert_eq!(load(&home.store, false, both()).await, counts_of(2, 0, 0));
    assert_eq!(held(&home.store, IdentifierType::Email).await, canonical([1]));
    assert_eq!(home.store.dataset_counts("list").await.unwrap()[0].identifiers, 1);
    let one = vec![record(email(1), "case 2")];
    assert_eq!(load(&home.store, true, one).await, counts_of(0, 1, 1));
    assert_eq!(held(&home.store, IdentifierType::Email).await, canonical([1]));
}

#[tokio::test]
async fn a_record_that_stands_in_a_file_twice_is_loaded_once() {
    let home = home_with_list().await;
    let mut twice = emails(0..600);
    twice.extend(emails(0..600));
    assert_eq!(load(&home.store, false, twice).await, counts_of(600, 0, 0));
}

#[tokio::test]
async fn a_damaged_record_is_found() {
    let home = home_with_list().await;
    load(&home.store, false, emails(0..2)).await;
    let (sound,): (Vec<u8>,) =
        sqlx::query_as("SELECT body FROM blocks").fetch_one(&mut home.raw().await).await.unwrap();
    let mut other_address = sound.clone();
    other_address[1] = b'P';
    for damage in [&[0xff; 20], b"\x01a\x02\x01\x01r".as_slice(), &sound[1..], &other_address] {
        sqlx::query("UPDATE blocks SET body = $1")
            .bind(damage)
            .execute(&mut home.raw().await)
            .await
            .unwrap();
        let mut snapshot = home.store.snapshot("list", IdentifierType::Email).await.unwrap();
        let piece = snapshot.next_piece(0).await.unwrap().unwrap();
        let error = piece.identifiers().err().unwrap();
        assert!(matches!(error, StoreError::Damaged { what: "record" }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_at_once_do_not_mix() {
    let home = home_with_list().await;
    home.store.create_dataset("other", "Other", NOW).await.unwrap();
    let other = home.other_handle().await;
    let second = tokio::spawn(async move {
        let mut import = other.import("other", true).await.unwrap();
        put(&mut import, &emails(5_000..6_000));
        came(&import.commit(NOW).await.unwrap())
    });
    assert_eq!(load(&home.store, true, emails(0..1_000)).await, counts_of(1_000, 0, 0));
    assert_eq!(second.await.unwrap(), counts_of(1_000, 0, 0));
    assert_eq!(held(&home.store, IdentifierType::Email).await, canonical(0..1_000));
}
