//! The tags of the last published version of an own set, sealed, so that the next version costs
//! evaluations for what is new only.
//!
//! A file is a head (format, random salt), a sealed mark, and sealed segments of tags. Each file has
//! a key of its own, derived from the scope's secrets and the salt. The nonce of a part is its number,
//! with the last one marked, so parts that were cut off, repeated, moved or taken from another file do
//! not open (the construction called STREAM: Hoang, Reyhanitabar, Rogaway, Vizár 2015).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
    rand::{SecureRandom as _, SystemRandom},
};
use symbolon_policy::ScopeId;
use symbolon_tagset::LabelSecret;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{DataFolder, FolderError, RevisionMark, SealError, StoreError};

const MAGIC: [u8; 8] = *b"SymTags1";
/// With the label secret behind each tag.
const MAGIC_WITH_SECRETS: [u8; 8] = *b"SymTagL1";
const SALT_LEN: usize = 32;
const HEAD_LEN: usize = MAGIC.len() + SALT_LEN;
const MARK_LEN: usize = 8 + 16 + 8;
const SEAL_LEN: usize = 16;
const TAG_LEN: usize = 8 + 16;
const SECRET_LEN: usize = 32;
const TAGS_A_SEGMENT: usize = 8_192;

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

/// A cache file being read.
pub struct TagCache {
    /// What the dataset was when it was written.
    pub mark: RevisionMark,
    /// The highest id given until then: tags are of ids up to here.
    pub last_identifier: u64,
    file: BufReader<File>,
    kind: CacheKind,
    key: LessSafeKey,
    /// Bytes of segments not read yet.
    left: u64,
    part: u64,
    buffer: Zeroizing<Vec<u8>>,
}

impl TagCache {
    /// Opens the cache of a scope.
    ///
    /// # Errors
    /// When there is none, or it does not open under `key`.
    pub fn open(
        folder: &DataFolder,
        scope: &ScopeId,
        key: &TagCacheKey,
        kind: CacheKind,
    ) -> Result<Self, CacheFault> {
        let file = File::open(folder.tag_cache(scope)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => CacheFault::Missing,
            _ => CacheFault::Unreadable,
        })?;
        let len = file.metadata().map_err(|_| CacheFault::Unreadable)?.len();
        let left = len
            .checked_sub((HEAD_LEN + MARK_LEN + SEAL_LEN) as u64)
            .filter(|left| *left >= SEAL_LEN as u64)
            .ok_or(CacheFault::Damaged)?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut head = [0; HEAD_LEN];
        file.read_exact(&mut head).map_err(|_| CacheFault::Unreadable)?;
        let (magic, salt) = head.split_at(MAGIC.len());
        if magic != kind.magic() {
            return Err(CacheFault::Damaged);
        }
        let key = key.of_file(salt).map_err(|_| CacheFault::Damaged)?;
        let mut mark = [0; MARK_LEN + SEAL_LEN];
        file.read_exact(&mut mark).map_err(|_| CacheFault::Unreadable)?;
        let mark = open_part(&key, 0, false, &mut mark)?;
        let (revision, rest) = mark.split_first_chunk().ok_or(CacheFault::Damaged)?;
        let (token, last) = rest.split_first_chunk().ok_or(CacheFault::Damaged)?;
        let last = last.try_into().map_err(|_| CacheFault::Damaged)?;
        Ok(Self {
            mark: RevisionMark { revision: u64::from_be_bytes(*revision), token: *token },
            last_identifier: u64::from_be_bytes(last),
            file,
            kind,
            key,
            left,
            part: 1,
            buffer: Zeroizing::new(Vec::with_capacity(kind.segment_len() + SEAL_LEN)),
        })
    }

    /// The next tags; `None` at the end. Nothing that came before may be used if this fails.
    ///
    /// # Errors
    /// When the file was altered or cannot be read.
    pub fn next_segment(&mut self) -> Result<Option<impl Iterator<Item = Tag>>, CacheFault> {
        if self.left == 0 {
            return Ok(None);
        }
        let most = (self.kind.segment_len() + SEAL_LEN) as u64;
        let len = self.left.min(most);
        self.buffer.clear();
        let read = (&mut self.file).take(len).read_to_end(&mut self.buffer);
        if read.map_err(|_| CacheFault::Unreadable)? as u64 != len {
            return Err(CacheFault::Damaged);
        }
        self.left -= len;
        let plain = open_part(&self.key, self.part, self.left == 0, &mut self.buffer)?;
        self.part += 1;
        let tags = plain.chunks_exact(self.kind.tag_len());
        if !tags.remainder().is_empty() {
            return Err(CacheFault::Damaged);
        }
        Ok(Some(tags.filter_map(|tag| {
            let (identifier, rest) = tag.split_first_chunk()?;
            let (hash, secret) = rest.split_first_chunk()?;
            let secret = secret.try_into().ok().map(LabelSecret::new);
            Some(Tag { identifier: u64::from_be_bytes(*identifier), hash: *hash, secret })
        })))
    }

    /// Removes the cache of a scope, also one half-written.
    ///
    /// # Errors
    /// When the file is there and cannot be removed.
    pub fn remove(folder: &DataFolder, scope: &ScopeId) -> Result<(), FolderError> {
        let path = folder.tag_cache(scope);
        for path in [aside(&path), path] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(FolderError::io("remove", &path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A cache file being written: beside the old one, which it replaces at the end.
pub struct NewTagCache {
    path: PathBuf,
    out: BufWriter<File>,
    kind: CacheKind,
    key: LessSafeKey,
    part: u64,
    buffer: Zeroizing<Vec<u8>>,
}

impl NewTagCache {
    /// Begins the cache of a scope for a set that holds the dataset as it was at `mark`.
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
        let buffer = Zeroizing::new(Vec::with_capacity(kind.segment_len() + SEAL_LEN));
        let mut cache = Self { path, out: BufWriter::new(file), kind, key, part: 0, buffer };
        cache.write(&kind.magic())?;
        cache.write(&salt)?;
        cache.buffer.extend_from_slice(&mark.revision.to_be_bytes());
        cache.buffer.extend_from_slice(&mark.token);
        cache.buffer.extend_from_slice(&last_identifier.to_be_bytes());
        cache.end_part(false)?;
        Ok(cache)
    }

    /// Adds a tag; with its secret, in a cache that holds them.
    ///
    /// # Errors
    /// When the disk fails, or the secret is missing.
    pub fn push(&mut self, tag: &Tag) -> Result<(), StoreError> {
        // The last part is known only when nothing follows.
        if self.buffer.len() >= self.kind.segment_len() {
            self.end_part(false)?;
        }
        self.buffer.extend_from_slice(&tag.identifier.to_be_bytes());
        self.buffer.extend_from_slice(&tag.hash);
        if self.kind == CacheKind::WithSecrets {
            let secret = tag.secret.as_ref();
            let secret = secret.ok_or(StoreError::Damaged { what: "cache of tags" })?;
            self.buffer.extend_from_slice(secret.as_bytes());
        }
        Ok(())
    }

    /// Puts it in the place of the old one.
    ///
    /// # Errors
    /// When the disk fails; then the old one is still there.
    pub fn finish(mut self) -> Result<(), StoreError> {
        self.end_part(true)?;
        let attempt = || -> io::Result<()> {
            self.out.flush()?;
            self.out.get_ref().sync_all()?;
            fs::rename(aside(&self.path), &self.path)?;
            self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        let mut attempt = attempt;
        attempt().map_err(|source| FolderError::io("write", &self.path, source).into())
    }

    fn end_part(&mut self, is_last: bool) -> Result<(), StoreError> {
        let nonce = nonce(self.part, is_last);
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut *self.buffer)
            .map_err(|_| SealError::KeyLength)?;
        self.part += 1;
        let sealed = std::mem::take(&mut *self.buffer);
        let written = self.write(&sealed);
        *self.buffer = sealed;
        self.buffer.clear();
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

fn aside(path: &Path) -> PathBuf {
    path.with_extension("cache.new")
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
