use std::collections::BTreeSet;

use symbolon_policy::{
    Actor,
    rules::{Adequacy, Role},
};
use symbolon_store::{
    DecidedHeader, NewCheck, OWN_WATCH_DAYS, OwnHistory, OwnQuestion, OwnQuestions, Store,
};
use time::{Duration, OffsetDateTime};

use crate::fixture::{AGREEMENT, Home, NOW, check_id, header_under, question as question_of_rules};

/// A value that lies in two neighbourhoods of a number line.
fn value(store: &Store, number: u32) -> OwnQuestion {
    let near = |offset: u32| store.near_hash(&((number + offset) / 10).to_be_bytes());
    OwnQuestion {
        value: store.value_hash(&number.to_be_bytes()),
        near: Some([
            near(0),
            store.near_hash(&[&b"high"[..], &((number + 5) / 10).to_be_bytes()].concat()),
        ]),
    }
}

fn question(store: &Store, person: &str, numbers: &[u32]) -> OwnQuestions {
    OwnQuestions {
        person: store.person_hash(&[person]),
        elements: numbers.iter().map(|number| value(store, *number)).collect(),
    }
}

async fn ask(store: &Store, check: u64, questions: &OwnQuestions, at: OffsetDateTime) {
    ask_if_permitted(store, check, questions, at, vec![header_under(AGREEMENT)]).await;
}

async fn ask_if_permitted(
    store: &Store,
    check: u64,
    questions: &OwnQuestions,
    at: OffsetDateTime,
    permitted: Vec<DecidedHeader>,
) {
    let check = NewCheck {
        check: check_id(check),
        opening: b"sealed",
        permitted,
        forbidden: Vec::new(),
        approved: None,
        watched: Some(questions),
        at,
    };
    let never = |_, _| question_of_rules(true, 1, Adequacy::Adequate);
    store.record_asked(check, never).await.unwrap();
}

async fn history(store: &Store, questions: &OwnQuestions, at: OffsetDateTime) -> OwnHistory {
    store.own_history(questions, &[store.person_hash(&["one"])], at).await.unwrap()
}

#[tokio::test]
async fn what_the_same_person_asked_next_to_it_is_known_and_what_another_asked_is_not() {
    let home = Home::new().await;
    let store = &home.store;
    ask(store, 1, &question(store, "one", &[1_000, 5_000]), NOW).await;
    let next = |person| question(store, person, &[1_004, 2_000, 5_000]);
    let known = history(store, &next("one"), NOW).await;
    // The value itself is no neighbour of its own.
    assert_eq!(known.neighbours, [1, 0, 0]);
    assert_eq!(history(store, &next("two"), NOW).await.neighbours, [0, 0, 0]);
    // Each other value counts once, though it may lie in both neighbourhoods.
    ask(store, 2, &question(store, "one", &[1_003, 1_001]), NOW).await;
    assert_eq!(history(store, &next("one"), NOW).await.neighbours, [3, 0, 0]);
}

#[tokio::test]
async fn repeats_count_for_the_whole_bureau_and_the_most_repeated_element() {
    let home = Home::new().await;
    let store = &home.store;
    assert_eq!(history(store, &question(store, "one", &[1]), NOW).await.repeats, 0);
    for (check, person, numbers) in
        [(1, "one", &[1, 2][..]), (2, "one", &[1]), (3, "two", &[1]), (4, "two", &[3])]
    {
        ask(store, check, &question(store, person, numbers), NOW).await;
    }
    assert_eq!(history(store, &question(store, "one", &[1, 2, 3]), NOW).await.repeats, 3);
    assert_eq!(history(store, &question(store, "one", &[2]), NOW).await.repeats, 1);
}

#[tokio::test]
async fn what_was_sent_to_nobody_counts_for_nothing() {
    let home = Home::new().await;
    let (store, asked) = (&home.store, question(&home.store, "one", &[1]));
    ask_if_permitted(store, 1, &asked, NOW, Vec::new()).await;
    assert_eq!(history(store, &asked, NOW).await.repeats, 0);
    ask(store, 2, &asked, NOW).await;
    assert_eq!(history(store, &asked, NOW).await.repeats, 1);
}

#[tokio::test]
async fn after_thirty_days_nothing_is_known_and_nothing_is_kept() {
    let home = Home::new().await;
    let store = &home.store;
    ask(store, 1, &question(store, "one", &[1]), NOW).await;
    let later = NOW + Duration::days(OWN_WATCH_DAYS);
    let before = later - Duration::days(1);
    assert_eq!(history(store, &question(store, "one", &[1]), before).await.repeats, 1);
    assert_eq!(history(store, &question(store, "one", &[1]), later).await.repeats, 0);
    assert_eq!(store.erase_own_questions(before).await.unwrap(), 0);
    assert_eq!(store.erase_own_questions(later).await.unwrap(), 1);
    let mut raw = home.raw().await;
    let (rows,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM own_questions").fetch_one(&mut raw).await.unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn an_identifier_entered_for_a_person_is_theirs_until_it_is_taken_out() {
    let home = Home::new().await;
    let store = &home.store;
    let by = Actor {
        id: "spiffe://bureau.example/inspector".to_owned(),
        roles: BTreeSet::from([Role::Inspector]),
    };
    let (one, two) = (store.person_hash(&["One"]), store.person_hash(&["two"]));
    let mine = value(store, 7).value;
    assert_eq!(store.add_own_identifiers(one, &[mine], &by, NOW).await.unwrap(), 1);
    assert_eq!(store.add_own_identifiers(one, &[mine], &by, NOW).await.unwrap(), 0);
    let asked = question(store, "anyone", &[7, 8]);
    let own = async |people: &[_]| store.own_history(&asked, people, NOW).await.unwrap().own;
    // However the name is written.
    assert!(own(&[two, store.person_hash(&[" ONE "])]).await);
    assert!(!own(&[two]).await);
    // The same, where a question is too long to be looked up.
    assert_eq!(store.own_identifiers(&[one, two]).await.unwrap(), [mine].into());
    assert!(store.own_identifiers(&[two]).await.unwrap().is_empty());
    assert_eq!(store.remove_own_identifiers(one, &by, NOW).await.unwrap(), 1);
    assert!(!own(&[one]).await);
}

#[tokio::test]
async fn a_thousand_elements_are_looked_up_and_kept_at_once() {
    let home = Home::new().await;
    let store = &home.store;
    let numbers: Vec<u32> = (0..1_000).map(|n| n * 100).collect();
    let questions = question(store, "one", &numbers);
    ask(store, 1, &questions, NOW).await;
    let known = history(store, &questions, NOW).await;
    assert_eq!((known.repeats, known.neighbours.len()), (1, 1_000));
    assert!(known.neighbours.iter().all(|near| *near == 0));
}

#[tokio::test]
async fn two_bureaus_hash_one_value_differently() {
    let (one, other) = (Home::new().await, Home::new().await);
    assert_ne!(value(&one.store, 7).value, value(&other.store, 7).value);
    assert_ne!(one.store.person_hash(&["a", "b"]), one.store.person_hash(&["ab"]));
}
