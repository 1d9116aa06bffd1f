//! Files that people bring: garbage is reported row by row and changes nothing.

use std::fs;

use serde_json::Value;
use symbolon_tests::{World, world::DATASET};

use crate::common::{LISTED, UNLISTED, failure_of, ships, symbolon, symbolon_json, text};

const ROWS: &[u8] = b"record_id,identifier_type,value,country\n\
    A1,imo,9074729,\n\
    A2,imo,9074728,\n\
    A3,spaceship,NCC-1701,\n\
    A4,email,\xff\xfe@example.org,\n\
    A5,imo,9321483,\n\
    A6,travel_document,L898902C3,Atlantis\n\
    A7,vin\n\
    A8,imo,IMO 9321483,\n";

fn identifiers(data: &str) -> u64 {
    let (list, code) = symbolon_json(&["dataset", "list", "--data", data]);
    assert_eq!(code, 0);
    let types = list[0]["types"].as_array().unwrap();
    types.iter().map(|one| one["identifiers"].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn a_file_with_bad_rows_is_reported_row_by_row_and_nothing_of_it_is_loaded() {
    let world = World::founded(&ships(10), |_| {}).await;
    let data = text(world.owner.folder.root());
    let path = world.scratch().join("list.csv");
    fs::write(&path, ROWS).unwrap();
    let import = ["dataset", "import", "--data", data, DATASET, text(&path)];

    let (report, code) = symbolon_json(&import);
    assert_eq!((code, &report["loaded"], &report["rows"]), (1, &false.into(), &8.into()));
    let rejected: Vec<_> = report["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            assert!(row["sentence"].as_str().unwrap().len() > 10, "{row}");
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            (row["line"].as_u64().unwrap(), text("field"), text("reason"))
        })
        .collect();
    let lines: Vec<_> = rejected.iter().map(|(line, ..)| *line).collect();
    assert_eq!(lines, [3, 4, 5, 7, 8]);
    assert_eq!(rejected[0].2, "check_digit");
    assert_eq!(
        (rejected[1].1.as_str(), rejected[1].2.as_str()),
        ("identifier_type", "unknown_type")
    );
    assert_eq!((rejected[2].1.as_str(), rejected[2].2.as_str()), ("value", "not_utf8"));
    assert_eq!(identifiers(data), 1);
    // A person sees the same, and what to do.
    let output = symbolon(&import);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("line 3") && said.contains("--skip-rejected"), "{said}");

    let skipping = [&import[..], &["--skip-rejected"]].concat();
    let dry = [&skipping[..], &["--dry-run"]].concat();
    let (report, code) = symbolon_json(&dry);
    assert_eq!((code, &report["loaded"]), (3, &false.into()));
    assert_eq!(identifiers(data), 1);

    let (report, code) = symbolon_json(&skipping);
    assert_eq!((code, &report["loaded"]), (3, &true.into()));
    assert_eq!(report["rejected"].as_array().unwrap().len(), 5);
    assert_eq!(identifiers(data), 2);
    let revision = |list: &Value| list[0]["revision"].clone();
    let (before, _) = symbolon_json(&["dataset", "list", "--data", data]);
    let (report, code) = symbolon_json(&skipping);
    assert_eq!((code, &report["added"], &report["removed"]), (3, &0.into(), &0.into()));
    let (after, _) = symbolon_json(&["dataset", "list", "--data", data]);
    assert_eq!(revision(&before), revision(&after));
    assert_eq!(identifiers(data), 2);
}

#[tokio::test]
async fn a_file_of_changes_adds_and_removes_what_it_says_and_nothing_else() {
    let world = World::founded(&ships(10), |_| {}).await;
    let data = text(world.owner.folder.root());
    let path = world.scratch().join("changes.csv");
    let import = ["dataset", "import", "--data", data, DATASET, text(&path)];
    let changing = [&import[..], &["--changes"]].concat();
    let write = |rows: &str| {
        fs::write(&path, format!("record_id,identifier_type,value,change\n{rows}")).unwrap();
    };
    let before = identifiers(data);

    // Loaded as a list, it would add what it says is gone.
    write("X1,imo,9321483,remove\n");
    assert_eq!(failure_of(&import).0, "changes");

    let rows = "X1,imo,9321483,add\nX2,imo,9321483,Add\nX3,email,a@b.example,add\n";
    write(rows);
    let (report, code) = symbolon_json(&[&changing[..], &["--dry-run"]].concat());
    assert_eq!((code, &report["loaded"], &report["identifiers"]), (0, &false.into(), &2.into()));
    assert_eq!(identifiers(data), before);
    let came = |report: &Value| {
        ["added", "unchanged", "removed"].map(|name| report[name].as_u64().unwrap())
    };
    assert_eq!(came(&symbolon_json(&changing).0), [3, 0, 0]);
    assert_eq!(came(&symbolon_json(&changing).0), [0, 3, 0]);
    assert_eq!(identifiers(data), before + 2);

    // One of two records goes: the identifier stays.
    write("X1,imo,9321483,remove\nX9,imo,9321483,remove\n");
    assert_eq!(came(&symbolon_json(&changing).0), [0, 1, 1]);
    assert_eq!(identifiers(data), before + 2);
    // A row that says neither keeps the others from being loaded.
    write(",imo,9321483,remove\nX3,email,a@b.example,perhaps\n");
    let (report, code) = symbolon_json(&changing);
    assert_eq!((code, &report["rejected"][0]["reason"]), (1, &"unknown_change".into()));
    assert_eq!(identifiers(data), before + 2);
    // Without a record, all records on the identifier.
    write(",imo,9321483,remove\nX3,email,a@b.example,remove\n");
    assert_eq!(came(&symbolon_json(&changing).0), [0, 0, 2]);
    assert_eq!(identifiers(data), before);
    let both = symbolon(&[&changing[..], &["--replace"]].concat());
    assert_eq!(both.status.code(), Some(2));
}

#[tokio::test]
async fn what_is_no_csv_of_ours_is_refused_with_a_sentence() {
    let world = World::founded(&ships(10), |_| {}).await;
    let data = text(world.owner.folder.root());
    let path = world.scratch().join("list.csv");
    let import = ["dataset", "import", "--data", data, DATASET, text(&path)];
    let mut noise = Vec::new();
    let mut state = 0x2545_f491_u32;
    for _ in 0..200_000 {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        noise.push(state.to_le_bytes()[1]);
    }
    let headless = b"imo,9074729\nimo,9321483\n".to_vec();
    let other = b"name,born\nA,1970-01-01\n".to_vec();
    for bytes in [noise.clone(), headless, other, Vec::new(), vec![0; 5_000]] {
        fs::write(&path, bytes).unwrap();
        let (reason, sentence) = failure_of(&import);
        assert!(["missing_column", "not_csv"].contains(&reason.as_str()), "{reason}");
        assert!(sentence.contains("the file"), "{sentence}");
    }
    // A good first line and then noise: rows are rejected, and with --replace nothing goes.
    let mut bytes = b"record_id,identifier_type,value,country\n".to_vec();
    bytes.extend(&noise);
    fs::write(&path, bytes).unwrap();
    let replacing = [&import[..], &["--replace"]].concat();
    let (report, code) = symbolon_json(&replacing);
    assert_eq!((code, &report["loaded"]), (1, &false.into()));
    assert!(report["rejected"].as_array().unwrap().iter().all(|row| row["line"].is_u64()));
    assert_eq!(identifiers(data), 1);

    fs::remove_file(&path).unwrap();
    let (_, sentence) = failure_of(&import);
    assert!(sentence.contains("list.csv"), "{sentence}");
    let (_, sentence) = failure_of(&[
        "dataset",
        "import",
        "--data",
        data,
        "no-such",
        text(&world.owner.folder.card()),
    ]);
    assert!(sentence.contains("column") || sentence.contains("no dataset"), "{sentence}");
}

#[tokio::test]
async fn a_file_to_check_with_unreadable_rows_is_asked_for_the_others() {
    let world = World::new(&ships(10)).await;
    let path = world.scratch().join("check.csv");
    let profile = world.requester.folder.person("officer").join("profile.toml");
    let rows = format!(
        "identifier_type,value,country\nimo,{LISTED},\nimo,9074728,\nspaceship,1,\n\
         imo,{UNLISTED},\n"
    );
    let mut bytes = rows.into_bytes();
    bytes.extend(b"imo,\xff\xfe,\n");
    fs::write(&path, bytes).unwrap();
    let check = ["check", "--csv", text(&path), "--case", "7", "--profile", text(&profile)];
    let (report, code) = symbolon_json(&check);
    assert_eq!(code, 3, "{report}");
    let answers: Vec<_> = report["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| (answer["ref"].as_u64().unwrap(), answer["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(answers, [(2, "hit"), (5, "no_hit")]);
    let rejected: Vec<_> = report["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["ref"].as_u64().unwrap(), row["reason"].as_str().unwrap().to_owned()))
        .collect();
    let reasons = [(3, "check_digit"), (4, "unknown_type"), (6, "not_utf8")];
    assert_eq!(rejected, reasons.map(|(line, reason)| (line, reason.to_owned())));

    fs::write(&path, "identifier_type,value,country\nimo,1,\nimo,2,\n").unwrap();
    let (report, code) = symbolon_json(&check);
    assert_eq!((code, report["answers"].as_array().unwrap().len()), (3, 0));
    fs::write(&path, "a,b\n1,2\n").unwrap();
    assert_eq!(failure_of(&check).0, "missing_column");
    fs::write(&path, "identifier_type,value,country\n").unwrap();
    assert_eq!(failure_of(&check).0, "empty");
    fs::write(&path, format!("identifier_type,value\nimo,{LISTED}\nimo,{UNLISTED}\n")).unwrap();
    let (report, code) = symbolon_json(&check);
    assert_eq!(code, 0, "{report}");
    assert_eq!(crate::common::counted(&world).await, 4);
}
