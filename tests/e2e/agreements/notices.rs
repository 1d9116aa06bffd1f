//! Suspensions and revocations that a bureau has not said, or has taken back.

use symbolon_cli::scenario::Bureau;
use symbolon_exchange::{AgreementNotice, NoticeKind};
use symbolon_policy::{Agreement, AgreementState, SignedAgreement};
use symbolon_proto::partner::v1::ExchangeAgreementRequest;
use symbolon_store::{KeyName, Store};
use symbolon_tests::{World, raw};
use time::OffsetDateTime;

use super::{exchange, offer, request};

#[tokio::test]
async fn forged_replayed_and_misdirected_notices_change_nothing() {
    let world = World::new(&offer()).await;
    let (owner, requester) = (&world.owner, &world.requester);
    let store = owner.store().await.unwrap();
    let id = &world.agreement.terms().id;
    let document = store.agreement_document(id).await.unwrap().unwrap();
    let file = SignedAgreement::from_json(document.as_bytes()).unwrap();
    let notice = |issuer: &Bureau, kind, counter| AgreementNotice {
        agreement: id.clone(),
        hash: world.agreement.hash(),
        issuer: issuer.code.clone(),
        kind,
        counter,
        reason: "a test".to_owned(),
        issued_at: OffsetDateTime::now_utc(),
    };
    let key = |bureau: &Bureau, name: KeyName| name.read(&bureau.folder).unwrap();
    let credentials = raw::credentials(requester);
    let sent = |notices| {
        let request = ExchangeAgreementRequest { notices, ..request(&file) };
        let credentials = &credentials;
        async move { exchange(owner, credentials, request).await }
    };
    let legal_key = key(requester, KeyName::Legal);

    // In the name of the owner; by another key of the requester; about another text; altered.
    let in_its_name = notice(owner, NoticeKind::Revoke, 1).sign(&legal_key);
    let by_other_key =
        notice(requester, NoticeKind::Revoke, 1).sign(&key(requester, KeyName::Header));
    let mut of_other = notice(requester, NoticeKind::Revoke, 1);
    of_other.hash.0[0] ^= 1;
    let mut altered = notice(requester, NoticeKind::Suspend, 1).sign(&legal_key);
    let last = altered.document.len() - 1;
    altered.document[last] ^= 1;
    for forged in [in_its_name, by_other_key, of_other.sign(&legal_key), altered] {
        let status = sent(vec![forged]).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), "notice_invalid");
    }
    assert_state(&store, &world.agreement, AgreementState::Active).await;

    // Sound ones, and then the first of them once more.
    let stop = notice(requester, NoticeKind::Suspend, 1).sign(&legal_key);
    let go = notice(requester, NoticeKind::Resume, 2).sign(&legal_key);
    sent(vec![stop.clone()]).await.unwrap();
    assert_state(&store, &world.agreement, AgreementState::Suspended).await;
    sent(vec![go.clone()]).await.unwrap();
    assert_state(&store, &world.agreement, AgreementState::Active).await;
    let answer = sent(vec![stop]).await.unwrap();
    assert_eq!(answer.notices.len(), 1, "it is shown what it has said last");
    assert_state(&store, &world.agreement, AgreementState::Active).await;
    store.close().await;
}

async fn assert_state(store: &Store, agreement: &Agreement, wanted: AgreementState) {
    let status = store.agreement_state(&agreement.terms().id).await.unwrap().unwrap();
    assert_eq!(status.state, wanted);
}
