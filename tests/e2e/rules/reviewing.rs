//! Rules are explained in words, and a draft is looked at before anyone adopts it.

use std::fs;

use symbolon_cli::scenario::Bureau;
use symbolon_policy::rules::{Role, RuleSet};
use symbolon_tests::World;

use super::{LISTED, investigation, json, path, ships, starter_files, symbolon, text, write};

#[tokio::test]
async fn a_decision_is_explained_on_both_sides_in_words() {
    let world = World::new(&ships()).await;
    let refused = world.try_ask(&investigation(), &[LISTED]).await.unwrap();
    let answered = world.ask(&[LISTED]).await;
    for bureau in [&world.requester, &world.owner] {
        bureau.issue_with("inspector", &[Role::Inspector]).unwrap();
    }
    let explained = |bureau: &Bureau, check: &str| {
        let data = path(bureau.folder.root());
        text(&symbolon(&["rules", "explain", "--data", data, "--as", "inspector", check]))
    };
    let shown = explained(&world.requester, &refused.check_id);
    for words in ["asked at", "OWN", "req-own", "REFUSED", "R07-egress", "Article 6", "starter"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    let data = path(world.requester.folder.root());
    let shown =
        json(&["rules", "explain", "--data", data, "--as", "inspector", &answered.check_id]);
    assert_eq!(shown["entries"][0]["decisions"][0]["ruling"]["deciding"][0]["id"], "BASE-egress");
    let shown = explained(&world.owner, &answered.check_id);
    for words in ["answered to a partner (REQ)", "allowed", "BASE-ingress"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let data = path(world.owner.folder.root());
    // Who asked what in which case is not for everybody at the machine.
    let nobody = symbolon(&["rules", "explain", "--data", data, &answered.check_id]);
    assert!(String::from_utf8(nobody.stderr).unwrap().contains("--as"));
    let unknown =
        symbolon(&["rules", "explain", "--data", data, "--as", "inspector", &refused.check_id]);
    assert_eq!(unknown.status.code(), Some(1));
}

#[tokio::test]
async fn a_draft_shows_what_it_would_change_before_anyone_adopts_it() {
    let world = World::new(&ships()).await;
    let allowed = world.ask(&[LISTED]).await;
    let refused = world.try_ask(&investigation(), &[LISTED]).await.unwrap();
    world.requester.issue_with("inspector", &[Role::Inspector]).unwrap();
    world.requester.issue_with("lawyer", &[Role::Legal]).unwrap();
    let data = path(world.requester.folder.root());
    for act in [&["replay", "--pack", "starter"][..], &["diff", "current", "starter"], &["show"]] {
        let output = symbolon(&[&["rules", act[0], "--data", data], &act[1..]].concat());
        assert!(String::from_utf8_lossy(&output.stderr).contains("--as"), "{act:?}");
        if act[0] != "show" {
            let output = symbolon(
                &[&["rules", act[0], "--data", data, "--as", "officer"], &act[1..]].concat(),
            );
            assert_eq!(output.status.code(), Some(1), "{act:?}");
        }
    }
    // The draft lets an investigation go without offence and category, and no border check at all.
    let mut files = starter_files();
    files.retain(|(name, _)| !["R02-egress.toml", "R07-egress.toml"].contains(&name.as_str()));
    let tables = "[partners.OWN]\nadequacy = \"none\"\n";
    let draft = write(world.scratch().join("draft"), &files);
    let replay = ["rules", "replay", "--data", data, "--as", "inspector", "--pack", path(&draft)];
    let replayed = json(&replay);
    assert_eq!(replayed["decided"], 2);
    let changed = replayed["changed"].as_array().unwrap();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0]["key"]["check"], refused.check_id.as_str());
    assert_eq!(changed[0]["after"]["permitted"], true);
    let future = ["--from", "2099-01-01"];
    assert_eq!(json(&[&replay[..], &future].concat())["decided"], 0);
    let shown = text(&symbolon(&replay));
    assert!(shown.contains("was refused, would be ALLOWED"), "{shown}");

    // Tables that come with a draft count.
    fs::write(draft.join("tables.toml"), tables).unwrap();
    let replayed = json(&replay);
    let changed = replayed["changed"].as_array().unwrap();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0]["key"]["check"], allowed.check_id.as_str());
    assert_eq!(changed[0]["after"]["deciding"][0]["id"], "R24-egress");

    let diff = json(&["rules", "diff", "--as", "lawyer", "--data", data, "current", path(&draft)]);
    let removed: Vec<_> = diff["differences"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["change"] == "removed")
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(removed, ["R02-egress", "R07-egress"]);
    assert_eq!(diff["tables"][0]["row"], "partner OWN");
    let words = &diff["sentences"]["R02-egress"];
    assert!(words["before"].is_string() && words["after"].is_null(), "{words}");
    let shown = text(&symbolon(&["rules", "diff", "starter", path(&draft)]));
    assert!(shown.contains("would be ALLOWED"), "{shown}");
    let same = text(&symbolon(&["rules", "diff", "starter", "starter"]));
    assert!(same.contains("No difference"), "{same}");
}

#[test]
fn a_folder_of_rules_is_checked_and_the_first_fault_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let draft = folder.path().join("draft");
    json(&["rules", "starter", path(&draft)]);
    let checked = json(&["rules", "check", path(&draft)]);
    let starter = RuleSet::starter().unwrap();
    assert_eq!(checked["hash"], starter.hash.to_string());
    assert_eq!(checked["rules"], starter.pack.rules().len());
    assert_eq!(checked["tables"], true);
    let fault = || {
        let output = symbolon(&["rules", "check", path(&draft)]);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    fs::write(draft.join("tables.toml"), "[partners.OWN]\nadequacy = \"perfect\"\n").unwrap();
    let error = fault();
    assert!(error.contains("tables.toml, line 2, partners.OWN.adequacy"), "{error}");
    fs::remove_file(draft.join("tables.toml")).unwrap();
    let rule = fs::read_to_string(draft.join("R01.toml")).unwrap();
    fs::write(draft.join("R01.toml"), rule.replace("case_reference_present", "case_present"))
        .unwrap();
    let error = fault();
    assert!(error.contains("R01.toml") && error.contains("case_present"), "{error}");
    fs::create_dir(draft.join("more")).unwrap();
    assert!(fault().contains("it is a folder"));
    fs::remove_dir(draft.join("more")).unwrap();
    fs::write(draft.join("R01.toml"), rule).unwrap();
    // A new rule stops what the example of another shows as allowed, and it is said how that can be.
    let new = r#"
id = "X1"
point = "egress"
sentence = "Nothing is asked at a border."
source = "Design rule"
cedar = """
forbid (principal, action == Action::"egress", resource)
when { context.purpose == "border_check" };
"""

[[examples]]
name = "At a border"
given = { purpose = "border_check" }
decision = "forbid"

[[examples]]
name = "In an investigation"
given = { purpose = "criminal_investigation", offence_class = "fraud", subject_category = "suspect" }
decision = "permit"
"#;
    fs::write(draft.join("X1.toml"), new).unwrap();
    let error = fault();
    assert!(error.contains("BASE-egress.toml") && error.contains("(X1; Design rule)"), "{error}");
    assert!(error.contains("Every example is decided under all rules together"), "{error}");
    // The starter pack is not written over anything.
    assert_eq!(symbolon(&["rules", "starter", path(&draft)]).status.code(), Some(1));
}
