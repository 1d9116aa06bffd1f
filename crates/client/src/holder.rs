use std::{sync::Arc, time::Duration};

use ring::{
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use rustls::{
    RootCertStore, SignatureScheme,
    pki_types::{CertificateDer, UnixTime},
    server::WebPkiClientVerifier,
};
use symbolon_policy::{Actor, CertificateHash};
use thiserror::Error;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{
    identity::{IdentityError, actor_of},
    tls::{Credentials, crypto_provider},
};

/// Who a certificate says somebody is, once it is shown that it is theirs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder {
    /// The identity, with its roles.
    pub actor: Actor,
    /// The certificate.
    pub certificate: CertificateHash,
}

impl Holder {
    /// Finds out who acts with `credentials`: the certificate must chain to one of `roots` and be
    /// good now, `since_epoch` after the beginning of 1970, and the private key must be that of the certificate, which is shown by signing
    /// a fresh challenge. Whether it was revoked is for the caller to look up.
    ///
    /// # Errors
    /// When any of that is not so.
    pub fn prove(
        roots: &[CertificateDer<'static>],
        credentials: &Credentials,
        since_epoch: Duration,
    ) -> Result<Self, HolderError> {
        let (leaf, intermediates) =
            credentials.chain.split_first().ok_or(HolderError::NotTheirs)?;
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root.clone()).map_err(|_| HolderError::Root)?;
        }
        WebPkiClientVerifier::builder_with_provider(Arc::new(store), crypto_provider())
            .build()
            .map_err(|_| HolderError::Root)?
            .verify_client_cert(leaf, intermediates, UnixTime::since_unix_epoch(since_epoch))
            .map_err(|_| HolderError::NotOurs)?;
        answer_challenge(leaf, credentials)?;
        Ok(Self { actor: actor_of(leaf)?, certificate: CertificateHash::of(leaf) })
    }
}

/// Has the key sign something that nobody could have signed before, and verifies that with the
/// certificate.
fn answer_challenge(
    leaf: &CertificateDer<'_>,
    credentials: &Credentials,
) -> Result<(), HolderError> {
    let mut challenge = b"Symbolon-v1-acting-person\0".to_vec();
    let mut fresh = [0; 32];
    SystemRandom::new().fill(&mut fresh).map_err(|_| HolderError::Randomness)?;
    challenge.extend_from_slice(&fresh);
    let answer = crypto_provider()
        .key_provider
        .load_private_key(credentials.key.clone_key())
        .ok()
        .and_then(|key| key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]))
        .and_then(|signer| signer.sign(&challenge).ok())
        .ok_or(HolderError::NotTheirs)?;
    let (_, parsed) = X509Certificate::from_der(leaf).map_err(|_| IdentityError::Unreadable)?;
    let key = &parsed.public_key().subject_public_key.data;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
        .verify(&challenge, &answer)
        .map_err(|_| HolderError::NotTheirs)
}

/// Why it is not shown who acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum HolderError {
    /// The certificate does not say who holds it.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The bureau did not issue it, or it is not good now.
    #[error("the certificate was not issued by this bureau, is not good yet, or has expired")]
    NotOurs,
    /// The key is another one.
    #[error("the private key does not belong to the certificate")]
    NotTheirs,
    /// The system's random number generator failed.
    #[error("the system's random number generator gave nothing; check /dev/urandom")]
    Randomness,
    /// The bureau's root cannot be used.
    #[error("the bureau's root certificate cannot be used; restore it from the backup")]
    Root,
}
