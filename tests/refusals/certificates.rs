//! Nobody connects to the partner face who is not a partner.

use std::time::Duration;

use symbolon_client::Credentials;
use symbolon_tests::{World, raw};

use crate::common::{
    Face, assert_goes_on, counted, handshake, issued_by, may_ask_owner, metric, ships, third_bureau,
};

#[tokio::test]
async fn a_certificate_that_no_agreement_names_gets_no_connection() {
    let world = World::new(&ships(10)).await;
    let third = third_bureau(&world);
    let stranger =
        symbolon_cli::scenario::Bureau::found(&world.scratch().join("str"), "STR", "Strangeland")
            .unwrap();
    let agreement = may_ask_owner(&world, &third).await;
    // The third bureau is a partner as soon as the node has read its agreement.
    let mut third_client = None;
    for _ in 0..100 {
        let ours = raw::credentials(&third);
        if let Ok(mut client) = raw::connect(&world.owner, &ours).await
            && raw::manifests(&mut client, &world.owner, &agreement).await.is_ok()
        {
            third_client = Some(client);
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(third_client.is_some(), "{}", world.log("owner"));

    let named = &world.requester.card.spiffe_id;
    let own_key = raw::credentials(&world.requester).key;
    let refused: [(&str, Option<Credentials>); 7] = [
        ("no certificate", None),
        ("a stranger's own", Some(raw::credentials(&stranger))),
        ("a stranger's root for a partner", Some(issued_by(&stranger, named))),
        ("another partner's root for this one", Some(issued_by(&third, named))),
        ("the right root, another identity", {
            Some(issued_by(&world.requester, "spiffe://req.symbolon.internal/other-face"))
        }),
        ("the right root, another partner's identity", {
            Some(issued_by(&world.requester, &third.card.spiffe_id))
        }),
        ("the owner's own", Some(raw::credentials(&world.owner))),
    ];
    let before = metric(&world.owner, "symbolon_handshakes_failed_total").await;
    let address = Face::Partner.address(&world.owner);
    for (what, credentials) in &refused {
        let config = Face::Partner.client(&world.owner, credentials.as_ref());
        let error = handshake(&address, config).await.expect_err(what);
        assert!(error.to_string().contains("alert"), "{what}: {error}");
    }
    // Somebody else's certificate without its key does not even make a client; a wrong key for it
    // must not make a connection.
    let stolen = Credentials { chain: raw::credentials(&third).chain, key: own_key };
    let builds = std::panic::catch_unwind(|| Face::Partner.client(&world.owner, Some(&stolen)));
    if let Ok(config) = builds {
        handshake(&address, config).await.expect_err("a certificate without its key");
    }
    let failed = metric(&world.owner, "symbolon_handshakes_failed_total").await - before;
    assert!(failed >= refused.len() as f64, "{failed} were counted");

    // The true one under the true root is let in, also when it was issued a moment ago.
    let fresh = issued_by(&world.requester, named);
    handshake(&address, Face::Partner.client(&world.owner, Some(&fresh))).await.unwrap();
    assert_eq!(counted(&world).await, 0);
    assert_goes_on(&world).await;
}
