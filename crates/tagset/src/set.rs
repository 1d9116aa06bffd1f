use std::fmt;
use std::path::Path;

use crate::batch;
use crate::error::Error;
use crate::format::{self, Header, Section};
use crate::hash::MembershipHash;
use crate::look_up::LookUp;
use crate::map::Bytes;
use crate::position::Position;
use crate::ranks::Ranks;
use crate::structure::{self, Sections};

/// An immutable set of n tags, looked up in place.
///
/// `Send` and `Sync`: share one among threads behind an `Arc`.
pub struct TagSet {
    bytes: Bytes,
    header: Header,
    sha256: [u8; 32],
    ranks: Ranks,
}

impl TagSet {
    /// Maps the file at `path` and checks all of it: magic, format version, length, checksum, and that
    /// its structure is the one encoding of some set.
    ///
    /// Reads the whole file once, some seconds per gigabyte, and keeps 1 bit of memory an entry besides
    /// the map. The file must not be modified or
    /// truncated while it is open: replace it by renaming a new one over it. If it is truncated all the
    /// same, the operating system ends this process with SIGBUS at the next look-up that touches what
    /// is gone. Whoever cannot rule that out reads the file and uses [`TagSet::from_bytes`].
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be opened or mapped, and all those of [`TagSet::from_bytes`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::check(Bytes::map(path)?)
    }

    /// Takes a set from memory, with the same checks as [`TagSet::open`].
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`], [`Error::UnsupportedVersion`], [`Error::Truncated`],
    /// [`Error::TrailingBytes`], [`Error::ChecksumMismatch`] and [`Error::Malformed`], looked for in
    /// this order. No input makes this panic.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        Self::check(Bytes::Owned(bytes))
    }

    fn check(bytes: Bytes) -> Result<Self, Error> {
        let (header, sha256) = format::check(&bytes)?;
        let mut set = Self { bytes, header, sha256, ranks: Ranks::with_capacity(0) };
        set.ranks = structure::check(&set.sections(), set.header.padded_len)?;
        Ok(set)
    }

    /// Whether `hash` is in the set: always true for a hash that the set was built from, and true with
    /// probability at most 2^-λ for one that it was not built from.
    pub fn contains(&self, hash: &MembershipHash) -> bool {
        self.look_up().contains(self.position(hash))
    }

    /// [`TagSet::contains`] for each of `hashes`, in their order.
    ///
    /// Several times as fast as one look-up after the other in a set that does not fit the cache: the
    /// reads of many are under way together, and those of a large batch are made in the order of memory.
    /// For that it takes up to 6 megabytes, whatever the size of the batch.
    pub fn contains_batch(&self, hashes: &[MembershipHash]) -> Vec<bool> {
        batch::look_up(&self.look_up(), hashes, |hash| self.position(hash))
    }

    /// The number of the entry that `hash` is taken for, from 0; `None` where
    /// [`contains`](Self::contains) is false. Labels are kept by it.
    pub fn find(&self, hash: &MembershipHash) -> Option<u64> {
        self.look_up().find(self.position(hash))
    }

    /// λ: a look-up of a hash that is not in the set says *hit* with probability at most 2^-λ; bits.
    pub fn lambda(&self) -> u8 {
        self.header.parameters.lambda
    }

    /// n: the number of entries, dummies included; a step of the ladder.
    pub fn padded_len(&self) -> u64 {
        self.header.padded_len
    }

    /// The scope that the set belongs to.
    pub fn scope(&self) -> &[u8; 32] {
        &self.header.parameters.scope
    }

    /// The version of the set within its scope.
    pub fn version(&self) -> u64 {
        self.header.parameters.version
    }

    /// SHA-256 of the whole file, as `sha256sum` prints it and as the manifest names it.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Length of the file; bytes.
    pub fn file_len(&self) -> u64 {
        self.header.layout.file_len
    }

    fn position(&self, hash: &MembershipHash) -> Position {
        Position::of(hash, self.header.padded_len, self.header.parameters.lambda)
    }

    fn sections(&self) -> Sections<'_> {
        let layout = &self.header.layout;
        Sections {
            lambda: self.header.parameters.lambda,
            lows: self.section(&layout.lows),
            buckets: self.section(&layout.buckets),
            directory: self.section(&layout.directory),
        }
    }

    fn look_up(&self) -> LookUp<'_> {
        let layout = &self.header.layout;
        LookUp {
            lambda: self.header.parameters.lambda,
            lows: self.section(&layout.lows),
            buckets: self.section(&layout.buckets),
            ranks: &self.ranks,
        }
    }

    /// INVARIANT: the layout was checked against the length of the file when the set was opened.
    fn section(&self, section: &Section) -> &[u8] {
        let start = usize::try_from(section.offset).unwrap_or(usize::MAX);
        let end = usize::try_from(section.end()).unwrap_or(usize::MAX);
        self.bytes.get(start..end).unwrap_or(&[])
    }
}

impl fmt::Debug for TagSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TagSet")
            .field("lambda", &self.lambda())
            .field("padded_len", &self.padded_len())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}
