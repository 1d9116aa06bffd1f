//! Every row of the conformance vector file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use serde::Deserialize;
use symbolon_identifiers::{ErrorCode, Identifier, IdentifierType, parse};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    #[serde(rename = "about")]
    _about: String,
    vectors: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: String,
    given: Given,
    expect: Option<Expect>,
    refused: Option<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    identifier_type: String,
    text: String,
    country: Option<String>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Expect {
    canonical: String,
    display: String,
    oprf_input: String,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Refused {
    reason: String,
    position: Option<usize>,
}

fn rows() -> Vec<Row> {
    let file: File = serde_json::from_str(include_str!("../vectors/identifiers-v1.json")).unwrap();
    assert_eq!(file.format, "symbolon-vectors-v1");
    assert!(file.vectors.iter().all(|row| row.kind == "identifier"));
    assert!(file.vectors.iter().all(|row| row.expect.is_some() != row.refused.is_some()));
    file.vectors
}

#[test]
fn every_row_holds() {
    let mut wrong = Vec::new();
    for Row { given, expect, refused, .. } in rows() {
        let kind: IdentifierType = given.identifier_type.parse().unwrap();
        let what = format!("{kind} {:?} {:?}", given.text, given.country);
        match parse(kind, &given.text, given.country.as_deref()) {
            Ok(identifier) => {
                let found = Expect {
                    canonical: String::from_utf8(identifier.canonical().to_vec()).unwrap(),
                    display: identifier.display(),
                    oprf_input: hex::encode(identifier.oprf_input()),
                };
                if expect.as_ref() != Some(&found) {
                    wrong.push(format!("{what}: {expect:?}/{refused:?} but {found:?}"));
                    continue;
                }
                let again = Identifier::from_canonical(kind, identifier.canonical());
                if again != Ok(identifier) {
                    wrong.push(format!("{what}: does not survive storing"));
                }
            }
            Err(error) => {
                let position = refused.as_ref().and_then(|refused| refused.position);
                if refused.as_ref().map(|refused| refused.reason.as_str())
                    != Some(error.code.as_str())
                {
                    wrong.push(format!("{what}: {expect:?}/{refused:?} but {error}"));
                } else if position.is_some() && position != error.position {
                    wrong.push(format!("{what}: position {position:?} but {:?}", error.position));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_type_has_its_rows() {
    let mut counts: BTreeMap<IdentifierType, (usize, usize)> = BTreeMap::new();
    for row in rows() {
        let (all, errors) = counts.entry(row.given.identifier_type.parse().unwrap()).or_default();
        *all += 1;
        *errors += usize::from(row.refused.is_some());
    }
    for kind in IdentifierType::ALL {
        let (all, errors) = counts.get(kind).copied().unwrap_or_default();
        assert!(all >= 12 && errors >= 3, "{kind}: {all} rows, {errors} errors");
    }
}

#[test]
fn every_error_code_is_known() {
    let known: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    for refused in rows().into_iter().filter_map(|row| row.refused) {
        assert!(known.contains(&refused.reason.as_str()), "{}", refused.reason);
    }
}
