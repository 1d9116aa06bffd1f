use std::{borrow::Cow, path::Path};

use sqlx::{Connection as _, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use symbolon_ledger::{Commitment, Frontier, LeafHash, NodeId, TreeHash};
use symbolon_policy::CheckId;
use symbolon_store::{LogRecord, Store};

use crate::fixture::{Home, NOW, agreement_id, check_id, found, raw};

async fn home_with_entries(count: u64) -> (Home, Vec<LeafHash>) {
    let home = Home::new().await;
    let mut leaves = Vec::new();
    for number in 0..count {
        let record = asked(check_id(number));
        leaves.push(home.store.append(&record, NOW).await.unwrap().1);
    }
    (home, leaves)
}

fn asked(check: CheckId) -> LogRecord {
    LogRecord::CheckAsked { check, headers: None, decisions: Vec::new() }
}

fn root_of(leaves: &[LeafHash]) -> TreeHash {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.append(leaf));
    tree.root()
}

/// Every root, inclusion and consistency, from the database.
async fn assert_proves_everything(store: &Store, leaves: &[LeafHash]) {
    let size = u64::try_from(leaves.len()).unwrap();
    assert_eq!(store.log_size().await.unwrap(), size);
    for second in 0..=size {
        let root = root_of(&leaves[..usize::try_from(second).unwrap()]);
        assert_eq!(store.log_root(second).await.unwrap(), root);
        for index in 0..second {
            let proof = store.log_inclusion(index, second).await.unwrap();
            let leaf = &leaves[usize::try_from(index).unwrap()];
            proof.verify(leaf, index, second, &root).unwrap();
        }
        for first in 1..=second {
            let before = root_of(&leaves[..usize::try_from(first).unwrap()]);
            let proof = store.log_consistency(first, second).await.unwrap();
            proof.verify(first, &before, second, &root).unwrap();
        }
    }
}

#[tokio::test]
async fn every_entry_and_every_size_is_proven_from_the_database() {
    let (mut home, leaves) = home_with_entries(21).await;
    assert_proves_everything(&home.store, &leaves).await;
    home.reopen().await;
    assert_proves_everything(&home.store, &leaves).await;
    assert_eq!(home.store.log_leaves(3, 4).await.unwrap(), leaves[3..7]);
}

#[tokio::test]
async fn what_is_not_there_is_not_proven() {
    let (home, _) = home_with_entries(5).await;
    let store = &home.store;
    store.log_root(6).await.unwrap_err();
    for (index, size) in [(5, 5), (0, 0), (0, 6), (u64::MAX, 5)] {
        store.log_inclusion(index, size).await.unwrap_err();
    }
    for (first, second) in [(0, 5), (6, 5), (1, 6)] {
        store.log_consistency(first, second).await.unwrap_err();
    }
    store.log_nodes(&[NodeId { level: 1, index: 2 }]).await.unwrap_err();
    store.log_nodes(&[NodeId { level: 3, index: 0 }]).await.unwrap_err();
    assert_eq!(store.log_nodes(&[NodeId { level: 2, index: 0 }]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nodes_can_be_neither_changed_nor_removed() {
    let (home, _) = home_with_entries(4).await;
    let mut raw = home.raw().await;
    for statement in ["DELETE FROM log_nodes", "UPDATE log_nodes SET hash = zeroblob(32)"] {
        sqlx::query(statement).execute(&mut raw).await.unwrap_err();
    }
}

#[tokio::test]
async fn the_log_of_a_database_of_before_gets_its_tree_and_goes_on() {
    for count in [0_u8, 1, 2, 7, 19] {
        let root = tempfile::tempdir().unwrap();
        let folder = found(root.path());
        let options =
            SqliteConnectOptions::new().filename(folder.database()).create_if_missing(true);
        let mut old = SqliteConnection::connect_with(&options).await.unwrap();
        let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
        let mut before = Migrator::new(all.as_path()).await.unwrap();
        before.migrations =
            Cow::Owned(before.iter().filter(|one| one.version <= 3).cloned().collect());
        before.run(&mut old).await.unwrap();
        let mut leaves = Vec::new();
        for number in 0..count {
            // As the program of then wrote it.
            let record =
                format!(r#"{{"event":"check_asked","check":"{}"}}"#, check_id(number.into()));
            let leaf = Commitment::new(&[number; 32], record.as_bytes()).leaf_hash();
            sqlx::query("INSERT INTO log_entries VALUES ($1, $2, 0, $3, $4)")
                .bind(i64::from(number))
                .bind(leaf.0.as_slice())
                .bind([number; 32].as_slice())
                .bind(record.into_bytes())
                .execute(&mut old)
                .await
                .unwrap();
            leaves.push(leaf);
        }
        old.close().await.unwrap();
        std::fs::set_permissions(
            folder.database(),
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .unwrap();

        let store = Store::open(folder.clone()).await.unwrap();
        assert_proves_everything(&store, &leaves).await;
        for entry in store.log_entries(0, 100).await.unwrap() {
            let check = check_id(entry.index);
            assert_eq!(entry.record, Some(asked(check)));
        }
        let record = LogRecord::AgreementRemoved { agreement: agreement_id() };
        leaves.push(store.append(&record, NOW).await.unwrap().1);
        assert_proves_everything(&store, &leaves).await;
        store.close().await;
        // Once is enough.
        let store = Store::open(folder).await.unwrap();
        assert_proves_everything(&store, &leaves).await;
        store.close().await;
    }
}

#[tokio::test]
async fn looking_over_finds_each_entry_that_is_not_what_the_tree_was_made_over() {
    for (what, statement) in [
        ("record", "UPDATE log_entries SET record = x'7b7d' WHERE entry_index = 5"),
        ("salt", "UPDATE log_entries SET salt = zeroblob(32) WHERE entry_index = 5"),
        ("time", "UPDATE log_entries SET recorded_at = recorded_at - 1 WHERE entry_index = 5"),
        ("leaf", "UPDATE log_entries SET leaf_hash = zeroblob(32) WHERE entry_index = 5"),
        ("node", "UPDATE log_nodes SET hash = zeroblob(32) WHERE level = 1 AND position = 2"),
        ("no node", "DELETE FROM log_nodes WHERE level = 1 AND position = 2"),
        ("gone", "DELETE FROM log_entries WHERE entry_index = 5"),
    ] {
        let (home, _) = home_with_entries(12).await;
        let sound = home.store.look_log_over(0, 100).await.unwrap();
        assert_eq!((sound.next, sound.damaged.len()), (Some(12), 0));
        let mut raw = raw(&home.folder).await;
        for trigger in [
            "log_entries_are_only_erased",
            "log_entries_stay",
            "log_nodes_do_not_change",
            "log_nodes_stay",
        ] {
            sqlx::query(sqlx::AssertSqlSafe(format!("DROP TRIGGER {trigger}")))
                .execute(&mut raw)
                .await
                .unwrap();
        }
        sqlx::query(statement).execute(&mut raw).await.unwrap();
        let look = home.store.look_log_over(0, 100).await.unwrap();
        assert!(look.damaged.contains(&5), "{what}: {look:?}");
        // In parts, and at the end it says so.
        let part = home.store.look_log_over(0, 5).await.unwrap();
        assert_eq!((part.next, part.damaged.len()), (Some(5), 0), "{what}");
        assert_eq!(home.store.look_log_over(12, 5).await.unwrap().next, None);
    }
}
