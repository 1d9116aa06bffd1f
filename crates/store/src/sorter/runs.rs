//! What does not fit into memory: sorted runs in a file, and all of them read at once.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
};

use zeroize::Zeroizing;

use super::{Change, Row};
use crate::FolderError;

/// Sorted runs, one behind the other in a file without a name.
pub(super) struct Runs {
    file: File,
    len: u64,
    spans: Vec<(u64, u64)>,
}

/// Kind, change, length of canonical bytes and of the reference, number of the row.
const HEAD_LEN: usize = 1 + 1 + 2 + 4 + 8;
/// What a run is read in; bytes.
const READ_LEN: usize = 256 << 10;

impl Runs {
    pub(super) fn new(folder: &Path) -> Result<Self, FolderError> {
        let path = folder.join(format!("load-{}.sorting", std::process::id()));
        let open = || -> io::Result<File> {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let file = OpenOptions::new()
                .create_new(true)
                .read(true)
                .write(true)
                .mode(0o600)
                .open(&path)?;
            // It has no name from here on, so nothing of it outlives this process.
            fs::remove_file(&path)?;
            Ok(file)
        };
        let file = open().map_err(|source| FolderError::io("make", &path, source))?;
        Ok(Self { file, len: 0, spans: Vec::new() })
    }

    pub(super) fn write<'a>(&mut self, rows: impl Iterator<Item = Row<'a>>) -> io::Result<()> {
        let from = self.len;
        let mut out = BufWriter::with_capacity(READ_LEN, &self.file);
        for row in rows {
            let fields = [
                &[row.kind, row.change as u8] as &[u8],
                &u16::try_from(row.canonical.len()).unwrap_or(u16::MAX).to_le_bytes(),
                &u32::try_from(row.reference.len()).unwrap_or(u32::MAX).to_le_bytes(),
                &row.number.to_le_bytes(),
            ];
            for field in fields {
                out.write_all(field)?;
            }
            out.write_all(row.canonical)?;
            out.write_all(row.reference)?;
            self.len += (HEAD_LEN + row.canonical.len() + row.reference.len()) as u64;
        }
        out.flush()?;
        self.spans.push((from, self.len));
        Ok(())
    }

    /// Reads all of them from their beginning.
    pub(super) fn merge(self) -> io::Result<Merge> {
        let head = |(at, to)| Head { at, to, buffer: Zeroizing::default(), used: 0 };
        let heads = self.spans.into_iter().map(head).collect();
        let mut merge = Merge { file: self.file, heads, heap: BinaryHeap::new() };
        for run in 0..merge.heads.len() {
            merge.advance(run)?;
        }
        Ok(merge)
    }
}

/// All runs at once, lowest row first.
pub(super) struct Merge {
    file: File,
    heads: Vec<Head>,
    heap: BinaryHeap<Reverse<First>>,
}

/// Where the reading of a run stands.
struct Head {
    at: u64,
    to: u64,
    buffer: Zeroizing<Vec<u8>>,
    used: usize,
}

/// The next row of a run.
struct First {
    run: usize,
    kind: u8,
    change: Change,
    number: u64,
    canonical_len: usize,
    bytes: Zeroizing<Vec<u8>>,
}

impl First {
    fn row(&self) -> Row<'_> {
        let (canonical, reference) =
            self.bytes.split_at_checked(self.canonical_len).unwrap_or_default();
        Row { kind: self.kind, canonical, reference, number: self.number, change: self.change }
    }
}

impl PartialEq for First {
    fn eq(&self, other: &Self) -> bool {
        self.row() == other.row()
    }
}

impl Eq for First {}

impl PartialOrd for First {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for First {
    fn cmp(&self, other: &Self) -> Ordering {
        self.row().cmp(&other.row())
    }
}

impl Merge {
    /// The lowest row; `None` at the end.
    pub(super) fn first(&self) -> Option<Row<'_>> {
        self.heap.peek().map(|Reverse(first)| first.row())
    }

    /// Goes on to the row behind the lowest.
    pub(super) fn pop(&mut self) -> io::Result<()> {
        self.heap.pop().map_or(Ok(()), |Reverse(first)| self.advance(first.run))
    }

    fn advance(&mut self, run: usize) -> io::Result<()> {
        let Some(head) = self.heads.get_mut(run) else { return Ok(()) };
        let Some(fields) = head.take(&self.file, HEAD_LEN)? else { return Ok(()) };
        let cut_off = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let ([kind, change], rest) = fields.split_first_chunk().ok_or_else(cut_off)?;
        let (canonical_len, rest) = rest.split_first_chunk().ok_or_else(cut_off)?;
        let (reference_len, number) = rest.split_first_chunk().ok_or_else(cut_off)?;
        let canonical_len = usize::from(u16::from_le_bytes(*canonical_len));
        let number = u64::from_le_bytes(number.try_into().map_err(|_| cut_off())?);
        let len = canonical_len + u32::from_le_bytes(*reference_len) as usize;
        let bytes = head.take(&self.file, len)?.ok_or_else(cut_off)?;
        let change = if *change == Change::Add as u8 { Change::Add } else { Change::Remove };
        self.heap.push(Reverse(First { run, kind: *kind, change, number, canonical_len, bytes }));
        Ok(())
    }
}

impl Head {
    /// The next `len` bytes; `None` at the end of the run.
    fn take(&mut self, file: &File, len: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let mut taken = Zeroizing::new(Vec::with_capacity(len));
        while taken.len() < len {
            if self.used == self.buffer.len() {
                let left = usize::try_from(self.to - self.at).unwrap_or(usize::MAX);
                if left == 0 {
                    let whole = taken.is_empty();
                    return if whole { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
                }
                self.buffer.resize(left.min(READ_LEN), 0);
                file.read_exact_at(&mut self.buffer, self.at)?;
                self.at += self.buffer.len() as u64;
                self.used = 0;
            }
            let ready = self.buffer.get(self.used..).unwrap_or_default();
            let part = ready.get(..len - taken.len()).unwrap_or(ready);
            taken.extend_from_slice(part);
            self.used += part.len();
        }
        Ok(Some(taken))
    }
}
