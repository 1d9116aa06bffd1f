//! How an officer's program or an agency's system calls its own bureau's node.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, version::TLS13};
use symbolon_proto::bureau::v1::bureau_service_client::BureauServiceClient;
use tokio_rustls::TlsConnector;
use tonic::transport::Channel;

use crate::{
    codes::codes,
    partner::connect_lazily,
    tls::{Credentials, TlsError, crypto_provider},
};

/// Longest message on the bureau face in bytes: 4,096 items of at most 1,024 bytes, with framing.
pub const MAX_MESSAGE_LEN: usize = 8 << 20;

codes! {
    /// Machine-readable reason why an item is rejected, beside those of
    /// [`symbolon_identifiers::ErrorCode`], which a value has that is no identifier of its type.
    ItemReason:
    /// The item is empty.
    Empty => "empty",
    /// There is nothing to remove from yet.
    NothingToRemove => "nothing_to_remove",
    /// A text of it is longer than any may be.
    TooLong => "too_long",
    /// What is to become of it is not known here.
    UnknownChange => "unknown_change",
    /// There is no such identifier type.
    UnknownType => "unknown_type",
}

/// A client of the bureau face at `endpoint`, for what [`channel`] reaches.
///
/// # Errors
/// As [`channel`].
pub fn connect(
    endpoint: &str,
    roots: &[CertificateDer<'static>],
    credentials: &Credentials,
) -> Result<BureauServiceClient<Channel>, TlsError> {
    Ok(BureauServiceClient::new(channel(endpoint, roots, credentials)?)
        .max_decoding_message_size(MAX_MESSAGE_LEN)
        .max_encoding_message_size(MAX_MESSAGE_LEN))
}

/// A connection to the bureau face at `endpoint` (`https://host:port`), whose certificate must be of
/// that host and under one of `roots`. It is made with the first call.
///
/// # Errors
/// When the certificates cannot be used or the endpoint is malformed.
pub fn channel(
    endpoint: &str,
    roots: &[CertificateDer<'static>],
    credentials: &Credentials,
) -> Result<Channel, TlsError> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone())?;
    }
    let mut config = ClientConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(store)
        .with_client_auth_cert(credentials.chain.clone(), credentials.key.clone_key())?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    connect_lazily(endpoint, TlsConnector::from(Arc::new(config)))
        .map_err(|sentence| TlsError::Endpoint { sentence })
}
