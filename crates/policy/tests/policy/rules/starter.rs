use std::{collections::BTreeSet, fs, path::Path, time::Instant};

use symbolon_identifiers::IdentifierType;
use symbolon_policy::rules::{
    CheckMode, Decision, DisclosureFacts, EgressFacts, ElementCounts, Facts, IngressFacts, Point,
    Role, RulePack, RulePackHash,
};

use super::{edited, files, starter};

#[test]
fn the_pack_carries_out_at_least_thirty_of_the_catalogue() {
    let pack = starter();
    let numbers: BTreeSet<&str> = pack
        .rules()
        .iter()
        .filter_map(|rule| rule.id.strip_prefix('R'))
        .filter_map(|rest| rest.get(..2))
        .collect();
    assert!(numbers.len() >= 30, "{}: {numbers:?}", numbers.len());
    assert_eq!((pack.name(), pack.version()), ("symbolon-starter", "1"));
    assert!(pack.title().contains("not legal advice"));
}

#[test]
fn the_folder_and_the_embedded_files_are_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/starter");
    let mut on_disk: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    let mut embedded = files();
    on_disk.sort();
    embedded.sort();
    assert_eq!(on_disk, embedded);
}

#[test]
fn every_file_is_named_after_its_rule_and_every_point_is_closed_by_default() {
    let pack = starter();
    for rule in pack.rules() {
        let name = format!("{}.toml", rule.id);
        assert!(files().iter().any(|(file, _)| *file == name), "{name}");
        let is_base = rule.id == format!("BASE-{}", rule.point);
        assert_eq!(rule.effect == Decision::Permit, is_base, "{}", rule.id);
    }
    for point in Point::ALL {
        let ruling = pack.decide(&Facts::plain(point));
        assert!(ruling.permitted, "{ruling:?}");
        assert_eq!(ruling.deciding[0].id, format!("BASE-{point}"));
    }
}

#[test]
fn every_forbid_stops_an_example_that_no_other_rule_stops() {
    let pack = starter();
    for rule in pack.rules().iter().filter(|rule| rule.effect == Decision::Forbid) {
        let alone = rule.examples.iter().any(|example| {
            let deciding = pack.decide(&example.facts).deciding;
            example.decision == Decision::Forbid && deciding.len() == 1 && deciding[0].id == rule.id
        });
        assert!(alone, "{}", rule.id);
    }
}

#[test]
fn a_decision_carries_sentences_and_sources() {
    let facts = EgressFacts {
        case_reference_present: false,
        roles: BTreeSet::from([Role::Administrator]),
        ..EgressFacts::default()
    };
    let ruling = starter().decide_egress(&facts);
    let ids: Vec<_> = ruling.deciding.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["R01", "R41"]);
    assert!(ruling.deciding[0].source.contains("2024/982"));
    let words = ruling.explanation();
    assert!(words.contains("the case is named") && words.contains("Articles 4(10)"), "{words}");
}

#[test]
fn ordinary_use_is_permitted() {
    let pack = starter();
    let bulk = |mode, count| EgressFacts {
        mode,
        elements: ElementCounts::of(IdentifierType::Email, count),
        ..EgressFacts::default()
    };
    for facts in [
        EgressFacts::default(),
        EgressFacts { justification_bytes: 500, ..EgressFacts::default() },
        EgressFacts {
            purposes_agreed: ["x".into()].into(),
            purpose: "x".into(),
            ..EgressFacts::default()
        },
        bulk(CheckMode::Batch, 20_000),
        bulk(CheckMode::Standing, 20_000),
    ] {
        let ruling = pack.decide_egress(&facts);
        assert!(ruling.permitted, "{}", ruling.explanation());
    }
    let investigation =
        IngressFacts { purpose: "criminal_investigation".into(), ..IngressFacts::default() };
    assert!(pack.decide_ingress(&investigation).permitted);
}

#[test]
fn the_same_decision_comes_from_the_facts_and_from_their_enum() {
    let pack = starter();
    let facts = DisclosureFacts { human_decision: false, ..DisclosureFacts::default() };
    assert_eq!(pack.decide_disclosure(&facts), pack.decide(&facts.clone().into()));
}

#[test]
fn the_hash_is_that_of_the_words_whatever_files_they_stand_in() {
    let pack = starter();
    let mut backwards = files();
    backwards.reverse();
    assert_eq!(RulePack::load(backwards).unwrap().hash(), pack.hash());
    let renamed = files().into_iter().map(|(name, text)| match name.as_str() {
        "pack.toml" => (name, text),
        _ => (format!("z-{name}"), text.replace('\n', "\r\n")),
    });
    assert_eq!(RulePack::load(renamed).unwrap().hash(), pack.hash());
    for (file, from, to) in [
        ("pack.toml", "\"1\"", "\"2\""),
        ("R01.toml", "is named.", "is named first."),
        ("R01.toml", "4(10)", "4(11)"),
        ("R01.toml", "No case is named", "There is no case"),
        ("R01.toml", "unless {", "unless  {"),
    ] {
        let other = RulePack::load(edited(file, from, to)).unwrap();
        assert_ne!(other.hash(), pack.hash(), "{file} {to}");
    }
}

#[test]
fn the_hash_is_shown_and_read_as_hexadecimal() {
    let hash = starter().hash();
    assert_eq!(hash.to_string().len(), 64);
    let json = serde_json::to_string(&hash).unwrap();
    assert_eq!(json, format!("\"{hash}\""));
    assert_eq!(serde_json::from_str::<RulePackHash>(&json).unwrap(), hash);
}

/// Not a bound, for machines differ: `cargo test -p symbolon-policy --release -- --ignored
/// --nocapture how_long`.
#[test]
#[ignore = "a measurement"]
fn how_long_a_decision_takes() {
    let pack = starter();
    for point in Point::ALL {
        let facts = Facts::plain(point);
        let begin = Instant::now();
        for _ in 0..10_000 {
            assert!(pack.decide(&facts).permitted);
        }
        println!("{point}: {:?} a decision", begin.elapsed() / 10_000);
    }
}
