use symbolon_store::LogRecord;
use time::Duration;

use super::*;
use crate::fixture::{found, person};

async fn refused(authority: &Authority, why: &str) -> usize {
    let entries = authority.store.log_entries(0, 10).await.unwrap();
    let refused = entries.iter().filter(|entry| {
        matches!(&entry.record, Some(LogRecord::ActRefused { reason, .. }) if reason == why)
    });
    refused.count()
}

#[tokio::test]
async fn a_certificate_is_refused_on_an_open_connection_once_it_has_expired() {
    let root = tempfile::tempdir().unwrap();
    let authority = Authority::new(Store::open(found(root.path())).await.unwrap());
    let mut peer = person(&[Role::Officer]);
    assert_eq!(authority.authorise(&peer, Act::Check).await.unwrap(), peer.actor);
    peer.not_after = OffsetDateTime::now_utc() - Duration::SECOND;
    for act in [Act::Check, Act::Coverage] {
        let refusal = authority.authorise(&peer, act).await.unwrap_err();
        assert_eq!(refusal.reason, Reason::CertificateExpired);
    }
    // Once a day in the log.
    assert_eq!(refused(&authority, "certificate_expired").await, 1);
}

#[tokio::test]
async fn a_token_that_has_ended_is_refused_and_that_is_in_the_log_once_a_day() {
    let root = tempfile::tempdir().unwrap();
    let authority = Authority::new(Store::open(found(root.path())).await.unwrap());
    let (holder, now) = (person(&[Role::Officer]).actor, OffsetDateTime::now_utc());
    let by = person(&[Role::Administrator]).actor;
    let until = now - Duration::minutes(1);
    let begun = now - Duration::HOUR;
    let token = authority.store.issue_token(&holder, until, &by, begun).await.unwrap();
    for act in [Act::Check, Act::Coverage] {
        let refusal = authority.authorise_token(&token, act).await.unwrap_err();
        assert_eq!(refusal.reason, Reason::TokenExpired);
    }
    assert_eq!(refused(&authority, "token_expired").await, 1);
}
