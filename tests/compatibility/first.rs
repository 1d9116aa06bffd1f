//! The contract as it was first frozen, before anything was added: its clients are answered still, and its nodes
//! understood.

use prost_reflect::{DescriptorPool, MethodDescriptor};
use symbolon_cli::{
    rows::{Mapping, Rows},
    standing,
};
use symbolon_exchange::Received;
use symbolon_mock::without_unknown;
use symbolon_tests::{
    MisbehavingNode, raw, until,
    world::{outcomes, reason},
};

use crate::{
    baseline::{as_frozen, call},
    bureau_face::{
        APPROVAL, BUREAU, LISTED, UNLISTED, assert_goes_on, channel, inner, ordinary, world,
    },
    partner_face::{self, PARTNER},
};

fn pool() -> DescriptorPool {
    let first = include_bytes!("../../proto/baseline/v1-first.binpb");
    DescriptorPool::decode(first.as_slice()).unwrap()
}

/// Methods of a service as it was then.
fn methods(service: &str) -> Vec<MethodDescriptor> {
    pool().get_service_by_name(service).unwrap().methods().collect()
}

/// What a client of then would have sent: without what it had no field for.
fn as_first(method: &MethodDescriptor, messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let each = messages.iter().map(|bytes| as_frozen(method.input(), bytes));
    each.map(|message| prost::Message::encode_to_vec(&without_unknown(&message))).collect()
}

#[tokio::test]
async fn clients_of_the_contract_as_it_was_first_frozen_are_answered_but_for_an_approval_of_nobody()
{
    let (world, approver) = world().await;
    let mut standing = Vec::new();
    for (service, profile) in [(BUREAU, &world.profile), (APPROVAL, &approver)] {
        for method in methods(service) {
            let messages = as_first(&method, ordinary(method.name(), &standing));
            let (answers, end) = call(channel(profile), &method, messages).await;
            if method.name() == "ApproveCheck" {
                // The one thing that it asks and then did not: an approval for whoever asks is none.
                let refused = Received::read(&end.unwrap_err());
                assert_eq!(refused.reason.as_deref(), Some("invalid_argument"));
                assert!(refused.sentence.contains("name who may ask"), "{}", refused.sentence);
                continue;
            }
            assert!(end.is_ok(), "{}: {end:?}", method.name());
            if method.name() == "BeginStanding" {
                let kept = inner(answers.last().unwrap(), "kept");
                standing =
                    kept.get_field_by_name("standing_id").unwrap().as_bytes().unwrap().to_vec();
            }
        }
    }
    let shown = raw::credentials(&world.requester);
    let partner = raw::channel(&world.owner, &shown).await.unwrap();
    for method in methods(PARTNER) {
        let messages = as_first(&method, partner_face::ordinary(&world, method.name(), None));
        let (answers, end) = call(partner.clone(), &method, messages).await;
        assert!(end.is_ok() && !answers.is_empty(), "{}: {end:?}", method.name());
    }
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn nodes_of_the_contract_as_it_was_first_frozen_answer_programs_and_partners_of_this_one() {
    let (mut world, _) = world().await;
    let items = [("imo", LISTED, ""), ("imo", UNLISTED, "")];
    world.owner_node.take().unwrap().stop().await.unwrap();
    let owner = MisbehavingNode::of(&world.owner).await;
    owner.faults.know_only(pool());
    until("an owner of then is understood", async || {
        (outcomes(&world.ask(&items).await) == ["hit", "no_hit"]).then_some(())
    })
    .await;

    world.requester_node.take().unwrap().stop().await.unwrap();
    let requester = MisbehavingNode::of(&world.requester).await;
    requester.faults.know_only(pool());
    world.wait_until_ready().await;
    assert_goes_on(&world).await;

    let rows = |value: &str, change: &str| {
        let text = format!("identifier_type,value,country,change\nimo,{value},,{change}\n");
        let mut read = Rows::new(text.as_bytes(), Mapping::default()).unwrap();
        vec![read.next_row().unwrap().unwrap().unwrap()]
    };
    let mut client = world.profile.connect().unwrap();
    let kept = standing::begin(&mut client, &reason(), rows(LISTED, "add")).await.unwrap();
    assert!(kept.is_complete(), "{kept:?}");
    let id: [u8; 16] = hex::decode(&kept.standing_id).unwrap().try_into().unwrap();
    let limit = std::time::Duration::from_secs(20);
    let kept = standing::update(&mut client, id, limit, rows(UNLISTED, "add")).await.unwrap();
    assert_eq!((kept.added, kept.is_complete()), (1, true), "{kept:?}");
    let matched = standing::matches(&mut client, id, |_, _| Ok(true)).await.unwrap();
    assert_eq!((matched.hits, matched.answers.len()), (1, 1));
    assert_eq!(standing::list(&mut client).await.unwrap().len(), 1);
    standing::end(&mut client, id).await.unwrap();
    requester.stop().await;
    owner.stop().await;
}
