use std::fs;

use symbolon_policy::rules::{Adequacy, LoggedDecision};
use symbolon_store::{
    AskedHeader, AskedMeanwhile, DecidedHeader, LogRecord, NewCheck, PartnerCounts, SealError,
    Sealer, StoreError, write_private,
};

use crate::fixture::{
    Home, NOW, agreement_id, check_id, code, document, question, records, sha256,
};

// No words that the log's record of the decision uses as well.
const OPENING: &[u8] = b"{\"blinds\":\"9f31c07e5a\",\"by\":\"Wachtmeister Mustermann\"}";

/// The same headers, each of which rules let be sent.
fn decided(headers: Vec<AskedHeader>) -> Vec<DecidedHeader> {
    let decided = |header| DecidedHeader {
        header,
        shares: Vec::new(),
        counts: PartnerCounts::default(),
        decision: question(true, 1, Adequacy::Safeguards),
    };
    headers.into_iter().map(decided).collect()
}

fn new(number: u64, opening: &[u8], permitted: Vec<DecidedHeader>) -> NewCheck<'_> {
    let forbidden = Vec::new();
    let (approved, watched, at) = (None, None, NOW);
    NewCheck { check: check_id(number), opening, permitted, forbidden, approved, watched, at }
}

fn again(_: usize, _: AskedMeanwhile) -> LoggedDecision {
    question(true, 1, Adequacy::Safeguards)
}

fn headers() -> Vec<AskedHeader> {
    ["DEU", "ITA"]
        .map(|owner| AskedHeader {
            owner: code(owner),
            agreement: agreement_id(),
            header: document(&format!("header for {owner}")),
        })
        .into()
}

async fn record(home: &Home, number: u64, opening: &[u8]) -> Result<(), StoreError> {
    home.store.record_asked(new(number, opening, decided(headers())), again).await.map(drop)
}

#[tokio::test]
async fn a_check_asked_is_opened_as_it_was_sealed_also_later() {
    let mut home = Home::new().await;
    record(&home, 1, OPENING).await.unwrap();
    for _ in 0..2 {
        let stored = home.store.asked(&check_id(1)).await.unwrap().unwrap();
        assert_eq!(stored.opening.as_slice(), OPENING);
        let mut found = stored.headers;
        found.sort_by(|a, b| a.owner.cmp(&b.owner));
        assert_eq!(found, headers());
        home.reopen().await;
    }
    assert!(home.store.asked(&check_id(2)).await.unwrap().is_none());
    // The entry names exactly these headers.
    let hashes: Vec<u8> = headers().iter().flat_map(|one| sha256(&one.header.document)).collect();
    let expected = LogRecord::CheckAsked {
        check: check_id(1),
        headers: Some(sha256(&hashes).map(|byte| format!("{byte:02x}")).concat()),
        decisions: vec![question(true, 1, Adequacy::Safeguards); 2],
    };
    assert_eq!(records(&home.store).await, [expected]);
}

#[tokio::test]
async fn the_database_does_not_hold_the_opening_in_clear() {
    let home = Home::new().await;
    record(&home, 1, OPENING).await.unwrap();
    let (sealed,): (Vec<u8>,) = sqlx::query_as("SELECT sealed FROM asked_checks")
        .fetch_one(&mut home.raw().await)
        .await
        .unwrap();
    home.store.close().await;
    let mut haystacks = vec![sealed];
    for entry in fs::read_dir(home.folder.database().parent().unwrap()).unwrap() {
        haystacks.push(fs::read(entry.unwrap().path()).unwrap());
    }
    for haystack in haystacks {
        for part in OPENING.windows(8) {
            assert!(!haystack.windows(8).any(|window| window == part));
        }
    }
}

#[tokio::test]
async fn a_check_of_the_same_id_is_not_overwritten() {
    let home = Home::new().await;
    record(&home, 1, OPENING).await.unwrap();
    record(&home, 1, b"another").await.unwrap_err();
    let stored = home.store.asked(&check_id(1)).await.unwrap().unwrap();
    assert_eq!(stored.opening.as_slice(), OPENING);
    assert_eq!(stored.headers.len(), 2);
    // What was not recorded is not in the log.
    assert_eq!(records(&home.store).await.len(), 1);
}

#[tokio::test]
async fn a_check_whose_headers_cannot_be_kept_is_not_kept_at_all() {
    let home = Home::new().await;
    let mut headers = headers();
    headers.push(headers[0].clone());
    home.store.record_asked(new(1, OPENING, decided(headers)), again).await.unwrap_err();
    assert!(home.store.asked(&check_id(1)).await.unwrap().is_none());
    assert!(records(&home.store).await.is_empty());
    record(&home, 1, OPENING).await.unwrap();
}

#[tokio::test]
async fn a_sealed_check_altered_moved_or_under_another_key_does_not_open() {
    let home = Home::new().await;
    record(&home, 1, OPENING).await.unwrap();
    record(&home, 2, b"another").await.unwrap();
    let mut raw = home.raw().await;
    sqlx::query(
        "UPDATE asked_checks SET sealed = (SELECT sealed FROM asked_checks WHERE check_id = $1)
         WHERE check_id = $2",
    )
    .bind(check_id(2).0.as_slice())
    .bind(check_id(1).0.as_slice())
    .execute(&mut raw)
    .await
    .unwrap();
    let error = home.store.asked(&check_id(1)).await.err().unwrap();
    assert!(matches!(error, StoreError::Seal(SealError::DoesNotOpen)), "{error}");
    // The other is untouched, until the node's key is another.
    home.store.asked(&check_id(2)).await.unwrap().unwrap();
    let other_key = Sealer::random_key().unwrap();
    write_private(&home.folder.key("key-encryption"), other_key.as_ref()).unwrap();
    let error = home.other_handle().await.asked(&check_id(2)).await.err().unwrap();
    assert!(matches!(error, StoreError::Seal(SealError::DoesNotOpen)), "{error}");
}

#[tokio::test]
async fn a_receipt_is_kept_with_its_header_only() {
    let home = Home::new().await;
    record(&home, 1, OPENING).await.unwrap();
    let receipt = document("receipt");
    home.store
        .record_answer(&check_id(1), &code("ITA"), &agreement_id(), &receipt, None)
        .await
        .unwrap();
    let rows: Vec<(String, Option<Vec<u8>>)> =
        sqlx::query_as("SELECT owner, receipt FROM asked_headers ORDER BY owner")
            .fetch_all(&mut home.raw().await)
            .await
            .unwrap();
    assert_eq!(rows, [("DEU".to_owned(), None), ("ITA".to_owned(), Some(b"receipt".to_vec()))]);
}
