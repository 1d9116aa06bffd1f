use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
};

use ring::aead::LessSafeKey;
use symbolon_policy::ScopeId;
use symbolon_tagset::LabelSecret;
use zeroize::Zeroizing;

use super::{
    CacheFault, CacheKind, HEAD_LEN, MAGIC, MARK_LEN, SEAL_LEN, SEGMENTS_A_RUN, Tag, TagCacheKey,
    open_part, runs, writing::aside,
};
use crate::{DataFolder, FolderError, RevisionMark};

/// A cache file being read.
pub struct TagCache {
    /// What the dataset was when it was written.
    pub mark: RevisionMark,
    /// The highest id given until then: tags are of ids up to here.
    pub last_identifier: u64,
    parts: Parts,
    runs: Vec<Run>,
    /// Of each run that is not at its end, the hash of its next tag, and which run it is.
    heads: BinaryHeap<Reverse<(u128, usize)>>,
}

/// The sealed segments of a file.
struct Parts {
    file: File,
    kind: CacheKind,
    key: LessSafeKey,
    /// Bytes of all segments together.
    len: u64,
    count: u64,
}

/// A run being read.
struct Run {
    /// The first segment that was not read yet, and the one behind the run's last.
    next: u64,
    end: u64,
    buffer: Zeroizing<Vec<u8>>,
    /// Where the next tag begins in `buffer`.
    place: usize,
}

impl TagCache {
    /// Opens the cache of a scope. Takes memory for one segment of each run.
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
        let len = len
            .checked_sub((HEAD_LEN + MARK_LEN + SEAL_LEN) as u64)
            .filter(|len| *len >= SEAL_LEN as u64)
            .ok_or(CacheFault::Damaged)?;
        let mut head = [0; HEAD_LEN];
        file.read_exact_at(&mut head, 0).map_err(|_| CacheFault::Unreadable)?;
        let (magic, salt) = head.split_at(MAGIC.len());
        if magic != kind.magic() {
            return Err(CacheFault::Damaged);
        }
        let key = key.of_file(salt).map_err(|_| CacheFault::Damaged)?;
        let mut mark = [0; MARK_LEN + SEAL_LEN];
        file.read_exact_at(&mut mark, HEAD_LEN as u64).map_err(|_| CacheFault::Unreadable)?;
        let mark = open_part(&key, 0, false, &mut mark)?;
        let (revision, rest) = mark.split_first_chunk().ok_or(CacheFault::Damaged)?;
        let (token, last) = rest.split_first_chunk().ok_or(CacheFault::Damaged)?;
        let last = last.try_into().map_err(|_| CacheFault::Damaged)?;
        let mark = RevisionMark { revision: u64::from_be_bytes(*revision), token: *token };
        let count = len.div_ceil((kind.segment_len() + SEAL_LEN) as u64);
        let parts = Parts { file, kind, key, len, count };
        let mut runs = Vec::new();
        let mut heads = BinaryHeap::new();
        for first in (0..count).step_by(SEGMENTS_A_RUN) {
            let end = count.min(first + SEGMENTS_A_RUN as u64);
            let buffer = Zeroizing::new(Vec::new());
            let mut run = Run { next: first, end, buffer, place: 0 };
            heads.extend(run.head(&parts)?.map(|hash| Reverse((hash, runs.len()))));
            runs.push(run);
        }
        let last_identifier = u64::from_be_bytes(last);
        Ok(Self { mark, last_identifier, parts, runs, heads })
    }

    /// The next tag, in the order of hashes; `None` at the end. Nothing that came before may be used if
    /// this fails.
    ///
    /// # Errors
    /// When the file was altered or cannot be read.
    pub fn next_tag(&mut self) -> Result<Option<Tag>, CacheFault> {
        let Some(mut head) = self.heads.peek_mut() else { return Ok(None) };
        let Reverse((_, which)) = *head;
        let run = self.runs.get_mut(which).ok_or(CacheFault::Damaged)?;
        let tag = run.take(self.parts.kind)?;
        match run.head(&self.parts)? {
            Some(hash) => *head = Reverse((hash, which)),
            None => drop(PeekMut::pop(head)),
        }
        Ok(Some(tag))
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

impl Parts {
    /// Opens a segment into `buffer`.
    fn read(&self, part: u64, buffer: &mut Zeroizing<Vec<u8>>) -> Result<(), CacheFault> {
        let most = (self.kind.segment_len() + SEAL_LEN) as u64;
        let start = part * most;
        let len = self.len.saturating_sub(start).min(most);
        buffer.resize(usize::try_from(len).map_err(|_| CacheFault::Damaged)?, 0);
        let place = (HEAD_LEN + MARK_LEN + SEAL_LEN) as u64 + start;
        self.file.read_exact_at(buffer, place).map_err(|_| CacheFault::Unreadable)?;
        // The mark is part 0.
        let plain = open_part(&self.key, part + 1, part + 1 == self.count, buffer)?.len();
        buffer.truncate(plain);
        if buffer.len().is_multiple_of(self.kind.tag_len()) {
            Ok(())
        } else {
            Err(CacheFault::Damaged)
        }
    }
}

impl Run {
    /// The hash of the next tag; `None` at the end of the run.
    fn head(&mut self, parts: &Parts) -> Result<Option<u128>, CacheFault> {
        while self.place >= self.buffer.len() {
            if self.next >= self.end {
                return Ok(None);
            }
            parts.read(self.next, &mut self.buffer)?;
            (self.next, self.place) = (self.next + 1, 0);
        }
        Ok(self.buffer.get(self.place..).map(runs::hash))
    }

    fn take(&mut self, kind: CacheKind) -> Result<Tag, CacheFault> {
        let end = self.place + kind.tag_len();
        let tag = self.buffer.get(self.place..end).ok_or(CacheFault::Damaged)?;
        self.place = end;
        let (identifier, rest) = tag.split_first_chunk().ok_or(CacheFault::Damaged)?;
        let (hash, secret) = rest.split_first_chunk().ok_or(CacheFault::Damaged)?;
        let secret = secret.try_into().ok().map(LabelSecret::new);
        Ok(Tag { identifier: u64::from_be_bytes(*identifier), hash: *hash, secret })
    }
}
