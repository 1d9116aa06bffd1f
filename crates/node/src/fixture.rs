//! A bureau for tests inside this crate.

use std::{path::Path, sync::Arc};

use symbolon_client::{AgreementBook, Compute, Credentials, Requester, RuleBook, Rules};
use symbolon_policy::{Actor, CertificateHash, Desk, rules::Role};
use symbolon_store::{DataFolder, Store};
use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;

use crate::{
    BureauFacts,
    bureau_face::{Authority, BureauFace, Coverage},
    found_bureau,
    metrics::Metrics,
    peer::Peer,
};

/// The bureau of the tests that need only one.
pub(crate) fn found(root: &Path) -> DataFolder {
    found_as(root, "OWN", OffsetDateTime::now_utc())
}

/// A bureau of that code, in a folder called so, founded at that time.
pub(crate) fn found_as(root: &Path, code: &str, at: OffsetDateTime) -> DataFolder {
    let listen = ([127, 0, 0, 1], 1).into();
    let domain = format!("{}.example", code.to_lowercase());
    let facts = BureauFacts {
        code: code.parse().unwrap(),
        name: code.to_owned(),
        partner_listen: listen,
        partner_endpoint: "https://localhost:7443".to_owned(),
        bureau_listen: listen,
        bureau_hosts: vec!["localhost".to_owned()],
        metrics_listen: listen,
        json_listen: None,
        desk: Desk {
            name: "Desk".to_owned(),
            phone: "+000 555 0100".to_owned(),
            email: format!("desk@{domain}"),
        },
        trust_domain: domain,
    };
    found_bureau(&root.join(code), &facts, at).unwrap()
}

/// Its bureau face, with places for so many calls.
pub(crate) async fn bureau_face(root: &Path, places: usize) -> BureauFace {
    let folder = found(root);
    let credentials =
        Credentials::read(&folder.certificate("partner"), &folder.key("partner")).unwrap();
    let store = Store::open(folder).await.unwrap();
    let (us, book) = ("OWN".parse().unwrap(), AgreementBook::default());
    let (rules, _) = Rules::in_force(&store).await.unwrap();
    let compute = Compute::default();
    let requester = Requester::new(
        us,
        store.clone(),
        book.clone(),
        RuleBook::new(rules),
        credentials,
        compute.clone(),
    );
    BureauFace {
        authority: Authority::new(store.clone()),
        coverage: Coverage { us: "OWN".parse().unwrap(), book, sets: requester.sets().clone() },
        store,
        requester,
        compute,
        metrics: Arc::new(Metrics::default()),
        checks: Arc::new(Semaphore::new(places)),
    }
}

/// One of its people, whose certificate is good for an hour.
pub(crate) fn person(roles: &[Role]) -> Peer {
    Peer {
        actor: Actor {
            id: "spiffe://own.example/people/anna".to_owned(),
            roles: roles.iter().copied().collect(),
        },
        certificate: CertificateHash::of(b"a certificate"),
        not_after: OffsetDateTime::now_utc() + Duration::HOUR,
        chain: Arc::default(),
    }
}
