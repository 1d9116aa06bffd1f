use std::{sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use serde_json::Value;
use symbolon_cli::{Profile, scenario::Bureau};
use symbolon_client::{Credentials, crypto_provider, read_certificates};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A program of an agency, on HTTP/1.1 over TLS.
#[derive(Clone)]
pub(super) struct Client {
    tls: Arc<ClientConfig>,
    address: String,
    token: Option<String>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Client {
    /// One that shows a certificate.
    pub(super) fn with_certificate(address: &str, profile: &Profile) -> Self {
        let credentials = Credentials::read(&profile.certificate, &profile.key).unwrap();
        let tls = config(&profile.root, Some(credentials));
        Self { tls, address: address.to_owned(), token: None }
    }

    /// One that shows nothing.
    pub(super) fn nobody(address: &str, bureau: &Bureau) -> Self {
        let tls = config(&bureau.folder.certificate("bureau-root"), None);
        Self { tls, address: address.to_owned(), token: None }
    }

    /// One that shows a token.
    pub(super) fn with_token(address: &str, bureau: &Bureau, token: &str) -> Self {
        Self::nobody(address, bureau).and_token(token)
    }

    /// The same, with a token.
    pub(super) fn and_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string()).await
    }

    /// Sends a request on a connection of its own.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.connect().await.send(method, path, headers, body).await
    }

    /// A connection for several requests.
    pub(super) async fn connect(&self) -> Connection {
        let (sender, connection) = http1::handshake(TokioIo::new(self.open().await)).await.unwrap();
        tokio::spawn(async move { drop(connection.await) });
        Connection { sender, token: self.token.clone() }
    }

    /// A connection on which the test itself says what it wants.
    pub(super) async fn open(&self) -> TlsStream<TcpStream> {
        let tcp = TcpStream::connect(&self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp).await.unwrap()
    }
}

/// A connection on which one request follows another.
pub(super) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    token: Option<String>,
}

impl Connection {
    pub(super) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        self.sender.ready().await.unwrap();
        let response = timeout(Duration::from_secs(60), self.sender.send_request(request));
        let (head, body) = response.await.expect("no answer in a minute").unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and reason of a refusal, after a look at its form.
    pub(super) fn refusal(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["domain"], "symbolon");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        let reason = problem["reason"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("urn:symbolon:reason:{reason}"));
        assert_eq!(self.header("www-authenticate").is_empty(), self.status != 401);
        (self.status, reason)
    }
}

fn config(root: &std::path::Path, credentials: Option<Credentials>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for root in read_certificates(root).unwrap() {
        roots.add(root).unwrap();
    }
    let builder = ClientConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots);
    Arc::new(match credentials {
        None => builder.with_no_client_auth(),
        Some(shown) => builder.with_client_auth_cert(shown.chain, shown.key).unwrap(),
    })
}
