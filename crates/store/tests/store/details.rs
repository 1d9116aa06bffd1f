use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_identifiers::{Identifier, IdentifierType, parse};
use symbolon_policy::{RecordDetails, rules::DisclosedField};
use symbolon_store::{DataFolder, ImportCounts, SealError, Store, StoreError};
use time::{Date, OffsetDateTime, macros::date};

use crate::fixture::{Home, NOW, assert_whole, found, ids_in};

const KIND: IdentifierType = IdentifierType::Email;

fn email(number: u64) -> Identifier {
    parse(KIND, &format!("person{number}@example.org"), None).unwrap()
}

fn vin() -> Identifier {
    parse(IdentifierType::Vin, "1M8GDM9AXKP042788", None).unwrap()
}

/// Different for each number; nothing for 0.
fn details(number: u64) -> RecordDetails {
    let mut details = RecordDetails::default();
    if number > 0 {
        details.attributes.minor = number.is_multiple_of(2);
        details.attributes.approvals = number % 3;
        if number > 1 {
            details.fields.insert(DisclosedField::Name, format!("Somebody {number}"));
        }
    }
    details
}

async fn home() -> Home {
    let home = Home::new().await;
    home.store.create_dataset("list", "A list", NOW).await.unwrap();
    home.store.create_dataset("other", "Another list", NOW).await.unwrap();
    home
}

/// Adds records, each with its identifier and, perhaps, details.
async fn load(
    store: &Store,
    replace: bool,
    rows: &[(Identifier, &str, Option<RecordDetails>)],
) -> ImportCounts {
    let mut import = store.import("list", replace).await.unwrap();
    for (identifier, reference, details) in rows {
        import.add(identifier, reference).unwrap();
        if let Some(details) = details {
            import.describe(reference, details).unwrap();
        }
    }
    import.commit(NOW).await.unwrap()
}

async fn take_out(store: &Store, identifier: &Identifier, reference: Option<&str>) -> ImportCounts {
    let mut import = store.import("list", false).await.unwrap();
    import.remove(identifier, reference).unwrap();
    import.commit(NOW).await.unwrap()
}

/// As it is kept, without the day of entry that is filled in.
async fn kept(store: &Store, reference: &str) -> Option<RecordDetails> {
    let mut kept = store.record_details("list", reference).await.unwrap()?;
    assert_eq!(kept.attributes.entered_on, Some(NOW.date()));
    kept.attributes.entered_on = None;
    Some(kept)
}

async fn revision(store: &Store) -> u64 {
    store.datasets().await.unwrap().into_iter().find(|one| one.id == "list").unwrap().revision
}

#[tokio::test]
async fn details_come_with_a_record_and_go_with_it() {
    let home = home().await;
    let store = &home.store;
    let rows = [(email(1), "A", Some(details(2))), (vin(), "A", None), (email(1), "B", None)];
    let counts = load(store, false, &rows).await;
    assert_eq!((counts.added, counts.details_changed), (3, 1));
    assert!(kept(store, "A").await == Some(details(2)));
    assert!(kept(store, "B").await.is_none());
    assert!(store.record_details("other", "A").await.unwrap().is_none());
    assert_eq!(store.references_of("list", &email(1)).await.unwrap(), ["A", "B"]);
    assert_eq!(store.references_of("list", &vin()).await.unwrap(), ["A"]);
    assert!(store.references_of("list", &email(2)).await.unwrap().is_empty());
    assert!(store.references_of("other", &vin()).await.unwrap().is_empty());

    // As long as one identifier names it, it is still there.
    assert_eq!(take_out(store, &email(1), Some("A")).await.details_changed, 0);
    assert!(kept(store, "A").await == Some(details(2)));
    assert_eq!(take_out(store, &vin(), None).await.details_changed, 1);
    assert!(kept(store, "A").await.is_none());
    assert_eq!(store.references_of("list", &email(1)).await.unwrap(), ["B"]);
    assert_whole(&home.folder).await;
}

#[tokio::test]
async fn the_same_load_again_changes_nothing_and_other_details_alone_are_a_new_revision() {
    let home = home().await;
    let rows = |name| [(email(1), "A", Some(details(name))), (email(2), "B", Some(details(1)))];
    assert_eq!(load(&home.store, false, &rows(2)).await.details_changed, 2);
    for replace in [false, true] {
        let counts = load(&home.store, replace, &rows(2)).await;
        assert_eq!((counts.unchanged, counts.details_changed), (2, 0));
        assert_eq!(revision(&home.store).await, 1);
    }
    let counts = load(&home.store, false, &rows(5)).await;
    assert_eq!((counts.added, counts.unchanged, counts.removed), (0, 2, 0));
    assert_eq!(counts.details_changed, 1);
    assert_eq!(revision(&home.store).await, 2);
    assert!(kept(&home.store, "A").await == Some(details(5)));
}

#[tokio::test]
async fn a_load_that_says_nothing_leaves_details_and_one_that_says_blank_takes_them() {
    let home = home().await;
    load(&home.store, false, &[(email(1), "A", Some(details(2)))]).await;
    for replace in [false, true] {
        load(&home.store, replace, &[(email(1), "A", None), (email(2), "A", None)]).await;
        assert!(kept(&home.store, "A").await == Some(details(2)));
    }
    // Another row of the same record may say it.
    let rows = [(email(1), "A", Some(details(2))), (email(2), "A", Some(details(0)))];
    assert_eq!(load(&home.store, false, &rows).await.details_changed, 0);
    assert_eq!(
        load(&home.store, true, &[(email(1), "A", Some(details(0)))]).await.details_changed,
        1
    );
    assert!(kept(&home.store, "A").await.is_none());
}

#[tokio::test]
async fn what_comes_and_goes_within_one_load_leaves_no_details_behind() {
    let home = home().await;
    let mut import = home.store.import("list", false).await.unwrap();
    import.add(&email(1), "A").unwrap();
    import.describe("A", &details(2)).unwrap();
    import.remove(&email(1), Some("A")).unwrap();
    import.add(&email(2), "B").unwrap();
    import.describe("B", &details(3)).unwrap();
    import.remove(&email(2), None).unwrap();
    import.commit(NOW).await.unwrap();
    assert!(kept(&home.store, "A").await.is_none());
    assert!(kept(&home.store, "B").await.is_none());
}

#[tokio::test]
async fn what_a_rejected_row_says_holds_for_a_record_that_another_row_names() {
    let home = home().await;
    let mut import = home.store.import("list", false).await.unwrap();
    import.add(&email(1), "A").unwrap();
    import.describe("A", &details(0)).unwrap();
    import.describe_if_named("A", &details(2)).unwrap();
    import.describe_if_named("B", &details(2)).unwrap();
    import.commit(NOW).await.unwrap();
    assert!(kept(&home.store, "A").await == Some(details(2)));
    assert!(kept(&home.store, "B").await.is_none());
}

#[tokio::test]
async fn the_age_of_a_record_counts_from_the_day_it_says_or_else_from_its_first_details() {
    let home = home().await;
    let entered = async || {
        let details = home.store.record_details("list", "A").await.unwrap().unwrap();
        details.attributes.entered_on.unwrap()
    };
    let at = async |day: Date, details: &RecordDetails| {
        let mut import = home.store.import("list", false).await.unwrap();
        import.add(&email(1), "A").unwrap();
        import.describe("A", details).unwrap();
        import.commit(OffsetDateTime::new_utc(day, time::Time::MIDNIGHT)).await.unwrap()
    };
    at(date!(2024 - 02 - 29), &details(1)).await;
    assert_eq!(entered().await, date!(2024 - 02 - 29));
    at(date!(2025 - 01 - 01), &details(2)).await;
    assert_eq!(entered().await, date!(2024 - 02 - 29));
    let mut said = details(2);
    said.attributes.entered_on = Some(date!(2020 - 05 - 05));
    at(date!(2025 - 01 - 02), &said).await;
    assert_eq!(entered().await, date!(2020 - 05 - 05));
}

#[tokio::test]
async fn fields_lie_sealed_and_open_for_their_own_record_only() {
    let home = home().await;
    let mut secret = details(1);
    secret.fields.insert(DisclosedField::Name, "Needle Haystack".to_owned());
    load(&home.store, false, &[(email(1), "A", Some(secret)), (email(2), "B", Some(details(2)))])
        .await;
    home.store.close().await;
    for entry in fs::read_dir(home.folder.database().parent().unwrap()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"Needle"));
    }
    let mut raw = home.raw().await;
    sqlx::query(
        "UPDATE record_details SET fields =
         (SELECT fields FROM record_details WHERE reference = 'A') WHERE reference = 'B'",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    let store = home.other_handle().await;
    assert!(store.record_details("list", "A").await.is_ok());
    let moved = store.record_details("list", "B").await.err().unwrap();
    assert!(matches!(moved, StoreError::Seal(SealError::DoesNotOpen)));
}

#[tokio::test]
async fn attributes_are_kept_once_however_many_records_have_them() {
    let home = home().await;
    let many: Vec<_> = (0..300).map(|number| format!("case {number}")).collect();
    let rows: Vec<_> = (0..)
        .zip(&many)
        .map(|(number, name)| (email(number), name.as_str(), Some(details(1 + number % 2))))
        .collect();
    load(&home.store, false, &rows).await;
    let counts = async || {
        let counts: (i64, i64) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM record_details),
                    (SELECT COUNT(*) FROM record_attributes)",
        )
        .fetch_one(&mut home.raw().await)
        .await
        .unwrap();
        counts
    };
    assert_eq!(counts().await, (300, 2));
    load(&home.store, true, &[(email(0), "case 0", None)]).await;
    assert_eq!(counts().await, (1, 1));
    // A list without details has no row.
    load(&home.store, true, &[(email(0), "case 1000", None)]).await;
    assert_eq!(counts().await, (0, 0));
}

fn below(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).unwrap();
    u64::from_ne_bytes(bytes) % bound
}

#[tokio::test]
async fn details_are_in_step_with_the_records_whatever_is_loaded() {
    let home = home().await;
    let mut records: BTreeSet<(u64, String)> = BTreeSet::new();
    let mut known: BTreeMap<String, u64> = BTreeMap::new();
    for round in 0..60 {
        let replace = round % 7 == 6;
        let mut import = home.store.import_in("list", replace, 0).await.unwrap();
        if replace {
            records.clear();
        }
        // What rows say of a record is the same in all of them, as the CSV reader sees to.
        let mut said: BTreeMap<String, u64> = BTreeMap::new();
        for _ in 0..[3, 40, 400][round % 3] {
            let (number, reference) = (below(60), format!("case {}", below(80)));
            match below(5) {
                0 => {
                    import.remove(&email(number), Some(&reference)).unwrap();
                    records.remove(&(number, reference));
                }
                1 => {
                    import.remove(&email(number), None).unwrap();
                    records.retain(|(other, _)| *other != number);
                }
                choice => {
                    import.add(&email(number), &reference).unwrap();
                    if choice > 2 {
                        let one = *said.entry(reference.clone()).or_insert_with(|| below(6));
                        import.describe(&reference, &details(one)).unwrap();
                    }
                    records.insert((number, reference));
                }
            }
        }
        import.commit(NOW).await.unwrap();
        known.extend(said);
        known.retain(|name, what| {
            *what > 0 && records.iter().any(|(_, reference)| reference == name)
        });
        for case in 0..80 {
            let reference = format!("case {case}");
            let expected = known.get(&reference).map(|one| details(*one));
            assert!(kept(&home.store, &reference).await == expected, "round {round}, {reference}");
        }
    }
    assert_whole(&home.folder).await;
}

/// Names the data folder to the child; without it the child's test does nothing.
const FOLDER: &str = "SYMBOLON_TEST_DETAILS_UNTIL_KILLED";
const PEOPLE: u64 = 500;

/// Replaces the list and all details by those of one generation, and so on until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_loads_details_until_it_is_killed() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let store = Store::open(DataFolder::open(Path::new(&folder)).unwrap()).await.unwrap();
    for generation in revision(&store).await.. {
        let mut import = store.import_in("list", true, 0).await.unwrap();
        for number in 0..PEOPLE {
            let reference = format!("{generation}-{number}");
            import.add(&email(number), &reference).unwrap();
            import.describe(&reference, &details(2)).unwrap();
        }
        import.commit(NOW).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_killed_leaves_records_and_details_of_one_load() {
    let root = tempfile::tempdir().unwrap();
    let folder = found(root.path());
    let store = Store::open(folder.clone()).await.unwrap();
    store.create_dataset("list", "A list", NOW).await.unwrap();
    store.close().await;
    for _ in 0..4 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "details::child_that_loads_details_until_it_is_killed"])
            .env(FOLDER, folder.root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(100 + below(1_000)));
        child.kill().unwrap();
        child.wait().unwrap();

        assert_whole(&folder).await;
        let store = Store::open(DataFolder::open(root.path()).unwrap()).await.unwrap();
        let revision = revision(&store).await;
        let held = ids_in(&store, "list", KIND).await.len() as u64;
        assert_eq!(held, if revision == 0 { 0 } else { PEOPLE });
        let (rows,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM record_details")
            .fetch_one(&mut crate::fixture::raw(&folder).await)
            .await
            .unwrap();
        assert_eq!(rows, i64::try_from(held).unwrap());
        if let Some(generation) = revision.checked_sub(1) {
            let last = format!("{generation}-{}", PEOPLE - 1);
            assert!(store.record_details("list", &last).await.unwrap().is_some());
        }
        store.close().await;
    }
}
