//! Messages over the limit are refused without being read into memory.

use std::time::{Duration, Instant};

use symbolon_proto::{
    bureau::v1::{CheckItem, CheckItems, CheckRequest, CheckStart, check_request::Part},
    v1::SignedDocument,
};
use symbolon_tests::{World, raw};

use crate::common::{LISTED, about_ships, assert_goes_on, counted, memory_of, ships};

const LONG: usize = 100 << 20;
const PROMPTLY: Duration = Duration::from_secs(10);
/// Most resident memory of a node in MiB.
const MOST_MEMORY: u64 = 400;

#[tokio::test]
async fn a_hundred_megabytes_from_a_partner_are_refused_promptly() {
    let world = World::new(&ships(4)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();

    let began = Instant::now();
    let document = SignedDocument { document: vec![7; LONG], ..SignedDocument::default() };
    let status = raw::send(&mut client, vec![raw::header_message(document)]).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "limit_exceeded");
    assert!(status.message().contains("2 MiB"), "{}", status.message());

    let question = about_ships(&world, &[LISTED]);
    let mut messages = question.messages(&key);
    messages[1] = raw::chunk_message(vec![7; LONG]);
    let status = raw::send(&mut client, messages).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "limit_exceeded");
    assert!(began.elapsed() < PROMPTLY, "{:?}", began.elapsed());

    // Just over the limit of a document, in a message under the limit.
    let document = SignedDocument { document: vec![7; (1 << 20) + 1], ..SignedDocument::default() };
    let status = raw::send(&mut client, vec![raw::header_message(document)]).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "header_invalid");

    let (now, most) = memory_of(world.owner_node.as_ref().unwrap());
    assert!(most < MOST_MEMORY, "{now} MiB now, {most} MiB at most");
    raw::send(&mut client, question.messages(&key)).await.unwrap();
    assert_eq!(counted(&world).await, 1);
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_hundred_megabytes_from_an_officer_are_refused_promptly() {
    let world = World::new(&ships(2)).await;
    let mut client = world.profile.connect().unwrap().max_encoding_message_size(usize::MAX);
    let start = CheckStart {
        purpose: "border_check".to_owned(),
        officer: "officer-7".to_owned(),
        case_reference: "case-11".to_owned(),
        ..CheckStart::default()
    };
    let start = CheckRequest { part: Some(Part::Start(start)) };
    let item = |value: String, number: u64| CheckItem {
        r#ref: number,
        identifier_type: "imo".to_owned(),
        value,
        country: String::new(),
    };
    let long = vec![item("9".repeat(LONG), 1)];
    let many: Vec<_> = (0..4_097).map(|number| item(LISTED.to_owned(), number)).collect();
    for items in [long, many] {
        let began = Instant::now();
        let items = CheckRequest { part: Some(Part::Items(CheckItems { items })) };
        let messages = tokio_stream::iter([start.clone(), items]);
        let status = client.check(messages).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), "limit_exceeded");
        assert!(began.elapsed() < PROMPTLY, "{:?}", began.elapsed());
    }
    let (now, most) = memory_of(world.requester_node.as_ref().unwrap());
    assert!(most < MOST_MEMORY, "{now} MiB now, {most} MiB at most");
    assert_eq!(counted(&world).await, 0);
    assert_goes_on(&world).await;
}
