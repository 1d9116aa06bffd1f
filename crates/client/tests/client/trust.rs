use std::{fs, io, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig, pki_types::ServerName, server::WebPkiClientVerifier,
    version::TLS13,
};
use symbolon_client::{
    Credentials, PartnerTrust, TlsError, bureau, crypto_provider, read_certificates,
    read_private_key,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::fixture::{Authority, party, signing_key};

const PARTNER: &str = "spiffe://deu.example/partner-face";
const OTHER: &str = "spiffe://ita.example/partner-face";

fn trust(authority: &Authority, spiffe_id: &str) -> PartnerTrust {
    PartnerTrust { root: authority.root.to_vec(), spiffe_id: spiffe_id.to_owned() }
}

/// Whether a requester that trusts so completes a handshake with a server that shows so.
async fn handshake(trust: &PartnerTrust, server: Credentials) -> io::Result<()> {
    let ours = Authority::new();
    let mut roots = RootCertStore::empty();
    roots.add(ours.root.clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crypto_provider())
        .build()
        .unwrap();
    let server = ServerConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(server.chain, server.key)
        .unwrap();
    let ours = ours.issue(&["spiffe://fra.example/partner-face"], &[]);
    let client = trust.client_config(&ours).unwrap();
    let (near, far) = tokio::io::duplex(64 << 10);
    let accepted = tokio::spawn(TlsAcceptor::from(Arc::new(server)).accept(far));
    // The host is not what a bureau is known by.
    let host = ServerName::try_from("anywhere.example").unwrap();
    let connected = TlsConnector::from(Arc::new(client)).connect(host, near).await;
    if connected.is_ok() {
        accepted.await.unwrap().unwrap();
    }
    connected.map(|_| ())
}

#[tokio::test]
async fn a_partner_is_known_by_its_root_and_identity_wherever_it_is() {
    let authority = Authority::new();
    for hosts in [&[][..], &["deu.example"]] {
        let shown = authority.issue(&[PARTNER], hosts);
        handshake(&trust(&authority, PARTNER), shown).await.unwrap();
    }
}

#[tokio::test]
async fn another_root_cannot_vouch_for_a_partner() {
    let (authority, other) = (Authority::new(), Authority::new());
    let shown = other.issue(&[PARTNER], &["anywhere.example"]);
    handshake(&trust(&authority, PARTNER), shown).await.unwrap_err();
}

#[tokio::test]
async fn a_partners_root_cannot_vouch_for_another_identity() {
    let authority = Authority::new();
    for uris in [&[OTHER][..], &[], &[PARTNER, OTHER], &["spiffe://deu.example/partner-face/x"]] {
        let shown = authority.issue(uris, &["anywhere.example"]);
        let error = handshake(&trust(&authority, PARTNER), shown).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{uris:?}: {error}");
    }
}

#[test]
fn what_an_agreement_says_of_a_party_is_what_is_trusted() {
    let authority = Authority::new();
    let mut party = party("DEU", &authority, &signing_key());
    let expected = PartnerTrust {
        root: authority.root.to_vec(),
        spiffe_id: "spiffe://DEU.example/face".to_owned(),
    };
    assert_eq!(PartnerTrust::of(&party).unwrap(), expected);
    party.tls_root = "no base64!".to_owned();
    assert!(matches!(PartnerTrust::of(&party), Err(TlsError::Root)));
}

#[test]
fn a_root_that_is_no_certificate_is_refused() {
    let authority = Authority::new();
    let trust = PartnerTrust { root: vec![1; 10], spiffe_id: PARTNER.to_owned() };
    let error = trust.client_config(&authority.issue(&[PARTNER], &[])).unwrap_err();
    assert!(matches!(error, TlsError::Root), "{error}");
}

#[test]
fn a_key_that_does_not_fit_its_certificate_is_refused() {
    let authority = Authority::new();
    let mut mixed = authority.issue(&[PARTNER], &[]);
    mixed.key = authority.issue(&[PARTNER], &[]).key;
    let error = trust(&authority, PARTNER).client_config(&mixed).unwrap_err();
    assert!(matches!(error, TlsError::Rustls(_)), "{error}");
}

#[test]
fn a_file_that_is_missing_or_holds_something_else_is_named() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("some.pem");
    for content in [None, Some(""), Some("text"), Some("-----BEGIN CERTIFICATE-----\n!\n")] {
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let errors = [
            read_certificates(&path).unwrap_err(),
            read_private_key(&path).unwrap_err(),
            Credentials::read(&path, &path).unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
    }
}

#[test]
fn credentials_print_no_key_material() {
    let credentials = Authority::new().issue(&[PARTNER], &[]);
    let shown = format!("{credentials:?}");
    let key = credentials.key.secret_der();
    let decimal: Vec<_> = key[40..60].iter().map(u8::to_string).collect();
    assert!(!shown.contains(&decimal.join(", ")));
    assert!(!shown.contains(&hex::encode(&key[40..60])));
}

#[tokio::test]
async fn an_endpoint_that_is_none_is_refused_before_anything_is_sent() {
    let authority = Authority::new();
    let credentials = authority.issue(&[PARTNER], &[]);
    let roots = [authority.root.clone()];
    bureau::connect("https://127.0.0.1:7444", &roots, &credentials).unwrap();
    bureau::connect("https://[::1]:7444", &roots, &credentials).unwrap();
    for endpoint in ["", "127.0.0.1:7444", "http://127.0.0.1:7444", "https://", "https://a b:1"] {
        let error = bureau::connect(endpoint, &roots, &credentials).unwrap_err();
        assert!(matches!(error, TlsError::Endpoint { .. }), "{endpoint}: {error}");
    }
}
