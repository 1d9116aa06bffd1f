use std::collections::BTreeSet;

use symbolon_policy::{Actor, rules::Role, watch::FindingKind};
use symbolon_store::{FindingDetails, HitTally, LogRecord, Measure, Side, Tally};
use time::Duration;

use crate::fixture::{Home, NOW, check_id, code, copy_database, records};

fn details(officer: &str) -> FindingDetails {
    FindingDetails {
        officer: Some(officer.to_owned()),
        check: Some(check_id(1)),
        sentence: "seen".to_owned(),
        seen: 9,
        usual: 4,
        ..FindingDetails::default()
    }
}

fn inspector() -> Actor {
    Actor {
        id: "spiffe://bureau.example/inspector".to_owned(),
        roles: BTreeSet::from([Role::Inspector]),
    }
}

#[tokio::test]
async fn one_thing_is_told_once_in_its_days_and_another_at_once() {
    let home = Home::new().await;
    let kind = FindingKind::OwnNeighbours;
    let tell = |officer: &'static str, kind, days| {
        let store = home.store.clone();
        async move {
            let at = NOW + Duration::days(days);
            store.record_finding(kind, &details(officer), 7, at).await.unwrap()
        }
    };
    assert!(tell("one", kind, 0).await.is_some());
    assert!(tell("one", kind, 6).await.is_none());
    assert!(tell("two", kind, 6).await.is_some());
    assert!(tell("one", FindingKind::OwnRepeats, 6).await.is_some());
    assert!(tell("one", kind, 7).await.is_some());
    assert_eq!(home.store.findings(true, false).await.unwrap().len(), 4);
    assert_eq!(home.store.findings(false, true).await.unwrap(), []);
}

#[tokio::test]
async fn who_looked_and_who_acknowledged_is_logged_and_the_first_stays_named() {
    let home = Home::new().await;
    let kind = FindingKind::OwnIdentifier;
    let recorded = home.store.record_finding(kind, &details("one"), 1, NOW).await.unwrap();
    let finding = recorded.unwrap();
    let by = inspector();
    let shown = home.store.show_finding(finding, &by, NOW).await.unwrap().unwrap();
    assert_eq!((shown.details, shown.acknowledged), (details("one"), None));
    let acknowledged = home.store.acknowledge_finding(finding, &by, NOW).await.unwrap().unwrap();
    assert_eq!(acknowledged.acknowledged, Some((by.id.clone(), NOW)));
    let other = Actor { id: "spiffe://bureau.example/other".to_owned(), ..by.clone() };
    let later = NOW + Duration::hours(1);
    let again = home.store.acknowledge_finding(finding, &other, later).await.unwrap().unwrap();
    assert_eq!(again.acknowledged, Some((by.id.clone(), NOW)));
    assert_eq!(home.store.findings(true, false).await.unwrap(), []);
    assert_eq!(home.store.findings(true, true).await.unwrap().len(), 1);
    assert_eq!(home.store.open_findings().await.unwrap(), []);
    let expected = [
        LogRecord::FindingMade { finding, kind, partner: None },
        LogRecord::FindingShown { finding, by: by.clone() },
        LogRecord::FindingAcknowledged { finding, by },
        LogRecord::FindingAcknowledged { finding, by: other },
    ];
    assert_eq!(records(&home.store).await, expected);
    assert!(home.store.show_finding(finding + 1, &inspector(), NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn hits_are_summed_and_the_file_holds_neither_their_number_nor_who_was_found() {
    let home = Home::new().await;
    let hits = |dataset: &str, hits| HitTally {
        partner: code("DEU"),
        dataset: dataset.to_owned(),
        purpose: "border_control".to_owned(),
        standing: false,
        hits,
    };
    let elements = Tally {
        side: Side::Asked,
        partner: code("DEU"),
        dataset: "list".to_owned(),
        purpose: "border_control".to_owned(),
        measure: Measure::Elements,
        count: 5,
    };
    for (day, found) in [(0, 2), (0, 0), (1, 3)] {
        let at = NOW + Duration::days(day);
        let results = [hits("list", found)];
        home.store.add_results(std::slice::from_ref(&elements), &results, at).await.unwrap();
    }
    let until = NOW + Duration::days(1);
    assert_eq!(home.store.hit_tallies(NOW, until).await.unwrap(), [hits("list", 5)]);
    assert_eq!(home.store.hit_tallies(NOW, NOW).await.unwrap(), [hits("list", 2)]);
    let all = home.store.tallies(NOW, until).await.unwrap();
    assert_eq!(all, [Tally { count: 15, ..elements }]);
    // Each answer writes one row of one length, whatever it found.
    let mut raw = home.raw().await;
    let lengths: Vec<(i64,)> =
        sqlx::query_as("SELECT LENGTH(sealed) FROM hit_tallies").fetch_all(&mut raw).await.unwrap();
    assert_eq!(lengths, [(12 + 8 + 16,), (12 + 8 + 16,)]);
}

#[tokio::test]
async fn a_name_in_a_finding_is_not_in_the_files() {
    let home = Home::new().await;
    let name = "a-name-that-nobody-has";
    let kind = FindingKind::OwnIdentifier;
    home.store.record_finding(kind, &details(name), 1, NOW).await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    let database = home.folder.database();
    copy_database(database.parent().unwrap(), copy.path());
    for entry in std::fs::read_dir(copy.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()));
    }
}
