//! What is revoked stays revoked, whatever is restored.

use std::{fs, path::Path};

use symbolon_cli::scenario::{dataset, simple_terms};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{Agreement, AgreementState};
use symbolon_store::ActKind;
use symbolon_tests::{
    World,
    raw::{self, Question},
    until,
};

use super::{LISTED, decide, offer, wait_for};

#[tokio::test]
async fn after_a_revocation_no_backup_of_before_answers_anything_and_other_agreements_go_on() {
    let mut world = World::founded(&offer(), |_| {}).await;
    let other = simple_terms(
        "other",
        "Another",
        &[&world.requester, &world.owner],
        vec![dataset(
            symbolon_tests::world::DATASET,
            &world.owner.code,
            "Ownland list",
            &[IdentifierType::Imo],
            1_000,
        )],
    )
    .unwrap();
    let other =
        symbolon_cli::scenario::agree(&other, &[&world.requester, &world.owner]).await.unwrap();
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    let ask = |agreement: &Agreement| {
        Question::new(
            agreement,
            &world.requester,
            &world.owner,
            IdentifierType::Imo,
            &[(LISTED, None)],
        )
        .messages(&raw::header_key(&world.requester))
    };
    let (about_ended, about_other) = (ask(&world.agreement), ask(&other));
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    raw::send(&mut client, about_ended.clone()).await.unwrap();
    raw::send(&mut client, about_other.clone()).await.unwrap();

    // A backup of everything but the wrapping keys, while nothing runs. The last checkpoint is in it
    // too: whoever restores this hides from the node itself that its log is of before.
    world.owner_node.take().unwrap().stop().await.unwrap();
    let data = world.owner.folder.root().to_owned();
    let backup = world.scratch().join("backup");
    fs::create_dir(&backup).unwrap();
    fs::copy(world.owner.folder.log_checkpoint(), backup.join("log.checkpoint")).unwrap();
    for name in ["state", "sets/own", "sets/partners"] {
        copy_folder(&data.join(name), &backup.join(name));
    }
    let id = world.agreement.terms().id.to_string();
    world.start_owner();
    assert_eq!(decide(&world.owner, &id, ActKind::RevokeAgreement).await, AgreementState::Revoked);
    // The other side ends it too, with what it holds of it.
    wait_for(&world.requester, &id, AgreementState::Revoked).await;
    let held = world.requester.store().await.unwrap();
    until("the requester has forgotten the sets", async || {
        let sets = held.partner_sets().await.unwrap();
        sets.iter().all(|set| set.agreement.as_str() != id).then_some(())
    })
    .await;
    held.close().await;

    // Nobody is left who could tell the owner of what it has signed since.
    world.requester_node.take().unwrap().stop().await.unwrap();
    world.owner_node.take().unwrap().stop().await.unwrap();
    fs::copy(backup.join("log.checkpoint"), world.owner.folder.log_checkpoint()).unwrap();
    for name in ["state", "sets/own", "sets/partners"] {
        fs::remove_dir_all(data.join(name)).unwrap();
        copy_folder(&backup.join(name), &data.join(name));
    }
    let store = world.owner.store().await.unwrap();
    let living = store.agreements().await.unwrap();
    assert!(living.iter().any(|one| one.terms().id.as_str() == id), "the database is of before");
    store.close().await;
    // Even to a node that is not told that it has ended.
    let mark = world.owner.folder.ended_agreement(&world.agreement.hash());
    let contents = fs::read(&mark).unwrap();
    fs::remove_file(&mark).unwrap();
    assert_nothing_is_answered(&mut world, &about_ended, &about_other).await;
    symbolon_store::write_private(&mark, &contents).unwrap();
    assert_nothing_is_answered(&mut world, &about_ended, &about_other).await;
    let store = world.owner.store().await.unwrap();
    let status = store.agreement_state(&world.agreement.terms().id).await.unwrap().unwrap();
    assert_eq!(status.state, AgreementState::Revoked);
    store.close().await;
}

/// Starts the owner's node, asks under both agreements until the other one answers, and stops it.
async fn assert_nothing_is_answered(
    world: &mut World,
    ended: &[symbolon_proto::partner::v1::CheckRequest],
    other: &[symbolon_proto::partner::v1::CheckRequest],
) {
    world.start_owner();
    let credentials = raw::credentials(&world.requester);
    let mut client =
        until("the owner is up", async || raw::connect(&world.owner, &credentials).await.ok())
            .await;
    until("the other agreement is answered", async || {
        let refused = raw::send(&mut client, ended.to_vec()).await;
        assert!(refused.is_err(), "it was answered");
        raw::send(&mut client, other.to_vec()).await.ok()
    })
    .await;
    let refused = raw::send(&mut client, ended.to_vec()).await.unwrap_err();
    let reason = raw::reason_of(&refused);
    assert!(["set_not_ready", "agreement_unknown"].contains(&reason.as_str()), "{reason}");
    world.owner_node.take().unwrap().stop().await.unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
