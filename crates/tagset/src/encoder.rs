use std::io::{self, BufWriter, Write};

use ring::digest::{Context, SHA256};

use crate::format::{self, GROUP, Header};
use crate::position::Position;

/// Writes a tag set in one pass over its positions in ascending order.
///
/// The lower parts go straight out; the upper parts and the directory, 2.125 bits an entry, stay in
/// memory until the end.
pub(crate) struct Encoder<W: Write> {
    out: BufWriter<Hashing<W>>,
    lambda: u8,
    padded_len: u64,
    entries: u64,
    /// Lower parts not yet written: the least `pending_len` < 64 bits.
    pending: u128,
    pending_len: u8,
    buckets: Vec<u64>,
    directory: Vec<u8>,
}

impl<W: Write> Encoder<W> {
    pub(crate) fn new(header: &Header, out: W) -> io::Result<Self> {
        let words = header.layout.buckets.len / 8;
        let words = usize::try_from(words).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut out = BufWriter::new(Hashing { out, context: Context::new(&SHA256) });
        out.write_all(&header.encode())?;
        Ok(Self {
            out,
            lambda: header.parameters.lambda,
            padded_len: header.padded_len,
            entries: 0,
            pending: 0,
            pending_len: 0,
            buckets: vec![0; words],
            directory: Vec::new(),
        })
    }

    /// Adds the next entry. Call it exactly n times, in ascending order.
    pub(crate) fn push(&mut self, position: Position) -> io::Result<()> {
        self.count_groups_to(position.bucket);
        let bit = position.bucket + self.entries;
        let word = usize::try_from(bit / 64).ok().and_then(|word| self.buckets.get_mut(word));
        if let Some(word) = word {
            *word |= 1 << (bit % 64);
        }
        self.entries += 1;

        self.pending |= u128::from(position.low) << self.pending_len;
        self.pending_len += self.lambda;
        if self.pending_len >= 64 {
            self.write_pending()?;
            self.pending_len -= 64;
        }
        Ok(())
    }

    /// Writes what remains; gives the SHA-256 of the whole file.
    pub(crate) fn finish(mut self) -> io::Result<[u8; 32]> {
        if self.pending_len > 0 {
            self.write_pending()?;
        }
        for word in &self.buckets {
            self.out.write_all(&word.to_le_bytes())?;
        }
        if let Some(last) = self.padded_len.checked_sub(1) {
            self.count_groups_to(last);
        }
        let padded = self.directory.len().next_multiple_of(8);
        self.directory.resize(padded, 0);
        self.out.write_all(&self.directory)?;

        let mut hashing = self.out.into_inner().map_err(|error| error.into_error())?;
        let checksum = format::finish(hashing.context.clone());
        hashing.write_all(&checksum)?;
        hashing.flush()?;
        Ok(format::finish(hashing.context))
    }

    /// Completes the directory for each group that starts at or before `bucket`: none of the buckets
    /// before it can get another entry.
    fn count_groups_to(&mut self, bucket: u64) {
        // Entries are fewer than 2^32, see the ladder.
        let entries = (self.entries as u32).to_le_bytes();
        while self.directory.len() as u64 / 4 * GROUP <= bucket {
            self.directory.extend(entries);
        }
    }

    fn write_pending(&mut self) -> io::Result<()> {
        self.out.write_all(&(self.pending as u64).to_le_bytes())?;
        self.pending >>= 64;
        Ok(())
    }
}

/// Passes everything on and digests it on the way.
struct Hashing<W> {
    out: W,
    context: Context,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.context.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
