//! Messages of no version at all.

use symbolon_fuzzed::Mutator;
use symbolon_tests::raw;

use crate::{
    baseline::{call, method, methods},
    bureau_face::{APPROVAL, BUREAU, assert_goes_on, channel, ordinary, world},
    partner_face::{self, PARTNER},
};

const TRIES: usize = 40;
const LONGEST: usize = 4_096;

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
                // Whatever it says of it: the face goes on.
                let _ = call(channel(profile), &method(service, &name), bad).await;
            }
        }
    }
    assert_goes_on(&world).await;
    let partner = raw::channel(&world.owner, &shown).await.unwrap();
    for name in methods(PARTNER) {
        let good = partner_face::ordinary(&world, &name, None);
        for _ in 0..TRIES {
            let bad = good.iter().map(|_| mutator.bytes(&good, LONGEST)).collect();
            let _ = call(partner.clone(), &method(PARTNER, &name), bad).await;
        }
    }
    assert_goes_on(&world).await;
    for node in ["requester", "owner"] {
        assert!(!world.log(node).contains("panicked"), "{}", world.log(node));
    }
}
