//! A check is opened to an inspector, whole or one element of it, and proven against both logs.

use std::fs;

use serde_json::{Value, json};
use symbolon_tests::World;

use crate::common::{
    LISTED, UNLISTED, as_administrator, as_inspector, export, settle, ships, symbolon, text,
};

struct Opened {
    world: World,
    check: String,
    agreement: std::path::PathBuf,
}

async fn opened() -> Opened {
    let world = World::new(&ships()).await;
    let report = world.ask(&[("imo", LISTED, ""), ("imo", UNLISTED, "")]).await;
    settle(&world).await;
    let agreement = world.scratch().join("agreement.json");
    let store = world.requester.store().await.unwrap();
    let document = store.agreement_document(&world.agreement.terms().id).await.unwrap().unwrap();
    store.close().await;
    fs::write(&agreement, document).unwrap();
    Opened { check: report.check_id.clone(), world, agreement }
}

#[tokio::test]
async fn an_inspector_sees_who_asked_what_and_that_exactly_this_was_asked() {
    let Opened { world, check, .. } = opened().await;
    let own = export(&world.owner, world.scratch().join("own-export"));
    let (report, code) =
        as_inspector(&world.requester, &["open"], &[&check, "--against", text(&own)]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["holds"], true);
    assert_eq!(report["officer"], "officer-7");
    assert_eq!(report["case_reference"], "case-11");
    assert_eq!(report["justification"], "the grounds of the test");
    assert_eq!(report["element_count"], 2);
    let mut values: Vec<_> =
        report["elements"].as_array().unwrap().iter().map(|one| one["value"].to_string()).collect();
    values.sort();
    assert!(values[0].contains(LISTED) && values[1].contains(UNLISTED), "{values:?}");
    let party = &report["parties"][0];
    assert_eq!((&party["facts_hold"], &party["elements_hold"]), (&json!(true), &json!(true)));
    assert_eq!(party["receipt"]["holds"], true);
    assert_eq!(party["receipt"]["owner_entry"], "holds");
    // That it was opened is in the log.
    let (lines, _) = as_inspector(&world.requester, &["log"], &["--event", "check_opened"]);
    assert_eq!(lines.as_array().unwrap().len(), 1);
    assert_eq!(lines[0]["record"]["check"], check.as_str());
    assert_eq!(lines[0]["record"]["by"]["roles"], json!(["inspector"]));
    // Nobody but an inspector opens one.
    let (_, code) = as_administrator(&world.requester, &["open"], &[&check]);
    assert_eq!(code, 1);
    // A check that was never asked is not made up.
    let (_, code) = as_inspector(&world.requester, &["open"], &[&"ab".repeat(16)]);
    assert_eq!(code, 1);
}

#[tokio::test]
async fn one_element_is_shown_without_the_other_and_verified_by_somebody_with_files_only() {
    let Opened { world, check, agreement } = opened().await;
    let file = world.scratch().join("element.json");
    let (report, code) = as_inspector(
        &world.requester,
        &["open"],
        &[&check, "--position", "1", "--evidence", text(&file)],
    );
    assert_eq!(code, 0, "{report}");
    let shown = report["elements"].as_array().unwrap();
    assert_eq!(shown.len(), 1);
    let value = shown[0]["value"].as_str().unwrap();
    let hidden = if value.contains(LISTED) { UNLISTED } else { LISTED };
    let evidence = fs::read_to_string(&file).unwrap();
    assert!(!report.to_string().contains(hidden) && !evidence.contains(hidden));
    assert!(!evidence.contains(&hex::encode(hidden)));

    let own = export(&world.owner, world.scratch().join("own-export"));
    let verify = |file: &std::path::Path| {
        symbolon(&[
            "audit",
            "element",
            text(file),
            "--agreement",
            text(&agreement),
            "--against",
            text(&own),
        ])
    };
    let (proven, code) = verify(&file);
    assert_eq!(code, 0, "{proven}");
    assert_eq!(proven["value"], shown[0]["value"]);
    assert_eq!((&proven["requester"], &proven["owner"]), (&json!("REQ"), &json!("OWN")));
    assert_eq!(proven["owner_entry"], "holds");

    // Whatever is changed in the file, it proves nothing any more.
    let whole: Value = serde_json::from_str(&evidence).unwrap();
    let flipped = |text: &str| {
        let last = if text.ends_with('0') { "1" } else { "0" };
        format!("{}{last}", &text[..text.len() - 1])
    };
    let changes: [(&str, Box<dyn Fn(&mut Value)>); 8] = [
        ("identifier", Box::new(|all| all["canonical"] = json!(hex::encode(hidden)))),
        ("blind", Box::new(|all| all["blind"] = json!(flipped(all["blind"].as_str().unwrap())))),
        ("officer", Box::new(|all| all["facts"]["officer"] = json!("somebody else"))),
        ("case", Box::new(|all| all["facts"]["case_reference"] = json!("another"))),
        (
            "index",
            Box::new(|all| {
                let index = all["element"]["index"].as_u64().unwrap();
                all["element"]["index"] = json!(1 - index);
            }),
        ),
        (
            "header",
            Box::new(|all| {
                let text = flipped(all["header"]["document"].as_str().unwrap());
                all["header"]["document"] = json!(text);
            }),
        ),
        (
            "receipt",
            Box::new(|all| {
                let text = flipped(all["receipt"]["signature"].as_str().unwrap());
                all["receipt"]["signature"] = json!(text);
            }),
        ),
        ("format", Box::new(|all| all["format"] = json!("symbolon-element-evidence-v2"))),
    ];
    for (what, change) in changes {
        let mut all = whole.clone();
        change(&mut all);
        let path = world.scratch().join(format!("{what}.json"));
        fs::write(&path, all.to_string()).unwrap();
        let (_, code) = verify(&path);
        assert_eq!(code, 1, "{what}");
    }
}
