//! How much may be asked is counted and said; what is unusual is found; statistics name nobody.

use std::process::Command;

use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use symbolon_policy::{rules::Role, watch::FindingKind};
use symbolon_store::Store;
use symbolon_tests::{
    Offer, World, program,
    world::{outcomes, reason},
};
use time::OffsetDateTime;

fn printed(world: &World, at: &symbolon_store::DataFolder, arguments: &[&str]) -> Value {
    let output = Command::new(program())
        .args(arguments)
        .arg("--json")
        .arg("--data")
        .arg(at.root())
        .current_dir(world.scratch())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn of_ships(lines: &Value) -> &Value {
    lines.as_array().unwrap().iter().find(|line| line["identifier_type"] == "imo").unwrap()
}

fn today() -> String {
    OffsetDateTime::now_utc().date().to_string()
}

#[tokio::test]
async fn a_budget_is_used_up_and_both_sides_see_what_is_left_and_when_it_renews() {
    let offer = Offer { daily_quota: 4, ..Offer::default() };
    let world = World::with_terms(&offer, |terms| {
        for offered in &mut terms.datasets[0].types {
            offered.epoch_budget = Some(5);
        }
    })
    .await;
    let ships = [("imo", "9074729", ""), ("imo", "9305219", ""), ("imo", "9321483", "")];
    assert_eq!(outcomes(&world.ask(&ships).await).len(), 3);
    // Of the day two would be left, of which the epoch allows two.
    for bureau in [&world.owner, &world.requester] {
        bureau.issue_with("approver", &[Role::Approver]).unwrap();
    }
    let answered = ["quota", "--answered", "--as", "approver"];
    let usage = printed(&world, &world.owner.folder, &answered);
    let line = of_ships(&usage["answered"]);
    assert_eq!((&line["day"]["used"], &line["day"]["left"]), (&3.into(), &1.into()));
    assert_eq!((&line["epoch"]["used"], &line["epoch"]["left"]), (&3.into(), &2.into()));

    let refused = world.ask(&ships[..2]).await;
    assert_eq!(outcomes(&refused), ["not_permitted", "not_permitted"]);
    assert_eq!(refused.answers[0].reason, "quota_exhausted");
    let asked = ["quota", "--asked", "--as", "approver"];
    let asked = printed(&world, &world.requester.folder, &asked);
    let line = of_ships(&asked["asked"]);
    // What was refused is not counted here either.
    assert_eq!((&line["day"]["used"], &line["epoch"]["left"]), (&3.into(), &2.into()));
    assert_eq!(asked["refusals"][0]["reason"], "quota_exhausted");
    assert!(asked["refusals"][0]["renews_at"].is_string());
}

#[tokio::test]
async fn a_budget_that_ends_before_the_day_s_quota_does_is_named() {
    let offer = Offer { daily_quota: 2, ..Offer::default() };
    let world = World::with_terms(&offer, |terms| {
        terms.datasets[0].types[0].epoch_budget = Some(2);
    })
    .await;
    let document = |number: &'static str| [("travel_document", number, "UTO")];
    assert_eq!(outcomes(&world.ask(&document("L898902C3")).await), ["hit"]);
    // As if it were of another day.
    let store = Store::open(world.owner.folder.clone()).await.unwrap();
    assert_eq!(store.budget_usage(OffsetDateTime::now_utc()).await.unwrap()[0].used, 1);
    assert_eq!(outcomes(&world.ask(&document("L898902C4")).await), ["no_hit"]);
    let options = SqliteConnectOptions::new().filename(world.owner.folder.database());
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("DELETE FROM quota_usage").execute(&mut database).await.unwrap();
    let refused = world.ask(&document("L898902C5")).await;
    assert_eq!(refused.answers[0].reason, "budget_exhausted");
    assert!(refused.answers[0].sentence.contains("0 of the 2 elements of the epoch"));
    // At four fifths of day and epoch the owner was warned, and the log of events says so.
    let kinds: Vec<_> = store.findings(false, false).await.unwrap();
    let kinds: Vec<_> = kinds.into_iter().map(|finding| finding.kind).collect();
    assert!(kinds.contains(&FindingKind::QuotaNearlyUsed), "{kinds:?}");
    assert!(kinds.contains(&FindingKind::BudgetNearlyUsed), "{kinds:?}");
    assert!(world.log("owner").contains("most of what a partner may ask is used"));
}

#[tokio::test]
async fn an_officer_who_tries_numbers_one_after_another_is_on_the_inspector_s_list() {
    let world = World::new(&Offer::default()).await;
    for last in 1..=4 {
        let number = format!("L89890{last}30");
        world.ask(&[("travel_document", &number, "UTO")]).await;
    }
    let store = Store::open(world.requester.folder.clone()).await.unwrap();
    // A hundred apart: nothing is next to anything.
    assert_eq!(store.findings(true, false).await.unwrap(), []);
    let run: Vec<String> = (10..16).map(|n| format!("L8989{n}00")).collect();
    let far: Vec<_> = run.iter().map(|n| ("travel_document", n.as_str(), "UTO")).collect();
    world.ask(&far).await;
    assert_eq!(store.findings(true, false).await.unwrap(), []);
    let run: Vec<String> = (10..16).map(|n| format!("M89895{n}")).collect();
    let near: Vec<_> = run.iter().map(|n| ("travel_document", n.as_str(), "UTO")).collect();
    world.ask(&near).await;
    let findings = store.findings(true, false).await.unwrap();
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(finding.kind, FindingKind::OwnNeighbours);
    assert_eq!((finding.details.seen, finding.details.officer.as_deref()), (6, Some("officer-7")));
    world.requester.issue_with("inspector", &[Role::Inspector]).unwrap();
    let listed =
        printed(&world, &world.requester.folder, &["watch", "list", "--own", "--as", "inspector"]);
    assert_eq!(listed[0]["kind"], "own_neighbours");
    // Who it was is for who says that they look.
    assert!(!listed.to_string().contains("officer-7"));
}

#[tokio::test]
async fn who_asks_one_by_one_under_names_that_change_is_found_too() {
    let world = World::new(&Offer::default()).await;
    let store = Store::open(world.requester.folder.clone()).await.unwrap();
    for last in 0..5 {
        assert_eq!(store.findings(true, false).await.unwrap(), [], "{last}");
        let number = format!("N898950{last}");
        let officer = format!("officer-{last}");
        let named = symbolon_cli::asking::Reason { officer, ..reason() };
        world.try_ask(&named, &[("travel_document", &number, "UTO")]).await.unwrap();
    }
    let findings = store.findings(true, false).await.unwrap();
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!((finding.kind, finding.details.seen), (FindingKind::OwnNeighbours, 4));
}

#[tokio::test]
async fn asking_ones_own_address_is_found() {
    let world = World::new(&Offer::default()).await;
    let named =
        symbolon_cli::asking::Reason { officer: "me@police.example".to_owned(), ..reason() };
    world.try_ask(&named, &[("email", "Me@Police.example", "")]).await.unwrap();
    let store = Store::open(world.requester.folder.clone()).await.unwrap();
    let kinds: Vec<_> =
        store.findings(true, false).await.unwrap().into_iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [FindingKind::OwnIdentifier]);
}

#[tokio::test]
async fn statistics_show_large_numbers_of_both_sides_and_withhold_small_ones() {
    let world = World::new(&Offer::default()).await;
    for n in 0..6 {
        let address = format!("nobody{n}@example.org");
        let question =
            [("imo", "9074729", ""), ("email", "wanted@example.org", ""), ("email", &address, "")];
        world.ask(&question).await;
    }
    for bureau in [&world.owner, &world.requester] {
        bureau.issue_with("inspector", &[Role::Inspector]).unwrap();
    }
    let period = ["report", "--from", &today(), "--to", &today(), "--as", "inspector"];
    let period = period.map(str::to_owned);
    let period: Vec<&str> = period.iter().map(String::as_str).collect();
    // What is counted after the answer comes a moment later.
    let counted = || {
        let report = printed(&world, &world.requester.folder, &period);
        (report["asked"][0]["checks"]["from"] == 6).then_some(report)
    };
    let mut report = counted();
    for _ in 0..50 {
        if report.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        report = counted();
    }
    let report = report.unwrap();
    let row = &report["asked"][0];
    assert_eq!((&row["partner"], &row["elements"]["from"]), (&"OWN".into(), &18.into()));
    assert_eq!(row["hits"]["from"], 12);
    assert!(row["median_ms"].as_u64().is_some());
    let report = printed(&world, &world.owner.folder, &period);
    let row = &report["answered"][0];
    assert_eq!((&row["elements"]["from"], &row["elements"]["to"]), (&10.into(), &99.into()));
    // The owner knows of no hit.
    assert!(row["hits"].is_null());
}
