//! Rows of a load in the order in which a list holds them, in bounded memory: what does not fit is
//! sorted in runs and lies in a file until it is merged.

mod batch;
mod runs;

use std::{
    cmp::Ordering,
    io,
    path::{Path, PathBuf},
};

use symbolon_identifiers::IdentifierType;
use zeroize::Zeroize as _;

pub(crate) use batch::{Batch, Step};

use self::runs::{Merge, Runs};
use crate::FolderError;

/// What a row does to a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    Add,
    Remove,
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
                drop((held, bytes));
                let merge =
                    runs.merge().map_err(|source| FolderError::io("read", &folder, source))?;
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
            Source::File(merge) => merge.first()?.kind,
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
                while let Some(row) = merge.first() {
                    if kind_number(kind) != row.kind || batch.is_full(&row, most) {
                        break;
                    }
                    batch.push(&row);
                    merge.pop().map_err(|source| FolderError::io("read", &self.folder, source))?;
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

#[cfg(test)]
mod tests {
    use std::fs;

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
