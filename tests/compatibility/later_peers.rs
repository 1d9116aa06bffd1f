//! Programs of this version, answered by a bureau of a later one.

use symbolon_cli::asking::Reason;
use symbolon_mock::{CallFault, Fault};
use symbolon_tests::{
    MisbehavingNode,
    world::{outcomes, reason},
};

use crate::bureau_face::{LISTED, UNLISTED, assert_goes_on, world};

#[tokio::test]
async fn an_owner_of_a_later_version_is_understood_or_gives_no_answer() {
    let (mut world, _) = world().await;
    world.owner_node.take().unwrap().stop().await.unwrap();
    let owner = MisbehavingNode::of(&world.owner).await;
    let items = [("imo", LISTED, ""), ("imo", UNLISTED, "")];
    // Until it has begun to listen, there is no answer.
    for _ in 0..100 {
        if outcomes(&world.ask(&items).await) == ["hit", "no_hit"] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    owner.faults.always(Some(Fault::UnknownFields));
    assert_eq!(outcomes(&world.ask(&items).await), ["hit", "no_hit"]);
    owner.faults.always(Some(Fault::UnknownPart));
    assert_eq!(outcomes(&world.ask(&items).await), ["no_answer", "no_answer"]);
    owner.faults.always(None);
    assert_goes_on(&world).await;
    owner.stop().await;
}

#[tokio::test]
async fn an_answer_that_this_program_does_not_know_is_no_answer_and_never_no_hit() {
    let (mut world, _) = world().await;
    world.requester_node.take().unwrap().stop().await.unwrap();
    let node = MisbehavingNode::of(&world.requester).await;
    world.wait_until_ready().await;
    let later = Reason { purpose: CallFault::Unknown.purpose(), ..reason() };
    // The last answer of each source is one that nobody knows yet, be it of a hit or of none.
    for asked in [[LISTED, UNLISTED], [UNLISTED, LISTED]] {
        let items = asked.map(|value| ("imo", value, ""));
        let report = world.try_ask(&later, &items).await.unwrap();
        let [first, last] = &report.answers[..] else { panic!("{report:?}") };
        assert_eq!(first.outcome, if asked[0] == LISTED { "hit" } else { "no_hit" });
        assert_eq!(last.outcome, "no_answer", "{last:?}");
    }
    assert_goes_on(&world).await;
    node.stop().await;
}
