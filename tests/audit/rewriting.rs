//! Whoever rewrites a log, and makes the tree anew over it, is found by the partners.

use symbolon_exchange::read_checkpoint;
use symbolon_store::FaultKind;
use symbolon_tests::{World, until};

use crate::common::{
    Tampering, ask_and_settle, export, fault, findings, forget_what_was_signed, newest_receipt, of,
    ships, symbolon, tamper, text, verify,
};

/// Tampers with the owner's log behind the back of its node, and returns what the requester found and
/// what the exports say together.
async fn rewritten(tampering: impl FnOnce(u64) -> Tampering) -> serde_json::Value {
    let mut world = World::new(&ships()).await;
    ask_and_settle(&world, 3).await;
    let held = newest_receipt(&world.requester).await.entry_index;
    world.owner_node.take().unwrap().stop().await.unwrap();
    tamper(&world.owner, tampering(held)).await;
    forget_what_was_signed(&world.owner).await;
    world.start_owner();

    // The owner's node signs on as if nothing were. Its partner finds it by itself, and keeps both
    // notes, each with the owner's signature.
    let kinds = [FaultKind::Rewritten, FaultKind::Shortened, FaultKind::Forked];
    let found = fault(&world.requester, &world.owner, &kinds).await;
    let key = world.owner.card.keys.log;
    let agreed = read_checkpoint(&found.agreed_note, &world.owner.code, &key).unwrap();
    let other = read_checkpoint(&found.note, &world.owner.code, &key).unwrap();
    assert_eq!(agreed.checkpoint().size, found.agreed_size);
    assert_ne!(agreed.checkpoint().root, other.checkpoint().root);
    until("the requester's node says so", async || {
        world.log("requester").contains("a log contradicts itself").then_some(())
    })
    .await;
    let (report, code) =
        symbolon(&["audit", "faults", "--data", text(world.requester.folder.root())]);
    assert_eq!((code, report["faults"][0]["bureau"].as_str()), (4, Some("OWN")), "{report}");

    let (ours, theirs) = (world.scratch().join("req-export"), world.scratch().join("own-export"));
    let ours = export(&world.requester, ours);
    let theirs = export(&world.owner, theirs);
    let (report, code) = verify(&[&theirs, &ours]);
    assert_eq!(code, 4, "{report}");
    assert_eq!(of(&report, "REQ")["holds"], true, "{report}");
    report
}

#[tokio::test]
async fn an_entry_that_was_changed_is_found_and_named() {
    let mut index = 0;
    let report = rewritten(|held| {
        index = held;
        Tampering::Change(held)
    })
    .await;
    let found = findings(&report, "OWN");
    assert!(found.contains(&("entry_changed".to_owned(), Some(index))), "{found:?}");
    assert!(found.iter().any(|(kind, _)| kind == "rewritten"), "{found:?}");
    assert!(of(&report, "OWN")["last_agreed"]["size"].as_u64().is_none_or(|size| size <= index));
}

#[tokio::test]
async fn an_entry_that_was_removed_is_found_and_those_after_it_are_named() {
    let mut index = 0;
    let report = rewritten(|held| {
        index = held;
        Tampering::Remove(held - 2)
    })
    .await;
    let found = findings(&report, "OWN");
    assert!(found.contains(&("entry_moved".to_owned(), Some(index))), "{found:?}");
    let held = of(&report, "OWN")["held"].as_array().unwrap();
    let moved = held.iter().find(|one| one["index"] == index).unwrap();
    assert_eq!(
        (moved["state"].as_str(), moved["moved_to"].as_u64()),
        (Some("moved"), Some(index - 1))
    );
}

#[tokio::test]
async fn entries_in_another_order_are_found_and_named() {
    let mut index = 0;
    let report = rewritten(|held| {
        index = held;
        Tampering::Swap(held - 2, held)
    })
    .await;
    let found = findings(&report, "OWN");
    assert!(found.contains(&("entry_moved".to_owned(), Some(index))), "{found:?}");
}
