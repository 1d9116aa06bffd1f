//! A tag set that is not whole is never looked in.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use symbolon_tests::{World, world::outcomes};

use crate::common::{ask_until, ask_within, assert_goes_on, counted, metric, ships};

fn only_set_in(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_none_or(|kind| kind != "cache")).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[tokio::test]
async fn a_damaged_copy_is_fetched_again_at_the_next_start() {
    let mut world = World::new(&ships(100)).await;
    let folder = world.requester.folder.root().join("sets/partners");
    let path = only_set_in(&folder);
    let whole = fs::read(&path).unwrap();
    let flipped = |place: usize| {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        bytes
    };
    let damaged = [
        flipped(0),
        flipped(whole.len() / 2),
        flipped(whole.len() - 1),
        whole[..whole.len() / 2].to_vec(),
        Vec::new(),
    ];
    for bytes in damaged {
        world.requester_node.take().unwrap().kill().await.unwrap();
        fs::write(&path, bytes).unwrap();
        world.start_requester();
        world.wait_until_ready().await;
        assert_goes_on(&world).await;
        assert!(fs::read(only_set_in(&folder)).unwrap() == whole);
    }
    // Gone altogether.
    world.requester_node.take().unwrap().kill().await.unwrap();
    fs::remove_file(&path).unwrap();
    world.start_requester();
    world.wait_until_ready().await;
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_list_that_was_damaged_at_its_owner_gives_no_answer_until_it_is_whole() {
    let mut world = World::new(&ships(100)).await;
    world.requester_node.take().unwrap().kill().await.unwrap();
    fs::remove_file(only_set_in(&world.requester.folder.root().join("sets/partners"))).unwrap();
    let path = only_set_in(&world.owner.folder.root().join("sets/own"));
    let whole = fs::read(&path).unwrap();
    for place in [0, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        fs::write(&path, bytes).unwrap();
        world.start_requester();
        let report = loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let asked = crate::common::within(5);
            let items = [("imo", crate::common::LISTED, ""), ("imo", crate::common::UNLISTED, "")];
            if let Ok(report) = world.try_ask(&asked, &items).await {
                break report;
            }
        };
        assert_eq!(outcomes(&report), ["no_answer", "no_answer"], "{:?}", report.answers);
        // The answer does not wait for the transfer, which fails beside it.
        for _ in 0..100 {
            if metric(&world.requester, "symbolon_sync_failures_total").await > 0.0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(metric(&world.requester, "symbolon_sync_failures_total").await > 0.0);
        let report = crate::common::ask_within(&world, 5).await;
        assert_eq!(outcomes(&report), ["no_answer"], "{:?}", report.answers);
        assert!(metric(&world.requester, "symbolon_partner_sets_held").await < 1.0);
        // Without a set there is nothing to ask, so nothing is counted either.
        assert_eq!(counted(&world).await, 0);
        world.requester_node.take().unwrap().kill().await.unwrap();
    }
    fs::write(&path, &whole).unwrap();
    world.start_requester();
    world.wait_until_ready().await;
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn an_owner_that_finds_its_own_list_damaged_publishes_it_anew() {
    let mut world = World::new(&ships(100)).await;
    let path = only_set_in(&world.owner.folder.root().join("sets/own"));
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    world.requester_node.take().unwrap().kill().await.unwrap();
    world.owner_node.take().unwrap().kill().await.unwrap();
    fs::remove_file(only_set_in(&world.requester.folder.root().join("sets/partners"))).unwrap();
    fs::write(&path, bytes).unwrap();
    world.start_owner();
    world.start_requester();
    let report = ask_until(&world, "hit").await;
    assert_eq!(report.answers[0].coverage.as_ref().unwrap().version, 2);
    assert_eq!(outcomes(&ask_within(&world, 10).await), ["hit"]);
}
