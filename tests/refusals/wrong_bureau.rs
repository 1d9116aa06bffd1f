//! A question counts only between the two bureaus that it names and under their own agreement.

use std::time::Duration;

use symbolon_proto::partner::v1::DownloadTagSetRequest;
use symbolon_tests::{World, raw};

use crate::common::{
    LISTED, about_ships, assert_goes_on, counted, may_ask_owner, ships, third_bureau,
};

#[tokio::test]
async fn a_header_for_another_owner_or_of_another_requester_is_refused() {
    let world = World::new(&ships(3)).await;
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();

    let mut question = about_ships(&world, &[LISTED]);
    question.header.owner = "THI".parse().unwrap();
    let status = raw::send(&mut client, question.messages(&key)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "other_owner");
    assert!(status.message().contains("addressed to THI"), "{}", status.message());

    let mut question = about_ships(&world, &[LISTED]);
    question.header.owner = "REQ".parse().unwrap();
    let status = raw::send(&mut client, question.messages(&key)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "other_owner");

    for other in ["OWN", "THI"] {
        let mut question = about_ships(&world, &[LISTED]);
        question.header.requester = other.parse().unwrap();
        let status = raw::send(&mut client, question.messages(&key)).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), "not_a_party");
    }

    let question = about_ships(&world, &[LISTED]);
    let messages = question.messages(&raw::header_key(&world.owner));
    let status = raw::send(&mut client, messages).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "header_signature");

    assert_eq!(counted(&world).await, 0);
    assert_goes_on(&world).await;
    assert_eq!(counted(&world).await, 2);
}

#[tokio::test]
async fn a_partner_gets_nothing_under_an_agreement_of_others() {
    let world = World::new(&ships(10)).await;
    let third = third_bureau(&world);
    let own_agreement = may_ask_owner(&world, &third).await;
    let third_credentials = raw::credentials(&third);
    let mut client = loop {
        if let Ok(mut client) = raw::connect(&world.owner, &third_credentials).await
            && raw::manifests(&mut client, &world.owner, &own_agreement)
                .await
                .is_ok_and(|manifests| manifests.len() == 1)
        {
            break client;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };

    // The requester's own check, recorded and sent by another partner.
    let recorded = about_ships(&world, &[LISTED]).messages(&raw::header_key(&world.requester));
    let status = raw::send(&mut client, recorded.clone()).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_unknown");
    // The same as the third bureau's own.
    let mut question = about_ships(&world, &[LISTED]);
    question.header.requester = third.code.clone();
    let messages = question.messages(&raw::header_key(&third));
    let status = raw::send(&mut client, messages).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_unknown");
    // Under its own agreement, but in the scope of the other.
    question.header.agreement = own_agreement.terms().id.clone();
    question.header.agreement_hash = own_agreement.hash();
    let messages = question.messages(&raw::header_key(&third));
    let status = raw::send(&mut client, messages).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "scope_unknown");
    // Neither manifests nor sets.
    let status = raw::manifests(&mut client, &world.owner, &world.agreement).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_unknown");
    let scope = about_ships(&world, &[LISTED]).header.scopes[0].scope;
    for (agreement, reason) in
        [(&world.agreement, "agreement_unknown"), (&own_agreement, "scope_unknown")]
    {
        let request = DownloadTagSetRequest {
            labels: false,
            agreement_id: agreement.terms().id.to_string(),
            scope_id: scope.0.to_vec(),
            version: 1,
            offset: 0,
        };
        let status = client.download_tag_set(request).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), reason);
    }
    assert_eq!(counted(&world).await, 0);

    // Recorded or not, the requester itself is answered.
    let ours = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &ours).await.unwrap();
    assert_eq!(raw::send(&mut client, recorded).await.unwrap().len(), 2);
    assert_goes_on(&world).await;
    assert_eq!(counted(&world).await, 3);
}
