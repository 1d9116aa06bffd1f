use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Actor, AgreementId, AgreementTerms, Conditions,
    rules::{Adequacy, Role, RulesHash},
};
use symbolon_store::{
    AskedHeader, DecidedHeader, Erased, InForce, LogRecord, NewCheck, PartnerCounts,
};
use time::Duration;

use crate::fixture::{
    Asked, Home, NOW, Parties, agreement_id, check_id, code, document, question, share, whole_log,
};

const DAY: Duration = Duration::days(1);

async fn home_with_a_day_of_work_each() -> Home {
    let home = Home::new().await;
    for day in 0_u8..3 {
        let at = NOW + DAY * i32::from(day);
        let header = AskedHeader {
            owner: code("FRA"),
            agreement: agreement_id(),
            header: document("asked"),
        };
        let decision = question(true, 1, Adequacy::Safeguards);
        let check = NewCheck {
            check: check_id(day.into()),
            opening: b"opening",
            permitted: vec![DecidedHeader {
                header,
                shares: Vec::new(),
                counts: PartnerCounts::default(),
                decision: decision.clone(),
            }],
            forbidden: Vec::new(),
            approved: None,
            watched: None,
            at,
        };
        home.store.record_asked(check, |_, _| decision.clone()).await.unwrap();
        let receipt = document("receipt");
        home.store
            .record_receipt(&check_id(day.into()), &code("FRA"), &agreement_id(), &receipt)
            .await
            .unwrap();
        let mut answered =
            Asked::new(100 + u64::from(day), vec![share(IdentifierType::Vin, 1, 100)]);
        answered.at = at;
        answered.admit(&home.store).await.unwrap();
    }
    home
}

#[tokio::test]
async fn what_is_older_is_gone_and_the_tree_is_as_it_was() {
    let home = home_with_a_day_of_work_each().await;
    let leaves = home.store.log_leaves(0, 100).await.unwrap();
    let root = home.store.log_root(6).await.unwrap();
    let before = NOW + DAY + DAY;
    let erased = home.store.erase_before(before, before).await.unwrap();
    assert_eq!(erased, Erased { entries: 4, asked: 2, answered: 2 });

    assert_eq!(home.store.log_leaves(0, 6).await.unwrap(), leaves);
    assert_eq!(home.store.log_root(6).await.unwrap(), root);
    let log = whole_log(&home.store).await;
    let kept: Vec<_> = log.iter().map(|entry| entry.record.is_some()).collect();
    assert_eq!(kept, [false, false, false, false, true, true, true]);
    let in_all = Some(4);
    let agreement = None;
    let record =
        LogRecord::RecordsErased { before, agreement, entries: 4, asked: 2, answered: 2, in_all };
    assert_eq!(log[6].record, Some(record));
    let proof = home.store.log_inclusion(0, 7).await.unwrap();
    proof.verify(&leaves[0], 0, 7, &home.store.log_root(7).await.unwrap()).unwrap();

    for day in 0..3 {
        let is_kept = home.store.asked(&check_id(day)).await.unwrap().is_some();
        assert_eq!(is_kept, day == 2);
        assert_eq!(home.store.receipts(Some(&check_id(day))).await.unwrap().is_empty(), day != 2);
        assert_eq!(home.store.asked_entry(&check_id(day)).await.unwrap().is_some(), day == 2);
    }
    // An erased log is no damaged one.
    assert!(home.store.look_log_over(0, 100).await.unwrap().damaged.is_empty());
}

#[tokio::test]
async fn a_record_that_is_gone_without_an_erasure_is_noticed() {
    let home = home_with_a_day_of_work_each().await;
    assert!(home.store.erasures_hold().await.unwrap());
    let before = NOW + DAY;
    home.store.erase_before(before, before + DAY).await.unwrap();
    home.store.erase_before(before + DAY, before + DAY + DAY).await.unwrap();
    assert!(home.store.erasures_hold().await.unwrap());
    assert_eq!(home.store.newest_erasure().await.unwrap(), Some(7));
    sqlx::query("UPDATE log_entries SET salt = NULL, record = NULL WHERE entry_index = 4")
        .execute(&mut home.raw().await)
        .await
        .unwrap();
    assert!(!home.store.erasures_hold().await.unwrap());

    // The next erasure does not make it good.
    let later = before + DAY + DAY;
    let erased = home.store.erase_before(later, later + DAY).await.unwrap();
    assert_eq!(erased.entries, 2);
    assert!(!home.store.erasures_hold().await.unwrap());

    // Or where none was ever.
    let home = home_with_a_day_of_work_each().await;
    sqlx::query("UPDATE log_entries SET salt = NULL, record = NULL WHERE entry_index = 0")
        .execute(&mut home.raw().await)
        .await
        .unwrap();
    assert!(!home.store.erasures_hold().await.unwrap());
}

#[tokio::test]
async fn the_adoption_in_force_is_kept_however_old_it_is() {
    let home = Home::new().await;
    let person = |name: &str| Actor { id: name.to_owned(), roles: [Role::Legal].into() };
    for rules in [RulesHash([1; 32]), RulesHash([2; 32])] {
        home.store.propose_rules(&rules, &[], &person("spiffe://a"), NOW).await.unwrap();
        home.store.approve_rules(&rules, &person("spiffe://b"), NOW).await.unwrap();
    }
    home.store.erase_before(NOW + DAY, NOW + DAY).await.unwrap();
    let kept: Vec<_> =
        whole_log(&home.store).await.iter().map(|entry| entry.record.is_some()).collect();
    assert_eq!(kept, [false, false, false, false, false, true, true]);
    let in_force = home.store.adoption_in_force().await.unwrap();
    let InForce::Adopted(adoption) = in_force else { panic!("{in_force:?}") };
    assert_eq!((adoption.rules, adoption.entry_index), (RulesHash([2; 32]), 5));
}

#[tokio::test]
async fn nothing_is_logged_where_nothing_was_erased() {
    let home = home_with_a_day_of_work_each().await;
    for _ in 0..2 {
        let erased = home.store.erase_before(NOW - DAY, NOW).await.unwrap();
        assert_eq!(erased, Erased::default());
        assert_eq!(home.store.log_size().await.unwrap(), 6);
    }
}

/// Asks under these agreements, a day after NOW for each number.
async fn ask(home: &Home, number: u8, agreements: &[&str]) {
    let at = NOW + DAY * i32::from(number);
    let decision = question(true, 1, Adequacy::Safeguards);
    let permitted = agreements
        .iter()
        .map(|agreement| DecidedHeader {
            header: AskedHeader {
                owner: code("FRA"),
                agreement: agreement.parse().unwrap(),
                header: document("asked"),
            },
            shares: Vec::new(),
            counts: PartnerCounts::default(),
            decision: decision.clone(),
        })
        .collect();
    let check = NewCheck {
        check: check_id(number.into()),
        opening: b"opening",
        permitted,
        forbidden: Vec::new(),
        approved: None,
        watched: None,
        at,
    };
    home.store.record_asked(check, |_, _| decision.clone()).await.unwrap();
}

async fn answer(home: &Home, number: u8, agreement: &'static str) {
    let at = NOW + DAY * i32::from(number);
    let mut asked = Asked::new(100 + u64::from(number), vec![share(IdentifierType::Vin, 1, 100)]);
    (asked.at, asked.agreement) = (at, agreement);
    asked.admit(&home.store).await.unwrap();
    let record = LogRecord::CheckAnswered {
        requester: code("FRA"),
        check: asked.check,
        agreement: Some(agreement.parse().unwrap()),
        answered: 1,
        repeated: false,
        evaluated: "00".to_owned(),
        broke_off: None,
    };
    home.store.append(&record, at).await.unwrap();
}

#[tokio::test]
async fn what_an_agreement_keeps_for_a_shorter_time_goes_then_and_nothing_of_others() {
    let home = Home::new().await;
    let (short, long): (AgreementId, _) = ("short".parse().unwrap(), "long");
    ask(&home, 0, &["short"]).await;
    ask(&home, 1, &["short", long]).await;
    ask(&home, 2, &[long]).await;
    ask(&home, 3, &["short"]).await;
    for (number, agreement) in [(0, "short"), (1, long), (3, "short")] {
        answer(&home, number, agreement).await;
    }
    let root = home.store.log_root(10).await.unwrap();
    let before = NOW + DAY + DAY + DAY;
    let erased = home.store.erase_under_agreement(&short, before, before).await.unwrap();
    // The question of the first day and its entry; of the second the other agreement needs both.
    assert_eq!(erased, Erased { entries: 3, asked: 1, answered: 1 });
    let kept: Vec<_> =
        whole_log(&home.store).await.iter().map(|entry| entry.record.is_some()).collect();
    // Four asked, then admitted and answered three times, and the entry that says so.
    let expected = [false, true, true, true, false, false, true, true, true, true, true];
    assert_eq!(kept, expected);
    assert!(home.store.asked(&check_id(0)).await.unwrap().is_none());
    let second = home.store.asked(&check_id(1)).await.unwrap().unwrap();
    assert_eq!(second.headers.iter().map(|one| one.agreement.as_str()).collect::<Vec<_>>(), [long]);
    assert_eq!(home.store.asked(&check_id(3)).await.unwrap().unwrap().headers.len(), 1);
    assert_eq!(home.store.log_root(10).await.unwrap(), root);
    assert!(home.store.erasures_hold().await.unwrap());
    // Once; and what is kept for other reasons goes with the rest.
    let again = home.store.erase_under_agreement(&short, before, before).await.unwrap();
    assert_eq!(again, Erased::default());
    let all = home.store.erase_before(before + DAY, before + DAY).await.unwrap();
    // The entry on the erasure among them.
    assert_eq!(all, Erased { entries: 8, asked: 3, answered: 2 });
    assert!(home.store.erasures_hold().await.unwrap());
}

#[tokio::test]
async fn the_shortest_time_that_all_have_signed_under_an_id_counts_also_after_its_end() {
    let home = Home::new().await;
    let parties = Parties::new();
    let with = |days| {
        move |terms: &mut AgreementTerms| {
            terms.conditions = Some(Conditions { retention_days: days, ..Conditions::default() });
        }
    };
    for (title, days) in [("First", Some(90)), ("Second", Some(30)), ("Third", None)] {
        let (agreement, text) = parties.agree_on("test-2026", title, with(days));
        home.store.install_agreement(&agreement, &text, NOW).await.unwrap();
    }
    let (silent, text) = parties.agree("other-2026", "Silent");
    home.store.install_agreement(&silent, &text, NOW).await.unwrap();
    let agreed = home.store.agreed_retentions().await.unwrap();
    assert_eq!(agreed, [("test-2026".parse().unwrap(), 30)]);
}
