//! What a requester holds against each other before it uses an owner's set: manifests, file, canaries.

use std::path::Path;

use symbolon_tagset::{DEFAULT_LAMBDA, LabelParameters, Labels, TagSet};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{canary::CanaryError, manifest::Manifest, signed::DocumentHash};

impl Manifest {
    /// Whether the set may be fetched and used at `now`.
    ///
    /// # Errors
    /// [`SetError::Expired`], [`SetError::Lambda`], [`SetError::TooLong`].
    pub fn is_usable(&self, now: OffsetDateTime) -> Result<(), SetError> {
        if self.expires_at <= now {
            return Err(SetError::Expired);
        }
        if self.lambda != DEFAULT_LAMBDA {
            return Err(SetError::Lambda);
        }
        // No set takes more than λ + 8 bits a tag and a page of headers.
        let bits = u64::from(self.lambda).saturating_add(8);
        let most = self.padded_len.saturating_mul(bits).div_ceil(8).saturating_add(4_096);
        if self.file_len > most {
            return Err(SetError::TooLong);
        }
        Ok(())
    }

    /// Whether it may take the place of `held`: the very same, or under the same key, of a later
    /// version, and, if it is the next one, chained to it. The hashes are those of the documents.
    ///
    /// # Errors
    /// [`SetError::KeyChanged`], [`SetError::Older`], [`SetError::NotChained`].
    pub fn follows(
        &self,
        hash: DocumentHash,
        held: &Self,
        held_hash: DocumentHash,
    ) -> Result<(), SetError> {
        if hash == held_hash {
            return Ok(());
        }
        if self.public_key != held.public_key {
            return Err(SetError::KeyChanged);
        }
        if self.version <= held.version {
            return Err(SetError::Older);
        }
        let is_next = held.version.checked_add(1) == Some(self.version);
        if is_next && self.previous != Some(held_hash) {
            return Err(SetError::NotChained);
        }
        Ok(())
    }

    /// Opens the set's file and holds it against the manifest and the canaries.
    ///
    /// # Errors
    /// When it cannot be opened, is not the one described, or its canaries do not hold.
    pub fn open_set(&self, path: &Path) -> Result<TagSet, SetError> {
        let tags = TagSet::open(path).map_err(SetError::File)?;
        let fits = tags.scope() == &self.scope_id().0
            && tags.version() == self.version
            && tags.lambda() == self.lambda
            && tags.padded_len() == self.padded_len
            && tags.sha256() == &self.file_sha256;
        if !fits {
            return Err(SetError::OtherFile);
        }
        let canaries = self
            .canaries
            .membership_hashes(&self.public_key, self.scope.identifier_type)
            .map_err(SetError::Canaries)?;
        if !tags.contains_batch(&canaries).into_iter().all(|found| found) {
            return Err(SetError::CanaryMissing);
        }
        Ok(tags)
    }

    /// Opens the file of labels beside the set and holds it against the manifest.
    ///
    /// # Errors
    /// When there is none, it cannot be opened, or is not the one described.
    pub fn open_labels(&self, path: &Path) -> Result<Labels, SetError> {
        let file = self.labels.ok_or(SetError::NoLabels)?;
        let labels = Labels::open(path).map_err(SetError::File)?;
        let fits = labels.sha256() == &file.sha256
            && labels.parameters() == &self.label_parameters(file.label_len);
        if fits { Ok(labels) } else { Err(SetError::OtherLabels) }
    }

    /// What the header of its file of labels must say if each label has `label_len` bytes.
    pub fn label_parameters(&self, label_len: u16) -> LabelParameters {
        LabelParameters {
            scope: self.scope_id().0,
            version: self.version,
            padded_len: self.padded_len,
            label_len,
        }
    }
}

/// Why an owner's set is not used. It gives *no answer*, never *no hit*.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetError {
    /// The canaries were not evaluated with the key and the rules that the manifest names.
    #[error("{0}")]
    Canaries(#[source] CanaryError),
    /// A canary is not in the set.
    #[error(
        "the bureau's list was made with another key or other rules than it says; a no hit in it \
         would mean nothing. Its owner must publish it again"
    )]
    CanaryMissing,
    /// The set must not be used any longer.
    #[error("the bureau offers a list that has expired")]
    Expired,
    /// A file is damaged, or none of its kind.
    #[error("{0}")]
    File(#[source] symbolon_tagset::Error),
    /// Another key within one scope.
    #[error(
        "the bureau changed a key within its epoch; ask its desk before anything of it is used"
    )]
    KeyChanged,
    /// Another precision than that of version 1.
    #[error("the bureau offers a list in which false hits are more frequent than agreed")]
    Lambda,
    /// The manifest speaks of no labels.
    #[error("the list has no labels")]
    NoLabels,
    /// The version before is another one than that held.
    #[error("a manifest does not follow the one before it")]
    NotChained,
    /// A version that is not later.
    #[error("the bureau offers an older version than it did before")]
    Older,
    /// The file is another one.
    #[error("a list is not the one that its manifest describes")]
    OtherFile,
    /// The labels are others.
    #[error("the labels of a list are not those that its manifest describes")]
    OtherLabels,
    /// Longer than so many entries can need.
    #[error("the bureau offers a list longer than it may be")]
    TooLong,
}
