use std::net::SocketAddr;

use axum::http::{HeaderMap, header::AUTHORIZATION};
use symbolon_policy::{Actor, Reason, Refusal};
use symbolon_store::BearerToken;
use time::OffsetDateTime;
use tokio::{net::TcpStream, time::Instant};
use tokio_rustls::server::TlsStream;

use super::JsonFace;
use crate::{
    bureau_face::{Act, invalid},
    logging::event,
    peer::Peer,
};

const SCHEME: &str = "Bearer ";

/// Who is at the other end of a connection, as far as TLS has established it.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// `None` if it showed no certificate.
    pub(super) peer: Option<Peer>,
    pub(super) from: SocketAddr,
}

impl Caller {
    /// `None` when the other end showed a certificate that names nobody.
    pub(crate) fn of(stream: &TlsStream<TcpStream>) -> Option<Self> {
        let (tcp, tls) = stream.get_ref();
        let from = tcp.peer_addr().ok()?;
        let peer = match tls.peer_certificates() {
            None => None,
            Some(_) => Some(Peer::of(stream)?),
        };
        Some(Self { peer, from })
    }
}

impl JsonFace {
    /// Who calls, by certificate or token, if that may do `act`.
    pub(super) async fn authorised(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        act: Act,
    ) -> Result<Actor, Refusal> {
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        match (&caller.peer, shown.next(), shown.next()) {
            (Some(peer), None, None) => self.face.authority.authorise(peer, act).await,
            (None, Some(token), None) => self.by_token(caller, token.as_bytes(), act).await,
            (None, None, None) => Err(Refusal::new(
                Reason::TokenMissing,
                "say who you are: by a client certificate of this bureau, or by a token in a header \
                 `Authorization: Bearer TOKEN`; the administrator of your bureau issues both",
            )),
            _ => Err(invalid(
                "show one certificate or one token; with several it would not be clear who asks",
            )),
        }
    }

    async fn by_token(&self, caller: &Caller, shown: &[u8], act: Act) -> Result<Actor, Refusal> {
        let (from, now) = (caller.from.ip(), Instant::now());
        if let Some(wait) = self.attempts.wait(from, now) {
            return Err(Refusal::new(
                Reason::TooManyAttempts,
                "too many wrong tokens came from your address; none is looked at for a moment",
            )
            .retry_at(OffsetDateTime::now_utc() + wait));
        }
        let authorised = match read(shown) {
            Some(token) => self.face.authority.authorise_token(&token, act).await,
            None => Err(Refusal::new(
                Reason::TokenUnknown,
                "the header is `Authorization: Bearer TOKEN`, where TOKEN is as `symbolon token issue` \
                 printed it",
            )),
        };
        // Who shows a token that has ended knows its secret, and guesses nothing.
        if authorised.as_ref().is_err_and(|refusal| refusal.reason == Reason::TokenUnknown) {
            self.attempts.failed(from, now);
            event!(info, "a token was shown that this bureau did not issue", from = caller.from);
        }
        authorised
    }
}

/// The token in a header `Authorization`, if there is one as `symbolon token issue` prints it.
pub(super) fn read(header: &[u8]) -> Option<BearerToken> {
    let text = std::str::from_utf8(header).ok()?;
    let (scheme, token) = text.split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    token.trim().parse().ok()
}
