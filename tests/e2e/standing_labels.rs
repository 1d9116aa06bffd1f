//! What a standing check hits later is read as any hit is, and counts once.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use symbolon_cli::{
    rows::Row,
    scenario::ADMINISTRATOR,
    standing::{self, Hit},
};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementTerms, LabelTerms, rules::DisclosedField};
use symbolon_store::HitTally;
use symbolon_tests::{
    Offer, World, program,
    world::{DATASET, reason},
};
use time::OffsetDateTime;

const HEADING: &str = "record_id,identifier_type,value,country,case_number\n";
const BEFORE: &str = "R1,imo,9074729,,ST-1\n";
const LATER: &str = "R2,imo,9305219,,ST-2\n";

fn with_labels(terms: &mut AgreementTerms) {
    let fields = [DisclosedField::CaseNumber].into();
    terms.datasets[0].labels = Some(LabelTerms { bytes: 24, fields });
    terms.standing_days = Some(30);
}

fn load(world: &World, rows: &[&str]) {
    let path = world.scratch().join("list.csv");
    fs::write(&path, [&[HEADING], rows].concat().concat()).unwrap();
    let output = Command::new(program())
        .args(["dataset", "import", "--data"])
        .arg(world.owner.folder.root())
        .arg(DATASET)
        .arg(&path)
        .args(["--replace", "--as", ADMINISTRATOR])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn hits(world: &World, id: &str) -> Vec<Hit> {
    let mut raw = [0; 16];
    hex::decode_to_slice(id, &mut raw).unwrap();
    let mut client = world.profile.connect().unwrap();
    standing::matches(&mut client, raw, |_, _| Ok(true)).await.unwrap().answers
}

/// Matches until so many hits have these labels.
async fn labels(world: &World, id: &str, wanted: &[&str]) {
    let began = Instant::now();
    loop {
        let mut found: Vec<_> = hits(world, id)
            .await
            .iter()
            .map(|hit| hit.label.as_ref().map_or("none", |label| label.shown()).to_owned())
            .collect();
        found.sort_unstable();
        if found == wanted {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{found:?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn counted(world: &World) -> Vec<HitTally> {
    let store = world.requester.store().await.unwrap();
    let now = OffsetDateTime::now_utc();
    let all = store.hit_tallies(now - time::Duration::DAY, now).await.unwrap();
    store.close().await;
    all
}

fn told(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn what_is_released_at_once_is_read_under_later_hits_and_in_files_and_each_hit_counts_once() {
    let offer = Offer {
        list: [HEADING, BEFORE].concat(),
        types: vec![IdentifierType::Imo],
        ..Offer::default()
    };
    let mut world = World::with_terms(&offer, with_labels).await;
    let rows = ["9074729", "9305219", "9241061"].map(|value| Row {
        line: 2,
        record: format!("mine-{value}"),
        identifier_type: "imo".to_owned(),
        value: value.to_owned(),
        country: String::new(),
        change: String::new(),
    });
    let rows = (2..).zip(rows).map(|(line, row)| Row { line, ..row }).collect();
    let mut client = world.profile.connect().unwrap();
    let id = standing::begin(&mut client, &reason(), rows).await.unwrap().standing_id;
    labels(&world, &id, &["ST-1"]).await;
    // Tomorrow's hit, and another word on today's.
    load(&world, &["R1,imo,9074729,,ST-9\n", LATER]);
    labels(&world, &id, &["ST-2", "ST-9"]).await;
    // What is kept for it outlasts the node, sealed.
    world.requester_node.take().unwrap().stop().await.unwrap();
    world.start_requester();
    world.wait_until_ready().await;
    labels(&world, &id, &["ST-2", "ST-9"]).await;
    // A hit that goes and comes back is none more.
    load(&world, &["R1,imo,9074729,,ST-9\n"]);
    labels(&world, &id, &["ST-9"]).await;
    load(&world, &["R1,imo,9074729,,ST-9\n", LATER]);
    labels(&world, &id, &["ST-2", "ST-9"]).await;
    let tallies = counted(&world).await;
    let of_standing: Vec<_> = tallies.iter().filter(|one| one.standing).collect();
    let sum: u64 = of_standing.iter().map(|one| one.hits).sum();
    assert_eq!(sum, 2, "{tallies:?}");
    assert!(of_standing.iter().all(|one| one.purpose == reason().purpose), "{tallies:?}");
    assert!(tallies.iter().all(|one| one.standing), "no check was asked: {tallies:?}");

    // By commands: under the hit, in JSON, and in the files.
    let profile = world.requester.folder.person("officer").join("profile.toml");
    let run = |arguments: &[&str]| {
        let output = Command::new(program())
            .args(arguments)
            .arg("--profile")
            .arg(&profile)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = run(&["standing", "match", &id]);
    assert_eq!(shown.matches("released at once: ST-").count(), 2, "{shown}");
    let json: serde_json::Value =
        serde_json::from_str(&run(&["standing", "match", &id, "--json"])).unwrap();
    assert!(json["answers"][0]["label"]["text"].as_str().unwrap().starts_with("ST-"), "{json}");
    let (hits, answers) = (world.scratch().join("hits.csv"), world.scratch().join("answers.csv"));
    run(&["standing", "match", &id, "--output", hits.to_str().unwrap()]);
    run(&["check", "imo", "9305219", "--case", "2026/1", "--output", answers.to_str().unwrap()]);
    for (file, label) in [(&hits, "ST-9"), (&hits, "ST-2"), (&answers, "ST-2")] {
        let text = told(file);
        assert!(text.lines().next().unwrap().ends_with("released,released_reason"), "{text}");
        assert!(text.contains(label), "{text}");
    }
}
