use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use ring::{
    aead::{Aad, LessSafeKey},
    rand::{SecureRandom as _, SystemRandom},
};
use symbolon_policy::ScopeId;
use zeroize::Zeroizing;

use super::{CacheKind, SALT_LEN, SEAL_LEN, Tag, TagCacheKey, nonce, runs};
use crate::{DataFolder, FolderError, RevisionMark, SealError, StoreError};

/// A cache file being written: beside the old one, which it replaces at the end.
pub struct NewTagCache {
    path: PathBuf,
    out: BufWriter<File>,
    kind: CacheKind,
    key: LessSafeKey,
    part: u64,
    /// The tags of a run that is not full.
    run: Zeroizing<Vec<u8>>,
    /// What is being sealed.
    sealed: Zeroizing<Vec<u8>>,
}

impl NewTagCache {
    /// Begins the cache of a scope for a set that holds the dataset as it was at `mark`. Takes memory
    /// for a run of tags: 25 MB, with secrets 59 MB.
    ///
    /// # Errors
    /// When the disk fails or the system gives no randomness.
    pub fn create(
        folder: &DataFolder,
        scope: &ScopeId,
        key: &TagCacheKey,
        kind: CacheKind,
        mark: &RevisionMark,
        last_identifier: u64,
    ) -> Result<Self, StoreError> {
        let path = folder.tag_cache(scope);
        let mut salt = [0; SALT_LEN];
        SystemRandom::new().fill(&mut salt).map_err(|_| StoreError::Randomness)?;
        let key = key.of_file(&salt)?;
        let aside = aside(&path);
        let open = || -> io::Result<File> {
            match fs::remove_file(&aside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            OpenOptions::new().create_new(true).write(true).mode(0o600).open(&aside)
        };
        let file = open().map_err(|source| FolderError::io("write", &aside, source))?;
        let run = Zeroizing::new(Vec::with_capacity(kind.run_len()));
        let sealed = Zeroizing::new(Vec::with_capacity(kind.segment_len() + SEAL_LEN));
        let mut cache = Self { path, out: BufWriter::new(file), kind, key, part: 0, run, sealed };
        cache.write(&kind.magic())?;
        cache.write(&salt)?;
        let mark = [&mark.revision.to_be_bytes()[..], &mark.token, &last_identifier.to_be_bytes()];
        cache.seal(&mark.concat(), false)?;
        Ok(cache)
    }

    /// Adds a tag; with its secret, in a cache that holds them. Tags may come in any order; those that
    /// come in the order of their hashes cost less.
    ///
    /// # Errors
    /// When the disk fails, or the secret is missing.
    pub fn push(&mut self, tag: &Tag) -> Result<(), StoreError> {
        // The last part is known only when nothing follows.
        if self.run.len() >= self.kind.run_len() {
            self.end_run(false)?;
        }
        self.run.extend_from_slice(&tag.identifier.to_be_bytes());
        self.run.extend_from_slice(&tag.hash);
        if self.kind == CacheKind::WithSecrets {
            let secret = tag.secret.as_ref();
            let secret = secret.ok_or(StoreError::Damaged { what: "cache of tags" })?;
            self.run.extend_from_slice(secret.as_bytes());
        }
        Ok(())
    }

    /// Puts it in the place of the old one.
    ///
    /// # Errors
    /// When the disk fails; then the old one is still there.
    pub fn finish(mut self) -> Result<(), StoreError> {
        self.end_run(true)?;
        let mut attempt = || -> io::Result<()> {
            self.out.flush()?;
            self.out.get_ref().sync_all()?;
            fs::rename(aside(&self.path), &self.path)?;
            self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        attempt().map_err(|source| FolderError::io("write", &self.path, source).into())
    }

    fn end_run(&mut self, is_last: bool) -> Result<(), StoreError> {
        let mut run = Zeroizing::new(std::mem::take(&mut *self.run));
        runs::sort(self.kind, &mut run);
        // A file without tags has a last part as well.
        let last = run.len().div_ceil(self.kind.segment_len()).saturating_sub(1);
        let mut segments = run.chunks(self.kind.segment_len());
        for place in 0..=last {
            let segment = segments.next().unwrap_or_default();
            self.seal(segment, is_last && place == last)?;
        }
        run.clear();
        self.run = run;
        Ok(())
    }

    fn seal(&mut self, plain: &[u8], is_last: bool) -> Result<(), StoreError> {
        self.sealed.clear();
        self.sealed.extend_from_slice(plain);
        let nonce = nonce(self.part, is_last);
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut *self.sealed)
            .map_err(|_| SealError::KeyLength)?;
        self.part += 1;
        let sealed = std::mem::take(&mut *self.sealed);
        let written = self.write(&sealed);
        *self.sealed = sealed;
        written
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.out
            .write_all(bytes)
            .map_err(|source| FolderError::io("write", &self.path, source).into())
    }
}

impl Drop for NewTagCache {
    fn drop(&mut self) {
        // After the end it has another name.
        let _ = fs::remove_file(aside(&self.path));
    }
}

pub(super) fn aside(path: &Path) -> PathBuf {
    path.with_extension("cache.new")
}
