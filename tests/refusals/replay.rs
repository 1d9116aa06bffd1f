//! The same check gets the same answer and is counted once; nothing else can pass for it.

use std::time::Duration;

use symbolon_proto::partner::v1::{CheckResponse, check_response::Part};
use symbolon_store::LogRecord;
use symbolon_tests::{World, raw};
use time::OffsetDateTime;

use crate::common::{LISTED, UNLISTED, about_ships, assert_goes_on, counted, owners_log, ships};

fn evaluated(answers: &[CheckResponse]) -> Vec<u8> {
    answers
        .iter()
        .filter_map(|answer| match &answer.part {
            Some(Part::Chunk(chunk)) => Some(chunk.elements.clone()),
            _ => None,
        })
        .flatten()
        .collect()
}

#[tokio::test]
async fn the_same_header_gets_the_same_elements_and_counts_once_also_all_at_once() {
    let world = World::new(&ships(4)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let question = about_ships(&world, &[LISTED, UNLISTED]);
    let messages = question.messages(&key);

    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
        let messages = messages.clone();
        asking.spawn(async move { raw::send(&mut client, messages).await.unwrap() });
    }
    let all = asking.join_all().await;
    assert!(all.iter().all(|answers| answers.len() == 2));
    assert!(all.iter().all(|answers| evaluated(answers) == evaluated(&all[0])));
    assert_eq!(evaluated(&all[0]).len(), 64);
    assert_eq!(counted(&world).await, 2);

    let log = owners_log(&world).await;
    let admitted = log.iter().filter(|record| matches!(record, LogRecord::CheckAdmitted { .. }));
    assert_eq!(admitted.count(), 1);
    let repeated: Vec<_> = log
        .iter()
        .filter_map(|record| match record {
            LogRecord::CheckAnswered { repeated, answered: 2, broke_off: None, .. } => {
                Some(*repeated)
            }
            _ => None,
        })
        .collect();
    assert_eq!(repeated.len(), 8);
    assert_eq!(repeated.iter().filter(|repeated| !**repeated).count(), 1);
    assert_goes_on(&world).await;
    assert_eq!(counted(&world).await, 4);
}

#[tokio::test]
async fn another_header_under_the_same_id_and_headers_out_of_time_are_refused() {
    let world = World::new(&ships(3)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let first = about_ships(&world, &[LISTED]);
    raw::send(&mut client, first.messages(&key)).await.unwrap();
    assert_eq!(counted(&world).await, 1);

    // Another purpose, and other elements, under the id of the first.
    let mut other = about_ships(&world, &[LISTED]);
    other.header = first.header.clone();
    other.header.purpose = "criminal_investigation".to_owned();
    other.chunks.clone_from(&first.chunks);
    let status = raw::send(&mut client, other.messages(&key)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "check_id_reused");

    for offset in [-3_600, -620, 620, 3_600] {
        let mut question = about_ships(&world, &[LISTED]);
        question.header.issued_at = OffsetDateTime::now_utc() + time::Duration::seconds(offset);
        let status = raw::send(&mut client, question.messages(&key)).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), "header_time", "{offset} seconds off");
        assert!(status.message().contains("clock"), "{}", status.message());
    }
    // An answered check under a spoiled signature is no repetition.
    let mut messages = first.messages(&key);
    if let Some(symbolon_proto::partner::v1::check_request::Part::Header(header)) =
        &mut messages[0].part
    {
        header.signature[7] ^= 1;
    }
    let status = raw::send(&mut client, messages).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "header_signature");

    assert_eq!(counted(&world).await, 1);
    // Seconds later than the first, the same header is still the same check.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    raw::send(&mut client, first.messages(&key)).await.unwrap();
    assert_eq!(counted(&world).await, 1);
    assert_goes_on(&world).await;
    assert_eq!(counted(&world).await, 3);
}
