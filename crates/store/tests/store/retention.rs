use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Actor, AgreementId, AgreementTerms, CertificateHash, Conditions,
    rules::{Role, RulesHash},
};
use symbolon_store::{
    ActKind, CheckApproval, CheckClaims, Erased, InForce, LogRecord, PersonCertificate,
};
use time::Duration;
use zeroize::Zeroizing;

use crate::fixture::{
    AGREEMENT, ASKER, Asked, CASE, Home, NOW, Parties, agreement_id, ask, check_id, code, document,
    question_under, share, whole_log,
};

const DAY: Duration = Duration::days(1);

async fn home_with_a_day_of_work_each() -> Home {
    let home = Home::new().await;
    for day in 0_u8..3 {
        let at = NOW + DAY * i32::from(day);
        ask(&home, day, &[AGREEMENT]).await;
        let receipt = document("receipt");
        home.store
            .record_answer(&check_id(day.into()), &code("FRA"), &agreement_id(), &receipt, None)
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
async fn an_entry_on_a_check_goes_only_with_an_agreement_under_which_it_was_asked() {
    let home = Home::new().await;
    let (short, long): (AgreementId, AgreementId) =
        ("short".parse().unwrap(), "long".parse().unwrap());
    ask(&home, 0, &["long"]).await;
    let check = check_id(0);
    let inspector = Actor { id: "spiffe://i".to_owned(), roles: [Role::Inspector].into() };
    let about_it = [
        LogRecord::CheckAskedAgain {
            check,
            decisions: vec![question_under("long")],
            agreements: [].into(),
        },
        // While nothing might be asked under the one that lets it be kept for longer.
        LogRecord::CheckAskedAgain {
            check,
            decisions: vec![question_under("third")],
            agreements: [long.clone(), "third".parse().unwrap()].into(),
        },
        LogRecord::CheckOpened {
            check,
            position: None,
            agreements: [long.clone()].into(),
            by: inspector,
        },
    ];
    for record in &about_it {
        home.store.append(record, NOW).await.unwrap();
    }
    // Somebody took the question away.
    for statement in ["DELETE FROM asked_headers", "DELETE FROM asked_checks"] {
        sqlx::query(statement).execute(&mut home.raw().await).await.unwrap();
    }
    let before = NOW + DAY;
    let erased = home.store.erase_under_agreement(&short, before, before).await.unwrap();
    assert_eq!(erased, Erased::default());
    assert!(whole_log(&home.store).await.iter().all(|entry| entry.record.is_some()));
    let erased = home.store.erase_under_agreement(&long, before, before).await.unwrap();
    assert_eq!(erased, Erased { entries: 4, asked: 0, answered: 0 });
}

/// How many headers, claims, handovers and used approvals are kept of a check.
async fn hanging_on(home: &Home, number: u8) -> [i64; 4] {
    let mut counts = [0; 4];
    let statements = [
        "SELECT COUNT(*) FROM asked_headers WHERE check_id = $1",
        "SELECT COUNT(*) FROM asked_claims WHERE check_id = $1",
        "SELECT COUNT(*) FROM check_handovers WHERE check_id = $1",
        "SELECT COUNT(*) FROM check_approvals_used WHERE check_id = $1",
    ];
    for (count, statement) in counts.iter_mut().zip(statements) {
        (*count,) = sqlx::query_as(statement)
            .bind(check_id(number.into()).0.to_vec())
            .fetch_one(&mut home.raw().await)
            .await
            .unwrap();
    }
    counts
}

async fn hand_over(home: &Home, number: u8) -> bool {
    let by = Actor { id: "spiffe://b".to_owned(), roles: [Role::Approver].into() };
    let check = check_id(number.into());
    home.store.hand_over_check(&check, "spiffe://x", "leave", &by, NOW).await.unwrap()
}

async fn answered_under(home: &Home, number: u8, agreement: &AgreementId) {
    let claims = CheckClaims::new(vec![Zeroizing::new(vec![1; 16])]);
    let (check, receipt) = (check_id(number.into()), document("receipt"));
    home.store
        .record_answer(&check, &code("FRA"), agreement, &receipt, Some(&claims))
        .await
        .unwrap();
}

/// The check of the first day under `short` alone, that of the second under `long` as well: approved,
/// answered under `short`, and handed over.
async fn home_with_checks_that_were_followed_up(short: &AgreementId) -> Home {
    let home = Home::new().await;
    let approval = CheckApproval {
        case_reference: CASE.to_owned(),
        purpose: "border_check".to_owned(),
        asker: ASKER.to_owned(),
        types: [].into(),
        elements: 10,
        valid_until: NOW + DAY * 7,
    };
    let by = Actor { id: "spiffe://b".to_owned(), roles: [Role::Approver].into() };
    home.store.approve_check(&approval, &by, &CertificateHash([7; 32]), NOW).await.unwrap();
    ask(&home, 0, &["short"]).await;
    ask(&home, 1, &["short", "long"]).await;
    for number in 0..2 {
        answered_under(&home, number, short).await;
        assert!(hand_over(&home, number).await);
    }
    assert_eq!(hanging_on(&home, 0).await, [1, 1, 1, 1]);
    assert_eq!(hanging_on(&home, 1).await, [2, 1, 1, 1]);
    home
}

#[tokio::test]
async fn what_hangs_on_a_check_goes_with_it_and_does_not_come_back() {
    let short = "short".parse().unwrap();
    let home = home_with_checks_that_were_followed_up(&short).await;
    home.store.erase_before(NOW + DAY, NOW + DAY).await.unwrap();
    assert_eq!(hanging_on(&home, 0).await, [0; 4]);
    assert_eq!(hanging_on(&home, 1).await, [2, 1, 1, 1]);
    // What was under way meanwhile comes too late.
    answered_under(&home, 0, &short).await;
    assert!(!hand_over(&home, 0).await);
    assert_eq!(hanging_on(&home, 0).await, [0; 4]);
}

#[tokio::test]
async fn what_hangs_on_a_check_stays_as_long_as_one_of_its_agreements_keeps_the_check() {
    let short = "short".parse().unwrap();
    let home = home_with_checks_that_were_followed_up(&short).await;
    let before = NOW + DAY + DAY;
    home.store.erase_under_agreement(&short, before, before).await.unwrap();
    assert_eq!(hanging_on(&home, 0).await, [0; 4]);
    assert_eq!(hanging_on(&home, 1).await, [1, 0, 1, 1]);
    let long = "long".parse().unwrap();
    home.store.erase_under_agreement(&long, before, before).await.unwrap();
    assert_eq!(hanging_on(&home, 1).await, [0; 4]);
}

#[tokio::test]
async fn acts_of_two_people_go_with_what_the_log_says_of_them() {
    let home = Home::new().await;
    let person = |name: &str| Actor { id: name.to_owned(), roles: [Role::Approver].into() };
    let kind = ActKind::LoadRecords;
    for (subject, day) in [([1; 32], Duration::ZERO), ([2; 32], Duration::ZERO), ([3; 32], DAY)] {
        home.store.propose_act(kind, &subject, &person("spiffe://a"), NOW + day).await.unwrap();
    }
    home.store.approve_act(kind, &[2; 32], &person("spiffe://b"), NOW + DAY).await.unwrap();
    home.store.erase_before(NOW + DAY, NOW + DAY).await.unwrap();
    for (subject, is_kept) in [([1; 32], false), ([2; 32], true), ([3; 32], true)] {
        assert_eq!(home.store.act(kind, &subject).await.unwrap().is_some(), is_kept, "{subject:?}");
    }
}

#[tokio::test]
async fn certificates_that_ended_long_ago_are_forgotten_and_none_by_which_something_still_counts() {
    let home = Home::new().await;
    let by = Actor { id: "spiffe://a".to_owned(), roles: [Role::Administrator].into() };
    for (number, age) in [(1, 29), (2, 31), (3, 50)] {
        let certificate = PersonCertificate {
            certificate: CertificateHash([number; 32]),
            holder: Actor { id: "spiffe://b".to_owned(), roles: [Role::Approver].into() },
            issued_at: NOW - DAY * 60,
            expires_at: NOW - DAY * age,
            revoked: None,
        };
        home.store.record_certificate(&certificate, &by, NOW).await.unwrap();
    }
    let known = async || {
        let all = home.store.person_certificates().await.unwrap();
        all.iter().map(|one| one.certificate.0[0]).collect::<Vec<_>>()
    };
    home.store.erase_before(NOW - DAY * 40, NOW).await.unwrap();
    assert_eq!(known().await, [1, 2]);
    home.store.erase_before(NOW, NOW).await.unwrap();
    assert_eq!(known().await, [1]);
}

#[tokio::test]
async fn the_newest_of_an_event_is_found_by_its_index() {
    let home = Home::new().await;
    let mut raw = home.raw().await;
    for (event, index) in
        [("rules_adopted", "log_entries_on_rules"), ("records_erased", "log_entries_on_erasures")]
    {
        let statement = format!(
            "EXPLAIN QUERY PLAN SELECT entry_index FROM log_entries
             WHERE instr(record, CAST('\"event\":\"{event}\"' AS BLOB)) > 0
             ORDER BY entry_index DESC LIMIT 1"
        );
        let (_, _, _, plan): (i64, i64, i64, String) =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).fetch_one(&mut raw).await.unwrap();
        assert!(plan.contains(index), "{plan}");
    }
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
    assert_eq!(agreed.fewest_days, [("test-2026".parse().unwrap(), 30)]);
    assert_eq!(agreed.unreadable, 0);
    let mut raw = home.raw().await;
    sqlx::query("UPDATE agreement_texts SET document = '{' WHERE id = 'other-2026'")
        .execute(&mut raw)
        .await
        .unwrap();
    let agreed = home.store.agreed_retentions().await.unwrap();
    assert_eq!((agreed.fewest_days.len(), agreed.unreadable), (1, 1));
}
