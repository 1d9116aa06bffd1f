//! A tap on the line between two bureaus that holds the keys of both: what either says to the other
//! passes through and is recorded as it is inside TLS.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, ServerName},
    server::WebPkiClientVerifier,
    version::TLS13,
};
use symbolon_cli::scenario::Bureau;
use symbolon_client::{PartnerTrust, crypto_provider};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::raw::credentials;

/// A port that stands between a requester and an owner. Connections wait until
/// [`Tap::listen_in`]; a connection that the owner does not take is dropped.
pub struct Tap {
    address: SocketAddr,
    listener: Option<TcpListener>,
    connections: Arc<Mutex<Vec<Arc<Mutex<Connection>>>>>,
}

/// What was said on one connection so far.
#[derive(Clone, Default)]
pub struct Connection {
    /// All bytes from the requester to the owner.
    pub to_owner: Vec<u8>,
    /// All bytes from the owner to the requester.
    pub to_requester: Vec<u8>,
}

impl Tap {
    /// Takes a free port.
    pub async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { address, listener: Some(listener), connections: Arc::default() }
    }

    /// What the agreement has to name as the owner's endpoint.
    pub fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Takes connections with the owner's key, and passes them on to the owner with the
    /// requester's.
    pub fn listen_in(&mut self, requester: &Bureau, owner: &Bureau) {
        let listener = self.listener.take().expect("a tap listens in once");
        let acceptor = TlsAcceptor::from(Arc::new(server_config(requester, owner)));
        let onward = PartnerTrust::of(&owner.card).unwrap();
        let onward = onward.client_config(&credentials(requester)).unwrap();
        let connector = TlsConnector::from(Arc::new(onward));
        let owner = owner.card.endpoint.strip_prefix("https://").unwrap().to_owned();
        let connections = Arc::clone(&self.connections);
        tokio::spawn(async move {
            while let Ok((incoming, _)) = listener.accept().await {
                let (acceptor, connector) = (acceptor.clone(), connector.clone());
                let (owner, connections) = (owner.clone(), Arc::clone(&connections));
                tokio::spawn(async move {
                    let Ok(outgoing) = TcpStream::connect(owner).await else { return };
                    let _ = (incoming.set_nodelay(true), outgoing.set_nodelay(true));
                    let name = ServerName::try_from("localhost").unwrap();
                    let Ok(outgoing) = connector.connect(name, outgoing).await else { return };
                    let Ok(incoming) = acceptor.accept(incoming).await else { return };
                    let said = Arc::new(Mutex::new(Connection::default()));
                    connections.lock().unwrap().push(Arc::clone(&said));
                    let (from_requester, to_requester) = tokio::io::split(incoming);
                    let (from_owner, to_owner) = tokio::io::split(outgoing);
                    tokio::join!(
                        pass_on(from_requester, to_owner, |bytes| {
                            said.lock().unwrap().to_owner.extend_from_slice(bytes);
                        }),
                        pass_on(from_owner, to_requester, |bytes| {
                            said.lock().unwrap().to_requester.extend_from_slice(bytes);
                        }),
                    );
                });
            }
        });
    }

    /// Everything said so far, one entry for each connection in the order of their beginning.
    pub fn recording(&self) -> Vec<Connection> {
        let connections = self.connections.lock().unwrap();
        connections.iter().map(|said| said.lock().unwrap().clone()).collect()
    }
}

fn server_config(requester: &Bureau, owner: &Bureau) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    let root = PartnerTrust::of(&requester.card).unwrap().root;
    roots.add(CertificateDer::from(root)).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crypto_provider())
        .build()
        .unwrap();
    let shown = credentials(owner);
    let mut config = ServerConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(shown.chain, shown.key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    record: impl Fn(&[u8]),
) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read) = from.read(&mut buffer).await
        && read > 0
    {
        // Before it is passed on: when an answer is there, its question has been recorded.
        record(&buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() || to.flush().await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
