use std::fmt;

use ring::{
    rand::SecureRandom,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

/// Length of an Ed25519 signature in bytes (RFC 8032).
pub const SIGNATURE_LEN: usize = 64;

/// What a signature is about. A signature made under one label is worthless under another, so a
/// document of one kind can never be passed off as one of another kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Label {
    /// The terms of an agreement, in canonical form.
    Agreement,
    /// Word that a party has suspended, resumed or revoked an agreement.
    AgreementNotice,
    /// The header of a check.
    CheckHeader,
    /// The manifest of a tag set.
    Manifest,
    /// The receipt for an answered check.
    Receipt,
    /// A request for the record behind a hit.
    DisclosureRequest,
    /// That a requester no longer wants the record that it asked for.
    DisclosureWithdrawal,
    /// What the owner of a record decided on such a request.
    DisclosureDecision,
}

impl Label {
    /// The ASCII label that stands, followed by a zero byte, before the signed bytes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "Symbolon-v1-Agreement",
            Self::AgreementNotice => "Symbolon-v1-AgreementNotice",
            Self::CheckHeader => "Symbolon-v1-CheckHeader",
            Self::Manifest => "Symbolon-v1-Manifest",
            Self::Receipt => "Symbolon-v1-Receipt",
            Self::DisclosureRequest => "Symbolon-v1-DisclosureRequest",
            Self::DisclosureWithdrawal => "Symbolon-v1-DisclosureWithdrawal",
            Self::DisclosureDecision => "Symbolon-v1-DisclosureDecision",
        }
    }

    fn message(self, document: &[u8]) -> Vec<u8> {
        [self.as_str().as_bytes(), &[0], document].concat()
    }
}

/// An Ed25519 private key. Never printed; `ring` gives no way to read it back.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Makes a new key and returns it in PKCS#8 form (RFC 8410), to be kept by the caller.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate(random: &dyn SecureRandom) -> Result<ring::pkcs8::Document, SigningError> {
        Ed25519KeyPair::generate_pkcs8(random).map_err(|_| SigningError::Randomness)
    }

    /// Reads a key in PKCS#8 form.
    ///
    /// # Errors
    /// When the bytes are no Ed25519 key.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, SigningError> {
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes)
            .map(Self)
            .map_err(|_| SigningError::NotAKey)
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        let mut key = [0; 32];
        // The public half of Ed25519 is 32 bytes, always.
        key.copy_from_slice(self.0.public_key().as_ref());
        VerifyingKey(key)
    }

    /// Signs `document` under `label`.
    pub fn sign(&self, label: Label, document: &[u8]) -> Signature {
        let mut bytes = [0; SIGNATURE_LEN];
        bytes.copy_from_slice(self.0.sign(&label.message(document)).as_ref());
        Signature(bytes)
    }
}

impl SigningKey {
    /// Signs the text of a note (C2SP `signed-note`), or what a cosigner signs of it, as it is.
    ///
    /// No label goes before it, for the format knows none. It cannot be taken for a document: a
    /// note has a line end before any zero byte, a labelled document a zero byte and no line end
    /// before it.
    pub fn sign_note(&self, text: &[u8]) -> Signature {
        let mut bytes = [0; SIGNATURE_LEN];
        bytes.copy_from_slice(self.0.sign(text).as_ref());
        Signature(bytes)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.verifying_key())
    }
}

/// An Ed25519 public key, 32 bytes; shown and written as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerifyingKey(pub [u8; 32]);

impl VerifyingKey {
    /// Whether `signature` is this key's over `document` under `label`.
    pub fn verifies(&self, label: Label, document: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(&label.message(document), &signature.0)
            .is_ok()
    }
}

/// An Ed25519 signature, 64 bytes; written as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; SIGNATURE_LEN]);

macro_rules! as_hexadecimal {
    ($type:ident, $len:expr) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&hex::encode(self.0))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let mut bytes = [0; $len];
                hex::decode_to_slice(&text, &mut bytes).map_err(|_| {
                    D::Error::custom(concat!("expected ", $len, " bytes in hexadecimal"))
                })?;
                Ok(Self(bytes))
            }
        }
    };
}
pub(crate) use as_hexadecimal;

as_hexadecimal!(VerifyingKey, 32);
as_hexadecimal!(Signature, 64);

/// Why a signing key could not be made or read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The bytes are not an Ed25519 key in PKCS#8 form.
    #[error(
        "this is not an Ed25519 private key in PKCS#8 form; restore the key file from its backup"
    )]
    NotAKey,
    /// The system's random number generator failed.
    #[error("the system's random number generator gave nothing; check /dev/urandom")]
    Randomness,
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    fn key() -> SigningKey {
        let document = SigningKey::generate(&SystemRandom::new()).unwrap();
        SigningKey::from_pkcs8(document.as_ref()).unwrap()
    }

    #[test]
    fn a_signature_holds_for_its_key_label_and_document_only() {
        let (ours, other) = (key(), key());
        let signature = ours.sign(Label::Receipt, b"document");
        assert!(ours.verifying_key().verifies(Label::Receipt, b"document", &signature));
        assert!(!ours.verifying_key().verifies(Label::Manifest, b"document", &signature));
        assert!(!ours.verifying_key().verifies(Label::Receipt, b"documenT", &signature));
        assert!(!other.verifying_key().verifies(Label::Receipt, b"document", &signature));
    }

    #[test]
    fn a_signing_key_shows_only_its_public_half() {
        let ours = key();
        assert_eq!(format!("{ours:?}"), format!("SigningKey(of {})", ours.verifying_key()));
    }
}
