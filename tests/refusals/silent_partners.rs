//! A bureau that is down or silent is shown as such, in time, and delays no other.

use std::time::{Duration, Instant};

use symbolon_cli::scenario::wait_for_coverage;
use symbolon_tests::{
    World,
    world::{outcomes, reason},
};

use crate::{
    common::{LISTED, answers_requester, ask_until, ships, third_bureau, within},
    fake_owner::FakeOwner,
};

#[tokio::test]
async fn a_bureau_that_is_down_or_silent_gives_no_answer_in_time_and_delays_no_other() {
    let mut world = World::founded(&ships(100), |_| {}).await;
    let third = third_bureau(&world);
    answers_requester(&world, &third).await;
    world.start_owner();
    let log = std::fs::File::create(world.scratch().join("third.log")).unwrap();
    let third_node = third.start(symbolon_tests::program(), log.into()).unwrap();
    world.start_requester();
    world.wait_until_ready().await;
    let both = [("imo", LISTED, "")];
    assert_eq!(outcomes(&world.ask(&both).await), ["hit", "hit"]);

    // Down.
    world.owner_node.take().unwrap().kill().await.unwrap();
    let report = world.try_ask(&within(8), &both).await.unwrap();
    assert_eq!(outcomes(&report), ["no_answer", "hit"]);
    let [down, other] = &report.answers[..] else { panic!("{report:?}") };
    assert_eq!((down.bureau.as_str(), down.reason.as_str()), ("OWN", "unreachable"));
    assert!(down.desk.is_some() && down.sentence.contains("desk"), "{down:?}");
    assert!(down.elapsed_ms < 8_000.0, "{down:?}");
    assert!(other.elapsed_ms < 1_500.0, "{other:?}");

    // Silent: it takes connections, and that is all.
    let fake = FakeOwner::of(&world).await;
    fake.faults().silence(true);
    let began = Instant::now();
    let report = world.try_ask(&within(3), &both).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(outcomes(&report), ["no_answer", "hit"]);
    let [silent, other] = &report.answers[..] else { panic!("{report:?}") };
    assert_eq!(silent.reason, "timeout", "{silent:?}");
    assert!((2_900.0..4_500.0).contains(&silent.elapsed_ms), "{silent:?}");
    assert!(other.elapsed_ms < 1_500.0, "{other:?}");
    fake.stop().await;

    // Nothing listens for TLS at all: a port that swallows bytes.
    let address = world.owner.card.endpoint.strip_prefix("https://").unwrap();
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let swallowing = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((tcp, _)) = listener.accept().await {
            kept.push(tcp);
        }
    });
    let began = Instant::now();
    let report = world.try_ask(&within(3), &both).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(outcomes(&report), ["no_answer", "hit"]);
    swallowing.abort();
    let _ = swallowing.await;

    // Back again, it answers.
    world.start_owner();
    ask_until(&world, "hit").await;
    assert_eq!(outcomes(&world.try_ask(&reason(), &both).await.unwrap()), ["hit", "hit"]);
    third_node.stop().await.unwrap();
}

#[tokio::test]
async fn a_silent_partner_does_not_keep_a_node_from_its_own_work() {
    let mut world = World::new(&ships(100)).await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    let fake = FakeOwner::of(&world).await;
    fake.faults().silence(true);
    // Long enough that the requester's node waits for the silent owner.
    tokio::time::sleep(Duration::from_secs(2)).await;
    // A new agreement with a bureau that answers.
    let third = third_bureau(&world);
    answers_requester(&world, &third).await;
    let log = std::fs::File::create(world.scratch().join("third.log")).unwrap();
    let third_node = third.start(symbolon_tests::program(), log.into()).unwrap();
    let began = Instant::now();
    wait_for_coverage(&world.profile, Duration::from_secs(30)).await.unwrap();
    let mut of_third = within(3);
    of_third.bureaus = vec!["THI".to_owned()];
    loop {
        let report = world.try_ask(&of_third, &[("imo", LISTED, "")]).await.unwrap();
        if outcomes(&report) == ["hit"] {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", report.answers);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    third_node.stop().await.unwrap();
}
