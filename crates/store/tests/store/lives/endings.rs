//! What has ended is destroyed, and no backup brings it back.

use std::fs;

use symbolon_policy::{AgreementHash, AgreementState, Reason};
use symbolon_store::{ActKind, FolderError, LifeError, OwnDecision, StoreError};
use tempfile::tempdir;

use super::{actor, file, from_fra, installed, reason, revoke, scope, state};
use crate::fixture::{Home, NOW, Parties, code, copy_database};

use AgreementState::{Active, Revoked};

/// Revokes as two people of this bureau do.
async fn revoked_here(home: &Home, hash: &AgreementHash) -> u64 {
    let us = code("DEU");
    home.store.intend(hash, ActKind::RevokeAgreement, &us, "it is over").await.unwrap();
    let (word, by) = (revoke("DEU", 1), actor("bert"));
    let decision = OwnDecision { hash, act: ActKind::RevokeAgreement, notice: &word, by: &by };
    assert_eq!(home.store.carry_out(&decision, NOW).await.unwrap(), Revoked);
    home.store.destroy_what_has_ended(NOW).await.unwrap()
}

#[tokio::test]
async fn a_backup_of_before_a_revocation_evaluates_nothing_and_others_go_on() {
    let mut home = Home::new().await;
    let parties = Parties::new();
    let (ended, ended_text) = parties.agree("ended-2026", "Ended");
    let (other, other_text) = parties.agree("other-2026", "Other");
    for (agreement, text) in [(&ended, &ended_text), (&other, &other_text)] {
        home.store.install_agreement(agreement, text, NOW).await.unwrap();
    }
    let (lost, kept) = (scope(&ended), scope(&other));
    home.store.scope_secrets(&lost, NOW).await.unwrap();
    let key = home.store.scope_secrets(&kept, NOW).await.unwrap().key.to_bytes();
    let sets = home.folder.own_set(&lost.id(), 1);
    fs::write(&sets, b"a published set").unwrap();
    home.store.close().await;

    // The whole database and the sets, as they were.
    let state_folder = home.folder.root().join("state");
    let sets_folder = home.folder.root().join("sets/own");
    let (database, published) = (tempdir().unwrap(), tempdir().unwrap());
    copy_database(&state_folder, database.path());
    copy_database(&sets_folder, published.path());
    home.store = home.other_handle().await;
    assert_eq!(revoked_here(&home, &ended.hash()).await, 1);
    assert!(!sets.exists());
    assert_eq!(reason(&home, &ended).await, Some(Reason::AgreementRevoked));
    home.store.close().await;

    for entry in fs::read_dir(&state_folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    copy_database(database.path(), &state_folder);
    copy_database(published.path(), &sets_folder);
    home.store = home.other_handle().await;
    // The database is of before: to it the agreement lives. Its key does not open all the same.
    assert_eq!(state(&home, &ended).await, Active);
    let refused = home.store.scope_secrets(&lost, NOW).await;
    assert!(
        matches!(refused, Err(StoreError::Folder(FolderError::Io { .. }))),
        "{:?}",
        refused.err()
    );
    // Nor is a new key made in its place, for this scope or for a later one.
    let mut later = lost.clone();
    later.epoch += 1;
    let refused = home.store.scope_secrets(&later, NOW).await;
    assert!(matches!(refused, Err(StoreError::AgreementEnded { .. })), "{:?}", refused.err());
    let same = home.store.scope_secrets(&kept, NOW).await.unwrap();
    assert_eq!(same.key.to_bytes(), key);

    // A node that starts on it is told by what lies beside the wrapping keys.
    let remembered = home.store.remember_endings(NOW).await.unwrap();
    assert_eq!(remembered, [ended.terms().id.clone()]);
    assert_eq!(home.store.destroy_what_has_ended(NOW).await.unwrap(), 1);
    assert!(!sets.exists());
    assert_eq!(reason(&home, &ended).await, Some(Reason::AgreementRevoked));
    assert_eq!(reason(&home, &other).await, None);
    assert_eq!(home.store.remember_endings(NOW).await.unwrap(), []);
}

#[tokio::test]
async fn a_backup_of_before_the_agreement_does_not_let_it_be_agreed_again_by_its_old_text() {
    let mut home = Home::new().await;
    home.store.close().await;
    let state_folder = home.folder.root().join("state");
    let database = tempdir().unwrap();
    copy_database(&state_folder, database.path());
    home.store = home.other_handle().await;
    let (agreement, text) = installed(&home).await;
    revoked_here(&home, &agreement.hash()).await;
    home.store.close().await;
    for entry in fs::read_dir(&state_folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    copy_database(database.path(), &state_folder);
    home.store = home.other_handle().await;
    let by_hand = home.store.install_agreement(&agreement, &text, NOW).await.unwrap_err();
    assert!(matches!(by_hand, StoreError::AgreementEnded { .. }), "{by_hand}");
    let by_wire = from_fra(&home, &file(&text), &[], NOW).await;
    assert!(matches!(by_wire, Err(LifeError::Ended { .. })), "{by_wire:?}");
}

#[tokio::test]
async fn a_destruction_that_broke_off_is_taken_up_again() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let scope = scope(&agreement);
    home.store.scope_secrets(&scope, NOW).await.unwrap();
    // The word of the partner is written, and the node is killed before it could destroy.
    from_fra(&home, &file(&text), &[revoke("FRA", 1)], NOW).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Revoked);
    assert!(home.folder.wrapping_key(&scope.id()).is_file());
    let other = home.other_handle().await;
    assert_eq!(other.destroy_what_has_ended(NOW).await.unwrap(), 1);
    assert!(!home.folder.wrapping_key(&scope.id()).is_file());
    assert_eq!(other.destroy_what_has_ended(NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_over_destroys_its_keys_as_a_revocation_does() {
    let home = Home::new().await;
    let (agreement, _) = installed(&home).await;
    let scope = scope(&agreement);
    home.store.scope_secrets(&scope, NOW).await.unwrap();
    let after = agreement.terms().valid_until;
    home.store.advance_agreements(after).await.unwrap();
    assert_eq!(home.store.destroy_what_has_ended(after).await.unwrap(), 1);
    assert!(!home.folder.wrapping_key(&scope.id()).exists());
    let left = home.store.scopes_with_keys(&agreement.terms().id).await.unwrap();
    assert_eq!(left, []);
}
