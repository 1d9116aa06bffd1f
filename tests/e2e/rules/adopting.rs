//! Two people put rules in force, and what was promised must be in force.

use std::{
    fs,
    time::{Duration, Instant},
};

use symbolon_cli::legal::LegalDesk;
use symbolon_policy::{
    Actor, Conditions, SignedAgreement,
    rules::{Role, RuleSet},
};
use symbolon_tests::{World, world::outcomes};

use super::{
    LISTED, forbidden_by, json, path, ships, starter_files, symbolon, text, with_tables, write,
};

#[tokio::test]
async fn two_people_put_rules_in_force_and_one_alone_does_not() {
    let world = World::new(&ships()).await;
    for (name, role) in [("lawyer", Role::Legal), ("approver", Role::Approver)] {
        world.requester.issue_with(name, &[role]).unwrap();
    }
    let data = path(world.requester.folder.root());
    let closed = with_tables("[partners.OWN]\nadequacy = \"none\"\n");
    let draft = write(world.scratch().join("draft"), &closed);
    let refused = |arguments: &[&str], words: &str| {
        let output = symbolon(&[&["rules"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(words), "{error}");
    };
    refused(&["adopt", "--data", data, path(&draft)], "--as");
    refused(&["adopt", "--data", data, "--as", "officer", path(&draft)], "legal");
    let proposed = json(&["rules", "adopt", "--data", data, "--as", "lawyer", path(&draft)]);
    let hash = proposed["hash"].as_str().unwrap();
    let shown = json(&["rules", "show", "--as", "officer", "--data", data]);
    assert_eq!((&shown["adopted"], &shown["waiting"][0]["hash"]), (&false.into(), &hash.into()));
    refused(&["approve", "--data", data, "--as", "lawyer", hash], "another person must approve");
    refused(&["approve", "--data", data, "--as", "officer", hash], "approver");
    assert_eq!(outcomes(&world.ask(&[LISTED]).await), ["hit"]);

    json(&["rules", "approve", "--data", data, "--as", "approver", hash]);
    let began = Instant::now();
    while outcomes(&world.ask(&[LISTED]).await) == ["hit"] {
        assert!(began.elapsed() < Duration::from_secs(30), "{}", world.log("requester"));
    }
    forbidden_by(&world.ask(&[LISTED]).await, "neither adequacy", "Articles 36 to 38");
    let shown = json(&["rules", "show", "--as", "officer", "--data", data]);
    assert_eq!((&shown["adopted"], &shown["hash"]), (&true.into(), &hash.into()));
    assert!(shown["proposed_by"].as_str().unwrap().ends_with("lawyer"), "{shown}");
    assert!(shown["approved_by"].as_str().unwrap().ends_with("approver"), "{shown}");
    let words = text(&symbolon(&["rules", "show", "--as", "officer", "--data", data]));
    assert!(words.contains("In force") && words.contains("approved by"), "{words}");
    // An approval serves once.
    refused(&["approve", "--data", data, "--as", "approver", hash], "nobody has proposed");
    // Rules that do not load are not proposed.
    fs::write(draft.join("R01.toml"), "id = 7").unwrap();
    refused(&["adopt", "--data", data, "--as", "lawyer", path(&draft)], "R01.toml");
}

#[tokio::test]
async fn while_other_rules_are_in_force_than_were_promised_nothing_is_asked_or_answered() {
    let promised = RuleSet::starter().unwrap().pack.hash();
    let world = World::with_terms(&ships(), |terms| {
        let packs = terms.parties.iter().map(|party| (party.code.clone(), promised)).collect();
        terms.conditions = Some(Conditions { rule_packs: packs, ..Conditions::default() });
    })
    .await;
    assert_eq!(outcomes(&world.ask(&[LISTED]).await), ["hit"]);
    let mut other = starter_files();
    other.retain(|(name, _)| name != "R46.toml");
    for bureau in [&world.owner, &world.requester] {
        let until = async |wanted: &str| {
            let began = Instant::now();
            loop {
                let report = world.ask(&[LISTED]).await;
                if outcomes(&report) == [wanted] {
                    return report;
                }
                assert!(began.elapsed() < Duration::from_secs(30), "{}", world.log("owner"));
            }
        };
        bureau.adopt(&other).await.unwrap();
        let refused = until("not_permitted").await;
        assert_eq!(refused.answers[0].reason, "rules_not_as_promised");
        let named = format!("{} has promised", bureau.code);
        assert!(refused.answers[0].sentence.contains(&named), "{}", refused.answers[0].sentence);
        let data = path(bureau.folder.root());
        let shown = json(&["agreement", "show", "req-own", "--data", data]);
        assert!(shown["not_as_promised"].as_str().unwrap().contains(&promised.to_string()));
        assert_eq!(shown["in_force"], false);
        // Nobody can promise once more what does not hold.
        let store = bureau.store().await.unwrap();
        let text = store.agreement_document(&world.agreement.terms().id).await.unwrap().unwrap();
        store.close().await;
        let desk = LegalDesk::open(bureau.folder.clone()).await.unwrap();
        let lawyer = Actor { id: "spiffe://x/lawyer".to_owned(), roles: [Role::Legal].into() };
        let file = SignedAgreement::from_json(text.as_bytes()).unwrap();
        let refused = desk.propose(&file, true, &lawyer).await.unwrap_err();
        assert_eq!(refused.reason, "rules_not_as_promised", "{refused:?}");
        desk.store.close().await;

        bureau.adopt(&starter_files()).await.unwrap();
        until("hit").await;
    }
}
