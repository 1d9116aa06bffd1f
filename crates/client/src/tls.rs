use std::{fs, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as RustlsError, RootCertStore,
    SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{
        CertificateDer, PrivateKeyDer, ServerName, UnixTime,
        pem::{Error as PemError, PemObject as _},
    },
    server::ParsedCertificate,
    version::TLS13,
};
use symbolon_policy::Party;
use symbolon_store::FolderError;
use thiserror::Error;

use crate::identity::spiffe_id;

/// The cryptography of all our TLS: X25519MLKEM768 is offered first, so that what is recorded today
/// stays closed to a quantum computer tomorrow; plain X25519 serves a partner who lacks it.
pub fn crypto_provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// A certificate chain with its private key: what one end of a connection shows.
#[derive(Debug)]
pub struct Credentials {
    /// Leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's key. `rustls` prints no key material.
    pub key: PrivateKeyDer<'static>,
}

impl Credentials {
    /// Reads a chain and a key from PEM files.
    ///
    /// # Errors
    /// Names the file that is missing or malformed.
    pub fn read(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self { chain: read_certificates(chain)?, key: read_private_key(key)? })
    }
}

impl Clone for Credentials {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

/// The certificates of a PEM file, at least one.
///
/// # Errors
/// When it is missing, malformed or holds none.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = fs::read(path).map_err(|source| FolderError::io("read", path, source))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .map_err(|source| TlsError::Pem { path: path.display().to_string(), source })?;
    if certificates.is_empty() {
        return Err(TlsError::Pem {
            path: path.display().to_string(),
            source: PemError::NoItemsFound,
        });
    }
    Ok(certificates)
}

/// The private key of a PEM file.
///
/// # Errors
/// When it is missing or malformed.
pub fn read_private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let bytes = zeroize::Zeroizing::new(
        fs::read(path).map_err(|source| FolderError::io("read", path, source))?,
    );
    PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|source| TlsError::Pem { path: path.display().to_string(), source })
}

/// By what a partner is recognised: its own root, and the identity that the agreement names. Another
/// partner's root cannot vouch for it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PartnerTrust {
    /// DER of the root certificate.
    pub root: Vec<u8>,
    /// The SPIFFE identity.
    pub spiffe_id: String,
}

impl PartnerTrust {
    /// What an agreement says of a party.
    ///
    /// # Errors
    /// When the root is not base64; a verified agreement's is.
    pub fn of(party: &Party) -> Result<Self, TlsError> {
        let root = STANDARD.decode(&party.tls_root).map_err(|_| TlsError::Root)?;
        Ok(Self { root, spiffe_id: party.spiffe_id.clone() })
    }

    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.root.as_slice())).map_err(|_| TlsError::Root)?;
        Ok(roots)
    }

    /// How to connect to that partner, showing `credentials`.
    ///
    /// # Errors
    /// When root or credentials cannot be used.
    pub fn client_config(&self, credentials: &Credentials) -> Result<ClientConfig, TlsError> {
        let provider = crypto_provider();
        let verifier = PartnerVerifier {
            roots: self.roots()?,
            spiffe_id: self.spiffe_id.clone(),
            provider: Arc::clone(&provider),
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_auth_cert(credentials.chain.clone(), credentials.key.clone_key())?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

/// Accepts exactly one identity under exactly one root. Host names are not looked at: bureaus are
/// known by identity, wherever they are.
#[derive(Debug)]
struct PartnerVerifier {
    roots: RootCertStore,
    spiffe_id: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PartnerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end_entity)?,
            &self.roots,
            intermediates,
            now,
            self.provider.signature_verification_algorithms.all,
        )?;
        if spiffe_id(end_entity).is_ok_and(|found| found == self.spiffe_id) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::NotValidForName.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Why keys or certificates cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// An address cannot be used.
    #[error("{sentence}")]
    Endpoint {
        /// What is wrong with it.
        sentence: String,
    },
    /// A file is missing or cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file does not hold what it should in PEM form.
    #[error("{path} does not hold the certificate or key that it should, in PEM form: {source}")]
    Pem {
        /// Which file.
        path: String,
        /// What is wrong.
        source: PemError,
    },
    /// The agreement's root cannot be used.
    #[error("a root certificate in an agreement cannot be used")]
    Root,
    /// TLS refused the material.
    #[error("the certificate or key cannot be used for TLS: {0}")]
    Rustls(#[from] RustlsError),
}
