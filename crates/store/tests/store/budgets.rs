use std::{
    env,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration as StdDuration,
};

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{ScopeShare, rules::Urgency, watch::FindingKind};
use symbolon_store::{
    BudgetUsage, DataFolder, LogRecord, Measure, NotAdmitted, QuotaWarning, Side, Store,
    WarnedUsage,
};
use time::{Duration, macros::datetime};
use tokio::task::JoinSet;

use crate::fixture::{
    AGREEMENT, Asked, EPOCH_ENDS, Home, NOW, assert_whole, code, found, records, scope_of, share,
    used, whole_log,
};

const VIN: IdentifierType = IdentifierType::Vin;
const IBAN: IdentifierType = IdentifierType::Iban;

fn budgeted(elements: u64, budget: u64) -> ScopeShare {
    ScopeShare { epoch_budget: budget, ..share(VIN, elements, 1_000) }
}

fn pooled(elements: u64, shared: u64) -> ScopeShare {
    ScopeShare { shared_budget: Some(shared), ..budgeted(elements, 1_000) }
}

async fn used_in_epoch(store: &Store, requester: Option<&str>) -> u64 {
    let wanted = requester.map(code);
    let all = store.budget_usage(NOW).await.unwrap();
    all.into_iter().filter(|usage| usage.requester == wanted).map(|usage| usage.used).sum()
}

#[tokio::test]
async fn a_budget_is_used_to_the_last_element_over_days_and_not_beyond() {
    let home = Home::new().await;
    let mut first = Asked::new(1, vec![budgeted(6, 10)]);
    first.admit(&home.store).await.unwrap();
    first.check = crate::fixture::check_id(2);
    first.at = NOW + Duration::days(1);
    match first.admit(&home.store).await.unwrap_err() {
        NotAdmitted::Budget { identifier_type, budget, left, shared, renews_at } => {
            assert_eq!((identifier_type, budget, left, shared), ("vin", 10, 4, false));
            assert_eq!(renews_at, EPOCH_ENDS);
        }
        other => panic!("{other}"),
    }
    // What did not suffice has used up nothing, of the day neither.
    assert_eq!(used(&home.store, VIN, first.at).await, 0);
    first.shares = vec![budgeted(4, 10)];
    first.admit(&home.store).await.unwrap();
    let expected = BudgetUsage {
        scope: scope_of("list", VIN, 0).id(),
        requester: Some(code("FRA")),
        used: 10,
    };
    assert_eq!(home.store.budget_usage(NOW).await.unwrap(), [expected]);
}

#[tokio::test]
async fn a_budget_renews_with_the_epoch() {
    let home = Home::new().await;
    Asked::new(1, vec![budgeted(10, 10)]).admit(&home.store).await.unwrap();
    let scope = scope_of("list", VIN, 1);
    let next = ScopeShare { id: scope.id(), scope, ..budgeted(10, 10) };
    Asked::new(2, vec![next]).admit(&home.store).await.unwrap();
    let over = datetime!(2026-04-01 00:00 UTC);
    assert_eq!(home.store.budget_usage(over).await.unwrap(), []);
}

#[tokio::test]
async fn the_day_is_named_before_the_epoch_when_both_do_not_suffice() {
    let home = Home::new().await;
    let both = ScopeShare { daily_quota: 5, ..budgeted(6, 5) };
    let error = Asked::new(1, vec![both]).admit(&home.store).await.unwrap_err();
    assert!(matches!(error, NotAdmitted::Quota { .. }));
}

#[tokio::test]
async fn members_of_one_agreement_share_what_all_may_ask_together() {
    let home = Home::new().await;
    let fra = Asked::new(1, vec![pooled(6, 10)]);
    let ita = |check, elements| Asked {
        requester: "ITA",
        ..Asked::new(check, vec![pooled(elements, 10)])
    };
    fra.admit(&home.store).await.unwrap();
    let error = ita(2, 5).admit(&home.store).await.unwrap_err();
    assert!(
        matches!(error, NotAdmitted::Budget { shared: true, left: 4, budget: 10, .. }),
        "{error}"
    );
    // Nor is anything counted of the member's own.
    assert_eq!(used_in_epoch(&home.store, Some("ITA")).await, 0);
    ita(3, 4).admit(&home.store).await.unwrap();
    assert_eq!(used_in_epoch(&home.store, None).await, 10);
    assert_eq!(used_in_epoch(&home.store, Some("FRA")).await, 6);
}

#[tokio::test]
async fn nothing_is_counted_when_the_budget_of_one_of_two_scopes_does_not_suffice() {
    let home = Home::new().await;
    let over = ScopeShare { epoch_budget: 1, ..share(IBAN, 2, 10) };
    for shares in [vec![budgeted(1, 10), over.clone()], vec![over, budgeted(1, 10)]] {
        let error = Asked::new(1, shares).admit(&home.store).await.unwrap_err();
        assert!(matches!(error, NotAdmitted::Budget { identifier_type: "iban", .. }));
    }
    assert_eq!(home.store.budget_usage(NOW).await.unwrap(), []);
    assert_eq!(home.store.quota_usage(NOW).await.unwrap(), []);
    assert_eq!(home.store.tallies(NOW, NOW).await.unwrap(), []);
    assert_eq!(whole_log(&home.store).await, []);
}

#[tokio::test]
async fn a_repeated_check_is_counted_once_in_every_count() {
    let home = Home::new().await;
    let asked = Asked::new(1, vec![pooled(9, 10)]);
    assert_eq!(asked.admit(&home.store).await.unwrap().warnings.len(), 1);
    for _ in 0..3 {
        let again = asked.admit(&home.store).await.unwrap();
        assert!(again.repeated && again.warnings.is_empty());
    }
    assert_eq!(used_in_epoch(&home.store, None).await, 9);
    let tallies = home.store.tallies(NOW, NOW).await.unwrap();
    let [tally] = &tallies[..] else { panic!("{tallies:?}") };
    assert_eq!((tally.side, &tally.measure, tally.count), (Side::Answered, &Measure::Elements, 9));
}

#[tokio::test]
async fn the_owner_is_warned_once_when_four_fifths_are_reached() {
    let home = Home::new().await;
    let ask = |check, elements| {
        let share = ScopeShare { daily_quota: 10, ..budgeted(elements, 100) };
        Asked::new(check, vec![share])
    };
    assert_eq!(ask(1, 7).admit(&home.store).await.unwrap().warnings, []);
    let warnings = ask(2, 1).admit(&home.store).await.unwrap().warnings;
    let expected = QuotaWarning {
        kind: FindingKind::QuotaNearlyUsed,
        requester: Some(code("FRA")),
        agreement: AGREEMENT.parse().unwrap(),
        dataset: "list".to_owned(),
        identifier_type: VIN,
        usage: WarnedUsage { used: 8, limit: 10 },
    };
    assert_eq!(warnings, [expected]);
    assert_eq!(ask(3, 2).admit(&home.store).await.unwrap().warnings, []);
    // It is on the list, with what was seen, and in the log.
    let findings = home.store.findings(false, false).await.unwrap();
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!((finding.kind, finding.found_at), (FindingKind::QuotaNearlyUsed, NOW));
    assert_eq!((finding.details.seen, finding.details.usual), (8, 10));
    assert_eq!(finding.details.partner, Some(code("FRA")));
    let made = LogRecord::FindingMade {
        finding: finding.id,
        kind: FindingKind::QuotaNearlyUsed,
        partner: Some(code("FRA")),
    };
    assert_eq!(records(&home.store).await.iter().filter(|record| **record == made).count(), 1);
}

#[tokio::test]
async fn of_the_budget_of_all_the_owner_is_warned_too() {
    let home = Home::new().await;
    let share = ScopeShare { epoch_budget: 10, ..pooled(8, 10) };
    let warnings = Asked::new(1, vec![share]).admit(&home.store).await.unwrap().warnings;
    let whose: Vec<_> = warnings.iter().map(|one| (one.kind, one.requester.clone())).collect();
    let budget = FindingKind::BudgetNearlyUsed;
    assert_eq!(whose, [(budget, Some(code("FRA"))), (budget, None)]);
    assert_eq!(home.store.findings(false, false).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_partners_asked_is_summed_by_hour_however_much_it_was() {
    let home = Home::new().await;
    for check in 0..20 {
        let shares = vec![share(VIN, 3, 1_000), share(IBAN, 1, 1_000)];
        Asked::new(check, shares).admit(&home.store).await.unwrap();
    }
    let (agreement, fra) = (AGREEMENT.parse().unwrap(), code("FRA"));
    let series = home.store.observations(&agreement, &fra, NOW).await.unwrap();
    let sums: Vec<_> = series.iter().map(|one| (one.kind, one.checks, one.elements)).collect();
    // A check of two types is one check.
    assert_eq!(sums, [(IBAN, 0, 20), (VIN, 20, 60)]);
    assert!(series.iter().all(|one| one.urgency == Urgency::Routine));
    assert!(series.iter().all(|one| one.at == datetime!(2026-03-04 23:00 UTC)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_hundred_checks_at_once_over_two_handles_exactly_the_budget_is_admitted() {
    let home = Home::new().await;
    let stores = [home.store.clone(), home.other_handle().await];
    let mut tasks = JoinSet::new();
    for number in 0..300 {
        let store = stores[usize::try_from(number).unwrap() % 2].clone();
        tasks.spawn(async move {
            let requester = if number % 3 == 0 { "ITA" } else { "FRA" };
            let asked = Asked { requester, ..Asked::new(number, vec![pooled(1, 120)]) };
            match asked.admit(&store).await {
                Ok(admitted) => (1, admitted.warnings.len()),
                Err(NotAdmitted::Budget { left: 0, shared: true, .. }) => (0, 0),
                Err(other) => panic!("{other}"),
            }
        });
    }
    let (mut admitted, mut warnings) = (0, 0);
    while let Some(done) = tasks.join_next().await {
        let (one, warned) = done.unwrap();
        admitted += one;
        warnings += warned;
    }
    assert_eq!((admitted, warnings), (120, 1));
    assert_eq!(used_in_epoch(&stores[1], None).await, 120);
    let checks = records(&home.store).await.into_iter();
    let checks = checks.filter(|record| matches!(record, LogRecord::CheckAdmitted { .. })).count();
    assert_eq!(checks, 120);
    assert_whole(&home.folder).await;
}

/// Names the data folder to a child; without it the child's test does nothing.
const FOLDER: &str = "SYMBOLON_TEST_ADMIT_TO_THE_QUOTA";
/// The number of the child's first check.
const FIRST: &str = "SYMBOLON_TEST_FIRST_OF_THE_QUOTA";
const QUOTA: u64 = 400;

fn of_the_quota(number: u64) -> Asked {
    Asked::new(number, vec![ScopeShare { daily_quota: QUOTA, ..pooled(1, QUOTA) }])
}

/// Runs in a process of its own, until nothing is left or it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_admits_checks_until_nothing_is_left() {
    let (Ok(folder), Ok(first)) = (env::var(FOLDER), env::var(FIRST)) else { return };
    let folder = DataFolder::open(Path::new(&folder)).unwrap();
    let store = Store::open(folder).await.unwrap();
    let first: u64 = first.parse().unwrap();
    let lanes: Vec<_> = (0..3)
        .map(|lane| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in (first + lane..).step_by(3) {
                    if of_the_quota(number).admit(&store).await.is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    for lane in lanes {
        lane.await.unwrap();
    }
}

fn child(folder: &DataFolder, first: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "budgets::child_that_admits_checks_until_nothing_is_left"])
        .env(FOLDER, folder.root())
        .env(FIRST, first.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_of_which_some_are_killed_admit_exactly_the_quota() {
    let root = tempfile::tempdir().unwrap();
    let folder = found(root.path());
    let store = Store::open(folder.clone()).await.unwrap();
    let at_work = folder.clone();
    tokio::task::spawn_blocking(move || {
        for round in 0..3 {
            let first = 1_000_000 * (round * 2 + 1);
            let (mut killed, mut other) = (child(&at_work, first), child(&at_work, first * 2));
            thread::sleep(StdDuration::from_millis(150 + 60 * round));
            killed.kill().unwrap();
            let status = killed.wait().unwrap();
            // One that had found nothing left was done before.
            assert!(status.signal() == Some(9) || status.success());
            other.kill().unwrap();
            other.wait().unwrap();
        }
        assert!(child(&at_work, 90_000_000).wait().unwrap().success());
    })
    .await
    .unwrap();
    assert_whole(&folder).await;
    let error = of_the_quota(1).admit(&store).await.unwrap_err();
    assert!(matches!(error, NotAdmitted::Quota { left: 0, quota: QUOTA, .. }), "{error}");
    assert_eq!(used(&store, VIN, NOW).await, QUOTA);
    assert_eq!(used_in_epoch(&store, None).await, QUOTA);
    let records = records(&store).await;
    let of = |is: fn(&LogRecord) -> bool| records.iter().filter(|record| is(record)).count() as u64;
    assert_eq!(of(|record| matches!(record, LogRecord::CheckAdmitted { .. })), QUOTA);
    // The day, the party's budget, and that of all: one warning each, whoever crossed the mark.
    assert_eq!(of(|record| matches!(record, LogRecord::FindingMade { .. })), 2);
}
