use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error as RustlsError,
    RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::{
        ClientCertVerifierBuilder, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    version::TLS13,
};
use symbolon_client::{
    AgreementBook, ContactBook, Credentials, PartnerTrust, TlsError, crypto_provider, spiffe_id,
};
use symbolon_policy::{BureauCode, Party};

use crate::peer::Peer;

/// The partner face: whoever an agreement names, under the root that the agreement names for it, and
/// whoever is known by card, who can do nothing there but exchange texts of agreements.
pub(crate) fn partner_face(
    us: BureauCode,
    book: AgreementBook,
    contacts: ContactBook,
    credentials: &Credentials,
) -> Result<ServerConfig, TlsError> {
    let verifier = PartnersOfAgreements { us, book, contacts, provider: crypto_provider() };
    server_config(Arc::new(verifier), credentials, b"h2")
}

/// The bureau face: whoever holds a certificate under the bureau's own root.
pub(crate) fn bureau_face(
    roots: &[CertificateDer<'static>],
    credentials: &Credentials,
) -> Result<ServerConfig, TlsError> {
    let verifier = under(roots)?.build().map_err(|_| TlsError::Root)?;
    server_config(verifier, credentials, b"h2")
}

/// The JSON form of the bureau face: who shows a certificate shows one under the bureau's own root, and
/// who shows none needs a token.
pub(crate) fn json_face(
    roots: &[CertificateDer<'static>],
    credentials: &Credentials,
) -> Result<ServerConfig, TlsError> {
    let verifier = under(roots)?.allow_unauthenticated().build().map_err(|_| TlsError::Root)?;
    server_config(verifier, credentials, b"http/1.1")
}

fn under(roots: &[CertificateDer<'static>]) -> Result<ClientCertVerifierBuilder, TlsError> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone())?;
    }
    Ok(WebPkiClientVerifier::builder_with_provider(Arc::new(store), crypto_provider()))
}

fn server_config(
    verifier: Arc<dyn ClientCertVerifier>,
    credentials: &Credentials,
    protocol: &[u8],
) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(credentials.chain.clone(), credentials.key.clone_key())?;
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(config)
}

/// Whether `peer` is `party`: the identity that the agreement names, under the root that it names.
/// Asked anew for each call, since a connection may outlive an agreement.
pub(crate) fn is_party(peer: &Peer, party: &Party) -> bool {
    peer.actor.id == party.spiffe_id
        && PartnerTrust::of(party).is_ok_and(|trust| {
            let Some((leaf, intermediates)) = peer.chain.split_first() else { return false };
            chains_to(&trust.root, leaf, intermediates, UnixTime::now()).is_ok()
        })
}

fn chains_to(
    root: &[u8],
    leaf: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    now: UnixTime,
) -> Result<(), RustlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(root))?;
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crypto_provider())
        .build()
        .map_err(|error| RustlsError::General(error.to_string()))?
        .verify_client_cert(leaf, intermediates, now)?;
    Ok(())
}

#[derive(Debug)]
struct PartnersOfAgreements {
    us: BureauCode,
    book: AgreementBook,
    contacts: ContactBook,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PartnersOfAgreements {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // Hints would tell a stranger whom this bureau has agreements with.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, RustlsError> {
        let claimed =
            spiffe_id(end_entity).map_err(|_| CertificateError::ApplicationVerificationFailure)?;
        let (agreements, contacts) = (self.book.all(), self.contacts.all());
        let mut outcome = Err(CertificateError::UnknownIssuer.into());
        let parties = agreements.iter().flat_map(|agreement| &agreement.terms().parties);
        for party in parties.chain(contacts.iter()) {
            if party.code == self.us || party.spiffe_id != claimed {
                continue;
            }
            let Ok(trust) = PartnerTrust::of(party) else { continue };
            outcome = chains_to(&trust.root, end_entity, intermediates, now);
            if outcome.is_ok() {
                break;
            }
        }
        outcome.map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
