use std::{io, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;

use crate::{accepted::Accepted, logging::event, metrics::Metrics};

/// Connections open at one time on a face, handshakes included.
const MOST_CONNECTIONS: usize = 2_048;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after the system refused a connection, for instance for lack of files.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// The connections that complete a handshake on `listener`, as far as `identify` says who is at the other
/// end. One that is slow or fails holds up no other; beyond the limit, new ones wait in the system's queue.
pub(crate) fn accept<W: Send + 'static>(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    metrics: Arc<Metrics>,
    identify: fn(&TlsStream<TcpStream>) -> Option<W>,
) -> ReceiverStream<io::Result<Accepted<W>>> {
    let (sender, receiver) = mpsc::channel(64);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    tokio::spawn(async move {
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = sender.closed() => return,
            };
            let Ok((tcp, _)) = accepted else {
                sleep(PAUSE_AFTER_ERROR).await;
                continue;
            };
            let _ = tcp.set_nodelay(true);
            let (acceptor, sender, metrics) =
                (acceptor.clone(), sender.clone(), Arc::clone(&metrics));
            tokio::spawn(async move {
                match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(tcp)).await {
                    Ok(Ok(tls)) => {
                        if let Some(who) = identify(&tls) {
                            let _ = sender.send(Ok(Accepted::new(tls, who, place))).await;
                        }
                    }
                    _ => {
                        metrics.handshakes_failed.inc();
                        event!(info, "a connection was refused: its handshake failed");
                    }
                }
            });
        }
    });
    ReceiverStream::new(receiver)
}
