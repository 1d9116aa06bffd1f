use std::{io, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;

use crate::{logging::event, metrics::Metrics};

/// Connections open at one time on a face, handshakes included.
const MOST_CONNECTIONS: usize = 2_048;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after the system refused a connection, for instance for lack of files.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// The connections that complete a handshake on `listener`, as far as `admit` makes something of them.
/// One that is slow or fails holds up no other; beyond the limit, new ones wait in the system's queue.
/// What `admit` makes holds the connection's place as long as it lives.
pub(crate) fn accept<S: Send + 'static>(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    metrics: Arc<Metrics>,
    admit: fn(TlsStream<TcpStream>, OwnedSemaphorePermit) -> Option<S>,
) -> ReceiverStream<io::Result<S>> {
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
                        if let Some(stream) = admit(tls, place) {
                            let _ = sender.send(Ok(stream)).await;
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
