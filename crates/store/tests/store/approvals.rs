//! Approvals count for the case, the purpose and the size that was approved, while they last, and
//! never for the person who gave them.

use std::fs;

use symbolon_policy::{Actor, rules::Role};
use symbolon_store::{CheckApproval, LogRecord, Store};
use time::{Duration, OffsetDateTime};

use crate::fixture::{Home, NOW};

const ASKER: &str = "spiffe://deu.example/people/asker";

fn approver(name: &str) -> Actor {
    Actor { id: format!("spiffe://deu.example/people/{name}"), roles: [Role::Approver].into() }
}

fn approval(case: &str, most_elements: u64) -> CheckApproval {
    CheckApproval {
        case_reference: case.to_owned(),
        purpose: "border_check".to_owned(),
        most_elements,
        valid_until: NOW + Duration::days(7),
    }
}

async fn count(store: &Store, case: &str, elements: u64, asker: &str, at: OffsetDateTime) -> usize {
    store.check_approvals(case, "border_check", elements, asker, at).await.unwrap().len()
}

#[tokio::test]
async fn an_approval_counts_for_its_case_purpose_size_and_time_only() {
    let home = Home::new().await;
    let store = &home.store;
    store.approve_check(&approval("2026/117", 100), &approver("b"), NOW).await.unwrap();
    assert_eq!(count(store, "2026/117", 100, ASKER, NOW).await, 1);
    assert_eq!(count(store, " 2026/117 ", 1, ASKER, NOW).await, 1, "spaces around say nothing");
    assert_eq!(count(store, "2026/118", 1, ASKER, NOW).await, 0);
    assert_eq!(count(store, "2026/117", 101, ASKER, NOW).await, 0);
    let other = store.check_approvals("2026/117", "asylum", 1, ASKER, NOW).await.unwrap();
    assert!(other.is_empty());
    let last = NOW + Duration::days(7) - Duration::SECOND;
    assert_eq!(count(store, "2026/117", 1, ASKER, last).await, 1);
    assert_eq!(count(store, "2026/117", 1, ASKER, last + Duration::SECOND).await, 0);
    assert_eq!(count(store, "2026/117", 1, ASKER, NOW - Duration::SECOND).await, 0);
}

#[tokio::test]
async fn two_approvals_are_of_two_people_and_nobody_approves_for_himself() {
    let home = Home::new().await;
    let store = &home.store;
    for _ in 0..2 {
        store.approve_check(&approval("2026/117", 100), &approver("b"), NOW).await.unwrap();
    }
    assert_eq!(count(store, "2026/117", 1, ASKER, NOW).await, 1, "the same person twice");
    store.approve_check(&approval("2026/117", 100), &approver("a"), NOW).await.unwrap();
    let both = store.check_approvals("2026/117", "border_check", 1, ASKER, NOW).await.unwrap();
    assert_eq!(both, [approver("a").id, approver("b").id]);
    assert_eq!(count(store, "2026/117", 1, &approver("a").id, NOW).await, 1);
}

#[tokio::test]
async fn approving_again_takes_the_place_of_what_the_person_approved_before() {
    let home = Home::new().await;
    let store = &home.store;
    store.approve_check(&approval("2026/117", 100), &approver("b"), NOW).await.unwrap();
    store.approve_check(&approval("2026/117", 5), &approver("b"), NOW).await.unwrap();
    assert_eq!(count(store, "2026/117", 6, ASKER, NOW).await, 0);
    assert_eq!(count(store, "2026/117", 5, ASKER, NOW).await, 1);
}

#[tokio::test]
async fn the_case_is_kept_and_logged_as_a_keyed_hash_only_and_another_node_hashes_otherwise() {
    let (home, other) = (Home::new().await, Home::new().await);
    let mut cases = Vec::new();
    for one in [&home, &other] {
        one.store.approve_check(&approval("case 7", 1), &approver("b"), NOW).await.unwrap();
        let mut raw = one.raw().await;
        let (case,): (Vec<u8>,) = sqlx::query_as("SELECT case_code FROM check_approvals")
            .fetch_one(&mut raw)
            .await
            .unwrap();
        let entries = one.store.log_entries(0, 10).await.unwrap();
        let Some(LogRecord::CheckApproved { case: logged, by, .. }) = &entries[0].record else {
            panic!("{entries:?}")
        };
        assert_eq!((logged, by), (&hex::encode(&case), &approver("b")));
        cases.push(case);
        for file in fs::read_dir(one.folder.root().join("state")).unwrap() {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(6).any(|window| window == b"case 7"));
        }
    }
    assert_eq!(cases[0].len(), 32);
    assert_ne!(cases[0], cases[1]);
}

#[tokio::test]
async fn approvals_that_are_over_are_erased() {
    let home = Home::new().await;
    home.store.approve_check(&approval("case 7", 1), &approver("b"), NOW).await.unwrap();
    let later = NOW + Duration::days(8);
    home.store.erase_before(NOW - Duration::days(365), later).await.unwrap();
    let mut raw = home.raw().await;
    let left: (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM check_approvals").fetch_one(&mut raw).await.unwrap();
    assert_eq!(left.0, 0);
}
