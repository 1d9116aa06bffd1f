//! What happened to requests for records is held against the roots in the log, by who has files alone.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use symbolon_cli::scenario::Bureau;
use symbolon_ledger::Commitment;
use symbolon_policy::rules::Role;
use symbolon_store::NodeConfig;
use symbolon_tests::{Offer, World, until, with_disclosure};
use time::OffsetDateTime;

use crate::common::{
    LISTED, as_administrator, as_inspector, copy, export, findings, of, raw, settle, ships,
    symbolon, text, verify,
};

/// A request that was released, with all its events under one entry of each log.
struct Released {
    world: World,
    id: String,
}

impl Released {
    async fn new() -> Self {
        let offer = Offer {
            list: format!(
                "record_id,identifier_type,value,country,subject_category,object_status\n\
                 R1,imo,{LISTED},,object,stolen\n"
            ),
            ..ships()
        };
        let mut world = World::founded(&offer, with_disclosure).await;
        for bureau in [&world.requester, &world.owner] {
            let mut config = NodeConfig::read(&bureau.folder).unwrap();
            // No period ends by itself while the test runs.
            config.disclosure_cadence_seconds = 1_000_000_000_000;
            config.write(&bureau.folder).unwrap();
        }
        world.start_owner();
        world.start_requester();
        world.wait_until_ready().await;
        world.owner.issue_with("legal", &[Role::Legal]).unwrap();
        let report = world.ask(&[("imo", LISTED, "")]).await;
        assert_eq!(report.answers[0].outcome, "hit");
        let request = [
            ["--role", "desk officer"],
            ["--how", "compared by hand"],
            ["--facts", "in port"],
            ["--offence", "theft"],
            ["--subject", "object"],
            ["--field", "object_status"],
            ["--recipient", "Port police"],
        ];
        let made = disclosure(
            &world.requester,
            &["request", &report.check_id, "0", "--as", "officer"],
            &request.concat(),
        );
        let id = made["request"].as_str().unwrap().to_owned();
        reaches(&world.owner, &["list", "--as", "legal"], "waiting").await;
        let release = [
            ["--field", "object_status"],
            ["--handling", "H1"],
            ["--evaluation", "A1"],
            ["--retention-days", "30"],
        ];
        disclosure(&world.owner, &["release", &id, "--as", "legal"], &release.concat());
        reaches(&world.requester, &["status", "--as", "officer"], "released").await;
        for bureau in [&world.requester, &world.owner] {
            let store = bureau.store().await.unwrap();
            store.log_disclosures(1, OffsetDateTime::now_utc()).await.unwrap();
            store.close().await;
        }
        settle(&world).await;
        Self { world, id }
    }

    /// What a bureau exports with its events.
    fn exported(&self, bureau: &Bureau, name: &str) -> PathBuf {
        let folder = self.world.scratch().join(name);
        let (report, code) = as_inspector(bureau, &["export"], &["--disclosures", text(&folder)]);
        assert_eq!(code, 0, "{report}");
        assert!(report["events"].as_u64().unwrap() >= 2, "{report}");
        folder
    }
}

fn disclosure(bureau: &Bureau, command: &[&str], more: &[&str]) -> Value {
    let data = ["--data", text(bureau.folder.root())];
    let (value, code) = symbolon(&[["disclosure"].as_slice(), command, &data, more].concat());
    assert_eq!(code, 0, "{value}");
    value
}

async fn reaches(bureau: &Bureau, command: &[&str], state: &str) {
    until(state, async || {
        let lines = disclosure(bureau, command, &[]);
        (lines[0]["state"] == state).then_some(())
    })
    .await;
}

fn periods(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("disclosures.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A copy of an export in which the events were changed.
fn changed(from: &Path, number: usize, change: impl FnOnce(&mut Vec<Value>)) -> PathBuf {
    let folder = from.with_file_name(format!("changed-{number}"));
    copy(from, &folder);
    let mut all = periods(&folder);
    change(&mut all);
    let lines: String = all.iter().map(|period| format!("{period}\n")).collect();
    fs::write(folder.join("disclosures.jsonl"), lines).unwrap();
    folder
}

/// Each kind of finding with the event that it names.
fn named(report: &Value) -> Vec<(String, Option<u64>)> {
    let all = of(report, "OWN")["findings"].as_array().unwrap();
    all.iter()
        .map(|one| (one["kind"].as_str().unwrap().to_owned(), one["event"].as_u64()))
        .collect()
}

fn renumber(events: &mut [Value], first: u64) {
    for (index, event) in (first..).zip(events) {
        event["index"] = index.into();
    }
}

type Change = fn(&mut Vec<Value>);

#[tokio::test]
async fn an_event_that_was_changed_removed_or_put_elsewhere_is_named() {
    let released = Released::new().await;
    let world = &released.world;
    let plain = export(&world.owner, world.scratch().join("plain"));
    assert!(!plain.join("disclosures.jsonl").exists(), "outcomes are told to nobody unasked");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let own = released.exported(&world.owner, "own-events");
    let data = ["--disclosures", "unused"];
    let (refused, code) = as_administrator(&world.owner, &["export"], &data);
    assert_eq!(code, 1, "{refused}");

    let (report, code) = verify(&[&own, &plain]);
    assert_eq!(code, 0, "{report}");
    let events = &of(&report, "OWN")["events"];
    let all = periods(&own);
    let [first] = all.as_slice() else { panic!("one period: {all:?}") };
    let count = u64::try_from(first["events"].as_array().unwrap().len()).unwrap();
    assert!(count >= 4, "{first}");
    assert_eq!((&events["events"], &events["erased"]), (&count.into(), &0.into()));

    let changes: [(&str, Option<u64>, Change); 8] = [
        ("event_changed", Some(2), |all| {
            all[0]["events"][2]["record"] = r#"{"event":"lapsed"}"#.into();
        }),
        ("event_time_changed", Some(1), |all| {
            all[0]["events"][1]["at"] = "2001-02-03T04:05:06Z".into();
        }),
        ("event_missing", Some(1), |all| {
            all[0]["events"].as_array_mut().unwrap().remove(1);
        }),
        // Whoever closes the gap leaves another root.
        ("events_differ", Some(0), |all| {
            let events = all[0]["events"].as_array_mut().unwrap();
            events.remove(1);
            renumber(events, 0);
        }),
        ("event_moved", Some(1), |all| {
            let events = all[0]["events"].as_array_mut().unwrap();
            events.swap(1, 3);
            renumber(events, 0);
        }),
        ("events_differ", None, |all| all.clear()),
        // What was not erased by the rules of retention cannot be said to have been.
        ("event_erased_unsaid", Some(0), |all| {
            let event = all[0]["events"][0].as_object_mut().unwrap();
            event.remove("salt");
            event.remove("record");
        }),
        ("events_differ", Some(0), |all| {
            let (salt, record) = ([7; 32], r#"{"event":"lapsed"}"#);
            let leaf = Commitment::new(&salt, record.as_bytes()).leaf_hash();
            all[0]["events"][0]["salt"] = hex::encode(salt).into();
            all[0]["events"][0]["record"] = record.into();
            all[0]["events"][0]["leaf"] = hex::encode(leaf.0).into();
        }),
    ];
    let mut last = PathBuf::new();
    for (number, (kind, event, change)) in changes.into_iter().enumerate() {
        last = changed(&own, number, change);
        let (report, code) = verify(&[&last]);
        assert_eq!(code, 4, "{number}: {report}");
        let found = named(&report);
        assert!(found.contains(&(kind.to_owned(), event)), "{number} {kind}: {found:?}");
        // The entries themselves are as they were.
        assert!(found.iter().all(|(kind, _)| kind.starts_with("event")), "{found:?}");
    }
    // An export of before names the very event for which another was put.
    let (report, code) = verify(&[&last, &own]);
    assert_eq!(code, 4, "{report}");
    assert!(named(&report).contains(&("event_changed".to_owned(), Some(0))), "{report}");
}

#[tokio::test]
async fn what_is_left_of_erased_events_is_still_held_against_the_roots() {
    let mut released = Released::new().await;
    let before = released.exported(&released.world.owner, "before");
    released.world.owner_node.take().unwrap().stop().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let now =
        OffsetDateTime::now_utc().format(&time::format_description::well_known::Rfc3339).unwrap();
    let (erased, code) = as_administrator(&released.world.owner, &["erase"], &["--before", &now]);
    assert_eq!(code, 0, "{erased}");
    let own = released.exported(&released.world.owner, "after");
    let (report, code) = verify(&[&own, &before]);
    assert_eq!(code, 0, "{report}");
    let logs = report["logs"].as_array().unwrap();
    let events = logs
        .iter()
        .map(|log| &log["events"])
        .find(|one| one["erased"] != 0 && one["erased"].is_u64());
    let events = events.unwrap();
    assert_eq!((&events["erased"], &events["unproven"]), (&events["events"], &0.into()));
    let all = periods(&own);
    assert!(all[0]["events"][0].get("record").is_none(), "{all:?}");

    let forged = changed(&own, 1, |all| all[0]["events"][2]["leaf"] = "00".repeat(32).into());
    let (report, code) = verify(&[&forged]);
    assert_eq!(code, 4, "{report}");
    assert_eq!(named(&report), [("events_differ".to_owned(), Some(0))]);
    assert!(findings(&report, "OWN")[0].1.is_some(), "the entry is named");
}

#[tokio::test]
async fn an_inspector_sees_each_step_of_a_request_with_its_proof_and_a_changed_one_has_none() {
    let mut released = Released::new().await;
    let own = released.exported(&released.world.owner, "own-events");
    let (world, id) = (&released.world, &released.id);
    let open = |bureau: &Bureau, against: &Path| {
        let more = ["--disclosure", id.as_str(), "--against", text(against)];
        as_inspector(bureau, &["open"], &more)
    };
    let kinds = |steps: &Value| -> Vec<String> {
        let steps = steps.as_array().unwrap().iter();
        steps.map(|step| step["event"]["event"].as_str().unwrap().to_owned()).collect()
    };
    let (report, code) = open(&world.owner, &own);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["holds"], true);
    let seen = kinds(&report["steps"]);
    assert_eq!(seen.first().unwrap(), "received", "{seen:?}");
    for kind in ["recognised", "ruled", "released"] {
        assert!(seen.contains(&kind.to_owned()), "{seen:?}");
    }
    assert!(report["steps"].as_array().unwrap().iter().all(|step| step["checkpoint"].is_u64()));
    assert_eq!(report["exports"][0]["has_events"], true);
    let by = &report["steps"].as_array().unwrap().last().unwrap()["by"][0];
    assert!(by.as_str().unwrap().ends_with("/people/legal"), "{by}");
    // That it was shown is a step itself, for which there is no entry yet.
    let (again, code) = open(&world.owner, &own);
    assert_eq!(code, 0, "{again}");
    let last = again["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["event"]["event"], &last["entry"]), (&json!("shown"), &Value::Null));

    // The requester's inspector sees its own steps, and the owner's where the owner gives them.
    let (theirs, code) = open(&world.requester, &own);
    assert_eq!(code, 0, "{theirs}");
    assert_eq!(kinds(&theirs["steps"]).first().unwrap(), "requested");
    assert!(kinds(&theirs["exports"][0]["steps"]).contains(&"released".to_owned()), "{theirs}");
    // Nobody else opens one, and what never was is not made up.
    let data = ["--disclosure", id.as_str()];
    assert_eq!(as_administrator(&world.owner, &["open"], &data).1, 1);
    let unknown = "ab".repeat(16);
    assert_eq!(as_inspector(&world.owner, &["open"], &["--disclosure", &unknown]).1, 1);

    // Somebody with the database in hand changes who released it.
    released.world.owner_node.take().unwrap().stop().await.unwrap();
    let mut raw = raw(&released.world.owner).await;
    let (index, record): (i64, Vec<u8>) = sqlx::query_as(
        "SELECT event_index, record FROM disclosure_events WHERE instr(record, '\"released\"') > 0",
    )
    .fetch_one(&mut raw)
    .await
    .unwrap();
    let record = String::from_utf8(record).unwrap().replace("people/legal", "people/somebody");
    let leaf = Commitment::new(&[7; 32], record.as_bytes()).leaf_hash();
    sqlx::query("DROP TRIGGER disclosure_events_do_not_change").execute(&mut raw).await.unwrap();
    sqlx::query(
        "UPDATE disclosure_events SET salt = $1, record = $2, leaf_hash = $3 WHERE event_index = $4",
    )
    .bind([7_u8; 32].as_slice())
    .bind(record.as_bytes())
    .bind(leaf.0.as_slice())
    .bind(index)
    .execute(&mut raw)
    .await
    .unwrap();
    drop(raw);
    let (report, code) = open(&released.world.owner, &own);
    assert_eq!(code, 4, "{report}");
    let steps = report["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["holds"] == false), "{report}");
    assert_eq!(report["exports"][0]["differs"], json!([index]));
}
