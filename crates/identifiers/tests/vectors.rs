//! Every row of the conformance vector file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use serde::Deserialize;
use symbolon_identifiers::{ErrorCode, Identifier, IdentifierType, parse};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    r#type: String,
    input: String,
    country: Option<String>,
    canonical: Option<String>,
    display: Option<String>,
    oprf_input: Option<String>,
    error: Option<String>,
    position: Option<usize>,
}

fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!("../vectors/identifiers-v1.json")).unwrap()
}

#[test]
fn every_row_holds() {
    let mut wrong = Vec::new();
    for row in rows() {
        let kind: IdentifierType = row.r#type.parse().unwrap();
        let what = format!("{kind} {:?} {:?}", row.input, row.country);
        match parse(kind, &row.input, row.country.as_deref()) {
            Ok(identifier) => {
                let canonical = String::from_utf8(identifier.canonical().to_vec()).unwrap();
                if row.canonical.as_ref() != Some(&canonical) {
                    wrong.push(format!(
                        "{what}: {:?}/{:?} but {canonical}",
                        row.canonical, row.error
                    ));
                    continue;
                }
                if row.display != Some(identifier.display()) {
                    wrong.push(format!("{what}: shows {}", identifier.display()));
                }
                if row.oprf_input != Some(hex::encode(identifier.oprf_input())) {
                    wrong.push(format!("{what}: other OPRF input"));
                }
                let again = Identifier::from_canonical(kind, identifier.canonical());
                if again != Ok(identifier) {
                    wrong.push(format!("{what}: does not survive storing"));
                }
            }
            Err(error) => {
                if row.error.as_deref() != Some(error.code.as_str()) {
                    wrong.push(format!("{what}: {:?}/{:?} but {error}", row.canonical, row.error));
                } else if row.position.is_some() && row.position != error.position {
                    wrong.push(format!(
                        "{what}: position {:?} but {:?}",
                        row.position, error.position
                    ));
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
        let (all, errors) = counts.entry(row.r#type.parse().unwrap()).or_default();
        *all += 1;
        *errors += usize::from(row.error.is_some());
    }
    for kind in IdentifierType::ALL {
        let (all, errors) = counts.get(kind).copied().unwrap_or_default();
        assert!(all >= 12 && errors >= 3, "{kind}: {all} rows, {errors} errors");
    }
}

#[test]
fn every_error_code_is_known() {
    let known: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    for error in rows().iter().filter_map(|row| row.error.as_deref()) {
        assert!(known.contains(&error), "{error}");
    }
}
