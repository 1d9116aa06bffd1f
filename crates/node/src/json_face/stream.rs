use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{Sleep, sleep},
};
use tokio_rustls::server::TlsStream;

use crate::peer::Peer;

/// How long a caller may take none of what is sent to it.
const SLOWEST_READER: Duration = Duration::from_secs(60);

/// Who is at the other end of a connection, as far as TLS has established it.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// `None` if it showed no certificate.
    pub(super) peer: Option<Peer>,
    pub(super) from: SocketAddr,
}

/// A connection of which the other end may be known.
pub(crate) struct CallerStream {
    stream: TlsStream<TcpStream>,
    caller: Caller,
    stalled: Option<Pin<Box<Sleep>>>,
    /// Gives the connection's place back when it closes.
    _place: OwnedSemaphorePermit,
}

impl CallerStream {
    /// `None` when the other end showed a certificate that names nobody.
    pub(crate) fn new(stream: TlsStream<TcpStream>, place: OwnedSemaphorePermit) -> Option<Self> {
        let (tcp, tls) = stream.get_ref();
        let from = tcp.peer_addr().ok()?;
        let peer = match tls.peer_certificates() {
            None => None,
            Some(_) => Some(Peer::of(&stream)?),
        };
        Some(Self { stream, caller: Caller { peer, from }, stalled: None, _place: place })
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What came of writing; an error once nothing was taken for too long.
    fn unless_stalled<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(SLOWEST_READER)));
        stalled.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for CallerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for CallerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.unless_stalled(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.unless_stalled(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.unless_stalled(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.unless_stalled(cx, shut)
    }
}
