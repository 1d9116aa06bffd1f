//! Erasing takes records away and leaves the log verifiable.

use symbolon_tests::World;

use crate::common::{ask_and_settle, export, of, ships, symbolon, text, verify};

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
        let data = text(bureau.folder.root()).to_owned();
        let now = time::OffsetDateTime::now_utc()
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        let (erased, code) = symbolon(&["audit", "erase", "--data", &data, "--before", &now]);
        assert_eq!(code, 0, "{erased}");
        assert!(erased["entries"].as_u64().unwrap() > 2, "{erased}");
    }
    let own = export(&world.owner, world.scratch().join("own"));
    let req = export(&world.requester, world.scratch().join("req"));
    let (report, code) = verify(&[&own, &req, &before]);
    assert_eq!(code, 0, "{report}");
    let verdict = of(&report, "OWN");
    // Only the entry that says what was erased has its record.
    assert_eq!(verdict["records"], 1, "{verdict}");
    assert!(verdict["entries"].as_u64().unwrap() > 4);

    let store = world.requester.store().await.unwrap();
    assert!(store.receipts(None).await.unwrap().is_empty());
    store.close().await;
    // A list of both sides, from a time when there was something, still shows no contradiction.
    let (lines, code) = symbolon(&["audit", "log", "--data", text(world.owner.folder.root())]);
    assert_eq!(code, 0);
    let lines = lines.as_array().unwrap();
    assert_eq!(lines.last().unwrap()["record"]["event"], "records_erased");
    assert!(lines[..lines.len() - 1].iter().all(|line| line["state"] == "erased"), "{lines:?}");
}
