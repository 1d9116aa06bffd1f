//! An owner that goes on answering, and never proves that what it signed belongs to its log.

use symbolon_ledger::SignedCheckpoint;
use symbolon_store::FaultKind;
use symbolon_tests::{MisbehavingNode, World, until, world::outcomes};

use crate::common::{LISTED, ask_and_settle, fault, ships, symbolon, text};

/// Checkpoints of others that the requester holds and could not yet have proven.
async fn unproven(world: &World) -> Vec<u64> {
    let store = world.requester.store().await.unwrap();
    let all = store.all_unproven_checkpoints().await.unwrap();
    store.close().await;
    all.into_iter().map(|known| known.size).collect()
}

#[tokio::test]
async fn proofs_that_an_owner_withholds_are_held_against_it_and_taken_when_they_come() {
    let mut world = World::new(&ships()).await;
    ask_and_settle(&world, 1).await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    let owner = MisbehavingNode::of(&world.owner).await;
    owner.faults.withhold_log_proofs(true);
    // Each answer signs a longer log: all but the newest need a proof.
    for _ in 0..3 {
        until("the owner answers, also after its restart", async || {
            (outcomes(&world.ask(&[("imo", LISTED, "")]).await) == ["hit"]).then_some(())
        })
        .await;
    }

    let found = fault(&world.requester, &world.owner, &[FaultKind::Withheld]).await;
    let withheld = SignedCheckpoint::parse(&found.note).unwrap().checkpoint().size;
    assert!(found.agreed_size > withheld, "{found:?}");
    assert!(unproven(&world).await.contains(&withheld));
    let faults = ["audit", "faults", "--data", text(world.requester.folder.root())];
    let (report, code) = symbolon(&faults);
    assert_eq!((code, report["faults"][0]["kind"].as_str()), (4, Some("withheld")), "{report}");
    assert_eq!(report["faults"][0]["bureau"], "OWN", "{report}");

    owner.faults.withhold_log_proofs(false);
    until("what was withheld is proven", async || unproven(&world).await.is_empty().then_some(()))
        .await;
    // It did happen: whoever audits is to see it.
    let (report, code) = symbolon(&faults);
    assert_eq!((code, report["faults"][0]["kind"].as_str()), (4, Some("withheld")), "{report}");
    owner.stop().await;
}
