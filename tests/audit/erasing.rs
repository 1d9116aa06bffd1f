//! Erasing takes records away and leaves the log verifiable.

use symbolon_tests::World;

use crate::common::{as_administrator, as_inspector, ask_and_settle, export, of, ships, verify};

#[tokio::test]
async fn what_is_erased_is_gone_and_the_log_still_verifies() {
    let mut world = World::new(&ships()).await;
    ask_and_settle(&world, 2).await;
    let before = export(&world.owner, world.scratch().join("before"));
    world.owner_node.take().unwrap().stop().await.unwrap();
    world.requester_node.take().unwrap().stop().await.unwrap();
    // Times are kept in seconds; what was just recorded is not older than now.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    for bureau in [&world.owner, &world.requester] {
        let now = time::OffsetDateTime::now_utc()
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        let (erased, code) = as_administrator(bureau, &["erase"], &["--before", &now]);
        assert_eq!(code, 0, "{erased}");
        assert!(erased["entries"].as_u64().unwrap() > 2, "{erased}");
    }
    let own = export(&world.owner, world.scratch().join("own"));
    let req = export(&world.requester, world.scratch().join("req"));
    let (report, code) = verify(&[&own, &req, &before]);
    assert_eq!(code, 0, "{report}");
    let verdict = of(&report, "OWN");
    // Only the entries that say who erased, what, and who exported have their records.
    assert_eq!(verdict["records"], 3, "{verdict}");
    assert!(verdict["entries"].as_u64().unwrap() > 4);

    let store = world.requester.store().await.unwrap();
    assert!(store.receipts(None).await.unwrap().is_empty());
    store.close().await;
    // A list of both sides, from a time when there was something, still shows no contradiction.
    let (lines, code) = as_inspector(&world.owner, &["log"], &[]);
    assert_eq!(code, 0);
    let lines = lines.as_array().unwrap();
    let (erased, kept) = lines.split_at(lines.len() - 3);
    assert!(erased.iter().all(|line| line["state"] == "erased"), "{lines:?}");
    let events: Vec<_> = kept.iter().map(|line| line["record"]["event"].clone()).collect();
    assert_eq!(events, ["administered", "records_erased", "administered"]);
}
