//! A node that is told to stop finishes what it began; one that is killed has lost nothing that it
//! acknowledged.

use std::{
    collections::HashSet,
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use symbolon_cli::scenario::ADMINISTRATOR;
use symbolon_identifiers::IdentifierType;
use symbolon_oprf::{Blind, voprf};
use symbolon_proto::partner::v1::check_response::Part;
use symbolon_store::LogRecord;
use symbolon_tests::{
    World, program,
    raw::{self, Question},
    world::DATASET,
};
use tokio_stream::wrappers::ReceiverStream;

use crate::common::{
    LISTED, UNLISTED, about_ships, ask_until, assert_goes_on, counted, owners_log, ships, signal,
    symbolon_json, text,
};

const MANY: usize = 20_000;

/// A question of two chunks.
fn many_ships(world: &World) -> Question {
    let random = ring::rand::SystemRandom::new();
    let inputs: Vec<_> = (0..MANY as u64).map(u64::to_be_bytes).collect();
    let blinds: Vec<_> = inputs.iter().map(|_| Blind::random(&random).unwrap()).collect();
    let elements = voprf::blind(&inputs, &blinds).unwrap();
    let (requester, owner) = (&world.requester, &world.owner);
    Question::of_elements(&world.agreement, requester, owner, IdentifierType::Imo, elements)
}

#[tokio::test]
async fn an_owner_told_to_stop_answers_what_is_in_flight_and_ends_well() {
    let mut world = World::new(&ships(100_000)).await;
    let question = many_ships(&world);
    let mut messages = question.messages(&raw::header_key(&world.requester)).into_iter();
    let mut client = raw::connect(&world.owner, &raw::credentials(&world.requester)).await.unwrap();
    let (sender, requests) = tokio::sync::mpsc::channel(4);
    sender.send(messages.next().unwrap()).await.unwrap();
    sender.send(messages.next().unwrap()).await.unwrap();
    let mut answers = client.check(ReceiverStream::new(requests)).await.unwrap().into_inner();

    let mut node = world.owner_node.take().unwrap();
    signal(&node, "TERM");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(node.child.try_wait().unwrap().is_none(), "it waits for the check");
    // New connections are not taken any more, nor new checks on the old one.
    let late = about_ships(&world, &[LISTED]).messages(&raw::header_key(&world.requester));
    assert!(raw::send(&mut client.clone(), late).await.is_err());

    sender.send(messages.next().unwrap()).await.unwrap();
    drop(sender);
    let mut elements = 0;
    let mut receipt = false;
    while let Some(answer) = answers.message().await.unwrap() {
        match answer.part {
            Some(Part::Chunk(chunk)) => elements += chunk.elements.len() / 32,
            Some(Part::Receipt(_)) => receipt = true,
            None => panic!("an empty answer"),
        }
    }
    assert_eq!((elements, receipt), (MANY, true));
    drop((client, answers));
    let ended = tokio::time::timeout(Duration::from_secs(10), node.child.wait());
    assert_eq!(ended.await.unwrap().unwrap().code(), Some(0), "{}", world.log("owner"));
    assert!(world.log("owner").contains("the node has stopped"));

    let log = owners_log(&world).await;
    assert!(log.iter().any(|record| matches!(
        record,
        LogRecord::CheckAnswered { answered, broke_off: None, .. } if *answered == MANY as u64
    )));
    world.start_owner();
    ask_until(&world, "hit").await;
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_requester_told_to_stop_answers_its_officers_first_and_ends_well() {
    let mut world = World::new(&ships(100_000)).await;
    let mut items: Vec<(&str, String, &str)> = Vec::new();
    let mut number = 1_000_000_u32;
    while items.len() < MANY {
        number += 1;
        // An IMO number is six digits and a check digit.
        let digits: Vec<u32> =
            number.to_string()[1..].bytes().map(|b| u32::from(b - b'0')).collect();
        let check = (2..=7).rev().zip(&digits).map(|(weight, digit)| weight * digit).sum::<u32>();
        items.push(("imo", format!("{}{}", &number.to_string()[1..], check % 10), ""));
    }
    items[0] = ("imo", LISTED.to_owned(), "");
    let items: Vec<(&str, &str, &str)> =
        items.iter().map(|(kind, value, country)| (*kind, value.as_str(), *country)).collect();
    let asking = world.ask(&items);
    let stopping = async {
        let began = Instant::now();
        while !world.log("owner").contains("a partner's check was admitted") {
            assert!(began.elapsed() < Duration::from_secs(20), "never asked");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        signal(world.requester_node.as_ref().unwrap(), "TERM");
    };
    let (report, ()) = tokio::join!(asking, stopping);
    assert_eq!(report.summary.no_answer, 0, "{:?}", report.summary);
    let accepted = report.summary.asked;
    assert!(accepted > MANY as u64 / 2, "{:?}", report.summary);
    assert_eq!(report.summary.hit + report.summary.no_hit, accepted);
    assert!(report.summary.hit >= 1);
    let mut node = world.requester_node.take().unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), node.child.wait());
    assert_eq!(ended.await.unwrap().unwrap().code(), Some(0), "{}", world.log("requester"));
    world.start_requester();
    world.wait_until_ready().await;
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn an_owner_killed_within_checks_has_every_one_that_it_acknowledged() {
    let mut world = World::new(&ships(100_000)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut acknowledged = HashSet::new();
    let mut asked = 0;
    for round in 0..3_u64 {
        let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
        let questions: Vec<_> =
            (0..200).map(|_| about_ships(&world, &[LISTED, UNLISTED])).collect();
        let asking = async {
            for question in &questions {
                match raw::send(&mut client, question.messages(&key)).await {
                    Ok(answers) => {
                        assert_eq!(answers.len(), 2);
                        acknowledged.insert(question.header.check_id);
                    }
                    Err(_) => return,
                }
            }
        };
        let killing = async {
            tokio::time::sleep(Duration::from_millis(150 + 130 * round)).await;
            signal(world.owner_node.as_ref().unwrap(), "KILL");
        };
        tokio::join!(asking, killing);
        drop(world.owner_node.take());

        let log = owners_log(&world).await;
        let of_kind = |answered: bool| -> HashSet<_> {
            log.iter()
                .filter_map(|record| match record {
                    LogRecord::CheckAdmitted { check, .. } if !answered => Some(*check),
                    LogRecord::CheckAnswered { check, broke_off: None, .. } if answered => {
                        Some(*check)
                    }
                    _ => None,
                })
                .collect()
        };
        assert!(of_kind(true).is_superset(&acknowledged));
        let admitted: u64 = log
            .iter()
            .filter_map(|record| match record {
                LogRecord::CheckAdmitted { elements, .. } => Some(*elements),
                _ => None,
            })
            .sum();
        assert_eq!(counted(&world).await, admitted);

        // All of them can be asked again; each is counted once.
        world.start_owner();
        ask_until(&world, "hit").await;
        let before = counted(&world).await;
        let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
        let admitted = of_kind(false);
        for question in questions.iter().filter(|q| admitted.contains(&q.header.check_id)) {
            assert_eq!(raw::send(&mut client, question.messages(&key)).await.unwrap().len(), 2);
            asked += 1;
        }
        assert_eq!(counted(&world).await, before);
    }
    assert!(asked > 3, "only {asked} checks were answered before the node was killed");
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn an_import_killed_at_any_moment_has_loaded_all_or_nothing() {
    let mut world = World::new(&ships(100)).await;
    let data = text(world.owner.folder.root()).to_owned();
    let path = world.scratch().join("many.csv");
    let count = || -> u64 {
        let (list, code) = symbolon_json(&["dataset", "list", "--data", &data]);
        assert_eq!(code, 0);
        let types = list[0]["types"].as_array().unwrap();
        types.iter().map(|one| one["identifiers"].as_u64().unwrap()).sum()
    };
    let mut held = count();
    let mut cut_off = 0;
    let mut acknowledged = 0;
    for (round, milliseconds) in [30, 80, 150, 250, 400, 10_000].into_iter().enumerate() {
        let mut rows = "record_id,identifier_type,value,country\n".to_owned();
        for row in 0..5_000 {
            writeln!(rows, "M{round}-{row},email,m{round}-{row}@example.org,").unwrap();
        }
        fs::write(&path, rows).unwrap();
        let mut import = Command::new(program())
            .args([
                "dataset",
                "import",
                "--data",
                &data,
                "--as",
                ADMINISTRATOR,
                DATASET,
                text(&path),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        let ended = loop {
            if let Some(status) = import.try_wait().unwrap() {
                break Some(status);
            }
            if began.elapsed() > Duration::from_millis(milliseconds) {
                import.kill().unwrap();
                import.wait().unwrap();
                break None;
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        };
        // The node as well, as a power cut would.
        world.owner_node.take().unwrap().kill().await.unwrap();
        let now = count();
        match ended {
            Some(status) => {
                assert!(status.success());
                assert_eq!(now, held + 5_000, "what was acknowledged is there");
                acknowledged += 1;
            }
            None => {
                assert!([held, held + 5_000].contains(&now), "{held} before, {now} now");
                cut_off += 1;
            }
        }
        held = now;
        world.start_owner();
    }
    assert!(cut_off > 0 && acknowledged > 0, "{cut_off} cut off, {acknowledged} acknowledged");
    ask_until(&world, "hit").await;
    assert_goes_on(&world).await;
}
