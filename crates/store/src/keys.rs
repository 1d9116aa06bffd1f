use std::fs;

use ring::{hmac, rand::SystemRandom};
use symbolon_policy::{PartyKeys, SigningKey};
use zeroize::Zeroizing;

use crate::{
    DataFolder, FolderError, SealError, Sealer, StoreError, approvals::CaseKey, tokens::TokenKey,
    write_private,
};

/// The signing keys of a bureau, by the kind of document that each signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyName {
    /// Headers of checks.
    Header,
    /// Manifests of tag sets.
    Manifest,
    /// Receipts.
    Log,
    /// Agreements.
    Legal,
}

impl KeyName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Header, Self::Manifest, Self::Log, Self::Legal];

    /// The name, also of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Manifest => "manifest",
            Self::Log => "log",
            Self::Legal => "legal",
        }
    }

    /// Reads this key from the data folder.
    ///
    /// # Errors
    /// When its file is missing or damaged.
    pub fn read(self, folder: &DataFolder) -> Result<SigningKey, FolderError> {
        let path = folder.key(self.as_str());
        let bytes = Zeroizing::new(
            fs::read(&path).map_err(|source| FolderError::io("read", &path, source))?,
        );
        SigningKey::from_pkcs8(&bytes).map_err(|error| {
            FolderError::io("read", &path, std::io::Error::other(error.to_string()))
        })
    }
}

const KEY_ENCRYPTION_KEY: &str = "key-encryption";

/// The keys that a running node needs. The legal key is not among them: it signs agreements, by a
/// person's hand.
pub struct NodeKeys {
    /// Signs headers.
    pub header: SigningKey,
    /// Signs manifests.
    pub manifest: SigningKey,
    /// Signs receipts.
    pub log: SigningKey,
    pub(crate) key_encryption: Sealer,
    /// What was asked lately is kept as hashes under this.
    pub(crate) watch: hmac::Key,
    pub(crate) approved_cases: CaseKey,
    pub(crate) tokens: TokenKey,
}

impl NodeKeys {
    /// Makes all keys of a new bureau in its data folder, and returns the public halves.
    ///
    /// # Errors
    /// When a file cannot be written or the system gives no randomness.
    pub fn generate(folder: &DataFolder) -> Result<PartyKeys, StoreError> {
        let random = SystemRandom::new();
        for name in KeyName::ALL {
            let document = SigningKey::generate(&random).map_err(|_| StoreError::Randomness)?;
            write_private(&folder.key(name.as_str()), document.as_ref())?;
        }
        write_private(&folder.key(KEY_ENCRYPTION_KEY), Sealer::random_key()?.as_ref())?;
        Ok(PartyKeys {
            header: KeyName::Header.read(folder)?.verifying_key(),
            manifest: KeyName::Manifest.read(folder)?.verifying_key(),
            log: KeyName::Log.read(folder)?.verifying_key(),
            legal: KeyName::Legal.read(folder)?.verifying_key(),
        })
    }

    /// Reads a node's keys.
    ///
    /// # Errors
    /// Names the file that is missing or damaged.
    pub fn read(folder: &DataFolder) -> Result<Self, StoreError> {
        let path = folder.key(KEY_ENCRYPTION_KEY);
        let bytes = Zeroizing::new(
            fs::read(&path).map_err(|source| FolderError::io("read", &path, source))?,
        );
        let key_encryption = Sealer::new(&bytes).map_err(|error: SealError| {
            FolderError::io("read", &path, std::io::Error::other(error.to_string()))
        })?;
        Ok(Self {
            header: KeyName::Header.read(folder)?,
            manifest: KeyName::Manifest.read(folder)?,
            log: KeyName::Log.read(folder)?,
            key_encryption,
            watch: watch_key(&bytes),
            approved_cases: CaseKey::derive(&bytes)?,
            tokens: TokenKey::derive(&bytes)?,
        })
    }
}

/// HMAC is a pseudorandom function: the key of the watch says nothing of the one that it is derived
/// from, nor the other way round.
fn watch_key(key_encryption: &[u8]) -> hmac::Key {
    let derived =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key_encryption), b"Symbolon-v1-OwnWatch");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}
