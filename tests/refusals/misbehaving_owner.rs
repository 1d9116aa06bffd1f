//! Nothing that an owner sends is believed before it holds: no answer rather than a wrong one.

use std::time::Duration;

use symbolon_identifiers::{IdentifierType, parse};
use symbolon_mock::Fault;
use symbolon_tests::{World, world::outcomes};

use crate::{
    common::{LISTED, UNLISTED, ask_until, assert_goes_on, metric, ships, within},
    fake_owner::FakeOwner,
};

async fn world_with_fake() -> (World, FakeOwner) {
    let mut world = World::new(&ships(100_000)).await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    let fake = FakeOwner::of(&world).await;
    ask_until(&world, "hit").await;
    (world, fake)
}

/// The membership inputs of the listed ship.
fn listed() -> Vec<Vec<u8>> {
    vec![parse(IdentifierType::Imo, LISTED, None).unwrap().oprf_input().to_vec()]
}

#[tokio::test]
async fn an_answer_that_does_not_prove_itself_is_no_answer_and_no_fault_stops_the_asking_node() {
    let (mut world, fake) = world_with_fake().await;
    fake.faults().delay(Duration::from_millis(100));
    for fault in Fault::ALL {
        let (outcome, reason) = fault.shown();
        fake.faults().always(Some(*fault));
        let items = [("imo", LISTED, ""), ("imo", UNLISTED, "")];
        // A silent one is waited for; every other needs less, and shows itself by more than the time.
        let limit = if *fault == Fault::Silent { 2 } else { 20 };
        let report = world.try_ask(&within(limit), &items).await.unwrap();
        if outcome == "hit" {
            assert_eq!(outcomes(&report), ["hit", "no_hit"], "{fault:?}: {:?}", report.answers);
        } else {
            assert_eq!(outcomes(&report), [outcome, outcome], "{fault:?}: {:?}", report.answers);
            assert!(
                report.answers.iter().all(|a| a.reason == reason),
                "{fault:?}: {:?}",
                report.answers
            );
            assert!(report.answers.iter().all(|a| a.coverage.is_none() && a.desk.is_some()));
        }
        fake.faults().always(None);
        assert_goes_on(&world).await;
    }
    fake.stop().await;
    world.start_owner();
    ask_until(&world, "hit").await;
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_key_changed_within_its_epoch_and_an_older_version_are_not_taken() {
    let (world, mut fake) = world_with_fake().await;
    let first = fake.offered();
    let second = fake.make(2, &fake.key, &listed(), true);
    fake.offer(&second);
    let failures = async || metric(&world.requester, "symbolon_sync_failures_total").await;
    let version = async || {
        let report = ask_until(&world, "hit").await;
        report.answers[0].coverage.as_ref().unwrap().version
    };
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if version().await == 2 {
            break;
        }
    }
    assert_eq!(version().await, 2);

    // Older, the same again by another text, another key, and not chained to the one before.
    let same = fake.make(2, &fake.key, &listed(), true);
    let other_key = fake.make(3, &fake.other_key, &listed(), true);
    fake.offer(&first);
    let unchained = fake.make(3, &fake.key, &listed(), true);
    for offered in [&first, &same, &other_key, &unchained] {
        let before = failures().await;
        fake.offer(offered);
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if failures().await >= before + 2.0 {
                break;
            }
        }
        assert!(failures().await > before, "{:?}", offered.manifest.version);
        // The owner's receipts name a list that is not held: no answer, never a no hit in another.
        for asked in [LISTED, UNLISTED] {
            let report = world.ask(&[("imo", asked, "")]).await;
            assert_eq!(report.answers[0].reason, "set_outdated", "{:?}", report.answers);
        }
    }
    fake.faults().always(Some(Fault::OtherKey));
    fake.offer(&other_key);
    let report = world.ask(&[("imo", LISTED, "")]).await;
    assert_eq!(report.answers[0].reason, "proof_invalid");
    // Back to what is pinned, and all is well.
    fake.faults().always(None);
    fake.offer(&second);
    assert_eq!(version().await, 2);
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_list_made_under_another_key_than_it_says_gives_no_answer() {
    let (world, mut fake) = world_with_fake().await;
    // The manifest and its canaries are sound, but the set does not hold them.
    fake.offer(&fake.make(2, &fake.key, &listed(), false));
    let report = ask_until(&world, "no_answer").await;
    assert_eq!(report.answers[0].reason, "canary_failed", "{:?}", report.answers);
    let report = world.try_ask(&within(10), &[("imo", UNLISTED, "")]).await.unwrap();
    assert_eq!(outcomes(&report), ["no_answer"]);
    // The owner's next version, sound again, ends it.
    fake.offer(&fake.make(3, &fake.key, &listed(), true));
    ask_until(&world, "hit").await;
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_list_that_failed_its_canaries_is_no_way_to_another_key() {
    let (mut world, mut fake) = world_with_fake().await;
    fake.offer(&fake.make(2, &fake.key, &listed(), false));
    ask_until(&world, "no_answer").await;
    fake.faults().always(Some(Fault::OtherKey));
    fake.offer(&fake.make(3, &fake.other_key, &listed(), true));
    for _ in 0..2 {
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let report = world.try_ask(&within(10), &[("imo", LISTED, "")]).await.unwrap();
            assert_eq!(outcomes(&report), ["no_answer"], "{:?}", report.answers);
        }
        // Nor is a restart.
        world.requester_node.take().unwrap().kill().await.unwrap();
        world.start_requester();
        let profile = world.profile.clone();
        let _ = symbolon_cli::scenario::wait_for_coverage(&profile, Duration::from_secs(2)).await;
    }
}
