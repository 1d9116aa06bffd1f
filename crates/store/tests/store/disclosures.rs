//! Requests for records as they are kept: sealed, changed by one at a time, erased in time, and in
//! the log by entries that tell nothing of hits.

use std::collections::BTreeSet;

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Actor, RequestId,
    disclosure::{DisclosureState, RefusalGround},
    rules::{Adequacy, Role},
};
use symbolon_store::{
    ActError, ActKind, CheckClaims, DisclosureAdded, DisclosureEvent, DisclosureSide, LogRecord,
    NewCheck, ReleaseGuard, StoredDisclosure,
};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::fixture::{
    AGREEMENT, Home, NOW, Parties, agreement_id, check_id, code, document, header_under, question,
    records, scope_of, whole_log,
};

const OWNER: DisclosureSide = DisclosureSide::Owner;
const SECRET: &[u8] = b"P<UTOERIKSSON in clear";

fn request(number: u8) -> StoredDisclosure {
    StoredDisclosure {
        side: OWNER,
        hash: [number; 32],
        request: RequestId([number; 16]),
        partner: code("FRA"),
        agreement: agreement_id(),
        check: check_id(7),
        state: DisclosureState::Received,
        received_at: NOW,
        erase_at: None,
        file: Some(Zeroizing::new(SECRET.to_vec())),
        version: 0,
    }
}

fn received(number: u8) -> DisclosureEvent {
    DisclosureEvent::Received {
        request: RequestId([number; 16]),
        document: hex::encode([number; 32]),
        requester: code("FRA"),
        agreement: agreement_id(),
        check: check_id(7),
    }
}

fn refused(number: u8) -> DisclosureEvent {
    DisclosureEvent::Refused {
        request: RequestId([number; 16]),
        ground: RefusalGround::NotRecognised,
        found: "never_asked".to_owned(),
        by: None,
    }
}

fn actor(name: &str) -> Actor {
    Actor { id: format!("spiffe://deu/{name}"), roles: BTreeSet::from([Role::Legal]) }
}

async fn add(home: &Home, one: &StoredDisclosure) -> DisclosureAdded {
    home.store.add_disclosure(one, 100, &received(one.request.0[0])).await.unwrap()
}

#[tokio::test]
async fn the_same_request_is_kept_once_and_another_under_its_id_not_at_all() {
    let home = Home::new().await;
    assert_eq!(add(&home, &request(1)).await, DisclosureAdded::New);
    assert_eq!(add(&home, &request(1)).await, DisclosureAdded::Known);
    let other = StoredDisclosure { hash: [99; 32], ..request(1) };
    assert_eq!(add(&home, &other).await, DisclosureAdded::IdReused);
    // Ids are compared for each partner: another may have chosen the same.
    let elsewhere = StoredDisclosure { hash: [98; 32], partner: code("ESP"), ..request(1) };
    assert_eq!(add(&home, &elsewhere).await, DisclosureAdded::New);
    assert_eq!(home.store.disclosures(OWNER, true).await.unwrap().len(), 2);
    assert_eq!(home.store.disclosure_events(0, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_partner_makes_no_more_than_so_many_on_a_day() {
    let home = Home::new().await;
    for number in 0..3 {
        let added = home.store.add_disclosure(&request(number), 3, &received(number)).await;
        assert_eq!(added.unwrap(), DisclosureAdded::New);
    }
    let one_more = home.store.add_disclosure(&request(9), 3, &received(9)).await.unwrap();
    assert_eq!(one_more, DisclosureAdded::TooMany);
    let tomorrow = StoredDisclosure { received_at: NOW + Duration::days(1), ..request(9) };
    let added = home.store.add_disclosure(&tomorrow, 3, &received(9)).await.unwrap();
    assert_eq!(added, DisclosureAdded::New);
}

#[tokio::test]
async fn who_changes_what_he_has_not_seen_last_changes_nothing() {
    let home = Home::new().await;
    add(&home, &request(1)).await;
    let mut first = home.store.disclosure(OWNER, &[1; 32]).await.unwrap().unwrap();
    let mut second = first.clone();
    first.state = DisclosureState::Waiting;
    assert!(home.store.change_disclosure(&first, &[], NOW).await.unwrap());
    second.state = DisclosureState::Refused;
    assert!(!home.store.change_disclosure(&second, &[refused(1)], NOW).await.unwrap());
    let kept = home.store.disclosure(OWNER, &[1; 32]).await.unwrap().unwrap();
    assert_eq!(kept.state, DisclosureState::Waiting);
    assert_eq!(home.store.disclosure_events(0, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_release_is_written_only_while_agreement_and_earlier_releases_are_as_it_was_decided() {
    let home = Home::new().await;
    let (agreement, text) = Parties::new().agree("test-2026", "Title");
    let hash = agreement.hash();
    let mut releases = Vec::new();
    for number in 1..=2 {
        let new = StoredDisclosure { agreement: agreement.terms().id.clone(), ..request(number) };
        add(&home, &new).await;
        let mut kept = home.store.disclosure(OWNER, &new.hash).await.unwrap().unwrap();
        kept.state = DisclosureState::Released;
        releases.push(kept);
    }
    let guard = ReleaseGuard { agreement: &hash, while_suspended: false, released: 0 };
    let release = async |number: usize, guard: ReleaseGuard<'_>| {
        home.store.release_disclosure(&releases[number], &[], &guard, NOW).await.unwrap()
    };
    assert!(!release(0, guard).await, "no such agreement is in place");
    home.store.install_agreement(&agreement, &text, NOW).await.unwrap();
    let us = code("DEU");
    home.store.suspend_agreement(&hash, &us, &actor("anna"), "a reason", NOW).await.unwrap();
    assert!(!release(0, guard).await, "it is suspended");
    assert!(release(0, ReleaseGuard { while_suspended: true, ..guard }).await);
    let guard = ReleaseGuard { while_suspended: true, ..guard };
    assert!(!release(1, guard).await, "another was released meanwhile");
    assert!(release(1, ReleaseGuard { released: 1, ..guard }).await);
}

#[tokio::test]
async fn nothing_of_a_request_lies_open_in_the_database() {
    let home = Home::new().await;
    add(&home, &request(1)).await;
    home.store.close().await;
    for entry in std::fs::read_dir(home.folder.database().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(SECRET.len()).any(|window| window == SECRET);
            assert!(!found, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn what_may_be_kept_no_longer_is_erased_to_the_second_and_noted() {
    let home = Home::new().await;
    let until = NOW + Duration::days(30);
    add(&home, &StoredDisclosure { erase_at: Some(until), ..request(1) }).await;
    add(&home, &request(2)).await;
    assert_eq!(home.store.erase_disclosures(until - Duration::seconds(1)).await.unwrap(), 0);
    assert_eq!(home.store.erase_disclosures(until).await.unwrap(), 1);
    assert_eq!(home.store.erase_disclosures(until).await.unwrap(), 0);
    assert!(home.store.disclosure(OWNER, &[1; 32]).await.unwrap().unwrap().file.is_none());
    assert!(home.store.disclosure(OWNER, &[2; 32]).await.unwrap().unwrap().file.is_some());
    let events = home.store.disclosure_events(2, 9).await.unwrap();
    assert_eq!(events[0].event, Some(DisclosureEvent::Erased { request: RequestId([1; 16]) }));
}

#[tokio::test]
async fn each_period_has_one_entry_whether_anything_happened_or_not() {
    let home = Home::new().await;
    let hour = |count: i64| NOW + Duration::hours(count);
    // The first look only notes in which period it is.
    assert_eq!(home.store.log_disclosures(3_600, hour(0)).await.unwrap(), None);
    add(&home, &request(1)).await;
    assert_eq!(home.store.log_disclosures(3_600, hour(0)).await.unwrap(), None);
    let first = home.store.log_disclosures(3_600, hour(1)).await.unwrap().unwrap();
    assert_eq!(home.store.log_disclosures(3_600, hour(1)).await.unwrap(), None);
    let empty = home.store.log_disclosures(3_600, hour(2)).await.unwrap().unwrap();
    home.store.add_disclosure_event(&refused(1), hour(2)).await.unwrap();
    home.store.add_disclosure_event(&refused(2), hour(2)).await.unwrap();
    let last = home.store.log_disclosures(3_600, hour(3)).await.unwrap().unwrap();
    assert_eq!((first, empty, last), (0, 1, 2));
    let entries: Vec<_> =
        home.store.disclosure_events(0, 9).await.unwrap().iter().map(|one| one.entry).collect();
    assert_eq!(entries, [Some(first), Some(last), Some(last)]);
    // Each record is the root over its events, and all are of one length.
    let mut lengths = BTreeSet::new();
    for entry in whole_log(&home.store).await {
        let root = home.store.disclosure_root(entry.index).await.unwrap();
        let record = LogRecord::Disclosures { root };
        assert_eq!(entry.record.as_ref(), Some(&record));
        lengths.insert(serde_json::to_vec(&record).unwrap().len());
    }
    assert_eq!(lengths.len(), 1);
}

#[tokio::test]
async fn two_nodes_that_differ_only_in_hits_have_logs_of_the_same_shape() {
    let mut shapes = Vec::new();
    for hits in [0_u8, 15] {
        let home = Home::new().await;
        home.store.log_disclosures(60, NOW).await.unwrap();
        for minute in 1..=5_u8 {
            for number in 0..hits {
                let number = minute * 40 + number;
                let mut one = request(number);
                add(&home, &one).await;
                one.version = 1;
                one.state = DisclosureState::Refused;
                let event = [refused(number)];
                assert!(home.store.change_disclosure(&one, &event, NOW).await.unwrap());
                let act = ActKind::ReleaseRecord;
                let (legal, approver) = (actor("legal"), actor("approver"));
                home.store.propose_act(act, &[number; 32], &legal, NOW).await.unwrap();
                home.store.approve_act(act, &[number; 32], &approver, NOW).await.unwrap();
            }
            home.store.log_disclosures(60, NOW + Duration::minutes(minute.into())).await.unwrap();
        }
        let shape: Vec<_> = whole_log(&home.store)
            .await
            .iter()
            .map(|entry| {
                let record = serde_json::to_vec(entry.record.as_ref().unwrap()).unwrap();
                (entry.index, entry.leaf.0.len(), record.len(), entry.at)
            })
            .collect();
        shapes.push(shape);
    }
    assert_eq!(shapes[0].len(), 5);
    assert_eq!(shapes[0], shapes[1]);
}

#[tokio::test]
async fn an_event_that_was_changed_or_removed_is_found() {
    let home = Home::new().await;
    home.store.log_disclosures(60, NOW).await.unwrap();
    home.store.add_disclosure_event(&refused(1), NOW).await.unwrap();
    let later = NOW + Duration::minutes(1);
    let entry = home.store.log_disclosures(60, later).await.unwrap().unwrap();
    let logged = records(&home.store).await;
    let [LogRecord::Disclosures { root }] = logged.as_slice() else {
        panic!("another record: {logged:?}")
    };
    let mut raw = home.raw().await;
    for statement in [
        "DELETE FROM disclosure_events",
        "UPDATE disclosure_events SET record = x'00'",
        "UPDATE disclosure_events SET leaf_hash = x'00'",
        "UPDATE disclosure_events SET entry_index = 9",
        "INSERT INTO disclosure_events (event_index, leaf_hash, recorded_at) VALUES (7, x'00', 0)",
    ] {
        assert!(sqlx::query(statement).execute(&mut raw).await.is_err(), "{statement}");
    }
    // Somebody who takes the triggers away leaves a root that does not fit.
    sqlx::query("DROP TRIGGER disclosure_events_stay").execute(&mut raw).await.unwrap();
    assert_eq!(&home.store.disclosure_root(entry).await.unwrap(), root);
    sqlx::query("DELETE FROM disclosure_events").execute(&mut raw).await.unwrap();
    assert_ne!(&home.store.disclosure_root(entry).await.unwrap(), root);
}

#[tokio::test]
async fn one_person_cannot_release_what_he_proposed() {
    let home = Home::new().await;
    let act = ActKind::ReleaseRecord;
    let legal = actor("legal");
    home.store.propose_act(act, &[1; 32], &legal, NOW).await.unwrap();
    let same = home.store.approve_act(act, &[1; 32], &legal, NOW).await;
    assert!(matches!(same, Err(ActError::SamePerson { .. })));
    assert!(whole_log(&home.store).await.is_empty());
    assert_eq!(home.store.disclosure_events(0, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn claims_are_kept_for_all_elements_and_go_with_the_check() {
    let home = Home::new().await;
    let check = check_id(5);
    let new = NewCheck {
        check,
        opening: b"who and why",
        permitted: vec![header_under(AGREEMENT)],
        forbidden: Vec::new(),
        approved: None,
        watched: None,
        at: NOW,
    };
    home.store.record_asked(new, |_, _| question(true, 1, Adequacy::Safeguards)).await.unwrap();
    let scopes =
        vec![Zeroizing::new([[1; 16], [2; 16]].concat()), Zeroizing::new([[3; 16]].concat())];
    let claims = CheckClaims::new(scopes);
    let (owner, agreement) = (code("FRA"), agreement_id());
    let receipt = document("receipt");
    home.store.record_answer(&check, &owner, &agreement, &receipt, Some(&claims)).await.unwrap();
    let claim = |scope, position| home.store.claim(&check, &owner, &agreement, scope, position);
    assert_eq!(claim(0, 0).await.unwrap().as_deref(), Some(&[1; 16]));
    assert_eq!(claim(0, 1).await.unwrap().as_deref(), Some(&[2; 16]));
    assert_eq!(claim(1, 0).await.unwrap().as_deref(), Some(&[3; 16]));
    for (scope, position) in [(0, 2), (1, 1), (2, 0)] {
        assert!(claim(scope, position).await.unwrap().is_none(), "{scope} {position}");
    }
    let other = home.store.claim(&check, &code("ESP"), &agreement, 0, 0).await.unwrap();
    assert!(other.is_none());
    let later = NOW + Duration::days(2_000);
    home.store.erase_before(NOW + Duration::seconds(1), later).await.unwrap();
    assert!(claim(0, 0).await.unwrap().is_none());
    // What comes after that is not kept.
    home.store.record_answer(&check, &owner, &agreement, &receipt, Some(&claims)).await.unwrap();
    assert!(claim(0, 0).await.unwrap().is_none());
}

#[tokio::test]
async fn requests_and_what_happened_to_them_go_with_the_retention_and_the_roots_stay() {
    let home = Home::new().await;
    home.store.log_disclosures(60, NOW).await.unwrap();
    add(&home, &request(1)).await;
    let later: OffsetDateTime = NOW + Duration::minutes(1);
    let entry = home.store.log_disclosures(60, later).await.unwrap().unwrap();
    let root = home.store.disclosure_root(entry).await.unwrap();
    home.store.erase_before(NOW + Duration::seconds(1), later).await.unwrap();
    assert!(home.store.disclosure(OWNER, &[1; 32]).await.unwrap().is_none());
    // Events go with the entry that stands for them, which says of which period they were.
    let first = async || home.store.disclosure_events(0, 9).await.unwrap().remove(0);
    assert!(first().await.event.is_some());
    let at = later + Duration::hours(1);
    home.store.erase_before(later + Duration::seconds(1), at).await.unwrap();
    assert!(first().await.event.is_none());
    assert_eq!(home.store.disclosure_root(entry).await.unwrap(), root);
    // The root names nobody and stays; that a period was reached is noted, whether or not anything
    // happened in it.
    let logged = records(&home.store).await;
    assert!(logged.contains(&LogRecord::Disclosures { root }), "{logged:?}");
    assert!(matches!(logged.last(), Some(LogRecord::RecordsErased { .. })), "{logged:?}");
    let rows = logged.len();
    home.store.erase_before(later + Duration::seconds(1), at).await.unwrap();
    assert_eq!(records(&home.store).await.len(), rows, "what was reached is not noted again");
}

#[tokio::test]
async fn what_an_agreement_keeps_for_less_long_goes_alone_and_its_erasure_tells_nothing_of_requests()
 {
    let mut grown = Vec::new();
    for asked in [true, false] {
        let home = Home::new().await;
        home.store.log_disclosures(60, NOW).await.unwrap();
        let other = StoredDisclosure { agreement: "other-2026".parse().unwrap(), ..request(2) };
        if asked {
            add(&home, &request(1)).await;
            home.store.add_disclosure(&other, 100, &received(2)).await.unwrap();
        }
        let later = NOW + Duration::minutes(1);
        let entry = home.store.log_disclosures(60, later).await.unwrap().unwrap();
        let root = home.store.disclosure_root(entry).await.unwrap();
        let agreement = agreement_id();
        // The request is old enough, the entry that stands for what happened to it is not.
        let first = NOW + Duration::seconds(1);
        home.store.erase_under_agreement(&agreement, first, later).await.unwrap();
        assert!(home.store.disclosure(OWNER, &[1; 32]).await.unwrap().is_none());
        let kept = async || -> Vec<bool> {
            let events = home.store.disclosure_events(0, 9).await.unwrap();
            events.iter().map(|one| one.event.is_some()).collect()
        };
        assert_eq!(kept().await, vec![true; if asked { 2 } else { 0 }]);
        let second = later + Duration::seconds(1);
        home.store.erase_under_agreement(&agreement, second, second).await.unwrap();
        assert_eq!(kept().await, if asked { vec![false, true] } else { Vec::new() });
        assert_eq!(home.store.disclosure_root(entry).await.unwrap(), root);
        let logged = records(&home.store).await;
        assert!(matches!(logged.last(), Some(LogRecord::RecordsErased { agreement: Some(_), .. })));
        // What was erased under one agreement does not count as looked at for everything else.
        home.store.erase_before(second, second).await.unwrap();
        assert_eq!(kept().await, vec![false; if asked { 2 } else { 0 }]);
        grown.push(records(&home.store).await.len());
    }
    assert_eq!(grown[0], grown[1], "the log grows alike with and without requests");
}

#[tokio::test]
async fn a_key_that_only_recognises_claims_publishes_nothing_and_ends_like_any_other() {
    let home = Home::new().await;
    let scope = scope_of("list", IdentifierType::Vin, 3);
    let id = scope.id();
    assert!(home.store.living_key(&id).await.unwrap().is_none(), "none is made for a look");
    let made = home.store.scope_secrets(&scope, NOW).await.unwrap().key.public_key();
    assert_eq!(home.store.epochs_with_keys(&agreement_id()).await.unwrap(), [(id, 3)]);
    let set = home.folder.own_set(&id, 1);
    std::fs::write(&set, b"a published set").unwrap();
    home.store.keep_key_only(&id).unwrap();
    assert!(!set.exists());
    let kept = home.store.living_key(&id).await.unwrap().unwrap().public_key();
    assert_eq!(kept, made);
    assert!(home.store.destroy_scope(&id, NOW).await.unwrap());
    assert!(home.store.living_key(&id).await.unwrap().is_none());
    assert!(!home.folder.wrapping_key(&id).exists());
}
