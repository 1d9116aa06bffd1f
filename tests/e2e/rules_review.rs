//! Rules on records, reviewed: why one was released or kept out, and what a draft would change.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::Value;
use symbolon_cli::scenario::Bureau;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::rules::{Role, RulePack};
use symbolon_tests::{Offer, World, program, with_disclosure};

fn offer() -> Offer {
    Offer {
        list: "record_id,identifier_type,value,country,subject_category,object_status,provenance_violation\n\
               R1,imo,9074729,,object,stolen,\n\
               R2,imo,9305219,,object,stolen,yes\n\
               R3,imo,9241061,,,,\n"
            .to_owned(),
        types: vec![IdentifierType::Imo],
        ..Offer::default()
    }
}

const NOTHING_OF_THE_LIST: &str = r#"
id = "X1-disclosure"
point = "disclosure"
sentence = "Nothing of this list is released."
source = "Design rule"

cedar = '''
forbid (principal, action == Action::"disclosure", resource)
when { context.dataset == "own-list" };
'''

[[examples]]
name = "A record of the list"
given = { dataset = "own-list" }
decision = "forbid"

[[examples]]
name = "A record of another list"
given = {}
decision = "permit"
"#;

fn symbolon(bureau: &Bureau, arguments: &[&str]) -> Output {
    Command::new(program())
        .args(arguments)
        .arg("--data")
        .arg(bureau.folder.root())
        .env_remove("SYMBOLON_PROFILE")
        .output()
        .unwrap()
}

fn text(bureau: &Bureau, arguments: &[&str]) -> String {
    let output = symbolon(bureau, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The same in one line, wherever it was wrapped.
fn words(bureau: &Bureau, arguments: &[&str]) -> String {
    text(bureau, arguments).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn json(bureau: &Bureau, arguments: &[&str]) -> Value {
    serde_json::from_str(&text(bureau, &[arguments, &["--json"]].concat())).unwrap()
}

/// The starter pack, with some of its files in other words, in a new folder.
fn draft(folder: &Path, change: impl Fn(&str, &str) -> Option<String>) {
    fs::create_dir(folder).unwrap();
    for (name, text) in RulePack::starter_files() {
        if let Some(text) = change(name, text) {
            fs::write(folder.join(name), text).unwrap();
        }
    }
}

async fn reaches(bureau: &Bureau, command: &str, state: &str) {
    let began = Instant::now();
    while json(bureau, &["disclosure", command, "--as", "legal"])[0]["state"] != state {
        assert!(began.elapsed() < Duration::from_secs(60), "never {state}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn rules_on_releases_and_on_admission_are_explained_and_decided_again_under_a_draft() {
    let world = World::with_terms(&offer(), with_disclosure).await;
    let (owner, requester) = (&world.owner, &world.requester);
    owner.issue_with("legal", &[Role::Legal]).unwrap();
    owner.issue_with("approver", &[Role::Approver]).unwrap();
    let report = world.ask(&[("imo", "9074729", ""), ("imo", "9305219", "")]).await;
    let outcomes: Vec<_> = report.answers.iter().map(|answer| answer.outcome).collect();
    assert_eq!(outcomes, ["hit", "no_hit"], "what rules keep out is no hit");
    let mut request = vec!["disclosure", "request", &report.check_id, "0", "--as", "officer"];
    request.extend(["--role", "desk officer", "--how", "by hand"]);
    request.extend(["--facts", "in port", "--offence", "theft", "--subject", "object"]);
    request.extend(["--field", "object_status", "--recipient", "Port police"]);
    let id = json(requester, &request)["request"].as_str().unwrap().to_owned();
    reaches(owner, "list", "waiting").await;
    let mut release = vec!["disclosure", "release", &id, "--field", "object_status"];
    release.extend(["--handling", "H1", "--evaluation", "A1", "--retention-days", "30"]);
    text(owner, &[release.as_slice(), &["--as", "legal"]].concat());

    // Why it was released: in sentences with sources, by whom it concerns.
    let explain = ["rules", "explain", &id, "--as", "legal"];
    let shown = words(owner, &explain);
    for part in ["Request", "REQ: released", "own-list", "allowed", "BASE-disclosure", "starter"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("9074729"), "no identifier is a fact of a rule: {shown}");
    let explained = json(owner, &explain);
    let decisions = explained["requests"][0]["decisions"].as_array().unwrap();
    // When the hit was recognised, and when it was released.
    assert_eq!(decisions.len(), 2, "{explained}");
    assert_eq!(decisions[1]["ruling"]["permitted"], true);
    // Why a record enters and another does not.
    let of = |record| ["rules", "explain", "--dataset", "own-list", "--record", record];
    let shown = words(owner, &[of("R2").as_slice(), &["--as", "legal"]].concat());
    for part in ["Record R2", "REFUSED", "R12-admission", "human rights"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let entered = json(owner, &[of("R1").as_slice(), &["--as", "legal"]].concat());
    assert_eq!(entered["sets"][0]["ruling"]["permitted"], true);
    let nobody = symbolon(owner, &of("R1"));
    assert!(String::from_utf8(nobody.stderr).unwrap().contains("--as"));

    // A draft that lets R2 in, and releases nothing of this list.
    let folder = world.scratch().join("draft");
    draft(&folder, |name, text| match name {
        "R12-admission.toml" => None,
        _ => Some(text.to_owned()),
    });
    fs::write(folder.join("X1-disclosure.toml"), NOTHING_OF_THE_LIST).unwrap();
    let replay = ["rules", "replay", "--pack", folder.to_str().unwrap(), "--as", "legal"];
    let replayed = json(owner, &replay);
    assert_eq!(replayed["disclosures"]["decided"], 2, "{replayed}");
    let changed = replayed["disclosures"]["changed"].as_array().unwrap();
    assert_eq!(changed.len(), 2, "{replayed}");
    assert_eq!(changed[1]["key"]["request"], id.as_str());
    assert_eq!(
        (&changed[1]["before"]["permitted"], &changed[1]["after"]["permitted"]),
        (&true.into(), &false.into())
    );
    let changed = replayed["admission"]["changed"].as_array().unwrap();
    assert_eq!(changed.len(), 1, "{replayed}");
    assert_eq!(changed[0]["records"], serde_json::json!(["R2"]));
    assert_eq!(changed[0]["after"]["permitted"], true);
    let shown = words(owner, &replay);
    for part in ["was allowed, would be REFUSED", "R2: are kept out, would ENTER", "own-list"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // Tables that come with a draft count for both.
    let tables = "[datasets.own-list]\nnever_leaves = true\n";
    let folder = world.scratch().join("with-tables");
    draft(&folder, |_, text| Some(text.to_owned()));
    fs::write(folder.join("tables.toml"), tables).unwrap();
    let replay = ["rules", "replay", "--pack", folder.to_str().unwrap(), "--as", "legal"];
    let replayed = json(owner, &replay);
    assert!(!replayed["disclosures"]["changed"].as_array().unwrap().is_empty(), "{replayed}");
    let changed = replayed["admission"]["changed"].as_array().unwrap();
    assert!(
        changed.iter().any(|one| one["records"].is_null()),
        "those without details: {replayed}"
    );
    // What no rule and no table changes does not change.
    let same = json(owner, &["rules", "replay", "--pack", "current", "--as", "legal"]);
    assert_eq!(same["disclosures"]["changed"].as_array().unwrap().len(), 0);
    assert_eq!(same["admission"]["changed"].as_array().unwrap().len(), 0);
    // It needs a person with a role for it.
    let nobody = symbolon(owner, &["rules", "replay", "--pack", "starter"]);
    assert!(String::from_utf8(nobody.stderr).unwrap().contains("--as"));
}
