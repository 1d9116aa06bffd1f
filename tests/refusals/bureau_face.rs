//! What the bureau face says to a program that waits, and to one that is newer than the node.

use symbolon_proto::bureau::v1::{
    BeginStandingRequest, CheckItem, CheckItems, CheckRequest, CheckStart, Outcome, StandingItem,
    StandingItems, begin_standing_request, begin_standing_response, check_request, check_response,
};
use symbolon_tests::World;

use crate::common::{LISTED, UNLISTED, assert_goes_on, ships};

fn start() -> CheckStart {
    CheckStart {
        purpose: "border_check".to_owned(),
        officer: "officer-7".to_owned(),
        case_reference: "case-11".to_owned(),
        // Not known to this version.
        urgency: 99,
        ..CheckStart::default()
    }
}

fn ship(r#ref: u64, value: &str) -> CheckItem {
    CheckItem {
        r#ref,
        identifier_type: "imo".to_owned(),
        value: value.to_owned(),
        ..CheckItem::default()
    }
}

#[tokio::test]
async fn an_answer_that_waiting_helps_says_how_long() {
    let world = World::new(&ships(2)).await;
    // That is all for today.
    assert_goes_on(&world).await;
    let mut client = world.profile.connect().unwrap();
    let items = vec![ship(1, LISTED), ship(2, UNLISTED)];
    let messages =
        [check_request::Part::Start(start()), check_request::Part::Items(CheckItems { items })];
    let messages = messages.map(|part| CheckRequest { part: Some(part) });
    let mut events = client.check(tokio_stream::iter(messages)).await.unwrap().into_inner();
    let mut refused = Vec::new();
    while let Some(message) = events.message().await.unwrap() {
        if let Some(check_response::Event::Answers(one)) = message.event {
            refused.extend(one.answers);
        }
    }
    assert_eq!(refused.len(), 2);
    for answer in refused {
        assert_eq!(answer.outcome(), Outcome::NotPermitted);
        assert_eq!(answer.reason, "quota_exhausted");
        let wait = answer.retry_after.expect("the quota renews at midnight").seconds;
        assert!((0..=86_400).contains(&wait), "{wait}");
    }
}

#[tokio::test]
async fn a_change_that_the_node_does_not_know_is_rejected_and_not_taken_for_another() {
    let world = World::new(&ships(4)).await;
    let mut client = world.profile.connect().unwrap();
    let item = |item, change| StandingItem { r#ref: "ours".to_owned(), item: Some(item), change };
    let items = vec![item(ship(1, LISTED), 99), item(ship(2, UNLISTED), 1)];
    let messages = [
        begin_standing_request::Part::Start(start()),
        begin_standing_request::Part::Items(StandingItems { items }),
    ];
    let messages = messages.map(|part| BeginStandingRequest { part: Some(part) });
    let mut events =
        client.begin_standing(tokio_stream::iter(messages)).await.unwrap().into_inner();
    let mut rejected = Vec::new();
    while let Some(message) = events.message().await.unwrap() {
        if let Some(begin_standing_response::Event::Rejected(one)) = message.event {
            rejected.push((one.r#ref, one.reason));
        }
    }
    assert_eq!(rejected, [(1, "unknown_change".to_owned())]);
    assert_goes_on(&world).await;
}
