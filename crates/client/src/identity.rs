use thiserror::Error;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// The one SPIFFE identity in a certificate (X.509-SVID, section 2: exactly one URI name).
///
/// # Errors
/// When the certificate cannot be read, or has none or several.
pub fn spiffe_id(certificate: &[u8]) -> Result<String, IdentityError> {
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| IdentityError::Unreadable)?;
    let names = parsed
        .subject_alternative_name()
        .map_err(|_| IdentityError::Unreadable)?
        .ok_or(IdentityError::NoIdentity)?;
    let mut uris = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    });
    match (uris.next(), uris.next()) {
        (Some(uri), None) if uri.starts_with("spiffe://") => Ok(uri.to_owned()),
        _ => Err(IdentityError::NoIdentity),
    }
}

/// Why a certificate says nothing about who holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// It has no SPIFFE identity, or several.
    #[error("the certificate does not carry exactly one SPIFFE identity")]
    NoIdentity,
    /// It is no X.509 certificate.
    #[error("the certificate cannot be read")]
    Unreadable,
}
