//! Whoever is refused again and again fills no log.

use symbolon_store::{LogRecord, REFUSALS_LOGGED_AN_HOUR};
use symbolon_tests::{World, raw};
use time::{Duration, OffsetDateTime};

use crate::common::{LISTED, about_ships, assert_goes_on, owners_log, ships};

const TOO_MANY: u64 = 5;
const REASON: &str = "purpose_not_agreed";

fn hour_of(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() / 3_600
}

#[tokio::test]
async fn beyond_sixty_refusals_an_hour_the_log_has_their_number_and_no_entry_for_each() {
    let world = World::new(&ships(10)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let all = REFUSALS_LOGGED_AN_HOUR + TOO_MANY;
    let began = OffsetDateTime::now_utc();
    for _ in 0..all {
        let mut question = about_ships(&world, &[LISTED]);
        question.header.purpose = "curiosity".to_owned();
        let status = raw::send(&mut client, question.messages(&key)).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), REASON);
    }
    let ended = OffsetDateTime::now_utc();

    let alone = owners_log(&world).await.iter().filter(|record| is_refusal(record)).count() as u64;
    if hour_of(began) == hour_of(ended) {
        assert_eq!(alone, REFUSALS_LOGGED_AN_HOUR);
    }
    // An honest check is answered all the same.
    assert_goes_on(&world).await;

    // What the node does in the next hour.
    let store = world.owner.store().await.unwrap();
    store.sum_up_refusals(ended + Duration::HOUR).await.unwrap();
    store.close().await;
    let summed: u64 = owners_log(&world)
        .await
        .iter()
        .filter_map(|record| match record {
            LogRecord::ChecksRefused { requester, refused, .. }
                if *requester == world.requester.code =>
            {
                assert!(refused.keys().all(|reason| reason == REASON), "{refused:?}");
                Some(refused.values().sum::<u64>())
            }
            _ => None,
        })
        .sum();
    assert_eq!(alone + summed, all, "none is lost");
}

fn is_refusal(record: &LogRecord) -> bool {
    matches!(record, LogRecord::CheckRefused { reason, .. } if reason == REASON)
}
