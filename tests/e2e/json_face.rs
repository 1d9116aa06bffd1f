//! The JSON face is the bureau face in another spelling: the same answers, the same refusals, the same log;
//! and what a stranger or a broken program sends is refused with a reason, and harms nobody.

mod answers;
mod client;
mod refusals;
mod tokens;

use std::process::{Command, Output};

use serde_json::{Value, json};
use symbolon_cli::scenario::{ADMINISTRATOR, Bureau};
use symbolon_policy::AgreementTerms;
use symbolon_store::LogRecord;
use symbolon_tests::{Offer, World, program};

use self::client::Client;

/// Two bureaus of which the asking one has a JSON face, and where that is.
async fn world(change: impl FnOnce(&mut AgreementTerms)) -> (World, String) {
    let mut world = World::founded(&Offer::default(), change).await;
    let address = world.requester.open_json_face().unwrap();
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    (world, address.strip_prefix("https://").unwrap().to_owned())
}

fn token_command(bureau: &Bureau, arguments: &[&str]) -> Output {
    let (command, rest) = arguments.split_first().unwrap();
    Command::new(program())
        .args(["--json", "token", command, "--data"])
        .arg(bureau.folder.root())
        .args(rest)
        .output()
        .unwrap()
}

/// Issues a token as the administrator does; its id and the token.
fn issue(bureau: &Bureau, person: &str, role: &str) -> (String, String) {
    let issued = token_command(
        bureau,
        &[
            "issue",
            "--as",
            ADMINISTRATOR,
            "--agency",
            "customs",
            "--person",
            person,
            "--role",
            role,
        ],
    );
    assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
    let issued: Value = serde_json::from_slice(&issued.stdout).unwrap();
    (issued["id"].as_str().unwrap().to_owned(), issued["token"].as_str().unwrap().to_owned())
}

fn start() -> Value {
    json!({
        "purpose": "border_check",
        "officer": "officer-7",
        "caseReference": "case-11",
        "timeout": "20s",
    })
}

/// A question about so many ships, of which each is known.
fn ships(number: usize) -> Value {
    let items: Vec<_> = (1..=number)
        .map(|number| json!({"ref": number, "identifierType": "imo", "value": "9074729"}))
        .collect();
    json!({"start": start(), "items": items})
}

/// That a question gets its answer.
async fn answers(client: &Client) {
    let answer = client.post("/v1/check", &ships(1)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["answers"][0]["answers"][0]["outcome"], "OUTCOME_HIT");
}

async fn records(bureau: &Bureau) -> Vec<LogRecord> {
    let store = bureau.store().await.unwrap();
    let entries = store.log_entries(0, 10_000).await.unwrap();
    store.close().await;
    entries.into_iter().filter_map(|entry| entry.record).collect()
}
