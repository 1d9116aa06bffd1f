//! A check that was handed over is followed up by who took it, as long as the check is kept.

use symbolon_policy::{Actor, rules::Role};
use symbolon_store::DisclosureEvent;

use crate::fixture::{AGREEMENT, Home, NOW, ask, check_id};

#[tokio::test]
async fn a_check_is_handed_over_once_with_an_event_and_no_entry_of_the_log() {
    let home = Home::new().await;
    let store = &home.store;
    let by = Actor { id: "spiffe://deu.example/people/b".into(), roles: [Role::Approver].into() };
    ask(&home, 1, &[AGREEMENT]).await;
    for is_new in [true, false] {
        let handed = store.hand_over_check(&check_id(1), "spiffe://x", "leave", &by, NOW).await;
        assert_eq!(handed.unwrap(), is_new);
    }
    assert_eq!(store.handed_over_to("spiffe://x").await.unwrap(), [check_id(1)].into());
    assert!(store.handed_over_to("spiffe://y").await.unwrap().is_empty());
    let events = store.disclosure_events(0, 10).await.unwrap();
    let [event] = &events[..] else { panic!("{events:?}") };
    let handed = Some(DisclosureEvent::HandedOver {
        check: check_id(1),
        to: "spiffe://x".to_owned(),
        reason: "leave".to_owned(),
        by,
    });
    assert_eq!(event.event, handed);
    // Its length must not tell what hit: there is nothing but the entry on the check.
    assert_eq!(store.log_size().await.unwrap(), 1);
}

#[tokio::test]
async fn a_check_that_is_not_kept_is_handed_over_to_nobody() {
    let home = Home::new().await;
    let by = Actor { id: "spiffe://deu.example/people/b".into(), roles: [Role::Approver].into() };
    let handed = home.store.hand_over_check(&check_id(1), "spiffe://x", "leave", &by, NOW).await;
    assert!(!handed.unwrap());
    assert!(home.store.handed_over_to("spiffe://x").await.unwrap().is_empty());
    assert!(home.store.disclosure_events(0, 10).await.unwrap().is_empty());
}
