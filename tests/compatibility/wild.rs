//! Messages of no version at all.

use symbolon_exchange::Received;
use symbolon_fuzzed::Mutator;
use symbolon_policy::Reason;
use symbolon_tests::raw;
use tonic::Status;

use crate::{
    baseline::{call, method, methods},
    bureau_face::{APPROVAL, BUREAU, assert_goes_on, channel, ordinary, world},
    partner_face::{self, PARTNER},
};

const TRIES: usize = 40;
const LONGEST: usize = 4_096;

/// The face takes the bytes, or refuses them with a reason of the contract. Whatever else ends a call is a
/// fault: the connection broke, or what served it did.
fn assert_said(method: &str, ended: Result<(), Status>) {
    let Err(status) = ended else { return };
    assert!(Received::read(&status).reason.is_some(), "{method}: {status:?}");
}

#[tokio::test]
async fn bytes_made_from_good_messages_harm_no_face() {
    let (world, approver) = world().await;
    let shown = raw::credentials(&world.requester);
    let mut mutator = Mutator::new(1);
    for (service, profile) in [(BUREAU, &world.profile), (APPROVAL, &approver)] {
        for name in methods(service) {
            let good = ordinary(&name, &[7; 16]);
            for _ in 0..TRIES {
                let bad = good.iter().map(|_| mutator.bytes(&good, LONGEST)).collect();
                assert_said(&name, call(channel(profile), &method(service, &name), bad).await.1);
            }
        }
    }
    assert_goes_on(&world).await;
    let partner = raw::channel(&world.owner, &shown).await.unwrap();
    for name in methods(PARTNER) {
        let good = partner_face::ordinary(&world, &name, None);
        for _ in 0..TRIES {
            let bad = good.iter().map(|_| mutator.bytes(&good, LONGEST)).collect();
            assert_said(&name, call(partner.clone(), &method(PARTNER, &name), bad).await.1);
        }
    }
    assert_goes_on(&world).await;
    for node in ["requester", "owner"] {
        assert!(!world.log(node).contains("panicked"), "{}", world.log(node));
    }
}

#[tokio::test]
async fn bytes_that_are_no_message_are_said_to_be_none_and_never_a_reason_to_try_again() {
    let (world, approver) = world().await;
    let shown = raw::credentials(&world.requester);
    let partner = raw::channel(&world.owner, &shown).await.unwrap();
    let faces =
        [(BUREAU, channel(&world.profile)), (APPROVAL, channel(&approver)), (PARTNER, partner)];
    for (service, channel) in faces {
        for name in methods(service) {
            // A field of a type that there is not.
            let (_, ended) = call(channel.clone(), &method(service, &name), vec![vec![7]]).await;
            let reason = Received::read(&ended.expect_err(&name)).reason;
            assert_eq!(reason.as_deref(), Some(Reason::InvalidArgument.as_str()), "{name}");
        }
    }
    assert_goes_on(&world).await;
}
