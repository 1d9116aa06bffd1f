//! Somebody with a valid certificate looks for a neighbour: the own watch finds it, the inspector opens the
//! check, and what proves it holds without the word of either.

use std::{fs, process::Command};

use serde_json::Value;
use symbolon_cli::scenario::Bureau;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::rules::Role;
use symbolon_tests::{Offer, World, program};

use crate::common::{as_administrator, as_inspector, export, settle, symbolon, text, verify};

/// Numbers one after the other: whoever does not know the number of a passport tries them.
const TRIED: [&str; 6] = ["M8989510", "M8989511", "M8989512", "M8989513", "M8989514", "M8989515"];

/// What a `watch` command of the inspector prints.
fn watch(bureau: &Bureau, arguments: &[&str]) -> Value {
    let output = Command::new(program())
        .args(["--json", "watch"])
        .args(arguments)
        .arg("--data")
        .arg(bureau.folder.root())
        .env("SYMBOLON_AS", "inspector")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn who_looks_for_a_neighbour_is_found_opened_and_proven_and_cannot_say_it_was_another() {
    let offer = Offer {
        list: "record_id,identifier_type,value,country\nR1,travel_document,M8989512,UTO\n"
            .to_owned(),
        types: vec![IdentifierType::TravelDocument],
        daily_quota: 1_000,
    };
    let world = World::new(&offer).await;
    let asked = TRIED.map(|number| ("travel_document", number, "UTO"));
    let report = world.ask(&asked).await;
    settle(&world).await;

    // The watch looks before anything is sent, and needs no hit for it.
    let requester = &world.requester;
    requester.issue_with("inspector", &[Role::Inspector]).unwrap();
    let listed = watch(requester, &["list", "--own"]);
    assert_eq!(listed[0]["kind"], "own_neighbours", "{listed}");
    let number = listed[0]["finding"].as_u64().unwrap().to_string();
    let shown = watch(requester, &["show", &number]);
    assert!(shown.to_string().contains(&report.check_id), "{shown}");
    assert!(shown.to_string().contains("officer-7"), "{shown}");

    // Who, in which case, on what grounds, and that exactly this was asked: held against both logs.
    let own = export(&world.owner, world.scratch().join("own-export"));
    let (opened, code) =
        as_inspector(requester, &["open"], &[&report.check_id, "--against", text(&own)]);
    assert_eq!((code, &opened["holds"]), (0, &true.into()), "{opened}");
    assert_eq!(opened["officer"], "officer-7");
    assert!(opened["agency"].as_str().unwrap().ends_with("/people/officer"), "{opened}");
    for number in TRIED {
        assert!(opened["elements"].to_string().contains(number), "{number}");
    }
    assert_eq!(opened["parties"][0]["receipt"]["owner_entry"], "holds");

    // One of them is shown to others, who need no node: with another name in it, it proves nothing.
    let file = world.scratch().join("element.json");
    let position = ["--position", "2", "--evidence", text(&file)];
    let (_, code) = as_inspector(
        requester,
        &["open"],
        &[[report.check_id.as_str()].as_slice(), &position].concat(),
    );
    assert_eq!(code, 0);
    let agreement = world.scratch().join("agreement.json");
    let store = requester.store().await.unwrap();
    let document = store.agreement_document(&world.agreement.terms().id).await.unwrap().unwrap();
    store.close().await;
    fs::write(&agreement, document).unwrap();
    let element = ["audit", "element", text(&file), "--agreement", text(&agreement)];
    let (proven, code) = symbolon(&element);
    assert_eq!((code, &proven["officer"]), (0, &"officer-7".into()), "{proven}");
    let evidence = fs::read_to_string(&file).unwrap();
    fs::write(&file, evidence.replace("officer-7", "officer-8")).unwrap();
    assert_eq!(symbolon(&element).1, 1);
    // That it was looked at stays in the log, and the officer's own administrator does not open it.
    assert_eq!(as_administrator(requester, &["open"], &[&report.check_id]).1, 1);
    let req = export(requester, world.scratch().join("req-export"));
    assert_eq!(verify(&[&own, &req]).1, 0);
    let records = fs::read_to_string(req.join("records.jsonl")).unwrap();
    assert!(records.contains("finding_made") && records.contains("finding_shown"), "{records}");
}
