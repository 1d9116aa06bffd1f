//! Whoever acts shows that the certificate is the bureau's, good, and theirs.

use std::time::Duration;

use symbolon_client::{Credentials, Holder, HolderError};
use symbolon_policy::{CertificateHash, rules::Role};

use crate::fixture::Authority;

const ANNA: &str = "spiffe://fra.example/people/anna";

const IN_2026: u64 = 1_780_000_000;

fn prove(bureau: &Authority, shown: &Credentials, at: u64) -> Result<Holder, HolderError> {
    Holder::prove(std::slice::from_ref(&bureau.root), shown, Duration::from_secs(at))
}

#[test]
fn who_has_certificate_and_key_is_who_the_certificate_says_with_its_roles() {
    let bureau = Authority::new();
    let shown = bureau.issue_to(ANNA, &["officer", "analyst"]);
    let holder = prove(&bureau, &shown, IN_2026).unwrap();
    assert_eq!(holder.actor.id, ANNA);
    assert_eq!(holder.actor.roles, [Role::Officer, Role::Analyst].into());
    assert_eq!(holder.certificate, CertificateHash::of(&shown.chain[0]));
}

#[test]
fn another_key_another_root_and_another_time_are_refused() {
    let bureau = Authority::new();
    let ours = bureau.issue_to(ANNA, &["officer"]);
    let stolen = Credentials { chain: ours.chain.clone(), ..bureau.issue_to(ANNA, &["officer"]) };
    assert_eq!(prove(&bureau, &stolen, IN_2026), Err(HolderError::NotTheirs));
    assert_eq!(prove(&Authority::new(), &ours, IN_2026), Err(HolderError::NotOurs));
    // In 2001 and in 2065.
    for then in [1_000_000_000, 3_000_000_000] {
        assert_eq!(prove(&bureau, &ours, then), Err(HolderError::NotOurs));
    }
}

#[test]
fn units_that_are_no_role_and_roles_that_nobody_may_join_give_none() {
    let bureau = Authority::new();
    for (units, roles) in [
        (vec![], vec![]),
        (vec!["Border police"], vec![]),
        (vec!["Officer"], vec![]),
        (vec!["legal", "Border police"], vec![Role::Legal]),
        (vec!["legal", "administrator"], vec![]),
        (vec!["officer", "approver"], vec![]),
    ] {
        let holder = prove(&bureau, &bureau.issue_to(ANNA, &units), IN_2026).unwrap();
        assert_eq!(holder.actor.roles, roles.into_iter().collect(), "{units:?}");
    }
}
