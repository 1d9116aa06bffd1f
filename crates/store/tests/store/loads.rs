//! Loads against a model: a list that is a set of pairs in memory.

use std::collections::{BTreeMap, BTreeSet};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_identifiers::{Identifier, IdentifierType, parse};
use symbolon_store::{RevisionMark, Store};

use crate::fixture::{Home, NOW, assert_whole, ids_in};

const KIND: IdentifierType = IdentifierType::Email;

fn below(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).unwrap();
    u64::from_ne_bytes(bytes) % bound
}

fn email(number: u64) -> Identifier {
    parse(KIND, &format!("person{number}@example.org"), None).unwrap()
}

/// Pairs of an identifier's number and a reference.
type Model = BTreeSet<(u64, String)>;

enum Row {
    Add(u64, String),
    Remove(u64, Option<String>),
}

fn random_rows(count: u64, people: u64) -> Vec<Row> {
    (0..count)
        .map(|_| {
            let (number, reference) = (below(people), format!("case {}", below(3)));
            match below(5) {
                0 => Row::Remove(number, Some(reference)),
                1 => Row::Remove(number, None),
                _ => Row::Add(number, reference),
            }
        })
        .collect()
}

fn apply(model: &mut Model, rows: &[Row], replace: bool) {
    if replace {
        model.clear();
    }
    for row in rows {
        match row {
            Row::Add(number, reference) => drop(model.insert((*number, reference.clone()))),
            Row::Remove(number, Some(reference)) => {
                model.remove(&(*number, reference.clone()));
            }
            Row::Remove(number, None) => model.retain(|(other, _)| other != number),
        }
    }
}

async fn load(store: &Store, rows: &[Row], replace: bool) -> [u64; 2] {
    let mut import = store.import("list", replace).await.unwrap();
    for row in rows {
        match row {
            Row::Add(number, reference) => import.add(&email(*number), reference).unwrap(),
            Row::Remove(number, reference) => {
                import.remove(&email(*number), reference.as_deref()).unwrap();
            }
        }
    }
    let counts = import.commit(NOW).await.unwrap();
    [counts.added, counts.removed]
}

async fn mark(store: &Store) -> RevisionMark {
    store.snapshot("list", KIND).await.unwrap().mark
}

async fn home_with_list() -> Home {
    let home = Home::new().await;
    home.store.create_dataset("list", "A list", NOW).await.unwrap();
    home
}

#[tokio::test]
async fn a_list_holds_what_its_loads_come_to_and_never_uses_an_id_again() {
    let home = home_with_list().await;
    let mut model = Model::new();
    let mut ids: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut ever = BTreeSet::new();
    for round in 0..40 {
        // Small and large loads, so that blocks are made, split, thinned out and emptied.
        let people = [50, 3_000][round % 2];
        let replace = round % 10 == 9;
        let rows = random_rows([20, 4_000, 300][round % 3], people);
        let before = model.clone();
        apply(&mut model, &rows, replace);
        let came = load(&home.store, &rows, replace).await;
        let expected = [model.difference(&before).count(), before.difference(&model).count()];
        assert_eq!(came, expected.map(|count| count as u64), "round {round}");

        let held = ids_in(&home.store, "list", KIND).await;
        let numbers: BTreeSet<_> = model.iter().map(|(number, _)| *number).collect();
        let expected: BTreeSet<_> =
            numbers.iter().map(|number| email(*number).canonical().to_vec()).collect();
        assert!(held.iter().map(|(_, canonical)| canonical).eq(&expected), "round {round}");
        for (id, canonical) in &held {
            // Who stays keeps its id; who comes gets one that nobody has had.
            match ids.get(canonical) {
                Some(known) => assert_eq!(known, id),
                None => assert!(ever.insert(*id), "id {id} was used before"),
            }
        }
        ids = held.into_iter().map(|(id, canonical)| (canonical, id)).collect();
        // Once more, nothing changes.
        if !replace {
            let again: Vec<_> =
                model.iter().map(|(n, reference)| Row::Add(*n, reference.clone())).collect();
            assert_eq!(load(&home.store, &again, true).await, [0, 0]);
        }
    }
    assert_whole(&home.folder).await;
}

#[tokio::test]
async fn the_journal_names_what_left_since_any_revision_a_scope_may_need() {
    let home = home_with_list().await;
    // A scope without a set: it may need everything.
    let scope = crate::fixture::scope_of("list", KIND, 0);
    home.store.scope_secrets(&scope, NOW).await.unwrap();
    let mut states = Vec::new();
    for _ in 0..12 {
        load(&home.store, &random_rows(200, 300), false).await;
        let ids: BTreeSet<_> =
            ids_in(&home.store, "list", KIND).await.into_iter().map(|(id, _)| id).collect();
        states.push((mark(&home.store).await, ids));
    }
    let (_, present) = states.last().unwrap();
    for (mark, then) in &states {
        let mut snapshot = home.store.snapshot("list", KIND).await.unwrap();
        let removed = snapshot.removed_since(mark).await.unwrap().unwrap();
        // What came and went in between may be named as well: its tag is in no cache of `mark`.
        let removed: BTreeSet<_> = removed.into_iter().collect();
        assert!(then.difference(present).all(|id| removed.contains(id)));
        assert!(removed.is_disjoint(present));
        let other_history = RevisionMark { token: [0; 16], ..*mark };
        assert_eq!(snapshot.removed_since(&other_history).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_journal_is_forgotten_where_no_scope_needs_it() {
    let home = home_with_list().await;
    load(&home.store, &random_rows(100, 50), false).await;
    let first = mark(&home.store).await;
    load(&home.store, &[Row::Add(1, "x".to_owned())], true).await;
    let mut snapshot = home.store.snapshot("list", KIND).await.unwrap();
    assert_eq!(snapshot.removed_since(&first).await.unwrap(), None);
    let present = snapshot.mark;
    assert_eq!(snapshot.removed_since(&present).await.unwrap(), Some(Vec::new()));
    let (rows,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM removed_identifiers")
        .fetch_one(&mut home.raw().await)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_snapshot_shows_nothing_of_loads_that_come_after_it() {
    let home = home_with_list().await;
    let rows: Vec<_> = (0..2_000).map(|n| Row::Add(n, "a".to_owned())).collect();
    load(&home.store, &rows, false).await;
    let mut snapshot = home.store.snapshot("list", KIND).await.unwrap();
    load(&home.store, &[Row::Add(9_999, "b".to_owned())], true).await;
    let mut seen = 0;
    while let Some(piece) = snapshot.next_piece(0).await.unwrap() {
        seen += piece.identifiers().unwrap().len();
    }
    assert_eq!(seen, 2_000);
    assert_eq!(snapshot.mark.revision, 1);
    assert_eq!(mark(&home.store).await.revision, 2);
}

#[tokio::test]
async fn only_what_is_new_is_read_above_an_id() {
    let home = home_with_list().await;
    let rows: Vec<_> = (0..2_000).map(|n| Row::Add(n, "a".to_owned())).collect();
    load(&home.store, &rows, false).await;
    let last = home.store.snapshot("list", KIND).await.unwrap().last_identifier;
    load(&home.store, &[Row::Add(5_000, "a".to_owned()), Row::Add(7, "b".to_owned())], false).await;
    let mut snapshot = home.store.snapshot("list", KIND).await.unwrap();
    let piece = snapshot.next_piece(last).await.unwrap().unwrap().identifiers().unwrap();
    assert_eq!(piece.len(), 1);
    assert_eq!(piece[0].1, email(5_000));
    assert!(snapshot.next_piece(last).await.unwrap().is_none());
}

#[tokio::test]
async fn records_of_an_older_program_are_carried_over() {
    let mut home = home_with_list().await;
    home.store.close().await;
    let mut raw = home.raw().await;
    sqlx::query(
        "CREATE TABLE records_before_blocks (
             dataset TEXT NOT NULL, identifier_type TEXT NOT NULL, canonical BLOB NOT NULL,
             reference TEXT NOT NULL, PRIMARY KEY (dataset, identifier_type, canonical, reference))",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    for number in 0..700_u64 {
        for reference in ["a", "b"] {
            sqlx::query("INSERT INTO records_before_blocks VALUES ('list', 'email', $1, $2)")
                .bind(email(number).canonical())
                .bind(reference)
                .execute(&mut raw)
                .await
                .unwrap();
        }
    }
    home.store = home.other_handle().await;
    assert_eq!(ids_in(&home.store, "list", KIND).await.len(), 700);
    let rows: Vec<_> =
        (0..700).flat_map(|n| ["a", "b"].map(|name| Row::Add(n, name.to_owned()))).collect();
    assert_eq!(load(&home.store, &rows, true).await, [0, 0]);
    home.reopen().await;
    assert_eq!(ids_in(&home.store, "list", KIND).await.len(), 700);
}
