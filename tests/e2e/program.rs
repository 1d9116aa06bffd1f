//! The program at a bureau, from founding to an answer, by its commands alone.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use symbolon_tests::program;
use tempfile::TempDir;

/// Founding a bureau makes this person.
const ADMINISTRATOR: [&str; 2] = ["--as", "administrator"];

fn symbolon(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).current_dir(folder).output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json"]].concat();
    let output = symbolon(folder, &arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn found(folder: &Path, data: &str, code: &str) {
    let partner = free_port();
    done(
        folder,
        &[
            "node",
            "init",
            "--data",
            data,
            "--code",
            code,
            "--name",
            data,
            "--partner-listen",
            &partner,
            "--partner-endpoint",
            &format!("https://{partner}"),
            "--bureau-listen",
            &free_port(),
            "--metrics-listen",
            &free_port(),
            "--desk-name",
            "Desk",
            "--desk-phone",
            "+000",
            "--desk-email",
            "desk@example.org",
        ],
    );
    let card = done(folder, &["node", "card", "--data", data]);
    fs::write(folder.join(format!("{data}.json")), card.to_string()).unwrap();
}

fn run(folder: &Path, data: &str) -> Child {
    Command::new(program())
        .args(["node", "run", "--data", data])
        .current_dir(folder)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn two_bureaus_agree_load_run_and_answer_by_commands_alone() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    found(here, "alpha", "ALP");
    found(here, "beta", "BET");

    fs::write(
        here.join("list.csv"),
        "record_id,identifier_type,value,country\nB1,vin,1M8GDM9AXKP042788,\nB2,plate,B-AB 1234,DEU\n",
    )
    .unwrap();
    let create = ["dataset", "create", "--data", "beta", "vehicles", "--title", "Stolen vehicles"];
    done(here, &[&create[..], &ADMINISTRATOR].concat());
    let import = ["dataset", "import", "--data", "beta", "vehicles", "list.csv"];
    let import = [&import[..], &ADMINISTRATOR].concat();
    let loaded = done(here, &import);
    assert_eq!(loaded["added"], 2);
    let again = done(here, &import);
    assert_eq!((&again["added"], &again["unchanged"]), (&0.into(), &2.into()));

    done(
        here,
        &[
            "agreement",
            "draft",
            "--id",
            "alp-bet",
            "--title",
            "Vehicles",
            "--party",
            "alpha.json",
            "--party",
            "beta.json",
            "--offer",
            "BET:vehicles:Stolen vehicles:vin,plate:100",
            "--output",
            "agreement.json",
        ],
    );
    let shown = done(here, &["agreement", "show", "agreement.json"]);
    assert!(shown["problem"].as_str().unwrap().contains("has not signed yet"));
    let install = ["agreement", "install", "--data", "alpha", "agreement.json"];
    assert_eq!(symbolon(here, &[&install[..], &ADMINISTRATOR].concat()).status.code(), Some(1));
    for data in ["alpha", "beta"] {
        for (name, role) in [("lawyer", "legal"), ("second", "approver")] {
            let person = ["keys", "issue", "--data", data, name, "--role", role];
            done(here, &[&person[..], &ADMINISTRATOR].concat());
        }
    }
    for (data, other) in [("alpha", "beta"), ("beta", "alpha")] {
        let heard = done(here, &["node", "card", "--data", other, "--fingerprint"]);
        let heard = heard["fingerprint"].as_str().unwrap();
        let card = format!("{other}.json");
        let add = ["contact", "add", "--data", data, "--as", "lawyer", &card, "--fingerprint"];
        let misheard = format!("{}{}", if heard.starts_with('0') { '1' } else { '0' }, &heard[1..]);
        let refused = symbolon(here, &[&add[..], &[&misheard]].concat());
        assert_eq!(refused.status.code(), Some(1));
        done(here, &[&add[..], &[heard]].concat());
        assert_eq!(done(here, &["contact", "list", "--data", data]).as_array().unwrap().len(), 1);
    }
    let issue = ["keys", "issue", "--data", "alpha", "border-post-7", "--role", "officer"];
    let issued = done(here, &[&issue[..], &ADMINISTRATOR].concat());
    let profile = issued["profile"].as_str().unwrap().to_owned();
    let mut nodes = [run(here, "alpha"), run(here, "beta")];
    propose(here, "alpha", "agreement.json");
    // One person is not two, and a lawyer does not do an approver's work.
    for person in ["lawyer", "administrator"] {
        let alone = ["agreement", "approve", "--data", "alpha", "--as", person, "alp-bet"];
        assert_eq!(symbolon(here, &alone).status.code(), Some(1));
    }
    assert_eq!(approve(here, "alpha")["state"], "proposed");
    wait_for_state(here, "beta", "proposed");
    let shown = done(here, &["agreement", "show", "--data", "beta", "alp-bet"]);
    assert_eq!(shown["parties"][0]["signed"], true);
    propose(here, "beta", "alp-bet");
    assert_eq!(approve(here, "beta")["state"], "active");
    wait_for_state(here, "alpha", "active");

    let began = Instant::now();
    let report = loop {
        let question =
            ["check", "vin", "1m8gdm9a xkp042788", "--case", "7", "--profile", &profile, "--json"];
        let output = symbolon(here, &question);
        if output.status.success() {
            break serde_json::from_slice::<Value>(&output.stdout).unwrap();
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        std::thread::sleep(Duration::from_millis(300));
    };
    assert_eq!(report["answers"][0]["outcome"], "hit");
    assert_eq!(report["answers"][0]["dataset_title"], "Stolen vehicles");

    fs::write(
        here.join("ask.csv"),
        "identifier_type,value,country\nplate,b ab1234,Germany\nvin,1M8GDM9AXKP042789,\nimo,9074729,\n",
    )
    .unwrap();
    let ask = ["check", "--csv", "ask.csv", "--case", "7", "--profile", &profile, "--json"];
    let report = loop {
        let output = symbolon(here, &ask);
        // One row has a wrong check digit, one is of a type that is not offered.
        assert_eq!(output.status.code(), Some(3));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        // The list of the other type may come a moment later.
        if report["answers"][0]["outcome"] != "no_answer"
            || began.elapsed() > Duration::from_secs(90)
        {
            break report;
        }
        std::thread::sleep(Duration::from_millis(300));
    };
    assert_eq!(report["rejected"][0]["ref"], 3);
    let outcomes: Vec<_> =
        report["answers"].as_array().unwrap().iter().map(|a| &a["outcome"]).collect();
    assert_eq!(outcomes, ["hit", "not_permitted"]);

    let reason = ["--reason", "it has served its time"];
    let revoke = ["agreement", "revoke", "--data", "beta", "--as", "lawyer", "alp-bet"];
    done(here, &[&revoke[..], &reason].concat());
    // Who thinks that he signs ends nothing.
    let unnamed = ["agreement", "approve", "--data", "beta", "--as", "second", "alp-bet", "--json"];
    let refused = symbolon(here, &unnamed);
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("\"revocation_not_named\""), "{refused}");
    assert!(refused.contains("--as APPROVER --act revoke alp-bet`"), "{refused}");
    assert_eq!(done(here, &["agreement", "list", "--data", "beta"])[0]["state"], "active");
    let named = [&unnamed[..7], &["--act", "revoke"]].concat();
    assert_eq!(done(here, &named)["state"], "revoked");
    wait_for_state(here, "alpha", "revoked");
    let history = done(here, &["agreement", "history", "--data", "alpha", "alp-bet"]);
    let last = history.as_array().unwrap().last().unwrap();
    assert_eq!((&last["party"], &last["reason"]), (&"BET".into(), &reason[1].into()));
    let own = done(here, &["agreement", "history", "--data", "beta", "alp-bet"]);
    let last = own.as_array().unwrap().last().unwrap();
    assert!(last["proposed_by"].as_str().unwrap().ends_with("/lawyer"), "{last}");
    assert!(last["person"].as_str().unwrap().ends_with("/second"), "{last}");
    let began = Instant::now();
    loop {
        let output = symbolon(
            here,
            &["check", "vin", "1M8GDM9AXKP042788", "--case", "7", "--profile", &profile, "--json"],
        );
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        if report["summary"]["hit"] == 0 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{report:#}");
        std::thread::sleep(Duration::from_millis(300));
    }
    for node in &mut nodes {
        Command::new("kill").args(["-TERM", &node.id().to_string()]).status().unwrap();
        assert!(node.wait().unwrap().success());
    }
}

#[test]
fn the_command_that_a_proposal_prints_finds_its_text_though_another_bears_the_same_id() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    for (data, code) in [("alpha", "ALP"), ("beta", "BET")] {
        found(here, data, code);
    }
    for (name, role) in [("lawyer", "legal"), ("second", "approver")] {
        let person = ["keys", "issue", "--data", "alpha", name, "--role", role];
        done(here, &[&person[..], &ADMINISTRATOR].concat());
    }
    let heard = done(here, &["node", "card", "--data", "beta", "--fingerprint"]);
    let add = ["contact", "add", "--data", "alpha", "--as", "lawyer", "beta.json", "--fingerprint"];
    done(here, &[&add[..], &[heard["fingerprint"].as_str().unwrap()]].concat());
    for title in ["First", "Second"] {
        let file = format!("{title}.json");
        let draft = ["agreement", "draft", "--id", "alp-bet", "--title", title, "--output", &file];
        let parties = ["--party", "alpha.json", "--party", "beta.json"];
        let offer = ["--offer", "BET:vehicles:Stolen vehicles:vin:100"];
        done(here, &[&draft[..], &parties, &offer].concat());
        let propose = ["agreement", "propose", "--data", "alpha", "--as", "lawyer", &file];
        let output = symbolon(here, &propose);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, next) = printed.split_once("role approver: symbolon ").unwrap();
        let next = next.trim().replace("APPROVER", "second");
        let approved = done(here, &next.split(' ').collect::<Vec<_>>());
        let hash = done(here, &["agreement", "show", &file])["hash"].clone();
        assert_eq!((&approved["hash"], &approved["state"]), (&hash, &"proposed".into()), "{next}");
    }
    let list = symbolon(here, &["agreement", "list", "--data", "alpha"]);
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert_eq!(list.matches("in commands, as other texts bear the same id").count(), 2, "{list}");
}

fn propose(here: &Path, data: &str, agreement: &str) {
    let propose = ["agreement", "propose", "--data", data, "--as", "lawyer", agreement];
    assert_eq!(done(here, &propose)["act"], "sign_agreement");
}

fn approve(here: &Path, data: &str) -> Value {
    done(here, &["agreement", "approve", "--data", data, "--as", "second", "alp-bet"])
}

fn wait_for_state(here: &Path, data: &str, state: &str) {
    let began = Instant::now();
    loop {
        let list = done(here, &["agreement", "list", "--data", data]);
        if list[0]["state"] == state {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{list:#}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn every_command_explains_itself_and_completions_are_printed() {
    let folder = TempDir::new().unwrap();
    for command in [
        vec!["--help"],
        vec!["demo", "--help"],
        vec!["check", "--help"],
        vec!["coverage", "--help"],
        vec!["rules", "--help"],
        vec!["rules", "replay", "--help"],
        vec!["node", "init", "--help"],
        vec!["node", "run", "--help"],
        vec!["dataset", "import", "--help"],
        vec!["agreement", "draft", "--help"],
        vec!["agreement", "propose", "--help"],
        vec!["contact", "add", "--help"],
        vec!["keys", "issue", "--help"],
        vec!["keys", "revoke", "--help"],
        vec!["approve", "--help"],
    ] {
        let output = symbolon(folder.path(), &command);
        assert!(output.status.success() && output.stdout.len() > 200, "{command:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = symbolon(folder.path(), &["completions", shell]);
        assert!(String::from_utf8_lossy(&output.stdout).contains("symbolon"), "{shell}");
    }
}

#[test]
fn an_error_is_json_where_json_was_asked_for() {
    let folder = TempDir::new().unwrap();
    let output = symbolon(folder.path(), &["--json", "node", "card", "--data", "nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["reason"], "folder");
    assert!(error["error"]["sentence"].as_str().unwrap().contains("symbolon node init"));
}
