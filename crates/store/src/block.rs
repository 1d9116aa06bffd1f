//! A block of a list: identifiers in the order of their canonical bytes, each with its id and the
//! records that name it.
//!
//! For each identifier: canonical bytes with their length; its id, as the difference to the one
//! before; how many records; the reference of each, with its length, in byte order. Numbers are
//! LEB128, differences zigzag.

use crate::StoreError;

/// Bytes after which a new block is begun. Leaves room below [`MAX_LEN`], so that a few identifiers
/// more do not split it.
pub(crate) const FILL_LEN: usize = 6_000;
/// Bytes at which a block is split.
pub(crate) const MAX_LEN: usize = 8_000;

/// One identifier in a block.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) canonical: &'a [u8],
    pub(crate) identifier: u64,
    pub(crate) references: References<'a>,
}

/// The records of one identifier.
#[derive(Clone, Copy)]
pub(crate) struct References<'a> {
    pub(crate) count: u64,
    bytes: &'a [u8],
}

impl<'a> References<'a> {
    /// The references in byte order.
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.bytes;
        // Read once before, so nothing is cut off here.
        std::iter::from_fn(move || bytes(&mut rest))
    }
}

/// Reads a block from its start.
#[derive(Clone, Copy)]
pub(crate) struct Entries<'a> {
    rest: &'a [u8],
    identifier: u64,
    canonical: &'a [u8],
}

/// How far a block has been read.
#[derive(Clone, Copy, Default)]
pub(crate) struct Mark {
    done: usize,
    identifier: u64,
}

impl<'a> Entries<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        Self::from_mark(body, Mark::default())
    }

    /// Reads on from where [`mark`](Self::mark) was.
    pub(crate) fn from_mark(body: &'a [u8], mark: Mark) -> Self {
        let rest = body.get(mark.done..).unwrap_or_default();
        Self { rest, identifier: mark.identifier, canonical: &[] }
    }

    /// Where the reading of `body` stands.
    pub(crate) fn mark(&self, body: &[u8]) -> Mark {
        Mark { done: body.len().saturating_sub(self.rest.len()), identifier: self.identifier }
    }

    /// Bytes not read yet.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next identifier; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Entry<'a>>, StoreError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.read().map(Some).ok_or(DAMAGED)
    }

    fn read(&mut self) -> Option<Entry<'a>> {
        let rest = &mut self.rest;
        let canonical = bytes(rest)?;
        // Canonical bytes are never empty, so the first is above nothing as well.
        if canonical <= self.canonical {
            return None;
        }
        self.canonical = canonical;
        self.identifier = self.identifier.wrapping_add(unzigzag(number(rest)?));
        let count = number(rest)?;
        let start = *rest;
        for _ in 0..count {
            bytes(rest)?;
        }
        let references = References { count, bytes: start.get(..start.len() - rest.len())? };
        (count > 0).then_some(Entry { canonical, identifier: self.identifier, references })
    }
}

/// A block being written.
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) body: Vec<u8>,
    pub(crate) first: Vec<u8>,
    pub(crate) newest: u64,
    identifier: u64,
}

impl Builder {
    /// Adds the next identifier, whose canonical bytes must be above those before.
    pub(crate) fn push(&mut self, entry: &Entry<'_>) {
        if self.body.is_empty() {
            self.first.extend_from_slice(entry.canonical);
        }
        put_bytes(&mut self.body, entry.canonical);
        put_number(&mut self.body, zigzag(entry.identifier.wrapping_sub(self.identifier)));
        put_number(&mut self.body, entry.references.count);
        self.body.extend_from_slice(entry.references.bytes);
        self.identifier = entry.identifier;
        self.newest = self.newest.max(entry.identifier);
    }
}

/// The references of one identifier being put together, in byte order.
#[derive(Default)]
pub(crate) struct ReferenceList {
    count: u64,
    bytes: Vec<u8>,
}

impl ReferenceList {
    pub(crate) fn clear(&mut self) {
        self.count = 0;
        self.bytes.clear();
    }

    pub(crate) fn push(&mut self, reference: &[u8]) {
        put_bytes(&mut self.bytes, reference);
        self.count += 1;
    }

    pub(crate) fn as_references(&self) -> References<'_> {
        References { count: self.count, bytes: &self.bytes }
    }
}

fn bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(number(rest)?).ok()?;
    let (found, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(found)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_number(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Small differences in both directions as small numbers.
fn zigzag(difference: u64) -> u64 {
    let signed = difference as i64;
    ((signed << 1) ^ (signed >> 63)) as u64
}

fn unzigzag(value: u64) -> u64 {
    (value >> 1) ^ (value & 1).wrapping_neg()
}

pub(crate) const DAMAGED: StoreError = StoreError::Damaged { what: "record" };

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let mut builder = Builder::default();
        let mut references = ReferenceList::default();
        for (canonical, identifier, names) in
            [("a", 7, vec!["1"]), ("b", 3, vec!["1", "2"]), ("c", u64::MAX >> 1, vec![""])]
        {
            references.clear();
            names.iter().for_each(|name| references.push(name.as_bytes()));
            let (canonical, references) = (canonical.as_bytes(), references.as_references());
            builder.push(&Entry { canonical, identifier, references });
        }
        assert_eq!((builder.first.as_slice(), builder.newest), (b"a".as_slice(), u64::MAX >> 1));
        builder.body
    }

    fn read(body: &[u8]) -> Result<Vec<(Vec<u8>, u64, usize)>, StoreError> {
        let mut entries = Entries::of(body);
        let mut all = Vec::new();
        while let Some(entry) = entries.next()? {
            let references = entry.references.iter().count();
            all.push((entry.canonical.to_vec(), entry.identifier, references));
        }
        Ok(all)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let expected =
            [(b"a".to_vec(), 7, 1), (b"b".to_vec(), 3, 2), (b"c".to_vec(), u64::MAX >> 1, 1)];
        assert_eq!(read(&written()).unwrap(), expected);
    }

    #[test]
    fn a_block_that_is_cut_off_or_out_of_order_is_damaged() {
        let body = written();
        for len in 0..body.len() {
            // Between two identifiers a cut shows only in their number.
            assert!(read(&body[..len]).map_or(true, |read| read.len() < 3), "{len}");
        }
        let mut twice = body.clone();
        twice.extend_from_slice(&body);
        assert!(read(&twice).is_err());
        assert!(read(&[0xff; 12]).is_err());
    }
}
