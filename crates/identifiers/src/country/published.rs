//! The table that other programs read is the one that is used here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{AMBIGUOUS, CODE_ALIASES, DOCUMENT_ISSUER, Row, UNITED_STATES_PARTS, rows};

const FILE: &str = include_str!("../../../../docs/tables/issuers-v1.json");

fn issuer(row: &Row) -> Value {
    let mut issuer = json!({ "alpha3": row.alpha3, "title": row.title, "names": row.names });
    if !row.alpha2.is_empty() {
        issuer.as_object_mut().unwrap().insert("alpha2".to_owned(), json!(row.alpha2));
    }
    issuer
}

#[test]
fn the_published_issuers_are_those_that_are_looked_up() {
    let file: Value = serde_json::from_str(FILE).unwrap();
    let part = |name: &str| file.get(name).unwrap().clone();
    let pairs = |table: &[(&str, &str)]| {
        json!(table.iter().map(|(a, b)| ((*a).to_owned(), *b)).collect::<BTreeMap<_, _>>())
    };
    assert_eq!(part("format"), "symbolon-tables-v1");
    assert_eq!(part("issuers"), rows().map(issuer).collect::<Value>());
    assert_eq!(part("code_aliases"), pairs(CODE_ALIASES));
    assert_eq!(part("document_issuer"), pairs(DOCUMENT_ISSUER));
    assert_eq!(part("ambiguous_names"), AMBIGUOUS.iter().map(|(name, _)| *name).collect::<Value>());
    assert_eq!(part("not_an_issuer"), json!(UNITED_STATES_PARTS));
}
