//! That `docs/integrating.md` tells a caller what to do about every reason that there is.

use std::collections::{BTreeMap, BTreeSet};

use symbolon_client::{FailureReason, LabelTrouble, bureau::ItemReason};
use symbolon_exchange::{is_between_bureaus, refuse};
use symbolon_identifiers::ErrorCode;
use symbolon_policy::{Reason, Refusal};
use symbolon_store::TagsEnd;
use time::OffsetDateTime;
use tonic::Code;

const DOCUMENT: &str = include_str!("../../../../docs/integrating.md");

/// The cells of each row of the table below the heading `title`, by the code in the first one.
fn table(title: &str) -> BTreeMap<&'static str, Vec<&'static str>> {
    let (_, from) = DOCUMENT.split_once(&format!("\n### {title}\n")).expect("the heading");
    let rows = from.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    let mut found = BTreeMap::new();
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{row}");
        let code = cells[0].trim_matches('`');
        assert!(found.insert(code, cells).is_none(), "{code} stands twice");
    }
    found
}

fn in_capitals(code: Code) -> String {
    let mut name = String::new();
    for one in format!("{code:?}").chars() {
        if one.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(one.to_uppercase());
    }
    name
}

fn all_of(table: &BTreeMap<&'static str, Vec<&'static str>>) -> BTreeSet<&'static str> {
    table.keys().copied().collect()
}

#[test]
fn every_refusal_of_a_call_is_documented_with_its_grpc_code() {
    let table = table("A call is refused");
    for reason in Reason::ALL {
        let row = table.get(reason.as_str()).unwrap_or_else(|| panic!("{reason:?} is missing"));
        let status = refuse(&Refusal::new(*reason, ""), OffsetDateTime::UNIX_EPOCH);
        assert_eq!(row[1], in_capitals(status.code()), "{reason:?}");
        let by_partners = row[2].split(", ").any(|face| face == "P");
        assert_eq!(by_partners, is_between_bureaus(*reason), "{reason:?}");
    }
    assert_eq!(all_of(&table), Reason::ALL.iter().map(|reason| reason.as_str()).collect());
}

#[test]
fn every_reason_of_an_answer_is_documented() {
    let own = FailureReason::ALL.iter().map(|reason| reason.as_str());
    let ends = TagsEnd::ALL.iter().map(|end| end.as_str());
    let labels = LabelTrouble::ALL.iter().map(|trouble| trouble.as_str());
    let expected: BTreeSet<_> = own.chain(ends).chain(labels).collect();
    assert_eq!(all_of(&table("A list gives no answer")), expected);
}

#[test]
fn every_reason_to_reject_an_item_is_documented() {
    let types = ErrorCode::ALL.iter().map(|code| code.as_str());
    let expected: BTreeSet<_> =
        ItemReason::ALL.iter().map(|reason| reason.as_str()).chain(types).collect();
    assert_eq!(all_of(&table("An item is rejected")), expected);
}
