//! The memory map: the only unsafe code of the crate.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// The bytes of a tag set, from a file or from memory.
pub(crate) enum Bytes {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

impl Bytes {
    /// Maps the file at `path` for reading.
    pub(crate) fn map(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        if metadata.len() == 0 {
            // Not every system maps nothing.
            return Ok(Self::Owned(Vec::new()));
        }
        map_read_only(&file).map(Self::Mapped)
    }
}

/// SAFETY argument. The compiler takes the bytes behind a `&[u8]` for unchanging; a map keeps that
/// promise only while nobody changes the file. Tag sets are written once under another name, synced,
/// renamed into place and never modified after that; a new version is a new file, and renaming over or
/// unlinking a mapped file leaves the map on the old content. Only the account that runs the node may
/// write to the directory.
///
/// What happens when somebody breaks that rule: if the file is *truncated* while mapped, reading what
/// is gone raises SIGBUS and ends the process; no answer, rather than a wrong one. If it is *modified*,
/// look-ups may answer wrongly, and that is not detected before the set is next opened; they stay in
/// bounds, because every access is checked against the length of the map. The same SIGBUS follows from
/// a read error of the disk or a network file system that went away: keep tag sets on a local disk.
#[allow(unsafe_code, reason = "mapping a file is unsafe; the argument is above")]
fn map_read_only(file: &File) -> io::Result<Mmap> {
    // SAFETY: the file is immutable for as long as it exists, see above.
    unsafe { Mmap::map(file) }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}
