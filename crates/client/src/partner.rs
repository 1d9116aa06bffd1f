use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use symbolon_exchange::MAX_MESSAGE_LEN;
use symbolon_policy::Party;
use symbolon_proto::partner::v1::partner_service_client::PartnerServiceClient;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use crate::{
    failure::{Failure, FailureReason},
    tls::{Credentials, PartnerTrust},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Connections to partners: one each, made when first needed, kept warm, remade when broken.
pub(crate) struct PartnerPool {
    credentials: Credentials,
    channels: Mutex<HashMap<(String, PartnerTrust), Channel>>,
}

impl PartnerPool {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self { credentials, channels: Mutex::default() }
    }

    /// A client for that partner's face.
    pub(crate) fn client(&self, party: &Party) -> Result<PartnerServiceClient<Channel>, Failure> {
        let channel = self.channel(party).map_err(|sentence| {
            Failure::no_answer(
                FailureReason::AgreementUnusable,
                format!("{}: {sentence}", party.code),
            )
        })?;
        Ok(PartnerServiceClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE_LEN)
            .max_encoding_message_size(MAX_MESSAGE_LEN))
    }

    /// Forgets the connection, so that the next call makes a new one.
    pub(crate) fn forget(&self, party: &Party) {
        if let Ok(trust) = PartnerTrust::of(party) {
            self.lock().remove(&(party.endpoint.clone(), trust));
        }
    }

    fn channel(&self, party: &Party) -> Result<Channel, String> {
        let trust = PartnerTrust::of(party).map_err(|error| error.to_string())?;
        let key = (party.endpoint.clone(), trust);
        if let Some(channel) = self.lock().get(&key) {
            return Ok(channel.clone());
        }
        let config = key.1.client_config(&self.credentials).map_err(|error| error.to_string())?;
        let channel = connect_lazily(&party.endpoint, TlsConnector::from(Arc::new(config)))?;
        Ok(self.lock().entry(key).or_insert(channel).clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, PartnerTrust), Channel>> {
        // A map of whole entries: a panic elsewhere leaves nothing half written.
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A channel to `https://host:port` over TLS as `connector` has it.
pub(crate) fn connect_lazily(endpoint: &str, connector: TlsConnector) -> Result<Channel, String> {
    let authority = endpoint
        .strip_prefix("https://")
        .ok_or_else(|| format!("{endpoint} does not begin with https://"))?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|_| format!("{host} is no host name or address"))?;
    let address = authority.to_owned();
    let connect = service_fn(move |_: Uri| {
        let (connector, name, address) = (connector.clone(), name.clone(), address.clone());
        async move {
            let tcp = TcpStream::connect(&address).await?;
            tcp.set_nodelay(true)?;
            let tls = connector.connect(name, tcp).await?;
            Ok::<_, io::Error>(TokioIo::new(tls))
        }
    });
    // The connector does the TLS, so to the HTTP layer the connection is a plain one.
    let endpoint = Endpoint::from_shared(format!("http://{authority}"))
        .map_err(|error| error.to_string())?
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(16 << 20);
    Ok(endpoint.connect_with_connector_lazy(connect))
}
