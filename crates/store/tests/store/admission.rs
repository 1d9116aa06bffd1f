use symbolon_identifiers::IdentifierType;
use symbolon_store::{LogRecord, MOST_REPEATS, NotAdmitted, QuotaUsage, REFUSALS_LOGGED_AN_HOUR};
use time::{Duration, OffsetDateTime, macros::datetime};
use tokio::task::JoinSet;

use crate::fixture::{
    AGREEMENT, Asked, Home, NOW, agreement_id, assert_whole, check_id, code, records, scope_of,
    sha256, share, used, whole_log,
};

const VIN: IdentifierType = IdentifierType::Vin;
const IBAN: IdentifierType = IdentifierType::Iban;

/// Checks that were admitted, by the log.
async fn admissions(store: &symbolon_store::Store) -> usize {
    let is_admission = |record: &&LogRecord| matches!(record, LogRecord::CheckAdmitted { .. });
    records(store).await.iter().filter(is_admission).count()
}

#[tokio::test]
async fn a_check_is_counted_and_logged_once() {
    let home = Home::new().await;
    let asked = Asked::new(1, vec![share(VIN, 3, 10), share(IBAN, 4, 10)]);
    let admitted = asked.admit(&home.store).await.unwrap();
    assert!(!admitted.repeated);
    let log = whole_log(&home.store).await;
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].index, log[0].leaf), (admitted.entry_index, admitted.leaf));
    assert_eq!(log[0].at, NOW);
    let expected = LogRecord::CheckAdmitted {
        requester: code("FRA"),
        check: check_id(1),
        agreement: agreement_id(),
        header: hex::encode(sha256(b"a header")),
        elements: 7,
        decision: Some(Box::new(asked.decision(true))),
    };
    assert_eq!(log[0].record, Some(expected));
    let usage = |kind: IdentifierType, used| QuotaUsage {
        agreement: AGREEMENT.to_owned(),
        requester: "FRA".to_owned(),
        dataset: "list".to_owned(),
        identifier_type: kind.name().to_owned(),
        used,
    };
    assert_eq!(home.store.quota_usage(NOW).await.unwrap(), [usage(IBAN, 4), usage(VIN, 3)]);
}

#[tokio::test]
async fn the_same_check_again_is_admitted_and_not_counted() {
    let home = Home::new().await;
    let mut asked = Asked::new(1, vec![share(VIN, 10, 10)]);
    let first = asked.admit(&home.store).await.unwrap();
    // Also when the quota is used up, and on another day.
    for at in [NOW, NOW + Duration::seconds(20), NOW + Duration::days(3)] {
        asked.at = at;
        let again = asked.admit(&home.store).await.unwrap();
        assert!(again.repeated);
        assert_eq!((again.entry_index, again.leaf), (first.entry_index, first.leaf));
        assert_eq!(used(&home.store, VIN, NOW + Duration::days(3)).await, 0);
    }
    assert_eq!(used(&home.store, VIN, NOW).await, 10);
    assert_eq!(admissions(&home.store).await, 1);
}

#[tokio::test]
async fn another_header_under_the_same_id_is_refused_and_not_counted() {
    let home = Home::new().await;
    let asked = Asked::new(1, vec![share(VIN, 1, 10)]);
    asked.admit(&home.store).await.unwrap();
    let other = Asked { header: "another header", ..asked.clone() };
    assert!(matches!(other.admit(&home.store).await, Err(NotAdmitted::OtherHeader)));
    assert_eq!(used(&home.store, VIN, NOW).await, 1);
    assert_eq!(whole_log(&home.store).await.len(), 1);
    // The first still holds.
    assert!(asked.admit(&home.store).await.unwrap().repeated);
}

#[tokio::test]
async fn two_requesters_may_choose_the_same_id() {
    let home = Home::new().await;
    let fra = Asked::new(1, vec![share(VIN, 10, 10)]);
    let ita = Asked { requester: "ITA", header: "another header", ..fra.clone() };
    fra.admit(&home.store).await.unwrap();
    // Nor does one use up the other's quota.
    assert!(!ita.admit(&home.store).await.unwrap().repeated);
    assert_eq!(used(&home.store, VIN, NOW).await, 10);
}

#[tokio::test]
async fn the_same_id_under_another_agreement_is_another_check() {
    let home = Home::new().await;
    let one = Asked::new(1, vec![share(VIN, 10, 10)]);
    let mut other_share = share(VIN, 10, 10);
    other_share.scope.agreement = "other-2026".parse().unwrap();
    let other = Asked {
        agreement: "other-2026",
        header: "another header",
        shares: vec![other_share],
        ..one.clone()
    };
    assert_eq!(one.admit(&home.store).await.unwrap().entry_index, 0);
    // Between them is the warning that a quota is used up.
    let admitted = other.admit(&home.store).await.unwrap();
    assert_eq!((admitted.entry_index, admitted.repeated), (2, false));
    for asked in [one, other] {
        assert!(asked.admit(&home.store).await.unwrap().repeated);
    }
}

#[tokio::test]
async fn was_admitted_knows_exactly_the_checks_that_were() {
    let home = Home::new().await;
    Asked::new(1, vec![share(VIN, 1, 1)]).admit(&home.store).await.unwrap();
    Asked::new(2, vec![share(VIN, 1, 1)]).admit(&home.store).await.unwrap_err();
    let (fra, header) = (code("FRA"), sha256(b"a header"));
    assert!(home.store.was_admitted(&fra, &check_id(1), &header).await.unwrap());
    assert!(!home.store.was_admitted(&fra, &check_id(2), &header).await.unwrap());
    assert!(!home.store.was_admitted(&code("ITA"), &check_id(1), &header).await.unwrap());
    let other = sha256(b"another header");
    assert!(!home.store.was_admitted(&fra, &check_id(1), &other).await.unwrap());
}

#[tokio::test]
async fn a_quota_is_used_to_the_last_element_and_not_beyond() {
    let home = Home::new().await;
    Asked::new(1, vec![share(VIN, 6, 10)]).admit(&home.store).await.unwrap();
    let error = Asked::new(2, vec![share(VIN, 5, 10)]).admit(&home.store).await.unwrap_err();
    match error {
        NotAdmitted::Quota { identifier_type, quota, left, renews_at } => {
            assert_eq!((identifier_type, quota, left), ("vin", 10, 4));
            assert_eq!(renews_at, datetime!(2026-03-05 00:00 UTC));
        }
        other => panic!("{other}"),
    }
    Asked::new(3, vec![share(VIN, 4, 10)]).admit(&home.store).await.unwrap();
    let error = Asked::new(4, vec![share(VIN, 1, 10)]).admit(&home.store).await.unwrap_err();
    assert!(matches!(error, NotAdmitted::Quota { left: 0, .. }));
    assert_eq!(used(&home.store, VIN, NOW).await, 10);
    assert_eq!(admissions(&home.store).await, 2);
}

#[tokio::test]
async fn more_than_a_whole_quota_is_refused_and_leaves_it_whole() {
    let home = Home::new().await;
    let error = Asked::new(1, vec![share(VIN, 11, 10)]).admit(&home.store).await.unwrap_err();
    assert!(matches!(error, NotAdmitted::Quota { left: 10, quota: 10, .. }));
    Asked::new(1, vec![share(VIN, 10, 10)]).admit(&home.store).await.unwrap();
}

#[tokio::test]
async fn a_quota_that_was_lowered_leaves_nothing_below_zero() {
    let home = Home::new().await;
    Asked::new(1, vec![share(VIN, 10, 10)]).admit(&home.store).await.unwrap();
    let error = Asked::new(2, vec![share(VIN, 1, 5)]).admit(&home.store).await.unwrap_err();
    assert!(matches!(error, NotAdmitted::Quota { left: 0, quota: 5, .. }));
}

#[tokio::test]
async fn nothing_is_counted_when_one_of_two_scopes_is_over_its_quota() {
    let home = Home::new().await;
    for shares in
        [vec![share(VIN, 1, 10), share(IBAN, 11, 10)], vec![share(IBAN, 11, 10), share(VIN, 1, 10)]]
    {
        let error = Asked::new(1, shares).admit(&home.store).await.unwrap_err();
        assert!(matches!(error, NotAdmitted::Quota { identifier_type: "iban", .. }));
    }
    assert_eq!(home.store.quota_usage(NOW).await.unwrap(), []);
    assert_eq!(whole_log(&home.store).await, []);
    // The id is not spent either.
    Asked::new(1, vec![share(VIN, 1, 10)]).admit(&home.store).await.unwrap();
}

#[tokio::test]
async fn a_check_survives_reopening() {
    let mut home = Home::new().await;
    let asked = Asked::new(1, vec![share(VIN, 3, 10)]);
    let before = asked.admit(&home.store).await.unwrap();
    home.reopen().await;
    let after = asked.admit(&home.store).await.unwrap();
    assert!(after.repeated);
    assert_eq!((after.entry_index, after.leaf), (before.entry_index, before.leaf));
    assert_eq!(used(&home.store, VIN, NOW).await, 3);
}

#[tokio::test]
async fn quotas_renew_when_the_day_in_utc_does() {
    let home = Home::new().await;
    let mut asked = Asked::new(1, vec![share(VIN, 10, 10)]);
    asked.at = datetime!(2026-03-04 23:59:59.999 UTC);
    asked.admit(&home.store).await.unwrap();
    // In this offset it is the 5th already, in UTC not.
    let mut next = Asked::new(2, vec![share(VIN, 10, 10)]);
    next.at = datetime!(2026-03-05 00:59:59 +1);
    next.admit(&home.store).await.unwrap_err();
    next.at = datetime!(2026-03-05 00:00 UTC);
    next.admit(&home.store).await.unwrap();
    assert_eq!(used(&home.store, VIN, asked.at).await, 10);
    assert_eq!(used(&home.store, VIN, next.at).await, 10);
}

#[tokio::test]
async fn datasets_types_and_agreements_have_quotas_of_their_own_but_epochs_share_one() {
    let home = Home::new().await;
    let with = |edit: &dyn Fn(&mut symbolon_policy::ScopeShare)| {
        let mut share = share(VIN, 10, 10);
        edit(&mut share);
        vec![share]
    };
    Asked::new(1, with(&|_| {})).admit(&home.store).await.unwrap();
    Asked::new(2, with(&|s| s.scope.dataset = "other".to_owned()))
        .admit(&home.store)
        .await
        .unwrap();
    Asked::new(3, with(&|s| s.scope.identifier_type = IBAN)).admit(&home.store).await.unwrap();
    let other = "other-2026";
    Asked::new(4, with(&|s| s.scope.agreement = other.parse().unwrap()))
        .admit(&home.store)
        .await
        .unwrap();
    // The day on which an epoch ends does not have two quotas.
    let next_epoch = with(&|s| s.scope = scope_of("list", VIN, 1));
    Asked::new(5, next_epoch).admit(&home.store).await.unwrap_err();
}

async fn admit_at_once(stores: &[symbolon_store::Store], checks: Vec<Asked>) -> (u64, u64) {
    let mut tasks = JoinSet::new();
    for (n, asked) in checks.into_iter().enumerate() {
        let store = stores[n % stores.len()].clone();
        tasks.spawn(async move {
            match asked.admit(&store).await {
                Ok(admitted) => (1, u64::from(admitted.repeated)),
                Err(NotAdmitted::Quota { left: 0, .. }) => (0, 0),
                Err(other) => panic!("{other}"),
            }
        });
    }
    let mut totals = (0, 0);
    while let Some(done) = tasks.join_next().await {
        let (admitted, repeated) = done.unwrap();
        totals = (totals.0 + admitted, totals.1 + repeated);
    }
    totals
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_checks_at_once_exactly_as_many_are_admitted_as_the_quota_allows() {
    let home = Home::new().await;
    let checks = (0..50).map(|n| Asked::new(n, vec![share(VIN, 1, 20)])).collect();
    let (admitted, _) = admit_at_once(std::slice::from_ref(&home.store), checks).await;
    assert_eq!(admitted, 20);
    assert_eq!(used(&home.store, VIN, NOW).await, 20);
    assert_eq!(admissions(&home.store).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_folder_keep_to_one_quota() {
    let home = Home::new().await;
    let stores = [home.store.clone(), home.other_handle().await];
    let checks = (0..50).map(|n| Asked::new(n, vec![share(VIN, 1, 20)])).collect();
    let (admitted, _) = admit_at_once(&stores, checks).await;
    assert_eq!(admitted, 20);
    for store in &stores {
        assert_eq!(used(store, VIN, NOW).await, 20);
    }
    let indexes: Vec<_> = whole_log(&home.store).await.iter().map(|entry| entry.index).collect();
    // With the warning that most of the quota is used.
    assert_eq!(indexes, (0..21).collect::<Vec<_>>());
    assert_whole(&home.folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_check_sent_many_times_at_once_is_counted_once() {
    let home = Home::new().await;
    let stores = [home.store.clone(), home.other_handle().await];
    let checks = vec![Asked::new(7, vec![share(VIN, 3, 3)]); 17];
    assert_eq!(admit_at_once(&stores, checks).await, (17, 16));
    assert_eq!(used(&home.store, VIN, NOW).await, 3);
    assert_eq!(admissions(&home.store).await, 1);
}

#[tokio::test]
async fn an_admitted_check_is_answered_again_a_number_of_times_and_no_more() {
    let home = Home::new().await;
    let asked = Asked::new(1, vec![share(VIN, 1, 10)]);
    asked.admit(&home.store).await.unwrap();
    for _ in 0..MOST_REPEATS {
        assert!(asked.admit(&home.store).await.unwrap().repeated);
    }
    let refused = asked.admit(&home.store).await;
    assert!(matches!(refused, Err(NotAdmitted::RepeatedTooOften)), "{refused:?}");
    // Another is counted for itself.
    let other = Asked::new(2, vec![share(VIN, 1, 10)]);
    other.admit(&home.store).await.unwrap();
    assert!(other.admit(&home.store).await.unwrap().repeated);
}

async fn refuse(home: &Home, requester: &str, reason: &str, at: OffsetDateTime) -> bool {
    let record = LogRecord::CheckRefused {
        requester: code(requester),
        check: check_id(1),
        agreement: None,
        header: "00".to_owned(),
        reason: reason.to_owned(),
        decision: None,
    };
    home.store.log_refusal(&code(requester), reason, &record, at).await.unwrap()
}

#[tokio::test]
async fn refusals_beyond_some_in_an_hour_have_one_entry_together() {
    let home = Home::new().await;
    for number in 0..REFUSALS_LOGGED_AN_HOUR + 10 {
        let reason = if number % 2 == 0 { "quota_exhausted" } else { "header_time" };
        assert_eq!(refuse(&home, "FRA", reason, NOW).await, number < REFUSALS_LOGGED_AN_HOUR);
    }
    assert!(
        refuse(&home, "ITA", "header_time", NOW).await,
        "another partner has entries of its own"
    );
    let size = home.store.log_size().await.unwrap();
    assert_eq!(size, REFUSALS_LOGGED_AN_HOUR + 1);
    // The hour is not over yet; the next one has entries of its own again.
    assert_eq!(home.store.sum_up_refusals(NOW).await.unwrap(), 0);
    let next = NOW + Duration::hours(1);
    assert!(refuse(&home, "FRA", "header_time", next).await);
    assert_eq!(home.store.sum_up_refusals(next).await.unwrap(), 10);
    let log = records(&home.store).await;
    let hour = NOW.unix_timestamp().div_euclid(3_600) * 3_600;
    let summed = LogRecord::ChecksRefused {
        requester: code("FRA"),
        hour: OffsetDateTime::from_unix_timestamp(hour).unwrap(),
        refused: [("header_time".to_owned(), 5), ("quota_exhausted".to_owned(), 5)].into(),
    };
    assert_eq!(log.last(), Some(&summed));
    assert_eq!(home.store.sum_up_refusals(next).await.unwrap(), 0, "once");
}
