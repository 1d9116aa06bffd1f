use symbolon_policy::{CertificateHash, Desk};
use symbolon_store::LogRecord;
use time::Duration;

use super::*;
use crate::{BureauFacts, found_bureau};

#[tokio::test]
async fn a_certificate_is_refused_on_an_open_connection_once_it_has_expired() {
    let root = tempfile::tempdir().unwrap();
    let listen = ([127, 0, 0, 1], 1).into();
    let now = OffsetDateTime::now_utc();
    let facts = BureauFacts {
        code: "OWN".parse().unwrap(),
        name: "Own".to_owned(),
        trust_domain: "own.example".to_owned(),
        partner_listen: listen,
        partner_endpoint: "https://localhost:7443".to_owned(),
        bureau_listen: listen,
        bureau_hosts: vec!["localhost".to_owned()],
        metrics_listen: listen,
        json_listen: None,
        desk: Desk {
            name: "Desk".to_owned(),
            phone: "+000 555 0100".to_owned(),
            email: "desk@own.example".to_owned(),
        },
    };
    let folder = found_bureau(&root.path().join("own"), &facts, now).unwrap();
    let authority = Authority::new(Store::open(folder).await.unwrap());
    let mut peer = Peer {
        actor: Actor {
            id: "spiffe://own.example/people/anna".to_owned(),
            roles: [Role::Officer].into(),
        },
        certificate: CertificateHash::of(b"a certificate"),
        not_after: now + Duration::HOUR,
        chain: Arc::default(),
    };
    assert_eq!(authority.authorise(&peer, Act::Check).await.unwrap(), peer.actor);
    peer.not_after = now - Duration::SECOND;
    for act in [Act::Check, Act::Coverage] {
        let refusal = authority.authorise(&peer, act).await.unwrap_err();
        assert_eq!(refusal.reason, Reason::CertificateExpired);
    }
    // Once a day in the log.
    let entries = authority.store.log_entries(0, 10).await.unwrap();
    let expired = entries.iter().filter(|entry| {
        matches!(&entry.record, Some(LogRecord::ActRefused { reason, .. })
            if reason == "certificate_expired")
    });
    assert_eq!(expired.count(), 1);
}
