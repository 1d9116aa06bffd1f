//! What officers and agencies say rightly to their bureau.

use prost::Message as _;
use symbolon_proto::bureau::v1 as bureau;

const VIN: &str = "1M8GDM9AXKP042788";

pub(super) fn approval() -> bureau::ApproveCheckRequest {
    bureau::ApproveCheckRequest {
        case_reference: "case-11".to_owned(),
        purpose: "border_check".to_owned(),
        most_elements: 20,
        valid_for: Some(prost_types::Duration { seconds: 86_400, nanos: 0 }),
        asker: "officer-7".to_owned(),
        identifier_types: vec!["vin".to_owned(), "phone".to_owned()],
    }
}

fn item(number: u64) -> bureau::CheckItem {
    bureau::CheckItem {
        r#ref: number,
        identifier_type: "vin".to_owned(),
        value: VIN.to_owned(),
        country: String::new(),
    }
}

/// What begins and what changes a standing check: items that join, leave, and cannot be read.
pub(super) fn standing_items() -> Vec<(String, Vec<u8>)> {
    use bureau::StandingChange::{Add, Remove};
    let one = |number, change: bureau::StandingChange, item| bureau::StandingItem {
        r#ref: format!("file-{number}"),
        item: Some(item),
        change: change.into(),
    };
    let unreadable = bureau::CheckItem { value: "1M8GDM9AXKP042789".to_owned(), ..item(3) };
    let items = |second| {
        let items =
            vec![one(1, Add, item(1)), one(2, second, item(2)), one(3, Add, unreadable.clone())];
        bureau::StandingItems { items }
    };
    let begin = bureau::BeginStandingRequest {
        part: Some(bureau::begin_standing_request::Part::Items(items(Add))),
    };
    let update = bureau::UpdateStandingRequest {
        part: Some(bureau::update_standing_request::Part::Items(items(Remove))),
    };
    vec![
        ("begin".to_owned(), [vec![0], begin.encode_length_delimited_to_vec()].concat()),
        ("update".to_owned(), [vec![1], update.encode_length_delimited_to_vec()].concat()),
    ]
}

/// A body of lines that comes in pieces of five bytes.
pub(super) fn json_lines() -> Vec<(String, Vec<u8>)> {
    let body = "\u{5}{\"start\":{}}\n\r\n{\"items\":{\"items\":[]}}\r\n\n{}";
    let seed = |name: &str, kind: &str| (name.to_owned(), format!("{kind}\n{body}").into_bytes());
    vec![
        seed("plain", "application/x-ndjson"),
        seed("utf-8", "Application/X-NDJSON; charset=\"UTF-8\""),
        seed("other", "application/json"),
    ]
}

/// The bodies and lines of the JSON face, each after the byte of its call.
pub(super) fn json_bodies() -> Vec<(String, Vec<u8>)> {
    let start = r#""start":{"purpose":"border_check","officer":"officer-7","caseReference":"case-11","bureaus":["OWN"],"urgency":"URGENCY_URGENT","timeout":"1.5s","checkId":"AAECAwQFBgcICQoLDA0ODw==","stated":{"minor":true}}"#;
    let item = format!(r#"{{"ref":"1","identifierType":"vin","value":"{VIN}"}}"#);
    let stays = format!(r#"{{"ref":"file-12","item":{item},"change":"STANDING_CHANGE_ADD"}}"#);
    let id = r#""standingId":"AAECAwQFBgcICQoLDA0ODw==""#;
    let seed = |call: u8, name: &str, text: String| {
        (name.to_owned(), [vec![call], text.into_bytes()].concat())
    };
    vec![
        seed(0, "check", format!(r#"{{{start},"items":[{item}]}}"#)),
        seed(1, "line", format!(r#"{{"items":{{"items":[{item}]}}}}"#)),
        seed(2, "begin", format!(r#"{{{start},"items":[{stays}]}}"#)),
        seed(3, "update", format!(r#"{{"start":{{{id}}},"items":[{stays}]}}"#)),
        seed(
            4,
            "approve",
            r#"{"caseReference":"case-11","purpose":"border_check","mostElements":"20","validFor":"86400s","asker":"officer-7","identifierTypes":["vin"]}"#
                .to_owned(),
        ),
        seed(5, "match", format!("{{{id}}}")),
        seed(6, "end", format!("{{{id}}}")),
    ]
}

/// A check on the bureau face.
pub(super) fn check() -> [bureau::CheckRequest; 2] {
    let start = bureau::CheckStart {
        purpose: "border_check".to_owned(),
        officer: "officer-7".to_owned(),
        case_reference: "case-11".to_owned(),
        bureaus: vec!["OWN".to_owned()],
        ..bureau::CheckStart::default()
    };
    let items = bureau::CheckItems { items: vec![item(1)] };
    [bureau::check_request::Part::Start(start), bureau::check_request::Part::Items(items)]
        .map(|part| bureau::CheckRequest { part: Some(part) })
}
