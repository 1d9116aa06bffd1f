use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use symbolon_client::actor_of;
use symbolon_policy::{Actor, CertificateHash};
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Who is at the other end of a connection, as TLS has established.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Its identity, and the roles that its certificate carries. A partner's root says nothing of
    /// roles here: on the partner face only the identity counts.
    pub(crate) actor: Actor,
    /// Its certificate.
    pub(crate) certificate: CertificateHash,
    /// Until when that is good: a connection may outlive it.
    pub(crate) not_after: OffsetDateTime,
    pub(crate) chain: Arc<Vec<CertificateDer<'static>>>,
}

impl Peer {
    /// `None` when the other end showed no identity.
    pub(crate) fn of(stream: &TlsStream<TcpStream>) -> Option<Self> {
        let (_, connection) = stream.get_ref();
        let chain: Vec<_> =
            connection.peer_certificates()?.iter().map(|c| c.clone().into_owned()).collect();
        let leaf = chain.first()?;
        let (actor, certificate) = (actor_of(leaf).ok()?, CertificateHash::of(leaf));
        let (_, parsed) = X509Certificate::from_der(leaf).ok()?;
        let not_after = parsed.validity().not_after.to_datetime();
        Some(Self { actor, certificate, not_after, chain: Arc::new(chain) })
    }
}
