use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use zeroize::Zeroizing;

use super::StandingError;
use crate::{FolderError, SealError, Sealer};

/// Entries sealed together. A file is read and written a frame at a time, so that memory is
/// bounded, and for a hit one frame of it is opened.
pub(super) const ENTRIES_A_FRAME: usize = 4_096;
/// Longest frame in bytes; no frame that was written comes near.
const LONGEST_FRAME: usize = 128 << 20;

/// What a file of frames is, so that none can stand for another: the seal of each frame covers this,
/// its number and how many there are. So a file that was cut, reordered, or swapped with another
/// does not open.
pub(super) struct About {
    pub(super) what: Vec<u8>,
    pub(super) frames: u64,
}

impl About {
    fn frame(&self, number: u64) -> Vec<u8> {
        [&self.what[..], &number.to_be_bytes(), &self.frames.to_be_bytes()].concat()
    }
}

/// Writes a new file, readable by its owner only, and brings it to disk.
pub(super) fn write(
    path: &Path,
    sealer: &Sealer,
    about: &About,
    mut next: impl FnMut() -> Option<Zeroizing<Vec<u8>>>,
) -> Result<(), FrameError> {
    let attempt = |next: &mut dyn FnMut() -> Option<Zeroizing<Vec<u8>>>| {
        let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
        let mut file = BufWriter::new(file);
        let mut number = 0_u64;
        while let Some(frame) = next() {
            let sealed = sealer.seal(&about.frame(number), &frame)?;
            let len = u32::try_from(sealed.len()).map_err(|_| FrameError::Damaged)?;
            file.write_all(&len.to_be_bytes())?;
            file.write_all(&sealed)?;
            number = number.saturating_add(1);
        }
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        if number == about.frames { Ok(()) } else { Err(FrameError::Damaged) }
    };
    attempt(&mut next).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

/// Reads a file from its beginning, frame by frame.
pub(super) struct Frames<'a> {
    file: BufReader<File>,
    sealer: &'a Sealer,
    about: About,
    number: u64,
    /// The frame read last. One for all, as each is wiped by the next.
    buffer: Zeroizing<Vec<u8>>,
}

impl<'a> Frames<'a> {
    pub(super) fn open(path: &Path, sealer: &'a Sealer, about: About) -> Result<Self, FrameError> {
        let (file, buffer) = (BufReader::new(File::open(path)?), Zeroizing::default());
        Ok(Self { file, sealer, about, number: 0, buffer })
    }

    /// The next frame; `None` after the last, when the file is at its end too.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, FrameError> {
        let Some(len) = self.begin()? else { return Ok(None) };
        if self.buffer.capacity() < len {
            // Not grown, which would leave a copy that nobody wipes.
            self.buffer = Zeroizing::new(Vec::with_capacity(len));
        }
        self.buffer.resize(len, 0);
        self.file.read_exact(&mut self.buffer)?;
        let about = self.about.frame(self.number);
        self.number = self.number.saturating_add(1);
        Ok(Some(self.sealer.open_in_place(&about, &mut self.buffer)?))
    }

    /// Passes by the next frame unopened; false after the last.
    pub(super) fn skip(&mut self) -> Result<bool, FrameError> {
        let Some(len) = self.begin()? else { return Ok(false) };
        let len = i64::try_from(len).map_err(|_| FrameError::Damaged)?;
        self.file.seek(SeekFrom::Current(len))?;
        self.number = self.number.saturating_add(1);
        Ok(true)
    }

    /// Opens the frames that hold one of `places`, which must rise, and gives each to `see` with the
    /// place of its first entry and the places wanted of it.
    pub(super) fn each_with(
        &mut self,
        path: &Path,
        places: impl Iterator<Item = usize>,
        mut see: impl FnMut(&[u8], usize, &[usize]) -> Result<(), StandingError>,
    ) -> Result<(), StandingError> {
        let mut places = places.peekable();
        let (mut number, mut wanted) = (0, Vec::new());
        while let Some(next) = places.peek().map(|place| place / ENTRIES_A_FRAME) {
            while number < next {
                if !self.skip().map_err(|error| error.at(path))? {
                    return Err(StandingError::Damaged);
                }
                number += 1;
            }
            let first = number * ENTRIES_A_FRAME;
            number += 1;
            let end = number * ENTRIES_A_FRAME;
            wanted.clear();
            while let Some(place) = places.next_if(|place| (first..end).contains(place)) {
                if wanted.last().is_some_and(|last| *last >= place) {
                    return Err(StandingError::Damaged);
                }
                wanted.push(place);
            }
            if wanted.is_empty() {
                // They do not rise.
                return Err(StandingError::Damaged);
            }
            let frame = self.next().map_err(|error| error.at(path))?;
            see(frame.ok_or(StandingError::Damaged)?, first, &wanted)?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<Option<usize>, FrameError> {
        if self.number == self.about.frames {
            return match self.file.read(&mut [0])? {
                0 => Ok(None),
                _ => Err(FrameError::Damaged),
            };
        }
        let mut len = [0; 4];
        self.file.read_exact(&mut len)?;
        let len = usize::try_from(u32::from_be_bytes(len)).map_err(|_| FrameError::Damaged)?;
        if len > LONGEST_FRAME { Err(FrameError::Damaged) } else { Ok(Some(len)) }
    }
}

/// Why a file of frames could not be written or read back.
#[derive(Debug)]
pub(super) enum FrameError {
    Damaged,
    Io(io::Error),
    Seal(SealError),
}

impl FrameError {
    pub(super) fn at(self, path: &Path) -> StandingError {
        match self {
            Self::Damaged | Self::Seal(SealError::DoesNotOpen) => StandingError::Damaged,
            Self::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                StandingError::Damaged
            }
            Self::Io(error) => StandingError::Store(FolderError::io("use", path, error).into()),
            Self::Seal(error) => StandingError::Store(error.into()),
        }
    }
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<SealError> for FrameError {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}
