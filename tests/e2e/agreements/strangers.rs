//! Whose card is known may propose; whose is not, nothing.

use symbolon_cli::scenario::{Bureau, simple_terms};
use symbolon_client::Credentials;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementState, SignedAgreement};
use symbolon_proto::partner::v1::ExchangeAgreementRequest;
use symbolon_tests::{
    World,
    raw::{self, Question},
    until,
};
use time::OffsetDateTime;

use super::{LISTED, exchange, legal, offer, request, ships};

/// Whether the partner face reads a request of whoever shows these credentials.
async fn is_let_in(owner: &Bureau, credentials: &Credentials) -> bool {
    let Ok(mut client) = raw::connect(owner, credentials).await else { return false };
    let status = client.exchange_agreement(ExchangeAgreementRequest::default()).await.unwrap_err();
    symbolon_exchange::Received::read(&status).reason.is_some()
}

#[tokio::test]
async fn a_contact_can_propose_and_nothing_else_and_a_stranger_nothing_at_all() {
    let world = World::new(&offer()).await;
    let owner = &world.owner;
    let contact = Bureau::found(&world.scratch().join("con"), "CON", "Contact").unwrap();
    let stranger = Bureau::found(&world.scratch().join("str"), "STR", "Stranger").unwrap();
    let credentials = raw::credentials(&contact);
    assert!(!is_let_in(owner, &credentials).await, "not known yet");
    let store = owner.store().await.unwrap();
    let (fingerprint, now) = (contact.card.fingerprint().unwrap(), OffsetDateTime::now_utc());
    store.add_contact(&contact.card, &fingerprint, &legal(owner), now).await.unwrap();
    until("the contact is let in", async || is_let_in(owner, &credentials).await.then_some(()))
        .await;
    let mut client = raw::connect(owner, &credentials).await.unwrap();
    assert!(!is_let_in(owner, &raw::credentials(&stranger)).await);

    // Under an agreement of others it is told the same as under none.
    let question =
        Question::new(&world.agreement, &contact, owner, IdentifierType::Imo, &[(LISTED, None)]);
    let key = raw::header_key(&contact);
    let status = raw::send(&mut client, question.messages(&key)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_unknown");
    let status = raw::manifests(&mut client, owner, &world.agreement).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_unknown");

    // The agreement of others, whole as it is: who shows it is no party to it.
    let document = store.agreement_document(&world.agreement.terms().id).await.unwrap().unwrap();
    let of_others = SignedAgreement::from_json(document.as_bytes()).unwrap();
    let status = exchange(owner, &credentials, request(&of_others)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "not_a_party");

    // A text between the contact and somebody else; one that nobody has signed; one with another
    // card of the contact; one with another card of the owner.
    let draft = |parties: &[&Bureau]| {
        let terms = simple_terms("con-own", "Ships", parties, vec![ships(&contact)]).unwrap();
        SignedAgreement::draft(&terms).unwrap()
    };
    let signed = |mut file: SignedAgreement| {
        contact.sign(&mut file).unwrap();
        file
    };
    let refused = |file: SignedAgreement| {
        let credentials = &credentials;
        async move {
            let status = exchange(owner, credentials, request(&file)).await.unwrap_err();
            raw::reason_of(&status)
        }
    };
    assert_eq!(refused(signed(draft(&[&contact, &stranger]))).await, "proposal_refused");
    assert_eq!(refused(draft(&[&contact, owner])).await, "proposal_refused");
    let changed = |code: &str, change: fn(&mut symbolon_policy::Party)| {
        let mut terms = draft(&[&contact, owner]).terms().unwrap();
        change(terms.parties.iter_mut().find(|party| party.code.as_str() == code).unwrap());
        signed(SignedAgreement::draft(&terms).unwrap())
    };
    let moved = |party: &mut symbolon_policy::Party| {
        party.endpoint = "https://203.0.113.1:7443".to_owned();
    };
    assert_eq!(refused(changed("CON", moved)).await, "not_a_party");
    assert_eq!(refused(changed("OWN", moved)).await, "proposal_refused");
    let mut past = draft(&[&contact, owner]).terms().unwrap();
    past.valid_from -= time::Duration::days(9);
    past.valid_until = now - time::Duration::SECOND;
    let past = signed(SignedAgreement::draft(&past).unwrap());
    assert_eq!(refused(past).await, "proposal_refused");
    let mut oversized = request(&signed(draft(&[&contact, owner])));
    oversized.text = vec![b' '; (1 << 20) + 1];
    let status = exchange(owner, &credentials, oversized).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "limit_exceeded");
    assert_eq!(store.agreement_texts().await.unwrap().len(), 1, "nothing of all that was kept");

    // What it may: propose. Nothing comes into force by that, and the answer holds its own
    // signature only.
    let proposed = signed(draft(&[&contact, owner]));
    let answer = exchange(owner, &credentials, request(&proposed)).await.unwrap();
    assert_eq!(answer.signatures.len(), 1);
    let status = store.agreement_state(&"con-own".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(status.state, AgreementState::Proposed);
    assert_eq!(store.agreements().await.unwrap().len(), 1);

    // Forgotten again: the connection that is open serves no more.
    store.remove_contact(&contact.code, &legal(owner), OffsetDateTime::now_utc()).await.unwrap();
    let status = until("the contact is forgotten", async || {
        client.exchange_agreement(request(&proposed)).await.err()
    })
    .await;
    assert_eq!(raw::reason_of(&status), "not_a_party");
    store.close().await;
}
