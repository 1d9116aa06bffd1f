//! What an owner knows of its records decides which of them a partner can find, and what it reads with a
//! hit.

use std::fs;

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementTerms, LabelTerms, rules::DisclosedField};
use symbolon_tests::{Offer, World, world::outcomes};

const PLAIN: (&str, &str, &str) = ("vin", "1M8GDM9AXKP042788", "");
const STOLEN: (&str, &str, &str) = ("imo", "9074729", "");
const KEPT: (&str, &str, &str) = ("imo", "9305219", "");
const UNKNOWN: (&str, &str, &str) = ("imo", "9241061", "");

fn offer() -> Offer {
    Offer {
        list: "record_id,identifier_type,value,country,excluded_countries,case_number,name\n\
               R1,vin,1M8GDM9AXKP042788,,,,\n\
               R2,imo,9074729,,,ST-17,Not released at once\n\
               R3,imo,9305219,,REQ,ST-18,\n"
            .to_owned(),
        types: vec![IdentifierType::Vin, IdentifierType::Imo],
        ..Offer::default()
    }
}

fn with_labels(terms: &mut AgreementTerms) {
    let fields = [DisclosedField::CaseNumber].into();
    terms.datasets[0].labels = Some(LabelTerms { bytes: 24, fields });
}

#[tokio::test]
async fn a_record_kept_from_a_country_is_no_hit_there_and_others_are() {
    let world = World::new(&offer()).await;
    let report = world.ask(&[PLAIN, STOLEN, KEPT, UNKNOWN]).await;
    assert_eq!(outcomes(&report), ["hit", "hit", "no_hit", "no_hit"]);
    // Nothing is agreed to be released at once.
    assert!(report.answers.iter().all(|answer| answer.label.is_none()));
}

#[tokio::test]
async fn what_is_released_at_once_is_read_under_its_hit_and_nowhere_else() {
    let mut world = World::with_terms(&offer(), with_labels).await;
    for _ in 0..2 {
        let report = world.ask(&[PLAIN, STOLEN, KEPT, UNKNOWN, STOLEN]).await;
        assert_eq!(outcomes(&report), ["hit", "hit", "no_hit", "no_hit", "hit"]);
        let labels: Vec<_> = report
            .answers
            .iter()
            .map(|answer| answer.label.as_ref().map(|label| label.text.as_str()))
            .collect();
        assert_eq!(labels, [Some(""), Some("ST-17"), None, None, Some("ST-17")]);
        // A node that starts again has them still.
        world.requester_node.take().unwrap().stop().await.unwrap();
        world.start_requester();
        world.wait_until_ready().await;
    }
}

#[tokio::test]
async fn labels_that_are_damaged_here_never_hide_a_hit_and_are_fetched_again() {
    let mut world = World::with_terms(&offer(), with_labels).await;
    world.requester_node.take().unwrap().stop().await.unwrap();
    let sets = world.requester.folder.root().join("sets/partners");
    let mut spoilt = 0;
    for entry in fs::read_dir(sets).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "labels") {
            let mut bytes = fs::read(&path).unwrap();
            bytes[200] ^= 1;
            fs::write(&path, bytes).unwrap();
            spoilt += 1;
        }
    }
    assert_eq!(spoilt, 2);
    world.start_requester();
    world.wait_until_ready().await;
    for _ in 0..60 {
        let report = world.ask(&[STOLEN]).await;
        assert_eq!(outcomes(&report), ["hit"]);
        let label = report.answers[0].label.clone().unwrap();
        if label.reason.is_empty() {
            assert_eq!(label.text, "ST-17");
            return;
        }
        assert_eq!(label.reason, "label_not_here");
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("the labels never came: {}", world.log("requester"));
}
