use sqlx::SqliteConnection;
use symbolon_ledger::{Commitment, SALT_LEN};
use symbolon_policy::{
    Actor, AgreementHash,
    rules::{Adequacy, Role, RulesHash},
};
use symbolon_store::{LogRecord, StoreError};
use time::Duration;
use tokio::task::JoinSet;

use crate::fixture::{Home, NOW, agreement_id, check_id, code, question, whole_log};

fn asked(number: u64) -> LogRecord {
    LogRecord::CheckAsked { check: check_id(number), headers: None, decisions: Vec::new() }
}

async fn home_with_entries(count: u64) -> Home {
    let home = Home::new().await;
    for n in 0..count {
        home.store.append(&asked(n), NOW).await.unwrap();
    }
    home
}

/// Runs a statement on the database beside the store; returns what SQLite says against it.
async fn attempt(raw: &mut SqliteConnection, statement: &'static str) -> Result<u64, String> {
    sqlx::query(statement)
        .execute(raw)
        .await
        .map(|done| done.rows_affected())
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn every_kind_of_record_is_read_back_as_it_was_written() {
    let home = Home::new().await;
    let (requester, check, scope) = (code("FRA"), check_id(9), symbolon_policy::ScopeId([4; 32]));
    let decision = question(true, 3, Adequacy::Derogation);
    let all = [
        LogRecord::AgreementInstalled { agreement: agreement_id(), hash: AgreementHash([1; 32]) },
        LogRecord::AgreementRemoved { agreement: agreement_id() },
        LogRecord::ScopeKeyMade { scope },
        LogRecord::ScopeKeyDestroyed { scope },
        LogRecord::ManifestPublished {
            scope,
            version: 3,
            manifest: "00".to_owned(),
            kept_out: None,
        },
        LogRecord::CheckAdmitted {
            requester: requester.clone(),
            check,
            agreement: agreement_id(),
            header: "01".to_owned(),
            elements: u64::MAX,
            decision: Some(Box::new(decision.clone())),
        },
        LogRecord::CheckAnswered {
            requester: requester.clone(),
            check,
            agreement: Some(agreement_id()),
            answered: 5,
            repeated: true,
            evaluated: "02".to_owned(),
            broke_off: Some("chunk_missing".to_owned()),
        },
        LogRecord::CheckRefused {
            requester,
            check,
            agreement: None,
            header: "03".to_owned(),
            reason: "not_a_party".to_owned(),
            decision: None,
        },
        LogRecord::CheckAsked { check, headers: None, decisions: vec![decision.clone(); 2] },
        LogRecord::CheckAskedAgain {
            check,
            decisions: vec![decision],
            agreements: [agreement_id()].into(),
        },
        LogRecord::RulesAdopted {
            rules: RulesHash([6; 32]),
            proposed_by: "spiffe://x/lawyer".to_owned(),
            approved_by: Actor { id: "spiffe://x/other".to_owned(), roles: [Role::Legal].into() },
        },
        LogRecord::CheckAsked { check, headers: Some("04".to_owned()), decisions: Vec::new() },
        LogRecord::CheckOpened {
            check,
            position: Some(7),
            agreements: [agreement_id()].into(),
            by: inspector(),
        },
        LogRecord::CheckOpened { check, position: None, agreements: [].into(), by: inspector() },
        LogRecord::ChecksRefused {
            requester: code("FRA"),
            hour: NOW,
            refused: [("quota_exhausted".to_owned(), 7)].into(),
        },
        LogRecord::RecordsErased {
            before: NOW,
            agreement: Some(agreement_id()),
            entries: 1,
            asked: 2,
            answered: 3,
            in_all: Some(4),
        },
        LogRecord::RecordsErased {
            before: NOW,
            agreement: None,
            entries: 1,
            asked: 2,
            answered: 3,
            in_all: None,
        },
    ];
    let mut leaves = Vec::new();
    for (n, record) in all.iter().enumerate() {
        let at = NOW + Duration::seconds(i64::try_from(n).unwrap());
        leaves.push(home.store.append(record, at).await.unwrap());
    }
    let log = whole_log(&home.store).await;
    assert_eq!(log.len(), all.len());
    for (entry, (record, (index, leaf))) in log.iter().zip(all.iter().zip(leaves)) {
        assert_eq!((entry.index, entry.leaf, entry.record.as_ref()), (index, leaf, Some(record)));
    }
    assert_eq!(log[8].at, NOW + Duration::seconds(8));
}

#[tokio::test]
async fn indexes_are_dense_from_zero_and_read_in_parts() {
    let home = home_with_entries(25).await;
    let mut indexes = Vec::new();
    while let Some(next) = home
        .store
        .log_entries(u64::try_from(indexes.len()).unwrap(), 10)
        .await
        .ok()
        .filter(|part| !part.is_empty())
    {
        assert!(next.len() <= 10);
        indexes.extend(next.iter().map(|entry| entry.index));
    }
    assert_eq!(indexes, (0..25).collect::<Vec<_>>());
    assert!(home.store.log_entries(25, 10).await.unwrap().is_empty());
    assert!(home.store.log_entries(u64::MAX, 10).await.unwrap().is_empty());
    assert!(home.store.log_entries(0, 0).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_stay_dense_when_two_processes_append_at_once() {
    let home = Home::new().await;
    let stores = [home.store.clone(), home.other_handle().await];
    let mut tasks = JoinSet::new();
    for n in 0..40 {
        let store = stores[usize::try_from(n).unwrap() % 2].clone();
        tasks.spawn(async move { store.append(&asked(n), NOW).await.unwrap().0 });
    }
    let mut given = tasks.join_all().await;
    given.sort_unstable();
    assert_eq!(given, (0..40).collect::<Vec<_>>());
    let kept: Vec<_> = whole_log(&home.store).await.iter().map(|entry| entry.index).collect();
    assert_eq!(kept, given);
}

#[tokio::test]
async fn equal_records_have_different_leaves() {
    let home = Home::new().await;
    let (_, first) = home.store.append(&asked(1), NOW).await.unwrap();
    let (_, second) = home.store.append(&asked(1), NOW).await.unwrap();
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_leaf_stands_for_when_its_entry_was_made_too() {
    let home = home_with_entries(1).await;
    let (_, opening) = home.store.log_openings(0, 1).await.unwrap().pop().unwrap();
    assert!(opening.holds());
    let (salt, record) = opening.opening.unwrap();
    assert_eq!(LogRecord::time_in(&record), Some(NOW.unix_timestamp()));
    let start = format!("{{\"at\":{},\"event\":\"check_asked\"", NOW.unix_timestamp());
    assert!(record.starts_with(start.as_bytes()));
    assert_eq!(Commitment::new(&salt, &record).leaf_hash(), opening.leaf);
    // Records of before do not say it.
    assert_eq!(LogRecord::time_in(&serde_json::to_vec(&asked(0)).unwrap()), None);
    assert_eq!(LogRecord::time_in(b"{"), None);
}

#[tokio::test]
async fn an_entry_cannot_be_deleted() {
    let home = home_with_entries(3).await;
    let mut raw = home.raw().await;
    for statement in [
        "DELETE FROM log_entries",
        "DELETE FROM log_entries WHERE entry_index = 2",
        "DELETE FROM log_entries WHERE entry_index = 0",
    ] {
        let error = attempt(&mut raw, statement).await.unwrap_err();
        assert!(error.contains("log entries are never removed"), "{error}");
    }
    assert_eq!(whole_log(&home.store).await.len(), 3);
}

#[tokio::test]
async fn an_entry_cannot_be_changed() {
    let home = home_with_entries(3).await;
    let before = whole_log(&home.store).await;
    let mut raw = home.raw().await;
    for statement in [
        "UPDATE log_entries SET record = x'7b7d' WHERE entry_index = 1",
        "UPDATE log_entries SET salt = zeroblob(32) WHERE entry_index = 1",
        "UPDATE log_entries SET leaf_hash = zeroblob(32) WHERE entry_index = 1",
        "UPDATE log_entries SET recorded_at = 0 WHERE entry_index = 1",
        "UPDATE log_entries SET entry_index = 9 WHERE entry_index = 1",
        // Half an erasure, and an erasure that changes something beside.
        "UPDATE log_entries SET salt = NULL WHERE entry_index = 1",
        "UPDATE log_entries SET record = NULL WHERE entry_index = 1",
        "UPDATE log_entries SET salt = NULL, record = NULL, recorded_at = 0 WHERE entry_index = 1",
        "UPDATE log_entries SET salt = NULL, record = NULL, leaf_hash = x'00' WHERE entry_index = 1",
        "UPDATE log_entries SET salt = NULL, record = NULL, entry_index = 9 WHERE entry_index = 1",
    ] {
        let error = attempt(&mut raw, statement).await.unwrap_err();
        assert!(error.contains("only record and salt may be erased"), "{statement}: {error}");
    }
    assert_eq!(whole_log(&home.store).await, before);
}

#[tokio::test]
async fn an_entry_cannot_be_replaced() {
    let home = home_with_entries(3).await;
    let before = whole_log(&home.store).await;
    let mut raw = home.raw().await;
    let mut done = Vec::new();
    for statement in [
        "REPLACE INTO log_entries (entry_index, leaf_hash, recorded_at)
         VALUES (1, zeroblob(32), 0)",
        "INSERT OR REPLACE INTO log_entries
         SELECT 2, leaf_hash, recorded_at, salt, record FROM log_entries WHERE entry_index = 0",
        "UPDATE OR REPLACE log_entries SET salt = NULL, record = NULL, entry_index = 2
         WHERE entry_index = 1",
    ] {
        if attempt(&mut raw, statement).await.is_ok() {
            done.push(statement);
        }
    }
    assert!(done.is_empty(), "carried out: {done:#?}");
    assert_eq!(whole_log(&home.store).await, before);
}

#[tokio::test]
async fn an_entry_cannot_be_put_anywhere_but_at_the_end() {
    let home = home_with_entries(3).await;
    let mut raw = home.raw().await;
    for statement in [
        "INSERT INTO log_entries (entry_index, leaf_hash, recorded_at)
         VALUES (9, zeroblob(32), 0)",
        "INSERT INTO log_entries (entry_index, leaf_hash, recorded_at)
         VALUES (-1, zeroblob(32), 0)",
    ] {
        assert!(attempt(&mut raw, statement).await.is_err(), "carried out: {statement}");
    }
}

#[tokio::test]
async fn an_erased_entry_is_still_listed_with_its_leaf() {
    let home = home_with_entries(3).await;
    let before = whole_log(&home.store).await;
    let mut raw = home.raw().await;
    let erase = "UPDATE log_entries SET salt = NULL, record = NULL WHERE entry_index = 1";
    assert_eq!(attempt(&mut raw, erase).await, Ok(1));
    let mut expected = before;
    expected[1].record = None;
    assert_eq!(whole_log(&home.store).await, expected);
    // Erasing is for good, and may be done twice.
    assert_eq!(attempt(&mut raw, erase).await, Ok(1));
    let back = "UPDATE log_entries SET salt = zeroblob(32), record = x'7b7d' WHERE entry_index = 1";
    assert!(attempt(&mut raw, back).await.is_err());
    // And the log goes on after it.
    assert_eq!(home.store.append(&asked(3), NOW).await.unwrap().0, 3);
}

#[tokio::test]
async fn a_tampered_entry_is_found_though_the_triggers_were_taken_away() {
    let salt = [7; SALT_LEN];
    let forged = serde_json::to_vec(&asked(99)).unwrap();
    let leaf = Commitment::new(&salt, &forged).leaf_hash();
    for (what, column, value) in [
        ("record", "record", forged.clone()),
        ("salt", "salt", salt.to_vec()),
        ("short salt", "salt", vec![7; 31]),
        ("leaf", "leaf_hash", leaf.0.to_vec()),
        ("short leaf", "leaf_hash", vec![1; 31]),
        ("no JSON", "record", b"{".to_vec()),
        ("time", "recorded_at", Vec::new()),
    ] {
        let home = home_with_entries(3).await;
        let mut raw = home.raw().await;
        attempt(&mut raw, "DROP TRIGGER log_entries_are_only_erased").await.unwrap();
        let statement = match column {
            "record" => "UPDATE log_entries SET record = $1 WHERE entry_index = 1",
            "salt" => "UPDATE log_entries SET salt = $1 WHERE entry_index = 1",
            "recorded_at" => {
                "UPDATE log_entries SET recorded_at = recorded_at - 1 - LENGTH($1)
                 WHERE entry_index = 1"
            }
            _ => "UPDATE log_entries SET leaf_hash = $1 WHERE entry_index = 1",
        };
        sqlx::query(statement).bind(value).execute(&mut raw).await.unwrap();
        let error = home.store.log_entries(0, 10).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { what: "log entry" }), "{what}: {error}");
        // The entries around it can still be read.
        assert_eq!(home.store.log_entries(0, 1).await.unwrap().len(), 1);
        assert_eq!(home.store.log_entries(2, 1).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn opening_again_does_not_take_away_the_triggers() {
    let mut home = home_with_entries(1).await;
    home.reopen().await;
    attempt(&mut home.raw().await, "DELETE FROM log_entries").await.unwrap_err();
    assert_eq!(home.store.append(&asked(1), NOW).await.unwrap().0, 1);
}

fn inspector() -> Actor {
    let roles = [Role::Inspector].into();
    Actor { id: "spiffe://deu.symbolon.internal/person/inspector".to_owned(), roles }
}
