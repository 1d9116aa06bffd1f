use serde_json::json;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::rules::{ElementCounts, Facts, Point, Ruling, SCHEMA};

use super::starter;

#[test]
fn facts_and_rulings_come_back_from_the_log_as_they_were() {
    let pack = starter();
    for example in pack.rules().iter().flat_map(|rule| &rule.examples) {
        let text = serde_json::to_string(&example.facts).unwrap();
        let back: Facts = serde_json::from_str(&text).unwrap();
        assert_eq!(back, example.facts);
        let ruling = pack.decide(&back);
        let text = serde_json::to_string(&ruling).unwrap();
        assert_eq!(serde_json::from_str::<Ruling>(&text).unwrap(), ruling);
    }
}

#[test]
fn a_record_with_more_or_less_than_the_facts_is_refused() {
    for point in Point::ALL {
        let whole = serde_json::to_value(Facts::plain(point)).unwrap();
        assert_eq!(whole["point"], point.as_str());
        let mut more = whole.clone();
        more["facts"]["surprise"] = json!(true);
        assert!(serde_json::from_value::<Facts>(more).is_err());
        for fact in whole["facts"].as_object().unwrap().keys() {
            let mut less = whole.clone();
            less["facts"].as_object_mut().unwrap().remove(fact);
            assert!(serde_json::from_value::<Facts>(less).is_err(), "{point} without {fact}");
        }
    }
}

#[test]
fn the_schema_shows_a_lawyer_every_fact() {
    for point in Point::ALL {
        let start = SCHEMA.find(&format!("action \"{point}\"")).unwrap();
        let section = &SCHEMA[start..];
        let section = &section[..section.find("\n};").unwrap()];
        let facts = serde_json::to_value(Facts::plain(point)).unwrap();
        for fact in facts["facts"].as_object().unwrap().keys() {
            assert!(section.contains(&format!("\n    {fact}: ")), "{point} lacks {fact}");
        }
    }
    for kind in IdentifierType::ALL {
        assert!(SCHEMA.contains(&format!("\n  {kind}: Long,")), "{kind}");
    }
}

#[test]
fn element_counts_add_up_and_have_one_form() {
    let counts: ElementCounts =
        [(IdentifierType::Vin, 2), (IdentifierType::Plate, 0), (IdentifierType::Vin, 3)]
            .into_iter()
            .collect();
    assert_eq!(counts, ElementCounts::of(IdentifierType::Vin, 5));
    assert_eq!(counts.total(), 5);
    assert_eq!(serde_json::to_value(&counts).unwrap(), json!({"vin": 5}));
    let back: ElementCounts = serde_json::from_value(json!({"vin": 5, "plate": 0})).unwrap();
    assert_eq!(back, counts);
    assert!(serde_json::from_value::<ElementCounts>(json!({"chassis": 5})).is_err());
}
