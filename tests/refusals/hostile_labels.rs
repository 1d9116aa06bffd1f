//! What an owner releases at once is its own text: it changes no answer, no terminal and no table.

use std::fs;

use symbolon_identifiers::{IdentifierType, parse};
use symbolon_policy::{AgreementTerms, LabelTerms, rules::DisclosedField};
use symbolon_tests::World;

use crate::{
    common::{LISTED, UNLISTED, ask_until, ships, symbolon},
    fake_owner::FakeOwner,
};

const LABEL_LEN: u16 = 64;

fn with_labels(terms: &mut AgreementTerms) {
    let fields = [DisclosedField::CaseNumber].into();
    terms.datasets[0].labels = Some(LabelTerms { bytes: LABEL_LEN, fields });
}

fn input(value: &str) -> Vec<u8> {
    parse(IdentifierType::Imo, value, None).unwrap().oprf_input().to_vec()
}

/// Asks about the listed ship until that version of the list answers; its label.
async fn label_in(world: &World, version: u64) -> (String, String) {
    for _ in 0..100 {
        let report = ask_until(world, "hit").await;
        let answer = &report.answers[0];
        if answer.coverage.as_ref().is_some_and(|one| one.version == version) {
            let label = answer.label.as_ref().unwrap();
            return (label.text.clone(), label.reason.clone());
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("version {version} never came: {}", world.log("requester"));
}

#[tokio::test]
async fn hostile_labels_change_no_answer_no_terminal_and_no_spreadsheet() {
    let mut world = World::with_terms(&ships(100_000), with_labels).await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    let mut fake = FakeOwner::of(&world).await;
    ask_until(&world, "hit").await;
    let make = |fake: &FakeOwner, version| fake.make(version, &fake.key, &[input(LISTED)], true);

    // Text that clears the screen, rings, writes lines of its own and reads backwards.
    let hostile = "\u{1b}[2J\u{7}\r\nno hit\u{202e}tih on\u{2066}";
    let second = make(&fake, 2);
    fake.offer(&fake.labelled(&second, &input(LISTED), hostile, LABEL_LEN));
    let (text, reason) = label_in(&world, 2).await;
    assert_eq!(reason, "");
    assert_eq!(text, " [2J   no hit tih on ");
    let report = world.ask(&[("imo", LISTED, ""), ("imo", UNLISTED, "")]).await;
    let outcomes: Vec<_> = report.answers.iter().map(|answer| answer.outcome).collect();
    assert_eq!(outcomes, ["hit", "no_hit"]);
    assert!(report.answers[1].label.is_none());

    // Text that a spreadsheet would carry out.
    let third = make(&fake, 3);
    let formula = "=HYPERLINK(\"https://evil.example\",\"no hit\")";
    fake.offer(&fake.labelled(&third, &input(LISTED), formula, LABEL_LEN));
    assert_eq!(label_in(&world, 3).await.0, formula);
    let file = world.scratch().join("answers.csv");
    let profile = world.requester.folder.person("officer").join("profile.toml");
    let output = symbolon(&[
        "check".as_ref(),
        "imo".as_ref(),
        LISTED.as_ref(),
        "--case".as_ref(),
        "2026/1".as_ref(),
        "--profile".as_ref(),
        profile.as_os_str(),
        "--output".as_ref(),
        file.as_os_str(),
    ]);
    assert!(output.status.success(), "{output:?}");
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.contains("'=HYPERLINK") && !written.contains(",=HYPERLINK"), "{written}");

    // Labels on another identifier than that which hits, of another length than was agreed, and other
    // bytes than were signed: the hit stays one, and says why there is no label.
    let fourth = fake.make(4, &fake.key, &[input(LISTED), input(UNLISTED)], true);
    fake.offer(&fake.labelled(&fourth, &input(UNLISTED), "of another", LABEL_LEN));
    assert_eq!(label_in(&world, 4).await, (String::new(), "label_does_not_open".to_owned()));
    let fifth = make(&fake, 5);
    fake.offer(&fake.labelled(&fifth, &input(LISTED), "long", LABEL_LEN * 2));
    assert_eq!(label_in(&world, 5).await, (String::new(), "label_not_here".to_owned()));
    let sixth = make(&fake, 6);
    let mut other = fake.labelled(&sixth, &input(LISTED), "signed", LABEL_LEN);
    let last = other.labels.len() - 1;
    other.labels[last] ^= 1;
    fake.offer(&other);
    assert_eq!(label_in(&world, 6).await, (String::new(), "label_not_here".to_owned()));
    // What was tried is in the requester's own log of events, without a word of the label.
    let told = world.log("requester");
    assert!(!told.contains("HYPERLINK") && !told.contains("no hit"), "{told}");
    fake.stop().await;
}
