//! Rows of a load in the order in which a list holds them, in bounded memory: what does not fit is
//! sorted in runs and lies in a file until it is merged.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use symbolon_identifiers::IdentifierType;
use zeroize::{Zeroize as _, Zeroizing};

use crate::FolderError;

/// What a row does to a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    Add,
    Remove,
}

/// What one load does to one record of an identifier; an empty reference means all its records.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) reference: &'a [u8],
    pub(crate) change: Change,
    /// Rises from row to row of the load.
    pub(crate) row: u64,
}

/// All that a load does to some identifiers of one type, in byte order.
#[derive(Default)]
pub(crate) struct Batch {
    groups: Vec<Group>,
    steps: Vec<StoredStep>,
    bytes: Zeroizing<Vec<u8>>,
}

struct Group {
    canonical: Span,
    steps: Span,
}

#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

struct StoredStep {
    reference: Span,
    change: Change,
    row: u64,
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Canonical bytes of each identifier, with what happens to its records in byte order of the
    /// references.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], impl Iterator<Item = Step<'_>>)> {
        self.groups.iter().map(|group| {
            let steps = self.steps.get(group.steps.from..group.steps.to).unwrap_or_default();
            let steps = steps.iter().map(|step| Step {
                reference: self.bytes(step.reference),
                change: step.change,
                row: step.row,
            });
            (self.bytes(group.canonical), steps)
        })
    }

    fn bytes(&self, span: Span) -> &[u8] {
        self.bytes.get(span.from..span.to).unwrap_or_default()
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span { from, to: self.bytes.len() }
    }

    fn clear(&mut self) {
        self.groups.clear();
        self.steps.clear();
        self.bytes.clear();
    }

    /// Takes the next row; says whether it names another identifier than the one before.
    fn push(&mut self, row: &Row<'_>) {
        let same =
            self.groups.last().is_some_and(|group| self.bytes(group.canonical) == row.canonical);
        if !same {
            let canonical = self.keep(row.canonical);
            let steps = Span { from: self.steps.len(), to: self.steps.len() };
            self.groups.push(Group { canonical, steps });
        }
        let repeated = same
            && self.steps.last().is_some_and(|step| self.bytes(step.reference) == row.reference);
        if repeated {
            // Of two rows on one record the later one counts.
            self.steps.pop();
        }
        let reference = self.keep(row.reference);
        self.steps.push(StoredStep { reference, change: row.change, row: row.number });
        if let Some(group) = self.groups.last_mut() {
            group.steps.to = self.steps.len();
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row<'a> {
    kind: u8,
    canonical: &'a [u8],
    reference: &'a [u8],
    number: u64,
    change: Change,
}

impl PartialOrd for Change {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Change {
    fn cmp(&self, other: &Self) -> Ordering {
        (*self as u8).cmp(&(*other as u8))
    }
}

/// A row among those in memory: where its bytes begin, and how long they are.
#[derive(Clone, Copy)]
struct Held {
    start: u32,
    reference_len: u32,
    canonical_len: u16,
    kind: u8,
    change: Change,
}

/// Takes rows in any order and gives them back sorted.
pub(crate) struct Sorter {
    /// Where a file of runs may lie.
    folder: PathBuf,
    held: Vec<Held>,
    bytes: Wiped,
    most_bytes: usize,
    most_rows: usize,
    rows: u64,
    runs: Option<Runs>,
}

/// Bytes that are wiped when dropped. Reserved whole, so that no growth leaves copies behind; what is
/// reserved and never used is not touched, as `Zeroizing` would.
#[derive(Default)]
struct Wiped(Vec<u8>);

impl Wiped {
    fn wipe(&mut self) {
        self.0.as_mut_slice().zeroize();
        self.0.clear();
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// Smallest memory worth sorting in; bytes.
const LEAST_MEMORY: usize = 1 << 20;
/// Bytes of a row that are no identifier, taken together with its place in memory.
const TYPICAL_ROW: usize = 48;

impl Sorter {
    /// Sorts in about `memory` bytes.
    pub(crate) fn new(folder: &Path, memory: usize) -> Self {
        let memory = memory.clamp(LEAST_MEMORY, u32::MAX as usize);
        let most_rows = memory / (TYPICAL_ROW + size_of::<Held>());
        let most_bytes = memory - most_rows * size_of::<Held>();
        Self {
            folder: folder.to_owned(),
            held: Vec::new(),
            bytes: Wiped::default(),
            most_bytes,
            most_rows,
            rows: 0,
            runs: None,
        }
    }

    /// Takes a row.
    pub(crate) fn push(
        &mut self,
        kind: IdentifierType,
        canonical: &[u8],
        reference: &[u8],
        change: Change,
    ) -> Result<(), FolderError> {
        let canonical_len = u16::try_from(canonical.len()).map_err(|_| self.too_long())?;
        let reference_len = u32::try_from(reference.len()).map_err(|_| self.too_long())?;
        let len = canonical.len().saturating_add(reference.len());
        if len > self.most_bytes {
            return Err(self.too_long());
        }
        if self.held.len() >= self.most_rows || self.bytes.0.len() + len > self.most_bytes {
            self.spill()?;
        }
        if self.bytes.0.capacity() == 0 {
            self.bytes.0.reserve_exact(self.most_bytes);
            self.held.reserve_exact(self.most_rows);
        }
        let start = u32::try_from(self.bytes.0.len()).map_err(|_| self.too_long())?;
        self.bytes.0.extend_from_slice(canonical);
        self.bytes.0.extend_from_slice(reference);
        let number = kind_number(kind);
        self.held.push(Held { start, reference_len, canonical_len, kind: number, change });
        self.rows += 1;
        Ok(())
    }

    /// Ends the taking.
    pub(crate) fn finish(mut self) -> Result<Sorted, FolderError> {
        if self.runs.is_some() {
            self.spill()?;
        } else {
            self.sort();
        }
        let Self { folder, held, bytes, runs, .. } = self;
        match runs {
            None => Ok(Sorted { folder, source: Source::Memory { held, bytes, next: 0 } }),
            Some(runs) => {
                let heap = BinaryHeap::new();
                let mut merge = Merge { file: runs.file, heads: Vec::new(), heap };
                drop((held, bytes));
                for (from, to) in runs.spans {
                    merge.heads.push(Head { at: from, to, buffer: Zeroizing::default(), used: 0 });
                }
                for run in 0..merge.heads.len() {
                    merge
                        .advance(run)
                        .map_err(|source| FolderError::io("read", &folder, source))?;
                }
                Ok(Sorted { folder, source: Source::File(merge) })
            }
        }
    }

    fn too_long(&self) -> FolderError {
        let source = io::Error::from(io::ErrorKind::InvalidInput);
        FolderError::io("sort, in so little memory, a row of a load into", &self.folder, source)
    }

    fn sort(&mut self) {
        let Self { held, bytes, .. } = self;
        let order = |a: &Held, b: &Held| row(a, &bytes.0, 0).cmp(&row(b, &bytes.0, 0));
        held.sort_unstable_by(order);
    }

    fn spill(&mut self) -> Result<(), FolderError> {
        self.sort();
        let mut runs = match self.runs.take() {
            Some(runs) => runs,
            None => Runs::new(&self.folder)?,
        };
        let base = self.rows - self.held.len() as u64;
        let written = runs
            .write(self.held.iter().map(|held| row(held, &self.bytes.0, base)))
            .map_err(|source| FolderError::io("write", &self.folder, source));
        self.runs = Some(runs);
        self.held.clear();
        self.bytes.wipe();
        written
    }
}

/// Rows on one record keep their order: bytes taken later lie further behind.
fn row<'a>(held: &Held, bytes: &'a [u8], base: u64) -> Row<'a> {
    let start = held.start as usize;
    let middle = start + usize::from(held.canonical_len);
    Row {
        kind: held.kind,
        canonical: bytes.get(start..middle).unwrap_or_default(),
        reference: bytes.get(middle..middle + held.reference_len as usize).unwrap_or_default(),
        number: (base << 32) | u64::from(held.start),
        change: held.change,
    }
}

fn kind_number(kind: IdentifierType) -> u8 {
    let place = IdentifierType::ALL.iter().position(|one| *one == kind);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

/// Sorted rows.
pub(crate) struct Sorted {
    folder: PathBuf,
    source: Source,
}

enum Source {
    Memory { held: Vec<Held>, bytes: Wiped, next: usize },
    File(Merge),
}

impl Sorted {
    /// The type of the identifiers that come next; `None` at the end.
    pub(crate) fn next_kind(&self) -> Option<IdentifierType> {
        let number = match &self.source {
            Source::Memory { held, next, .. } => held.get(*next)?.kind,
            Source::File(merge) => merge.heap.peek()?.0.kind,
        };
        IdentifierType::ALL.get(usize::from(number)).copied()
    }

    /// Fills `batch` with the next identifiers, about `most` and all of one type.
    pub(crate) fn next_batch(&mut self, batch: &mut Batch, most: usize) -> Result<(), FolderError> {
        batch.clear();
        let Some(kind) = self.next_kind() else { return Ok(()) };
        match &mut self.source {
            Source::Memory { held, bytes, next } => {
                while let Some(one) = held.get(*next) {
                    let row = row(one, &bytes.0, 0);
                    if kind_number(kind) != row.kind || batch.is_full(&row, most) {
                        break;
                    }
                    batch.push(&row);
                    *next += 1;
                }
            }
            Source::File(merge) => {
                while let Some(Reverse(first)) = merge.heap.peek() {
                    let row = first.row();
                    if kind_number(kind) != row.kind || batch.is_full(&row, most) {
                        break;
                    }
                    batch.push(&row);
                    let run = first.run;
                    merge.heap.pop();
                    merge
                        .advance(run)
                        .map_err(|source| FolderError::io("read", &self.folder, source))?;
                }
            }
        }
        Ok(())
    }

    /// How many different identifiers are left.
    pub(crate) fn count(mut self) -> Result<u64, FolderError> {
        let mut batch = Batch::default();
        let mut count = 0;
        loop {
            self.next_batch(&mut batch, 4_096)?;
            if batch.len() == 0 {
                return Ok(count);
            }
            count += batch.len() as u64;
        }
    }
}

impl Batch {
    /// Whether `row` begins an identifier for which there is no place.
    fn is_full(&self, row: &Row<'_>, most: usize) -> bool {
        self.groups.len() >= most
            && self.groups.last().is_some_and(|group| self.bytes(group.canonical) != row.canonical)
    }
}

/// Sorted runs, one behind the other in a file without a name.
struct Runs {
    file: File,
    len: u64,
    spans: Vec<(u64, u64)>,
}

/// Kind, change, length of canonical bytes and of the reference, number of the row.
const HEAD_LEN: usize = 1 + 1 + 2 + 4 + 8;
/// What a run is read in; bytes.
const READ_LEN: usize = 256 << 10;

impl Runs {
    fn new(folder: &Path) -> Result<Self, FolderError> {
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

    fn write<'a>(&mut self, rows: impl Iterator<Item = Row<'a>>) -> io::Result<()> {
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
}

/// All runs at once, lowest row first.
struct Merge {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(memory_rows: usize) -> Vec<(String, Vec<(String, Change)>)> {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), 0);
        sorter.most_rows = memory_rows;
        for n in 0..1_000_u32 {
            let canonical = format!("{:03}", n * 7 % 250);
            let change = if n < 750 { Change::Add } else { Change::Remove };
            let kind = IdentifierType::ALL[n as usize % 2];
            sorter.push(kind, canonical.as_bytes(), &[b'r', (n % 3) as u8], change).unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut sorted = sorter.finish().unwrap();
        let mut batch = Batch::default();
        let mut all = Vec::new();
        while let Some(kind) = sorted.next_kind() {
            sorted.next_batch(&mut batch, 10).unwrap();
            assert!((1..=10).contains(&batch.len()));
            for (canonical, steps) in batch.iter() {
                let name = format!("{kind} {}", String::from_utf8_lossy(canonical));
                let steps = steps.map(|step| {
                    (String::from_utf8_lossy(step.reference).into_owned(), step.change)
                });
                all.push((name, steps.collect()));
            }
        }
        all
    }

    #[test]
    fn rows_that_do_not_fit_into_memory_come_out_as_those_that_do() {
        let in_memory = sorted(10_000);
        assert_eq!(in_memory.len(), 250);
        assert!(in_memory.is_sorted_by_key(|(_, steps)| steps.len() < 5));
        assert_eq!(sorted(300), in_memory);
        assert_eq!(sorted(7), in_memory);
    }

    #[test]
    fn of_two_rows_on_one_record_the_later_one_counts() {
        for rows in [2, 100] {
            let folder = tempfile::tempdir().unwrap();
            let mut sorter = Sorter::new(folder.path(), 0);
            sorter.most_rows = rows;
            for change in [Change::Remove, Change::Add, Change::Remove, Change::Add] {
                sorter.push(IdentifierType::Vin, b"x", b"r", change).unwrap();
            }
            sorter.push(IdentifierType::Vin, b"x", b"q", Change::Remove).unwrap();
            let mut sorted = sorter.finish().unwrap();
            let mut batch = Batch::default();
            sorted.next_batch(&mut batch, 10).unwrap();
            let (_, steps) = batch.iter().next().unwrap();
            let steps: Vec<_> = steps.map(|step| (step.reference, step.change)).collect();
            assert_eq!(steps, [(b"q".as_slice(), Change::Remove), (b"r", Change::Add)]);
        }
    }
}
