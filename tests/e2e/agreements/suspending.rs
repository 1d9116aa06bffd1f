//! A suspension stops everything at once, and each side lifts its own.

use std::time::{Duration, Instant};

use symbolon_identifiers::IdentifierType;
use symbolon_policy::AgreementState;
use symbolon_proto::partner::v1::{CheckResponse, DownloadTagSetRequest, check_response};
use symbolon_store::ActKind;
use symbolon_tests::{
    World,
    raw::{self, Question, chunk_message, header_message},
    until,
    world::outcomes,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{LISTED, decide, desk, offer, suspend, wait_for};

/// Elements of two whole chunks, all valid: an honest question's, over and over.
fn two_chunks(world: &World) -> Question {
    let one = Question::new(
        &world.agreement,
        &world.requester,
        &world.owner,
        IdentifierType::Imo,
        &[(LISTED, None)],
    );
    let elements = one.chunks[0].repeat(2 * 16_384);
    Question::of_elements(
        &world.agreement,
        &world.requester,
        &world.owner,
        IdentifierType::Imo,
        elements,
    )
}

#[tokio::test]
async fn a_suspension_breaks_off_a_check_that_streams_and_refuses_all_else() {
    let world = World::new(&offer()).await;
    let id = world.agreement.terms().id.to_string();
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let manifests = raw::manifests(&mut client, &world.owner, &world.agreement).await.unwrap();

    // A check of two chunks, of which the second is not sent yet.
    let question = two_chunks(&world);
    let (sender, messages) = mpsc::channel(4);
    let header = question.header.sign(&raw::header_key(&world.requester));
    sender.send(header_message(header)).await.unwrap();
    sender.send(chunk_message(question.chunks[0].clone())).await.unwrap();
    let mut answers = client.check(ReceiverStream::new(messages)).await.unwrap().into_inner();
    let first = answers.message().await.unwrap().unwrap();
    assert!(matches!(first, CheckResponse { part: Some(check_response::Part::Chunk(_)) }));

    suspend(&world.owner, &id).await;
    let suspended = Instant::now();
    let broken_off = answers.message().await.unwrap_err();
    // Long before the second chunk would be waited for in vain; a loaded machine takes its time.
    assert!(suspended.elapsed() < Duration::from_secs(5), "{:?}", suspended.elapsed());
    assert_eq!(raw::reason_of(&broken_off), "agreement_suspended");
    assert!(broken_off.message().contains("we look into something"), "{broken_off}");

    // Everything else under it, from now on.
    let key = raw::header_key(&world.requester);
    let fresh = Question::new(
        &world.agreement,
        &world.requester,
        &world.owner,
        IdentifierType::Imo,
        &[(LISTED, None)],
    );
    let status = raw::send(&mut client, fresh.messages(&key)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_suspended");
    let status = raw::manifests(&mut client, &world.owner, &world.agreement).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_suspended");
    let download = DownloadTagSetRequest {
        agreement_id: id.clone(),
        scope_id: manifests[0].scope.id().0.to_vec(),
        version: manifests[0].version,
        offset: 0,
        labels: false,
    };
    let status = client.download_tag_set(download.clone()).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_suspended");

    // The partner is told and stops asking by itself; its officer reads who suspended it and why.
    wait_for(&world.requester, &id, AgreementState::Suspended).await;
    let report = world.ask(&[("imo", LISTED, "")]).await;
    assert_eq!(outcomes(&report), ["not_permitted"]);
    assert_eq!(report.answers[0].reason, "agreement_suspended");
    assert!(report.answers[0].sentence.contains("OWN since"), "{}", report.answers[0].sentence);

    // The partner's own suspension on top: ours resumed does not resume it.
    suspend(&world.requester, &id).await;
    wait_for(&world.owner, &id, AgreementState::Suspended).await;
    let stored = desk(&world.owner).await;
    until("the owner has both suspensions", async || {
        (stored.find(&id).await.unwrap().suspensions.len() == 2).then_some(())
    })
    .await;
    stored.store.close().await;
    let still = decide(&world.owner, &id, ActKind::ResumeAgreement).await;
    assert_eq!(still, AgreementState::Suspended);
    let status = raw::manifests(&mut client, &world.owner, &world.agreement).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_suspended");
    decide(&world.requester, &id, ActKind::ResumeAgreement).await;
    wait_for(&world.owner, &id, AgreementState::Active).await;
    wait_for(&world.requester, &id, AgreementState::Active).await;
    until("the ship hits again", async || {
        (outcomes(&world.ask(&[("imo", LISTED, "")]).await) == ["hit"]).then_some(())
    })
    .await;
}
