//! A request for a record on which nobody decides in time reaches people, by a command of the bureau's own.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use serde_json::Value;
use symbolon_cli::scenario::Bureau;
use symbolon_identifiers::IdentifierType;
use symbolon_store::{DisclosureSide, EscalationConfig, NodeConfig};
use symbolon_tests::{Offer, World, program, until, with_disclosure};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const SHIP: (&str, &str, &str) = ("imo", "9074729", "");

fn disclosure(bureau: &Bureau, json: bool, arguments: &[&str]) -> String {
    let output = Command::new(program())
        .args(json.then_some("--json"))
        .arg("disclosure")
        .args(arguments)
        .arg("--data")
        .arg(bureau.folder.root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A program that fails the first time, and then writes down what it is told, in what environment.
fn pager(folder: &Path) -> String {
    let script = folder.join("page-the-desk");
    let text = format!(
        "#!/bin/sh\ncd {}\nif [ ! -e tried ]; then touch tried; exit 1; fi\n\
         cat > told.tmp\necho \"$1\" >> told.tmp\nenv >> told.tmp\nmv told.tmp told\n",
        folder.display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    script.to_str().unwrap().to_owned()
}

/// Lets the clock of the only request have begun ten days ago.
async fn long_ago(owner: &Bureau) {
    let store = owner.store().await.unwrap();
    let mut stored = store.disclosures(DisclosureSide::Owner, true).await.unwrap().remove(0);
    let mut file: Value = serde_json::from_slice(stored.file.as_ref().unwrap()).unwrap();
    let began = OffsetDateTime::now_utc() - time::Duration::days(10);
    file["course"]["started_at"] = began.format(&Rfc3339).unwrap().into();
    stored.file = Some(zeroize::Zeroizing::new(file.to_string().into_bytes()));
    let now = OffsetDateTime::now_utc();
    assert!(store.change_disclosure(&stored, &[], now).await.unwrap());
    store.close().await;
}

#[tokio::test]
async fn an_overdue_request_reaches_people_by_their_own_command_which_learns_nothing_of_the_case() {
    let offer = Offer {
        list: "record_id,identifier_type,value,country,subject_category,object_status\n\
               R2,imo,9074729,,object,stolen\n"
            .to_owned(),
        types: vec![IdentifierType::Imo],
        ..Offer::default()
    };
    let mut world = World::with_terms(&offer, with_disclosure).await;
    let report = world.ask(&[SHIP]).await;
    let mut request = vec!["request", &report.check_id, "0"];
    request.extend(["--role", "desk officer", "--how", "by hand", "--facts", "held in port"]);
    request.extend(["--offence", "theft", "--subject", "object", "--field", "object_status"]);
    request.extend(["--recipient", "Port police", "--as", "officer"]);
    let made: Value = serde_json::from_str(&disclosure(&world.requester, true, &request)).unwrap();
    let id = made["request"].as_str().unwrap().to_owned();
    world.owner.issue_with("legal", &[symbolon_policy::rules::Role::Legal]).unwrap();
    let list = ["list", "--as", "legal"];
    until("waiting", async || {
        let lines: Value = serde_json::from_str(&disclosure(&world.owner, true, &list)).unwrap();
        (lines[0]["state"] == "waiting" && lines[0]["overdue"] == false).then_some(())
    })
    .await;

    world.owner_node.take().unwrap().stop().await.unwrap();
    long_ago(&world.owner).await;
    let mut config = NodeConfig::read(&world.owner.folder).unwrap();
    let command = vec![pager(world.scratch()), "--queue lio; echo".to_owned()];
    config.escalation = Some(EscalationConfig { command, timeout_seconds: 10 });
    config.write(&world.owner.folder).unwrap();
    world.start_owner();
    let file = world.scratch().join("told");
    let told = until("the command is told", async || fs::read_to_string(&file).ok()).await;
    let message: Value = serde_json::from_str(told.split_inclusive('}').next().unwrap()).unwrap();
    assert_eq!(
        (&message["event"], &message["gone"], &message["request"]),
        (&"disclosure_alarm".into(), &"overdue".into(), &id.as_str().into())
    );
    assert_eq!((&message["requester"], &message["urgency"]), (&"REQ".into(), &"routine".into()));
    assert!(message["due_at"].is_string());
    // Its arguments went through no shell, nothing of the node's environment to it, and nothing of the case.
    assert!(told.contains("--queue lio; echo"), "{told}");
    for word in ["9074729", "held in port", "officer 17", "stolen", "CARGO", "HOME"] {
        assert!(!told.contains(word), "{word}: {told}");
    }
    // It failed once, and that was said.
    assert!(world.log("owner").contains("[escalation] in node.toml failed"));

    // Where people look it comes first, marked.
    let shown = disclosure(&world.owner, false, &list);
    assert!(shown.starts_with("1 OVERDUE"), "{shown}");
    assert!(shown.contains(&format!("! {id}")), "{shown}");
    let lines: Value = serde_json::from_str(&disclosure(&world.owner, true, &list)).unwrap();
    assert_eq!(lines[0]["overdue"], true);
    // Who makes the month's report is told, and the report itself says nothing of it.
    let output = Command::new(program())
        .args(["report", "--from", "2026-01-01", "--to", "2099-01-01", "--as", "legal", "--data"])
        .arg(world.owner.folder.root())
        .output()
        .unwrap();
    let (report, aside) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(aside.contains("1 requests of partners for records are OVERDUE"), "{aside}");
    assert!(!report.contains("OVERDUE"), "{report}");
}
