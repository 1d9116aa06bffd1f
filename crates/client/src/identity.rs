use std::collections::BTreeSet;

use symbolon_policy::{Actor, rules::Role, separate_duties};
use thiserror::Error;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// The one SPIFFE identity in a certificate (X.509-SVID, section 2: exactly one URI name).
///
/// # Errors
/// When the certificate cannot be read, or has none or several.
pub fn spiffe_id(certificate: &[u8]) -> Result<String, IdentityError> {
    identity(&parsed(certificate)?)
}

/// Who holds a certificate, with the roles that stand as organizational units in its subject.
/// Units that name no role are passed over; roles that nobody may hold at once give none of them.
///
/// The caller has verified that the certificate chains to a root whose word on this counts.
///
/// # Errors
/// As [`spiffe_id`].
pub fn actor_of(certificate: &[u8]) -> Result<Actor, IdentityError> {
    let parsed = parsed(certificate)?;
    let units = parsed.subject().iter_organizational_unit().filter_map(|unit| unit.as_str().ok());
    let mut roles: BTreeSet<_> = units
        .filter_map(|unit| Role::ALL.iter().copied().find(|role| role.as_str() == unit))
        .collect();
    if separate_duties(&roles).is_err() {
        roles.clear();
    }
    Ok(Actor { id: identity(&parsed)?, roles })
}

fn parsed(certificate: &[u8]) -> Result<X509Certificate<'_>, IdentityError> {
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| IdentityError::Unreadable)?;
    Ok(parsed)
}

fn identity(parsed: &X509Certificate<'_>) -> Result<String, IdentityError> {
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
