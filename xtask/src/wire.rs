//! A port between two nodes that counts what passes: TLS records, as they would cross a border.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::Fallible;

/// Stands where the owner's partner face seems to be.
pub(crate) struct Wire {
    address: SocketAddr,
    bytes: Arc<AtomicU64>,
}

impl Wire {
    /// Passes on to `owner`, which is `https://host:port`.
    pub(crate) async fn to(owner: &str) -> Fallible<Self> {
        let owner =
            owner.strip_prefix("https://").ok_or("an endpoint without https://")?.to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let bytes = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&bytes);
        tokio::spawn(async move {
            while let Ok((incoming, _)) = listener.accept().await {
                let (owner, counted) = (owner.clone(), Arc::clone(&counted));
                tokio::spawn(async move {
                    let Ok(outgoing) = TcpStream::connect(owner).await else { return };
                    let _ = (incoming.set_nodelay(true), outgoing.set_nodelay(true));
                    let (from_requester, to_requester) = incoming.into_split();
                    let (from_owner, to_owner) = outgoing.into_split();
                    tokio::join!(
                        pass_on(from_requester, to_owner, &counted),
                        pass_on(from_owner, to_requester, &counted),
                    );
                });
            }
        });
        Ok(Self { address, bytes })
    }

    /// What the agreement has to name as the owner's endpoint.
    pub(crate) fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Bytes in both directions so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    counted: &AtomicU64,
) {
    let mut buffer = vec![0; 256 << 10];
    while let Ok(read) = from.read(&mut buffer).await {
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
        counted.fetch_add(read as u64, Ordering::Relaxed);
        if to.write_all(piece).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
