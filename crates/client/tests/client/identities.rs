use symbolon_client::{IdentityError, spiffe_id};

use crate::fixture::Authority;

const ONE: &str = "spiffe://deu.example/partner-face";
const TWO: &str = "spiffe://fra.example/partner-face";

fn read(uris: &[&str], hosts: &[&str]) -> Result<String, IdentityError> {
    spiffe_id(&Authority::new().issue(uris, hosts).chain[0])
}

#[test]
fn the_one_identity_in_a_certificate_is_read_whatever_hosts_it_names() {
    assert_eq!(read(&[ONE], &[]), Ok(ONE.to_owned()));
    assert_eq!(read(&[ONE], &["bureau.example", "localhost"]), Ok(ONE.to_owned()));
}

#[test]
fn a_certificate_without_an_identity_names_nobody() {
    assert_eq!(read(&[], &[]), Err(IdentityError::NoIdentity));
    assert_eq!(read(&[], &["bureau.example"]), Err(IdentityError::NoIdentity));
    assert_eq!(spiffe_id(&Authority::new().root), Err(IdentityError::NoIdentity));
}

#[test]
fn a_certificate_with_two_identities_names_nobody() {
    assert_eq!(read(&[ONE, TWO], &[]), Err(IdentityError::NoIdentity));
    assert_eq!(read(&[ONE, ONE], &[]), Err(IdentityError::NoIdentity));
    // Nor one beside a URI of another kind, in either order.
    assert_eq!(read(&[ONE, "https://deu.example"], &[]), Err(IdentityError::NoIdentity));
    assert_eq!(read(&["https://deu.example", ONE], &[]), Err(IdentityError::NoIdentity));
}

#[test]
fn a_uri_of_another_kind_is_no_identity() {
    for uri in ["https://deu.example/partner-face", "spiffe:deu", "SPIFFE://deu.example/face"] {
        assert_eq!(read(&[uri], &[]), Err(IdentityError::NoIdentity), "{uri}");
    }
    // Nor a host that looks like one.
    assert_eq!(read(&[], &["spiffe.deu.example"]), Err(IdentityError::NoIdentity));
}

#[test]
fn what_is_no_certificate_cannot_be_read() {
    let whole = Authority::new().issue(&[ONE], &[]).chain.remove(0);
    for bytes in [&[][..], b"-----BEGIN CERTIFICATE-----", &[0x30; 100], &whole[..whole.len() - 1]]
    {
        assert_eq!(spiffe_id(bytes), Err(IdentityError::Unreadable));
    }
}
