//! A node whose own log does not continue what it signed signs and answers nothing more.

use symbolon_store::FaultKind;
use symbolon_tests::{World, until, world::outcomes};

use crate::common::{
    LISTED, Tampering, as_inspector, ask_and_settle, copy, fault, forget_what_was_signed, metric,
    ships, tamper,
};

async fn assert_answers_nothing(world: &World) {
    let report = until("the owner refuses", async || {
        let report = world.ask(&[("imo", LISTED, "")]).await;
        (report.answers[0].reason == "log_altered").then_some(report)
    })
    .await;
    assert_eq!(outcomes(&report), ["no_answer"]);
    assert!(metric(&world.owner, "symbolon_log_sound").await < 0.5);
    until("the owner's node says so", async || {
        world.log("owner").contains("nothing more is signed").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_log_that_was_rewritten_without_care_stops_its_own_node() {
    let mut world = World::new(&ships()).await;
    ask_and_settle(&world, 1).await;
    assert!(metric(&world.owner, "symbolon_log_sound").await > 0.5);
    world.owner_node.take().unwrap().stop().await.unwrap();
    tamper(&world.owner, Tampering::Change(1)).await;
    world.start_owner();
    fault(&world.owner, &world.owner, &[FaultKind::Rewritten]).await;
    assert_answers_nothing(&world).await;
    assert!(metric(&world.owner, "symbolon_log_faults_total").await >= 1.0);
}

#[tokio::test]
async fn a_record_that_is_not_what_its_leaf_stands_for_stops_its_own_node() {
    let mut world = World::new(&ships()).await;
    ask_and_settle(&world, 1).await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    tamper(&world.owner, Tampering::ChangeRecord(2)).await;
    world.start_owner();
    fault(&world.owner, &world.owner, &[FaultKind::Damaged]).await;
    assert_answers_nothing(&world).await;
    let (lines, code) = as_inspector(&world.owner, &["log"], &[]);
    assert_eq!(code, 4);
    let damaged: Vec<_> =
        lines.as_array().unwrap().iter().filter(|line| line["state"] == "damaged").collect();
    assert_eq!(damaged.len(), 1, "{damaged:?}");
    assert_eq!(damaged[0]["index"], 2);
}

/// Sets the state of the owner's node back to before its latest answers; the node does not run then.
async fn set_back(world: &mut World) {
    ask_and_settle(world, 1).await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    let (state, backup) = (world.owner.folder.root().join("state"), world.scratch().join("backup"));
    copy(&state, &backup);
    world.start_owner();
    until("the owner answers again", async || {
        let report = world.ask(&[("imo", LISTED, "")]).await;
        (report.answers[0].outcome == "hit").then_some(())
    })
    .await;
    ask_and_settle(world, 2).await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    std::fs::remove_dir_all(&state).unwrap();
    copy(&backup, &state);
}

#[tokio::test]
async fn a_database_of_before_is_noticed_by_what_lies_beside_it() {
    let mut world = World::new(&ships()).await;
    set_back(&mut world).await;
    world.start_owner();
    fault(&world.owner, &world.owner, &[FaultKind::Shortened]).await;
    assert_answers_nothing(&world).await;
}

#[tokio::test]
async fn a_whole_bureau_of_before_is_noticed_by_its_partner_who_tells_it() {
    let mut world = World::new(&ships()).await;
    set_back(&mut world).await;
    forget_what_was_signed(&world.owner).await;
    world.start_owner();
    // The partner finds that the log is shorter, or another …
    let kinds = [FaultKind::Shortened, FaultKind::Forked, FaultKind::Rewritten];
    fault(&world.requester, &world.owner, &kinds).await;
    // … and shows the owner what it signed: then the owner knows too, and stops.
    fault(&world.owner, &world.owner, &[FaultKind::NotOurs]).await;
    assert_answers_nothing(&world).await;
}
