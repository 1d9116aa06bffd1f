//! After a hit: a person asks for the record, people of its owner decide, and what they release is read
//! at the requester for as long as it may be, by commands alone.

use std::{
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::Value;
use symbolon_cli::scenario::Bureau;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::rules::Role;
use symbolon_store::{DisclosureEvent, LogRecord};
use symbolon_tests::{
    Offer, World, program, with_disclosure,
    world::{DATASET, outcomes},
};

const VICTIM: (&str, &str, &str) = ("travel_document", "L898902C3", "UTO");
const SHIP: (&str, &str, &str) = ("imo", "9074729", "");

fn offer() -> Offer {
    Offer {
        list: "record_id,identifier_type,value,country,subject_category,strictly_necessary,approvals,\
               name,date_of_birth,object_status,authority\n\
               R1,travel_document,L898902C3,UTO,victim,yes,2,Anna Eriksson,1974-08-12,,Case office\n\
               R2,imo,9074729,,object,,,,,stolen,Water police\n"
            .to_owned(),
        types: vec![IdentifierType::TravelDocument, IdentifierType::Imo],
        ..Offer::default()
    }
}

fn run(bureau: &Bureau, arguments: &[&str]) -> Output {
    Command::new(program())
        .arg("--json")
        .arg("disclosure")
        .args(arguments)
        .arg("--data")
        .arg(bureau.folder.root())
        .output()
        .unwrap()
}

fn done(bureau: &Bureau, arguments: &[&str]) -> Value {
    let output = run(bureau, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(bureau: &Bureau, arguments: &[&str]) -> String {
    let output = run(bureau, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asks again until the first line has this state.
fn until(bureau: &Bureau, arguments: &[&str], state: &str) -> Value {
    let began = Instant::now();
    loop {
        let lines = done(bureau, arguments);
        if lines[0]["state"] == state {
            return lines[0].clone();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "never {state}: {lines:#}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn request(world: &World, check: &str, fields: [&str; 2], subject: &str) -> String {
    let made = done(
        &world.requester,
        &[
            "request",
            check,
            "0",
            "--role",
            "desk officer",
            "--how",
            "document compared by hand",
            "--facts",
            "held at the border",
            "--offence",
            "trafficking",
            "--subject",
            subject,
            "--field",
            fields[0],
            "--field",
            fields[1],
            "--urgency",
            "urgent",
            "--recipient",
            "Border police",
            "--as",
            "officer",
        ],
    );
    made["request"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_hit_becomes_a_record_through_four_eyes_and_restarts() {
    let mut world = World::with_terms(&offer(), with_disclosure).await;
    world.owner.issue_with("legal", &[Role::Legal]).unwrap();
    world.owner.issue_with("approver", &[Role::Approver]).unwrap();
    let report = world.ask(&[VICTIM]).await;
    assert_eq!(outcomes(&report), ["hit"]);
    // While nothing is carried, nobody at the owner has it, and its clock does not run.
    world.requester_node.take().unwrap().kill().await.unwrap();
    let id = request(&world, &report.check_id, ["name", "date_of_birth"], "victim");
    let unsent = done(&world.requester, &["status", "--as", "officer"]);
    assert_eq!((&unsent[0]["at_owner_since"], &unsent[0]["due_at"]), (&Value::Null, &Value::Null));
    world.start_requester();
    world.wait_until_ready().await;

    let waiting = until(&world.owner, &["list", "--as", "legal"], "waiting");
    assert_eq!((&waiting["request"], &waiting["urgency"]), (&id.as_str().into(), &"urgent".into()));
    assert_eq!(waiting["rules_permit"], true);
    let left = waiting["minutes_left"].as_i64().unwrap();
    assert!((4_300..=4_320).contains(&left), "{left}");

    // Both nodes may stop at any time: nothing is lost, and nothing is asked twice.
    world.owner_node.take().unwrap().kill().await.unwrap();
    world.requester_node.take().unwrap().kill().await.unwrap();
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    let status = until(&world.requester, &["status", "--as", "officer"], "waiting");
    assert!(status["at_owner_since"].is_string() && status["due_at"].is_string(), "{status:#}");
    assert_eq!(done(&world.owner, &["list", "--as", "legal"]).as_array().unwrap().len(), 1);

    let release = |field: &'static str, found: &'static str| {
        let mut all = vec!["release", id.as_str(), "--field", field, "--handling", "H1"];
        all.extend(["--evaluation", "A1", "--retention-days", "90", "--as", "legal"]);
        if !found.is_empty() {
            all.extend(["--found", found]);
        }
        all
    };
    // A rule forbids it without necessity, whoever approves; a field that was not asked for is none.
    assert!(refused(&world.owner, &release("name", "")).contains("strictly necessary"));
    // What stopped it is kept as what permits it is.
    let store = world.owner.store().await.unwrap();
    let kept = symbolon_node::disclosure_decisions(&store, None).await.unwrap();
    let rulings: Vec<_> =
        kept[0].decisions.iter().map(|one| one.decision.ruling.permitted).collect();
    assert_eq!(rulings, [true, false]);
    store.close().await;
    let error = refused(&world.owner, &release("authority", "strictly_necessary=threat"));
    assert!(error.contains("authority was not asked for"), "{error}");
    let proposed = done(&world.owner, &release("name", "strictly_necessary=threat to her life"));
    assert_eq!(proposed["outcome"], "needs_approval");
    // Who proposed it has no role to approve it, and is not another person.
    assert!(refused(&world.owner, &["approve", &id, "--as", "legal"]).contains("role_missing"));
    let hash = proposed["proposal"].as_str().unwrap();
    let wrong = "0".repeat(64);
    let other = ["approve", &id, "--proposal", &wrong, "--as", "approver"];
    assert!(refused(&world.owner, &other).contains("look at it again"));
    let approve = ["approve", &id, "--proposal", hash, "--as", "approver"];
    assert_eq!(done(&world.owner, &approve)["outcome"], "released");

    let status = until(&world.requester, &["status", "--as", "officer"], "released");
    assert_eq!(status["confirmed_by_owner"], true);
    let shown = done(&world.requester, &["show", &id, "--as", "officer"]);
    let record = &shown["decision"]["released"];
    assert_eq!(record["fields"]["name"], "Anna Eriksson");
    assert_eq!(record["fields"].as_object().unwrap().len(), 1);
    assert_eq!((&record["handling_code"], &record["evaluation"]), (&"H1".into(), &"A1".into()));
    assert!(record["released_by"].as_str().unwrap().contains("legal"));
    assert!(record["approved_by"].as_str().unwrap().contains("approver"));
    // The same hit is not released twice.
    let again = request(&world, &report.check_id, ["name", "date_of_birth"], "victim");
    let began = Instant::now();
    let closed = loop {
        let lines = done(&world.requester, &["status", "--all", "--as", "officer"]);
        let line = lines.as_array().unwrap().iter().find(|line| line["request"] == again.as_str());
        if line.unwrap()["state"] == "refused" {
            break line.unwrap().clone();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{lines:#}");
        std::thread::sleep(Duration::from_millis(300));
    };
    assert_eq!(closed["ground"], "already_released");

    // No entry of either log tells of it, but the one for each period.
    for bureau in [&world.requester, &world.owner] {
        let store = bureau.store().await.unwrap();
        let told = store.log_entries(0, 10_000).await.unwrap().into_iter().any(|entry| {
            matches!(
                entry.record,
                Some(LogRecord::ActProposed { .. } | LogRecord::ActApproved { .. })
            )
        });
        assert!(!told);
        assert!(store.disclosure_events(0, 100).await.unwrap().len() >= 3);
        store.close().await;
    }
}

#[tokio::test]
async fn a_thing_needs_one_person_and_a_request_can_be_paused_refused_and_taken_back() {
    let world = World::with_terms(&offer(), with_disclosure).await;
    world.owner.issue_with("legal", &[Role::Legal]).unwrap();
    let fields = ["object_status", "authority"];
    let first = world.ask(&[SHIP]).await;
    let id = request(&world, &first.check_id, fields, "object");
    until(&world.owner, &["list", "--as", "legal"], "waiting");
    let pause = ["pause", &id, "--reason", "legal_review", "--note", "asked", "--as", "legal"];
    done(&world.owner, &pause);
    let paused = until(&world.requester, &["status", "--as", "officer"], "paused");
    assert_eq!(paused["pauses"][0], "legal_review");
    let release = [
        "release",
        &id,
        "--field",
        "object_status",
        "--field",
        "authority",
        "--handling",
        "H0",
        "--evaluation",
        "B2",
        "--retention-days",
        "30",
        "--as",
        "legal",
    ];
    assert!(refused(&world.owner, &release).contains("clock is paused"));
    done(&world.owner, &["resume", &id, "--reason", "legal_review", "--as", "legal"]);
    assert_eq!(done(&world.owner, &release)["outcome"], "released");
    until(&world.requester, &["status", "--as", "officer"], "released");

    let second = world.ask(&[SHIP]).await;
    let other = request(&world, &second.check_id, fields, "object");
    until(&world.owner, &["list", "--as", "legal"], "waiting");
    let refuse = ["refuse", &other, "--ground", "endangers", "--note", "ours", "--as", "legal"];
    done(&world.owner, &refuse);
    let third = world.ask(&[SHIP]).await;
    let last = request(&world, &third.check_id, fields, "object");
    until(&world.owner, &["list", "--as", "legal"], "waiting");
    done(&world.requester, &["withdraw", &last, "--as", "officer"]);
    let began = Instant::now();
    while !done(&world.owner, &["list", "--as", "legal"]).as_array().unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(300));
    }
    let lines = done(&world.requester, &["status", "--all", "--as", "officer"]);
    let of = |id: &str| {
        lines.as_array().unwrap().iter().find(|line| line["request"] == id).unwrap().clone()
    };
    assert_eq!(of(&other)["ground"], "endangers");
    // Who asked is told of a refusal without asking for more, and not of what he took back himself.
    let is_told = |id: &str| {
        let told = done(&world.requester, &["status", "--as", "officer"]);
        told.as_array().unwrap().iter().any(|line| line["request"] == id)
    };
    assert!(is_told(&other));
    while is_told(&last) {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!(!lines.to_string().contains("ours"), "what is noted here stays here");
}

#[tokio::test]
async fn a_request_is_about_the_identifier_that_it_names_and_says_whose_record_it_asks_for() {
    let world = World::with_terms(&offer(), with_disclosure).await;
    let bureau = &world.requester;
    // Elements are grouped by type, so that who counts lines would ask for the other record.
    let report = world.ask(&[SHIP, VICTIM]).await;
    assert_eq!(outcomes(&report), ["hit", "hit"]);
    let about = |named: &[&'static str]| {
        let check = report.check_id.clone();
        let mut all = vec!["request".to_owned(), check];
        all.extend(named.iter().map(|word| (*word).to_owned()));
        let how = ["--role", "desk officer", "--how", "by hand", "--facts", "held at the border"];
        let what = ["--offence", "trafficking", "--subject", "unknown", "--field", "name"];
        let whom = ["--recipient", "Police", "--as", "officer"];
        all.extend(how.iter().chain(&what).chain(&whom).map(|word| (*word).to_owned()));
        all
    };
    let made = |named: &[&'static str]| {
        let arguments = about(named);
        done(bureau, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let victim = made(&["--identifier", "passport", "l898902c3", "--country", "Utopia"]);
    let ship = made(&["--identifier", "imo", "IMO 9074729"]);
    for (made, kind, written) in [
        (&victim, "travel_document", "L898902C3"),
        (&ship, "imo", "9074729"),
        // What is at the first position is said too, where a person gives no more than that.
        (&made(&["0"]), "travel_document", "L898902C3"),
    ] {
        assert_eq!(made["identifier_type"], kind);
        assert!(made["identifier"].as_str().unwrap().contains(written), "{made:#}");
        assert_eq!(made["owner"], world.owner.code.as_str());
        assert_eq!(made["dataset"], DATASET);
        let id = made["request"].as_str().unwrap();
        let shown = done(bureau, &["show", id, "--as", "officer"]);
        assert_eq!(shown["asked"]["identifier_type"], kind);
    }
    for (named, reason) in [
        (&["--identifier", "imo", "9305219"][..], "did not ask this identifier"),
        (&["--identifier", "travel_document", "L898902C3", "--country", "DEU"], "did not ask"),
        (&["--identifier", "moon_phase", "full"], "no such identifier type"),
    ] {
        let arguments = about(named);
        let said = refused(bureau, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(said.contains(reason), "{said}");
    }
    for named in [&[][..], &["0", "--identifier", "imo", "9074729"]] {
        let arguments = about(named);
        let output = run(bureau, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(2), "{named:?}: {output:?}");
    }
}

/// Asks for the records of nothing in particular, as somebody.
fn ask_as<'a>(check: &'a str, person: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["request", check, "0", "--role", "desk officer", "--how", "by hand"];
    all.extend(["--facts", "held at the border", "--offence", "trafficking"]);
    all.extend(["--subject", "object", "--field", "object_status", "--recipient", "Police"]);
    all.extend(more);
    all.extend(["--as", person]);
    all
}

#[tokio::test]
async fn who_asked_a_check_follows_it_up_and_a_colleague_only_once_an_approver_has_handed_it_over()
{
    let world = World::with_terms(&offer(), with_disclosure).await;
    let bureau = &world.requester;
    for (name, roles) in [
        ("colleague", [Role::Officer]),
        ("approver", [Role::Approver]),
        ("inspector", [Role::Inspector]),
        ("lawyer", [Role::Legal]),
    ] {
        bureau.issue_with(name, &roles).unwrap();
    }
    let check = world.ask(&[SHIP]).await.check_id;
    let report = refused(bureau, &ask_as(&check, "colleague", &[]));
    assert!(report.contains("a colleague's check"), "{report}");
    for person in ["lawyer", "approver", "inspector"] {
        assert!(refused(bureau, &ask_as(&check, person, &[])).contains("role_missing"), "{person}");
    }
    let made = done(bureau, &ask_as(&check, "officer", &[]));
    let id = made["request"].as_str().unwrap();

    let of = |person| done(bureau, &["status", "--all", "--as", person]);
    assert_eq!(of("officer")[0]["request"], id);
    assert_eq!(of("colleague"), serde_json::json!([]));
    // Who supervises sees that there is one and whose, and it is noted that he looked.
    for person in ["approver", "inspector"] {
        assert!(of(person)[0]["by"].as_str().unwrap().ends_with("/officer"));
    }
    assert!(refused(bureau, &["status", "--as", "lawyer"]).contains("role_missing"));
    assert!(refused(bureau, &["status"]).contains("person_missing"));
    for command in [&["show", id][..], &["withdraw", id]] {
        let theirs = [command, &["--as", "colleague"]].concat();
        assert!(refused(bureau, &theirs).contains("a colleague's check"), "{command:?}");
    }
    let shown = ["show", id, "--as"];
    assert!(refused(bureau, &[&shown[..], &["approver"]].concat()).contains("no request"));
    assert!(done(bureau, &[&shown[..], &["inspector"]].concat())["asked"].is_object());

    let hand_over = |to: &'static str, by: &'static str| {
        let check = check.clone();
        move |bureau: &Bureau, ends_well: bool| {
            let why = ["--reason", "on leave", "--as", by];
            let all = [&["hand-over", check.as_str(), "--to", to][..], &why].concat();
            if ends_well { done(bureau, &all).to_string() } else { refused(bureau, &all) }
        }
    };
    assert!(hand_over("colleague", "officer")(bureau, false).contains("role_missing"));
    assert!(hand_over("lawyer", "approver")(bureau, false).contains("cannot take a check over"));
    assert!(
        hand_over("officer", "approver")(bureau, false).contains("follows this check up already")
    );
    assert!(hand_over("colleague", "approver")(bureau, true).contains("/colleague"));
    assert_eq!(of("colleague")[0]["request"], id);
    assert_eq!(done(bureau, &["show", id, "--as", "colleague"])["request"], id);
    // Whoever is not known here by a certificate is not qualified, whatever is said.
    done(bureau, &ask_as(&check, "colleague", &["--confirmed-by", "somebody"]));
    done(bureau, &["withdraw", id, "--as", "colleague"]);

    let store = bureau.store().await.unwrap();
    let events = store.disclosure_events(0, 100).await.unwrap();
    let told = |wanted: &dyn Fn(&DisclosureEvent) -> bool| {
        events.iter().filter_map(|one| one.event.as_ref()).filter(|event| wanted(event)).count()
    };
    assert_eq!(told(&|event| matches!(event, DisclosureEvent::Listed { .. })), 2);
    assert_eq!(told(&|event| matches!(event, DisclosureEvent::HandedOver { .. })), 1);
    assert_eq!(told(&|event| matches!(event, DisclosureEvent::Shown { .. })), 2);
    let log = store.log_entries(0, 10_000).await.unwrap();
    let tried = log.iter().filter(|entry| {
        matches!(&entry.record, Some(LogRecord::ActRefused { reason, by, .. })
            if reason == "not_theirs" && by.id.ends_with("/colleague"))
    });
    assert_eq!(tried.count(), 1, "once a day");
    store.close().await;
}

#[tokio::test]
async fn without_terms_for_it_nobody_asks_for_records() {
    let world = World::new(&offer()).await;
    let report = world.ask(&[SHIP]).await;
    let arguments = [
        "request",
        &report.check_id,
        "0",
        "--field",
        "object_status",
        "--recipient",
        "Border police",
        "--as",
        "officer",
    ];
    assert!(refused(&world.requester, &arguments).contains("disclosure_not_agreed"));
    let store = world.requester.store().await.unwrap();
    let check = hex::decode(&report.check_id).unwrap().try_into().unwrap();
    let claim = store
        .claim(
            &symbolon_policy::CheckId(check),
            &world.owner.code,
            &world.agreement.terms().id,
            0,
            0,
        )
        .await
        .unwrap();
    assert!(claim.is_none(), "what nobody can use is not kept");
    store.close().await;
}
