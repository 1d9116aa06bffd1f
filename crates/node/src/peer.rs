use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use rustls::pki_types::CertificateDer;
use symbolon_client::actor_of;
use symbolon_policy::{Actor, CertificateHash};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;
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

/// A connection whose other end is known.
pub(crate) struct PeerStream {
    stream: TlsStream<TcpStream>,
    peer: Peer,
    /// Gives the connection's place back when it closes.
    _place: tokio::sync::OwnedSemaphorePermit,
}

impl PeerStream {
    /// `None` when the other end showed no identity.
    pub(crate) fn new(
        stream: TlsStream<TcpStream>,
        place: tokio::sync::OwnedSemaphorePermit,
    ) -> Option<Self> {
        let peer = Peer::of(&stream)?;
        Some(Self { stream, peer, _place: place })
    }
}

impl Connected for PeerStream {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for PeerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for PeerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
