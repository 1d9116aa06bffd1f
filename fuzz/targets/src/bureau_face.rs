//! What this country's own officers and agencies say to their bureau, in both spellings.

use std::{collections::BTreeSet, iter::Peekable};

use prost::Message;
use symbolon_client::bureau::ItemReason;
use symbolon_identifiers::{ErrorCode, IdentifierType};
use symbolon_node::{ReadJson, read_approval, read_check, read_json, read_standing};
use symbolon_policy::{Actor, Reason, Refusal};
use symbolon_proto::bureau::v1::{
    ApproveCheckRequest, BeginStandingRequest, CheckRequest, ItemRejected, StandingChange,
    StandingItem, UpdateStandingRequest, begin_standing_request, check_request::Part,
    update_standing_request,
};
use time::{Duration, OffsetDateTime};

const APPROVER: &str = "spiffe://own.example/people/approver";
/// A value with so many digits is no word of a sentence.
const DIGITS_OF_A_VALUE: usize = 6;

/// The messages of a check, each after its length.
pub(crate) fn bureau_check(data: &[u8]) {
    checked(
        delimited::<CheckRequest>(data).into_iter().filter_map(|message| message.part).collect(),
    );
}

/// An even byte for what begins a standing check and an odd one for what changes it, then the messages of the
/// call, each after its length.
pub(crate) fn standing_items(data: &[u8]) {
    let Some((call, data)) = data.split_first() else { return };
    let may_remove = call % 2 == 1;
    let items = if may_remove {
        let of = |message: UpdateStandingRequest| match message.part {
            Some(update_standing_request::Part::Items(items)) => items.items,
            _ => Vec::new(),
        };
        delimited(data).into_iter().flat_map(of).collect()
    } else {
        let of = |message: BeginStandingRequest| match message.part {
            Some(begin_standing_request::Part::Items(items)) => items.items,
            _ => Vec::new(),
        };
        delimited(data).into_iter().flat_map(of).collect()
    };
    kept(items, may_remove);
}

/// An approval.
pub(crate) fn approval(data: &[u8]) {
    if let Ok(request) = ApproveCheckRequest::decode(data) {
        approved(&request);
    }
}

/// A byte for the call, then a body of the JSON face, or a line of one.
pub(crate) fn json_body(data: &[u8]) {
    let Some((call, text)) = data.split_first() else { return };
    match read_json(*call, text) {
        Ok(ReadJson::Check(parts)) => checked(parts),
        Ok(ReadJson::Standing { items, may_remove }) => kept(items, may_remove),
        Ok(ReadJson::Approval(request)) => approved(&request),
        Ok(ReadJson::Other) => {}
        Err(refusal) => said(&refusal),
    }
}

fn delimited<M: Message + Default>(mut data: &[u8]) -> Vec<M> {
    let mut messages = Vec::new();
    while !data.is_empty() {
        let Ok(message) = M::decode_length_delimited(&mut data) else { break };
        messages.push(message);
    }
    messages
}

/// Every item of a check is read or rejected, whichever face it came by.
fn checked(parts: Vec<Part>) {
    let items: usize = parts
        .iter()
        .map(|part| match part {
            Part::Items(items) => items.items.len(),
            Part::Start(_) => 0,
        })
        .sum();
    if let Ok((read, rejected)) = read_check(parts) {
        assert_eq!(read + rejected, items);
    }
}

/// Every item of a standing check joins, leaves or is rejected, in the order in which they came and as each says.
fn kept(items: Vec<StandingItem>, may_remove: bool) {
    let read = match read_standing(items.clone(), may_remove) {
        Ok(read) => read,
        Err(refusal) => return said(&refusal),
    };
    assert_eq!(read.add.len() + read.remove.len() + read.rejected.len(), items.len());
    assert!(may_remove || read.remove.is_empty());
    let (mut add, mut remove) = (read.add.iter(), read.remove.iter());
    let mut rejected = read.rejected.iter().peekable();
    for one in &items {
        let number = one.item.as_ref().map_or(0, |item| item.r#ref);
        if is_rejected(&mut rejected, number, one) {
            continue;
        }
        let item = one.item.as_ref().unwrap();
        let identifier = if one.change() == StandingChange::Remove {
            remove.next().unwrap()
        } else {
            let added = add.next().unwrap();
            assert_eq!(added.reference, one.r#ref);
            &added.identifier
        };
        // A scanned zone is of the type that stands in it.
        let kind = item.identifier_type.parse::<IdentifierType>();
        assert!(item.identifier_type == "mrz" || kind == Ok(identifier.kind()));
    }
}

/// Whether the next that was rejected is this one. Why is a known code, and says nothing of the value.
fn is_rejected<'a>(
    rejected: &mut Peekable<impl Iterator<Item = &'a ItemRejected>>,
    number: u64,
    one: &StandingItem,
) -> bool {
    let Some(rejected) = rejected.next_if(|rejected| rejected.r#ref == number) else {
        return false;
    };
    let mut known = ItemReason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .chain(ErrorCode::ALL.iter().map(|code| code.as_str()));
    assert!(known.any(|reason| reason == rejected.reason), "{}", rejected.reason);
    let value = one.item.as_ref().map_or("", |item| &item.value);
    assert!(!shows(&rejected.sentence, value), "a rejection repeats the value");
    true
}

/// Whether a sentence repeats a value.
fn shows(sentence: &str, value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    digits >= DIGITS_OF_A_VALUE && sentence.contains(value.trim())
}

/// An approval that is read allows no more than was said.
fn approved(request: &ApproveCheckRequest) {
    let by = Actor { id: APPROVER.to_owned(), roles: BTreeSet::new() };
    let now = OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_767_323_045);
    let approval = match read_approval(request.clone(), &by, now) {
        Ok(approval) => approval,
        Err(refusal) => {
            assert_eq!(refusal.reason, Reason::InvalidArgument);
            assert!(!shows(&refusal.sentence, &request.case_reference));
            return said(&refusal);
        }
    };
    let length = approval.valid_until - now;
    assert!(length.is_positive() && length <= Duration::days(30));
    assert_ne!(approval.asker, APPROVER);
    // One for some types does not become one for all.
    assert_eq!(approval.types.is_empty(), request.identifier_types.is_empty());
    let again = ApproveCheckRequest {
        case_reference: approval.case_reference.clone(),
        purpose: approval.purpose.clone(),
        most_elements: approval.elements,
        valid_for: Some(prost_types::Duration { seconds: length.whole_seconds(), nanos: 0 }),
        asker: approval.asker.clone(),
        identifier_types: approval.types.iter().map(|kind| kind.name().to_owned()).collect(),
    };
    assert_eq!(read_approval(again, &by, now), Ok(approval));
}

/// What a caller is told fits a line, and does not steer a terminal.
fn said(refusal: &Refusal) {
    assert!(!refusal.sentence.chars().any(char::is_control));
    assert!((1..=512).contains(&refusal.sentence.chars().count()));
}
