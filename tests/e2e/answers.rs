//! A question gets hit or no hit, whatever the spelling, and is counted once.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use symbolon_cli::scenario::Bureau;
use symbolon_tests::{
    Offer, World, program,
    world::{outcomes, reason},
};

#[tokio::test]
async fn an_identifier_on_the_list_hits_in_every_spelling_and_others_do_not() {
    let world = World::new(&Offer::default()).await;
    let report = world
        .ask(&[
            ("travel_document", "l 898902-c3", "uto"),
            ("vin", "1m8gdm9axkp042788", ""),
            ("imo", "IMO 9074729", ""),
            ("email", "Wanted@EXAMPLE.org", ""),
            ("iban", "gb29nwbk60161331926819", ""),
            ("travel_document", "L898902C4", "UTO"),
            ("email", "nobody@example.org", ""),
        ])
        .await;
    assert_eq!(outcomes(&report), ["hit", "hit", "hit", "hit", "hit", "no_hit", "no_hit"]);
    assert!(report.answers.iter().all(|a| a.coverage.is_some() && a.desk.is_some()));
}

#[tokio::test]
async fn a_scanned_document_hits_the_record_typed_by_hand() {
    let world = World::new(&Offer::default()).await;
    let zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    let report = world.ask(&[("mrz", zone, "")]).await;
    assert_eq!(outcomes(&report), ["hit"]);
}

#[tokio::test]
async fn the_same_identifier_twice_in_a_check_is_asked_once_and_answered_twice() {
    let world = World::new(&Offer { daily_quota: 1, ..Offer::default() }).await;
    let report = world.ask(&[("imo", "9074729", ""), ("imo", "IMO9074729", "")]).await;
    assert_eq!(outcomes(&report), ["hit", "hit"]);
    let report = world.ask(&[("imo", "9074729", "")]).await;
    assert_eq!(outcomes(&report), ["not_permitted"]);
    assert_eq!(report.answers[0].reason, "quota_exhausted");
}

#[tokio::test]
async fn a_check_repeated_by_its_id_is_answered_and_not_counted_again_even_after_restarts() {
    let mut world = World::new(&Offer { daily_quota: 2, ..Offer::default() }).await;
    let question = [("imo", "9074729", ""), ("imo", "9305219", "")];
    let named = symbolon_cli::asking::Reason { check_id: Some([7; 16]), ..reason() };
    let first = world.try_ask(&named, &question).await.unwrap();
    assert_eq!(outcomes(&first), ["hit", "no_hit"]);

    world.owner_node.take().unwrap().kill().await.unwrap();
    world.requester_node.take().unwrap().kill().await.unwrap();
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;

    let mut again = world.try_ask(&named, &question).await.unwrap();
    // The owner has just started and may not have its list at hand yet.
    let began = Instant::now();
    while again.answers[0].reason == "set_not_ready" && began.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        again = world.try_ask(&named, &question).await.unwrap();
    }
    assert_eq!(outcomes(&again), ["hit", "no_hit"], "{:?}", again.answers);
    let error = world.try_ask(&named, &[("imo", "9074729", "")]).await.unwrap_err();
    assert_eq!(error.reason, "check_id_reused");
    let fresh = world.ask(&[("imo", "9074729", "")]).await;
    assert_eq!(fresh.answers[0].reason, "quota_exhausted");
}

#[tokio::test]
async fn where_there_is_nobody_to_ask_that_is_no_answer_and_not_success() {
    let root = tempfile::tempdir().unwrap();
    let bureau = Bureau::found(&root.path().join("alone"), "ALO", "Alone").unwrap();
    let profile = bureau.issue("officer").unwrap();
    let node = bureau.start(program(), Stdio::null()).unwrap();
    let csv = root.path().join("ships.csv");
    std::fs::write(&csv, "identifier_type,value\nimo,9074729\n").unwrap();
    let run = |command: &[&str]| {
        let why = ["--purpose", "border_check", "--case", "7", "--profile"];
        Command::new(program()).args(command).args(why).arg(&profile).output().unwrap()
    };
    let began = Instant::now();
    let output = loop {
        let output = run(&["check", "imo", "9074729"]);
        // 1 until the node listens.
        if output.status.code() != Some(1) {
            break output;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "the node never listens");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("Nobody was asked") && text.contains("not no hit"), "{text}");
    let kept = run(&["standing", "begin", "--file", csv.to_str().unwrap()]);
    assert_eq!(kept.status.code(), Some(3), "{}", String::from_utf8_lossy(&kept.stdout));
    node.stop().await.unwrap();
}
