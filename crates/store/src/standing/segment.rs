use std::{fs, os::unix::fs::DirBuilderExt as _, path::Path};

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementId, BureauCode, ScopeId, StandingId};
use symbolon_tagset::{LabelSecret, MembershipHash};
use thiserror::Error;
use time::OffsetDateTime;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    Bitmap, StoredSegment, StoredTags,
    frames::{self, About, ENTRIES_A_FRAME, Frames},
    names::{
        counted_about, identifiers_about, identifiers_key, identifiers_path, labels_about,
        labels_path, removed_about, seen_about, tags_about, tags_key, tags_path,
    },
};
use crate::{FolderError, Sealer, Store, StoreError};

/// Length of a membership hash in bytes.
const TAG_LEN: usize = 16;
/// Length of what opens a label in bytes.
const SECRET_LEN: usize = 32;

/// Identity of a segment, 16 random bytes; never used again, so that no file of one can be taken
/// for that of another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SegmentId(pub [u8; 16]);

/// An identifier that stays asked.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct StandingEntry {
    /// The caller's own name for it. At most 256 bytes are kept.
    pub reference: String,
    /// Its canonical bytes.
    pub canonical: Vec<u8>,
}

/// A [`StandingEntry`] where it was opened.
#[derive(Clone, Copy)]
pub struct EntryRef<'a> {
    /// As [`StandingEntry::reference`].
    pub reference: &'a str,
    /// As [`StandingEntry::canonical`].
    pub canonical: &'a [u8],
}

/// A segment whose files are on disk, but which nothing names yet.
pub struct WrittenSegment {
    pub(super) id: SegmentId,
    pub(super) kind: IdentifierType,
    pub(super) entries: usize,
    pub(super) sealed_key: Vec<u8>,
    pub(super) tags: Vec<WrittenTags>,
}

/// Tags of a [`WrittenSegment`] in one scope.
pub struct WrittenTags {
    /// The scope.
    pub scope: ScopeId,
    /// Under which agreement.
    pub agreement: AgreementId,
    /// Whose list.
    pub owner: BureauCode,
    /// Which list.
    pub dataset: String,
    /// Until when they may be kept.
    pub keep_until: OffsetDateTime,
    pub(super) sealed_key: Vec<u8>,
    pub(super) has_labels: bool,
    /// What a person was shown before the segment was compacted.
    pub(super) seen: Option<Vec<u8>>,
    /// What was counted before.
    pub(super) counted: Option<Vec<u8>>,
}

/// Tags that are about to be written.
pub struct NewTags<'a> {
    /// The scope.
    pub scope: ScopeId,
    /// Under which agreement.
    pub agreement: AgreementId,
    /// Whose list.
    pub owner: BureauCode,
    /// Which list.
    pub dataset: String,
    /// Until when they may be kept.
    pub keep_until: OffsetDateTime,
    /// One for each entry, in order.
    pub hashes: &'a [MembershipHash],
    /// What opens the labels, the same; empty in a scope that has none.
    pub secrets: &'a [LabelSecret],
    /// Which entries a person was shown as hits before.
    pub seen: Option<&'a Bitmap>,
    /// Which entries were counted as hits before.
    pub counted: Option<&'a Bitmap>,
}

/// Why a standing check's files could not be written or read back.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StandingError {
    /// Cut, altered, reordered, swapped, or sealed under a key that is gone.
    #[error(
        "a file of the standing check is damaged; end it and begin it anew. The files lie in the \
         folder standing of the data folder"
    )]
    Damaged,
    /// Disk or database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WrittenSegment {
    /// Writes the identifiers of a new segment of a standing check. Blocks; all of it is for the
    /// pool.
    ///
    /// # Errors
    /// When the disk is full or the system gives no randomness.
    pub fn write(
        store: &Store,
        standing: &StandingId,
        kind: IdentifierType,
        entries: &[StandingEntry],
    ) -> Result<Self, StandingError> {
        let mut id = SegmentId([0; 16]);
        SystemRandom::new().fill(&mut id.0).map_err(|_| StoreError::Randomness)?;
        let folder = store.folder.standing(standing);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|source| FolderError::io("make", &folder, source))
            .map_err(StoreError::from)?;
        let (sealer, sealed_key) = fresh_key(store, &identifiers_key(&id))?;
        let mut chunks = entries.chunks(ENTRIES_A_FRAME);
        let path = identifiers_path(&store.folder, standing, &id);
        frames::write(&path, &sealer, &identifiers_about(&id, entries.len()), || {
            chunks.next().map(encode)
        })
        .map_err(|error| error.at(&path))?;
        Ok(Self { id, kind, entries: entries.len(), sealed_key, tags: Vec::new() })
    }

    /// Writes its tags in one scope. The key of their files is made here.
    ///
    /// # Errors
    /// When there is not one for each entry, the disk is full or the system gives no randomness.
    pub fn add_tags(
        &mut self,
        store: &Store,
        standing: &StandingId,
        new: NewTags<'_>,
    ) -> Result<(), StandingError> {
        let NewTags { scope, hashes, secrets, .. } = new;
        let has_labels = !secrets.is_empty();
        if hashes.len() != self.entries || (has_labels && secrets.len() != self.entries) {
            return Err(StandingError::Damaged);
        }
        let (sealer, sealed_key) = fresh_key(store, &tags_key(&self.id, &scope))?;
        let path = tags_path(&store.folder, standing, &self.id, &scope);
        let about = tags_about(&self.id, &scope, self.entries);
        write_fixed(&path, &sealer, &about, hashes, |hash| &hash.0)?;
        if has_labels {
            let path = labels_path(&store.folder, standing, &self.id, &scope);
            let about = labels_about(&self.id, &scope, self.entries);
            write_fixed(&path, &sealer, &about, secrets, LabelSecret::as_bytes)?;
        }
        let seal = |about: &[u8], bitmap: &Bitmap| sealer.seal(about, bitmap.as_bytes());
        let seen = new.seen.map(|seen| seal(&seen_about(&self.id, &scope), seen));
        let counted = new.counted.map(|counted| seal(&counted_about(&self.id, &scope), counted));
        self.tags.push(WrittenTags {
            scope,
            agreement: new.agreement,
            owner: new.owner,
            dataset: new.dataset,
            keep_until: new.keep_until,
            sealed_key,
            has_labels,
            seen: seen.transpose().map_err(StoreError::from)?,
            counted: counted.transpose().map_err(StoreError::from)?,
        });
        Ok(())
    }

    /// How many entries.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// Whether no scope has tags of it.
    pub fn has_no_tags(&self) -> bool {
        self.tags.is_empty()
    }
}

impl StoredSegment {
    /// Gives all entries to `see`, each with its place. Blocks.
    ///
    /// # Errors
    /// When the file is damaged, and the error of `see`.
    pub fn read(
        &self,
        store: &Store,
        mut see: impl FnMut(usize, EntryRef<'_>) -> Result<(), StandingError>,
    ) -> Result<(), StandingError> {
        let path = identifiers_path(&store.folder, &self.standing, &self.id);
        let sealer = self.sealer(store)?;
        let mut frames = Frames::open(&path, &sealer, identifiers_about(&self.id, self.entries))
            .map_err(|error| error.at(&path))?;
        let mut place = 0;
        while let Some(frame) = frames.next().map_err(|error| error.at(&path))? {
            let mut entries = Entries { rest: frame };
            while let Some(entry) = entries.next()? {
                see(place, entry)?;
                place += 1;
            }
        }
        if place == self.entries { Ok(()) } else { Err(StandingError::Damaged) }
    }

    /// Gives the entries at `places`, which must rise, to `see`; only frames that hold one are
    /// opened. Blocks.
    ///
    /// # Errors
    /// When the file is damaged, and the error of `see`.
    pub fn read_at(
        &self,
        store: &Store,
        places: impl Iterator<Item = usize>,
        mut see: impl FnMut(usize, EntryRef<'_>) -> Result<(), StandingError>,
    ) -> Result<(), StandingError> {
        let path = identifiers_path(&store.folder, &self.standing, &self.id);
        let sealer = self.sealer(store)?;
        let mut frames = Frames::open(&path, &sealer, identifiers_about(&self.id, self.entries))
            .map_err(|error| error.at(&path))?;
        frames.each_with(&path, places, |frame, mut next, places| {
            let mut entries = Entries { rest: frame };
            for place in places {
                while next < *place {
                    entries.next()?;
                    next += 1;
                }
                see(*place, entries.next()?.ok_or(StandingError::Damaged)?)?;
                next += 1;
            }
            Ok(())
        })
    }

    /// Which entries were removed.
    ///
    /// # Errors
    /// When it does not open.
    pub fn removed(&self, store: &Store) -> Result<Bitmap, StandingError> {
        match &self.removed {
            None => Ok(Bitmap::new(self.entries)),
            Some(sealed) => {
                let bytes = self
                    .sealer(store)?
                    .open(&removed_about(&self.id), sealed)
                    .map_err(|_| StandingError::Damaged)?;
                Ok(Bitmap::from_bytes(&bytes))
            }
        }
    }

    pub(super) fn seal_removed(
        &self,
        store: &Store,
        removed: &Bitmap,
    ) -> Result<Vec<u8>, StandingError> {
        let sealed = self.sealer(store)?.seal(&removed_about(&self.id), removed.as_bytes());
        Ok(sealed.map_err(StoreError::from)?)
    }

    fn sealer(&self, store: &Store) -> Result<Sealer, StandingError> {
        open_key(store, &identifiers_key(&self.id), &self.sealed_key)
    }
}

impl StoredTags {
    /// Gives all tags, a frame at a time, to `see`, with the place of the first. Blocks.
    ///
    /// # Errors
    /// When they were destroyed or the file is damaged.
    pub fn read(
        &self,
        store: &Store,
        segment: &StoredSegment,
        mut see: impl FnMut(usize, &[MembershipHash]),
    ) -> Result<(), StandingError> {
        let path = tags_path(&store.folder, &segment.standing, &segment.id, &self.scope);
        let sealer = self.sealer(store, segment)?;
        let about = tags_about(&segment.id, &self.scope, segment.entries);
        let mut frames = Frames::open(&path, &sealer, about).map_err(|error| error.at(&path))?;
        let mut hashes = Vec::with_capacity(ENTRIES_A_FRAME);
        let mut place = 0;
        while let Some(frame) = frames.next().map_err(|error| error.at(&path))? {
            let (tags, rest) = frame.as_chunks::<TAG_LEN>();
            if !rest.is_empty() {
                return Err(StandingError::Damaged);
            }
            hashes.extend(tags.iter().copied().map(MembershipHash));
            see(place, &hashes);
            place += hashes.len();
            for hash in &mut hashes {
                hash.0.zeroize();
            }
            hashes.clear();
        }
        if place == segment.entries { Ok(()) } else { Err(StandingError::Damaged) }
    }

    /// Gives the tags at `places`, which must rise, to `see`; only frames that hold one are opened.
    /// Blocks.
    ///
    /// # Errors
    /// When they were destroyed or the file is damaged.
    pub fn hashes_at(
        &self,
        store: &Store,
        segment: &StoredSegment,
        places: impl Iterator<Item = usize>,
        mut see: impl FnMut(usize, &MembershipHash),
    ) -> Result<(), StandingError> {
        let path = tags_path(&store.folder, &segment.standing, &segment.id, &self.scope);
        let about = tags_about(&segment.id, &self.scope, segment.entries);
        let sealer = self.sealer(store, segment)?;
        entries_at::<TAG_LEN>(&path, &sealer, about, places, |place, tag| {
            let mut hash = MembershipHash(*tag);
            see(place, &hash);
            hash.zeroize();
        })
    }

    /// Gives what opens the labels of the entries at `places`, which must rise, to `see`; only frames
    /// that hold one are opened. Blocks. Nothing where there are no labels.
    ///
    /// # Errors
    /// When they were destroyed or the file is damaged.
    pub fn secrets_at(
        &self,
        store: &Store,
        segment: &StoredSegment,
        places: impl Iterator<Item = usize>,
        mut see: impl FnMut(usize, LabelSecret),
    ) -> Result<(), StandingError> {
        if !self.has_labels {
            return Ok(());
        }
        let path = labels_path(&store.folder, &segment.standing, &segment.id, &self.scope);
        let about = labels_about(&segment.id, &self.scope, segment.entries);
        let sealer = self.sealer(store, segment)?;
        entries_at::<SECRET_LEN>(&path, &sealer, about, places, |place, secret| {
            see(place, LabelSecret::new(*secret));
        })
    }

    /// Which entries a person was shown as hits.
    ///
    /// # Errors
    /// When it does not open.
    pub fn seen(&self, store: &Store, segment: &StoredSegment) -> Result<Bitmap, StandingError> {
        let about = seen_about(&segment.id, &self.scope);
        self.bitmap(store, segment, &about, self.seen.as_deref())
    }

    /// Which entries were counted as hits.
    ///
    /// # Errors
    /// When it does not open.
    pub fn counted(&self, store: &Store, segment: &StoredSegment) -> Result<Bitmap, StandingError> {
        let about = counted_about(&segment.id, &self.scope);
        self.bitmap(store, segment, &about, self.counted.as_deref())
    }

    fn bitmap(
        &self,
        store: &Store,
        segment: &StoredSegment,
        about: &[u8],
        sealed: Option<&[u8]>,
    ) -> Result<Bitmap, StandingError> {
        let Some(sealed) = sealed else { return Ok(Bitmap::new(segment.entries)) };
        let bytes = self.sealer(store, segment)?.open(about, sealed);
        Ok(Bitmap::from_bytes(&bytes.map_err(|_| StandingError::Damaged)?))
    }

    pub(super) fn seal_seen(
        &self,
        store: &Store,
        segment: &StoredSegment,
        seen: &Bitmap,
    ) -> Result<Vec<u8>, StandingError> {
        let about = seen_about(&segment.id, &self.scope);
        let sealed = self.sealer(store, segment)?.seal(&about, seen.as_bytes());
        Ok(sealed.map_err(StoreError::from)?)
    }

    pub(super) fn seal_counted(
        &self,
        store: &Store,
        segment: &StoredSegment,
        counted: &Bitmap,
    ) -> Result<Vec<u8>, StandingError> {
        let about = counted_about(&segment.id, &self.scope);
        let sealed = self.sealer(store, segment)?.seal(&about, counted.as_bytes());
        Ok(sealed.map_err(StoreError::from)?)
    }

    fn sealer(&self, store: &Store, segment: &StoredSegment) -> Result<Sealer, StandingError> {
        let sealed = self.sealed_key.as_ref().ok_or(StandingError::Damaged)?;
        open_key(store, &tags_key(&segment.id, &self.scope), sealed)
    }
}

/// Gives the entries of `LEN` bytes at `places`, which must rise, to `see`; only frames that hold one are
/// opened.
fn entries_at<const LEN: usize>(
    path: &Path,
    sealer: &Sealer,
    about: About,
    places: impl Iterator<Item = usize>,
    mut see: impl FnMut(usize, &[u8; LEN]),
) -> Result<(), StandingError> {
    let mut frames = Frames::open(path, sealer, about).map_err(|error| error.at(path))?;
    frames.each_with(path, places, |frame, first, places| {
        let (entries, rest) = frame.as_chunks::<LEN>();
        if !rest.is_empty() {
            return Err(StandingError::Damaged);
        }
        for place in places {
            see(*place, entries.get(place - first).ok_or(StandingError::Damaged)?);
        }
        Ok(())
    })
}

fn fresh_key(store: &Store, about: &[u8]) -> Result<(Sealer, Vec<u8>), StoreError> {
    let key = Sealer::random_key()?;
    let sealed = store.keys.key_encryption.seal(about, key.as_ref())?;
    Ok((Sealer::new(key.as_ref())?, sealed))
}

fn open_key(store: &Store, about: &[u8], sealed: &[u8]) -> Result<Sealer, StandingError> {
    let key = store.keys.key_encryption.open(about, sealed).map_err(|_| StandingError::Damaged)?;
    Ok(Sealer::new(&key).map_err(StoreError::from)?)
}

/// Writes a file of entries that all have one length.
fn write_fixed<T, const N: usize>(
    path: &Path,
    sealer: &Sealer,
    about: &About,
    entries: &[T],
    bytes: impl Fn(&T) -> &[u8; N],
) -> Result<(), StandingError> {
    let mut chunks = entries.chunks(ENTRIES_A_FRAME);
    frames::write(path, sealer, about, || {
        chunks.next().map(|chunk| {
            let mut frame = Zeroizing::new(Vec::with_capacity(chunk.len() * N));
            for entry in chunk {
                frame.extend_from_slice(bytes(entry));
            }
            frame
        })
    })
    .map_err(|error| error.at(path))
}

/// Each entry: reference and canonical bytes, each after its length (16-bit big-endian).
fn encode(entries: &[StandingEntry]) -> Zeroizing<Vec<u8>> {
    let parts = |entry: &StandingEntry| entry.reference.len() + entry.canonical.len() + 4;
    let mut frame = Zeroizing::new(Vec::with_capacity(entries.iter().map(parts).sum()));
    for entry in entries {
        for part in [clipped(&entry.reference).as_bytes(), &entry.canonical] {
            // Parsers bound canonical bytes far below this.
            let len = u16::try_from(part.len()).unwrap_or(u16::MAX);
            frame.extend_from_slice(&len.to_be_bytes());
            frame.extend_from_slice(part.get(..len.into()).unwrap_or(part));
        }
    }
    frame
}

const MOST_REFERENCE: usize = 256;

fn clipped(text: &str) -> &str {
    let mut end = text.len().min(MOST_REFERENCE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The entries of a frame, one after the other.
struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    fn next(&mut self) -> Result<Option<EntryRef<'a>>, StandingError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (Some(reference), Some(canonical)) = (self.part(), self.part()) else {
            return Err(StandingError::Damaged);
        };
        let reference = str::from_utf8(reference).map_err(|_| StandingError::Damaged)?;
        Ok(Some(EntryRef { reference, canonical }))
    }

    fn part(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.rest.split_first_chunk()?;
        let (part, rest) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
        self.rest = rest;
        Some(part)
    }
}
