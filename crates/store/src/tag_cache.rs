//! The tags of the last published version of an own set, sealed, so that the next version costs
//! evaluations for what is new only.
//!
//! A file is a head (format, random salt), a sealed mark, and sealed segments of tags. Each file has
//! a key of its own, derived from the scope's secrets and the salt. The nonce of a part is its number,
//! with the last one marked, so parts that were cut off, repeated, moved or taken from another file do
//! not open (the construction called STREAM: Hoang, Reyhanitabar, Rogaway, Vizár 2015).
//!
//! Tags lie in runs of [`SEGMENTS_A_RUN`] segments, each run in the order of its hashes, and are read in
//! the order of all: the next set, for which they must be sorted, then has only what is new to sort. A run
//! is what is sorted in memory at once.

mod reading;
mod runs;
#[cfg(test)]
mod tests;
mod writing;

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
};
use symbolon_policy::ScopeId;
use symbolon_tagset::LabelSecret;
use thiserror::Error;
use zeroize::Zeroizing;

pub use self::{reading::TagCache, writing::NewTagCache};
use crate::SealError;

const MAGIC: [u8; 8] = *b"SymTags2";
/// With the label secret behind each tag.
const MAGIC_WITH_SECRETS: [u8; 8] = *b"SymTagL2";
const SALT_LEN: usize = 32;
const HEAD_LEN: usize = MAGIC.len() + SALT_LEN;
const MARK_LEN: usize = 8 + 16 + 8;
const SEAL_LEN: usize = 16;
const TAG_LEN: usize = 8 + 16;
const SECRET_LEN: usize = 32;
/// Tests want several runs of few tags.
const TAGS_A_SEGMENT: usize = if cfg!(test) { 16 } else { 8_192 };
const SEGMENTS_A_RUN: usize = if cfg!(test) { 4 } else { 128 };

/// Whether the cache of a scope holds label secrets: that of a scope with labels does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheKind {
    /// Tags only.
    Tags,
    /// Tags and label secrets.
    WithSecrets,
}

impl CacheKind {
    fn magic(self) -> [u8; 8] {
        match self {
            Self::Tags => MAGIC,
            Self::WithSecrets => MAGIC_WITH_SECRETS,
        }
    }

    fn segment_len(self) -> usize {
        TAGS_A_SEGMENT * self.tag_len()
    }

    fn run_len(self) -> usize {
        SEGMENTS_A_RUN * self.segment_len()
    }

    fn tag_len(self) -> usize {
        match self {
            Self::Tags => TAG_LEN,
            Self::WithSecrets => TAG_LEN + SECRET_LEN,
        }
    }
}

/// From which the keys of a scope's cache files come. Who destroys the scope's secrets destroys it.
pub struct TagCacheKey(Zeroizing<[u8; 32]>);

impl TagCacheKey {
    pub(crate) fn derive(secrets: &[u8], scope: &ScopeId) -> Result<Self, SealError> {
        let mut key = Zeroizing::new([0; 32]);
        Salt::new(HKDF_SHA256, b"Symbolon-v1-tag-cache")
            .extract(secrets)
            .expand(&[&scope.0], HKDF_SHA256)
            .and_then(|derived| derived.fill(key.as_mut()))
            .map_err(|_| SealError::KeyLength)?;
        Ok(Self(key))
    }

    fn of_file(&self, salt: &[u8]) -> Result<LessSafeKey, SealError> {
        Salt::new(HKDF_SHA256, salt)
            .extract(self.0.as_ref())
            .expand(&[b"Symbolon-v1-tag-cache-file"], &AES_256_GCM)
            .map(|derived| LessSafeKey::new(UnboundKey::from(derived)))
            .map_err(|_| SealError::KeyLength)
    }
}

/// The tag of one identifier.
#[derive(Clone)]
pub struct Tag {
    /// The identifier's id in its list.
    pub identifier: u64,
    /// Its membership hash under the scope's key.
    pub hash: [u8; 16],
    /// What opens its label, in a cache that holds that.
    pub secret: Option<LabelSecret>,
}

fn nonce(part: u64, is_last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    let fields = [u8::from(is_last), 0, 0, 0].into_iter().chain(part.to_be_bytes());
    nonce.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
    Nonce::assume_unique_for_key(nonce)
}

fn open_part<'a>(
    key: &LessSafeKey,
    part: u64,
    is_last: bool,
    sealed: &'a mut [u8],
) -> Result<&'a [u8], CacheFault> {
    key.open_in_place(nonce(part, is_last), Aad::empty(), sealed)
        .map(|plain| &*plain)
        .map_err(|_| CacheFault::Damaged)
}

/// Why a cache is of no use. Then everything is evaluated anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum CacheFault {
    /// There is none, as for a set that is published for the first time.
    #[error("there is none")]
    Missing,
    /// It was altered, cut off, or sealed under another key.
    #[error("it is damaged, or of another key")]
    Damaged,
    /// The disk does not give it.
    #[error("it cannot be read; check the disk and the permissions of the data folder")]
    Unreadable,
    /// It is of a state of the dataset that this database does not know, or no longer.
    #[error("it does not belong to what this database holds, which may be a restored backup")]
    Stale,
}
