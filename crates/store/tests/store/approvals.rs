//! Approvals count for the asker, the case, the purpose, the types and the number that were approved,
//! are used up by what is sent, and end with the certificate by which they were given; never for the
//! person who gave them.

use std::fs;

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Actor, CertificateHash,
    rules::{Adequacy, Facts, LoggedDecision, Role},
};
use symbolon_store::{
    ApprovedQuestion, AskedHeader, AskedMeanwhile, CheckApproval, DecidedHeader, LogRecord,
    NewCheck, PartnerCounts, PersonCertificate, Store,
};
use time::{Duration, OffsetDateTime};
use tokio::task::JoinSet;

use crate::fixture::{ASKER, Home, NOW, agreement_id, check_id, code, document, question};

const CERTIFICATE: CertificateHash = CertificateHash([7; 32]);

fn approver(name: &str) -> Actor {
    Actor { id: format!("spiffe://deu.example/people/{name}"), roles: [Role::Approver].into() }
}

fn approval(case: &str, elements: u64) -> CheckApproval {
    CheckApproval {
        case_reference: case.to_owned(),
        purpose: "border_check".to_owned(),
        asker: ASKER.to_owned(),
        types: [].into(),
        elements,
        valid_until: NOW + Duration::days(7),
    }
}

async fn approve(store: &Store, approval: &CheckApproval, by: &str) {
    store.approve_check(approval, &approver(by), &CERTIFICATE, NOW).await.unwrap();
}

fn asked(case: &str, elements: u64) -> ApprovedQuestion<'_> {
    ApprovedQuestion {
        case_reference: case,
        purpose: "border_check",
        asker: ASKER,
        types: [IdentifierType::Vin].into(),
        elements,
    }
}

async fn count(store: &Store, question: &ApprovedQuestion<'_>, at: OffsetDateTime) -> u64 {
    store.check_approvals(question, at).await.unwrap()
}

fn by_approvals(approvals: u64, elements: u64) -> LoggedDecision {
    let mut decision = question(approvals > 0, elements, Adequacy::Safeguards);
    if let Facts::Egress(facts) = &mut decision.facts {
        facts.approvals = approvals;
    }
    decision
}

/// Asks under rules that ask for one approval; returns whether anything may be sent.
async fn ask(store: &Store, number: u64, elements: u64) -> bool {
    let then = count(store, &asked("2026/117", elements), NOW).await;
    ask_when(store, number, elements, "FRA", then).await
}

/// The same of one owner, decided when so many approvals covered it.
async fn ask_when(store: &Store, number: u64, elements: u64, owner: &str, then: u64) -> bool {
    let header =
        AskedHeader { owner: code(owner), agreement: agreement_id(), header: document("header") };
    let (counts, decision) = (PartnerCounts::default(), by_approvals(then, elements));
    let (mut permitted, mut forbidden) = (Vec::new(), Vec::new());
    if decision.ruling.permitted {
        permitted.push(DecidedHeader { header, shares: Vec::new(), counts, decision });
    } else {
        forbidden.push(decision);
    }
    let check = NewCheck {
        check: check_id(number),
        opening: b"x",
        permitted,
        forbidden,
        approved: Some((asked("2026/117", elements), then)),
        watched: None,
        at: NOW,
    };
    let again = |_, now: AskedMeanwhile| by_approvals(now.approvals, elements);
    let decisions = store.record_asked(check, again).await.unwrap();
    decisions.iter().any(|decision| decision.ruling.permitted)
}

#[tokio::test]
async fn an_approval_counts_for_its_asker_case_purpose_types_size_and_time_only() {
    let home = Home::new().await;
    let store = &home.store;
    approve(store, &approval("2026/117", 100), "b").await;
    let sound = asked("2026/117", 100);
    assert_eq!(count(store, &sound, NOW).await, 1);
    assert_eq!(count(store, &asked(" 2026/117 ", 1), NOW).await, 1, "spaces around say nothing");
    assert_eq!(count(store, &asked("2026/118", 1), NOW).await, 0);
    assert_eq!(count(store, &asked("2026/117", 101), NOW).await, 0);
    assert_eq!(
        count(store, &ApprovedQuestion { purpose: "asylum", ..sound.clone() }, NOW).await,
        0
    );
    let colleague = "spiffe://deu.example/people/colleague";
    assert_eq!(count(store, &ApprovedQuestion { asker: colleague, ..sound.clone() }, NOW).await, 0);
    let last = NOW + Duration::days(7) - Duration::SECOND;
    assert_eq!(count(store, &sound, last).await, 1);
    assert_eq!(count(store, &sound, last + Duration::SECOND).await, 0);
    assert_eq!(count(store, &sound, NOW - Duration::SECOND).await, 0);

    let of_ships = CheckApproval { types: [IdentifierType::Imo].into(), ..approval("case 2", 9) };
    approve(store, &of_ships, "b").await;
    let of = |types: &[IdentifierType]| ApprovedQuestion {
        types: types.iter().copied().collect(),
        ..asked("case 2", 1)
    };
    assert_eq!(count(store, &of(&[IdentifierType::Imo]), NOW).await, 1);
    let both = of(&[IdentifierType::Imo, IdentifierType::Vin]);
    assert_eq!(count(store, &both, NOW).await, 0);
}

#[tokio::test]
async fn two_approvals_are_of_two_people_and_nobody_approves_for_himself() {
    let home = Home::new().await;
    let store = &home.store;
    let question = asked("2026/117", 1);
    for _ in 0..2 {
        approve(store, &approval("2026/117", 100), "b").await;
    }
    assert_eq!(count(store, &question, NOW).await, 1, "the same person twice");
    approve(store, &approval("2026/117", 100), "a").await;
    assert_eq!(count(store, &question, NOW).await, 2);
    approve(store, &approval("2026/117", 100), "asker").await;
    assert_eq!(count(store, &question, NOW).await, 2, "the asker's own word");
}

#[tokio::test]
async fn approving_again_takes_the_place_of_what_the_person_approved_before() {
    let home = Home::new().await;
    let store = &home.store;
    approve(store, &approval("2026/117", 100), "b").await;
    approve(store, &approval("2026/117", 5), "b").await;
    assert_eq!(count(store, &asked("2026/117", 6), NOW).await, 0);
    assert_eq!(count(store, &asked("2026/117", 5), NOW).await, 1);
}

#[tokio::test]
async fn an_approval_is_used_up_by_what_is_sent_and_by_nothing_else() {
    let home = Home::new().await;
    let store = &home.store;
    assert!(!ask(store, 1, 1).await, "nobody has approved it");
    approve(store, &approval("2026/117", 5), "b").await;
    assert!(!ask(store, 2, 6).await, "more than was approved");
    assert_eq!(count(store, &asked("2026/117", 5), NOW).await, 1);
    assert!(ask(store, 3, 3).await);
    assert_eq!(count(store, &asked("2026/117", 3), NOW).await, 0);
    assert!(!ask(store, 4, 3).await);
    assert!(ask(store, 5, 2).await);
    assert!(!ask(store, 6, 1).await, "all is used up");
    // What was sent may be asked again by the approval that it has used up.
    assert_eq!(store.approvals_used(&check_id(3), NOW).await.unwrap(), 1);
    assert_eq!(store.approvals_used(&check_id(4), NOW).await.unwrap(), 0);
    let over = NOW + Duration::days(7);
    assert_eq!(store.approvals_used(&check_id(3), over).await.unwrap(), 0);
}

#[tokio::test]
async fn however_many_ask_at_once_an_approval_is_used_up_exactly() {
    let home = Home::new().await;
    approve(&home.store, &approval("2026/117", 20), "b").await;
    let other = home.other_handle().await;
    let mut asking = JoinSet::new();
    for (number, letter) in (0..24).zip('A'..='Z') {
        let store = if number % 2 == 0 { home.store.clone() } else { other.clone() };
        // All were decided while all of the approval was left, and each asks another owner: that too many
        // are asking shows in the approvals alone, and not in what was asked of an owner before.
        let owner = format!("X{letter}");
        asking.spawn(async move { ask_when(&store, number, 2, &owner, 1).await });
    }
    let sent = asking.join_all().await.into_iter().filter(|sent| *sent).count();
    assert_eq!(sent, 10);
    let (left,): (i64,) = sqlx::query_as("SELECT elements_left FROM check_approvals")
        .fetch_one(&mut home.raw().await)
        .await
        .unwrap();
    assert_eq!(left, 0, "nothing is used twice");
}

#[tokio::test]
async fn an_approval_ends_with_the_certificate_by_which_it_was_given() {
    let home = Home::new().await;
    let store = &home.store;
    approve(store, &approval("2026/117", 5), "b").await;
    assert!(ask(store, 1, 1).await);
    let certificate = PersonCertificate {
        certificate: CERTIFICATE,
        holder: approver("b"),
        issued_at: NOW - Duration::DAY,
        expires_at: NOW + Duration::DAY,
        revoked: None,
    };
    store.revoke_certificate(&certificate, "left", &approver("a"), NOW).await.unwrap();
    assert_eq!(count(store, &asked("2026/117", 1), NOW).await, 0);
    assert_eq!(store.approvals_used(&check_id(1), NOW).await.unwrap(), 0);
    assert!(!ask(store, 2, 1).await);
}

#[tokio::test]
async fn the_case_is_kept_and_logged_as_a_keyed_hash_only_and_another_node_hashes_otherwise() {
    let (home, other) = (Home::new().await, Home::new().await);
    let mut cases = Vec::new();
    for one in [&home, &other] {
        approve(&one.store, &approval("case 7", 1), "b").await;
        let mut raw = one.raw().await;
        let (case,): (Vec<u8>,) = sqlx::query_as("SELECT case_code FROM check_approvals")
            .fetch_one(&mut raw)
            .await
            .unwrap();
        let entries = one.store.log_entries(0, 10).await.unwrap();
        let Some(LogRecord::CheckApproved { case: logged, asker, by, .. }) = &entries[0].record
        else {
            panic!("{entries:?}")
        };
        assert_eq!((logged, by), (&hex::encode(&case), &approver("b")));
        assert_eq!(asker, ASKER);
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
    approve(&home.store, &approval("case 7", 1), "b").await;
    let later = NOW + Duration::days(8);
    home.store.erase_before(NOW - Duration::days(365), later).await.unwrap();
    let mut raw = home.raw().await;
    let left: (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM check_approvals").fetch_one(&mut raw).await.unwrap();
    assert_eq!(left.0, 0);
}
