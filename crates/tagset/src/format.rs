//! The header and the layout of the file; `FORMAT.md` is the description for everyone else.

use ring::digest::{Context, SHA256};

use crate::error::Error;
use crate::ladder::is_step;
use crate::parameters::Parameters;

/// Not text in any encoding, and damaged by a transfer that rewrites line ends.
const MAGIC: [u8; 8] = *b"\x8dSymTag\n";
const FORMAT_VERSION: u32 = 1;
pub(crate) const HEADER_LEN: u64 = 128;
pub(crate) const CHECKSUM_LEN: u64 = 32;

/// Most entries of a bucket. Of uniform hashes, more come together with a probability below 2^-290;
/// whoever makes them come together could tell by the time of a look-up that it fell there.
pub(crate) const MOST_IN_A_BUCKET: u64 = 63;

/// Buckets per directory entry. A look-up reads half a group of the upper parts on average: 256 bits,
/// within a cache line or two, for 32/256 = 1/8 bit an entry.
pub(crate) const GROUP: u64 = 256;

/// A part of the file; bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

impl Section {
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.len
    }
}

/// Where everything is; a function of n and λ alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) lows: Section,
    pub(crate) buckets: Section,
    pub(crate) directory: Section,
    pub(crate) file_len: u64,
}

impl Layout {
    /// Nothing here overflows: n < 2^32 and λ ≤ 64 keep the number of bits below 2^39.
    pub(crate) fn of(padded_len: u64, lambda: u8) -> Self {
        let words = |bits: u64| bits.div_ceil(64) * 8;
        let lows = Section { offset: HEADER_LEN, len: words(padded_len * u64::from(lambda)) };
        let buckets = Section { offset: lows.end(), len: words(2 * padded_len) };
        let directory =
            Section { offset: buckets.end(), len: words(32 * padded_len.div_ceil(GROUP)) };
        Self { lows, buckets, directory, file_len: directory.end() + CHECKSUM_LEN }
    }
}

/// What the first 128 bytes of a tag set say, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) parameters: Parameters,
    pub(crate) padded_len: u64,
    pub(crate) layout: Layout,
}

impl Header {
    pub(crate) fn new(parameters: &Parameters, padded_len: u64) -> Self {
        let layout = Layout::of(padded_len, parameters.lambda);
        Self { parameters: parameters.clone(), padded_len, layout }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let Layout { lows, buckets, directory, file_len } = self.layout;
        let mut out = Vec::with_capacity(128);
        out.extend(MAGIC);
        out.extend(FORMAT_VERSION.to_le_bytes());
        out.extend([self.parameters.lambda, 0, 0, 0]);
        out.extend(file_len.to_le_bytes());
        out.extend(self.padded_len.to_le_bytes());
        out.extend(self.parameters.version.to_le_bytes());
        out.extend(self.parameters.scope);
        for section in [lows, buckets, directory] {
            out.extend(section.offset.to_le_bytes());
            out.extend(section.len.to_le_bytes());
        }
        out.extend([0; 8]);
        out
    }
}

/// Checks everything about a file but the structure of its sections; gives its header and the SHA-256
/// of the whole of it.
///
/// The order decides what a person is told: first whether this is a tag set at all, then whether it
/// is whole, then whether it is undamaged. Only then is its writer to blame for what is wrong.
pub(crate) fn check(file: &[u8]) -> Result<(Header, [u8; 32]), Error> {
    let found = file.len() as u64;
    let start = file.get(..MAGIC.len()).unwrap_or(file);
    if !MAGIC.starts_with(start) {
        return Err(Error::Foreign);
    }
    let shortest = HEADER_LEN + CHECKSUM_LEN;
    let too_short = Error::Truncated { expected: shortest, found };
    let Some(mut fields) = file.first_chunk::<128>().map(|header| Fields(header)) else {
        return Err(too_short);
    };
    fields.take::<8>();
    let version = u32::from_le_bytes(fields.take());
    if version != FORMAT_VERSION {
        return Err(Error::UnsupportedVersion { found: version, supported: FORMAT_VERSION });
    }
    let [lambda, reserved @ ..] = fields.take::<4>();
    let file_len = fields.number();
    let expected = file_len.max(shortest);
    if found < expected {
        return Err(Error::Truncated { expected, found });
    }
    if found > expected {
        return Err(Error::TrailingBytes { expected, found });
    }
    let sha256 = check_checksum(file)?;

    let padded_len = fields.number();
    let version = fields.number();
    let parameters = Parameters { lambda, scope: fields.take(), version };
    if parameters.check().is_err() {
        return Err(Error::Malformed { what: "its λ is out of range" });
    }
    if !is_step(padded_len) {
        return Err(Error::Malformed { what: "its number of entries is not a step of the ladder" });
    }
    let header = Header::new(&parameters, padded_len);
    let mut section = || Section { offset: fields.number(), len: fields.number() };
    let layout = Layout { lows: section(), buckets: section(), directory: section(), file_len };
    if layout != header.layout {
        return Err(Error::Malformed { what: "its sections do not fit its number of entries" });
    }
    if reserved != [0; 3] || fields.take() != [0; 8] {
        return Err(Error::Malformed { what: "a reserved byte of its header is not zero" });
    }
    Ok((header, sha256))
}

/// The checksum ends the file; the digest of the whole file costs only one more block.
pub(crate) fn check_checksum(file: &[u8]) -> Result<[u8; 32], Error> {
    let (content, checksum) = file.split_last_chunk::<32>().ok_or(Error::ChecksumMismatch)?;
    let mut context = Context::new(&SHA256);
    context.update(content);
    if context.clone().finish().as_ref() != checksum {
        return Err(Error::ChecksumMismatch);
    }
    context.update(checksum);
    Ok(finish(context))
}

/// The digest as an array.
pub(crate) fn finish(context: Context) -> [u8; 32] {
    let mut sha256 = [0; 32];
    sha256.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    sha256
}

/// The fields of the header, taken one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// INVARIANT: the sizes taken add up to the header's 128 bytes, so it never runs dry; were it to,
    /// zeros would be refused by the checks above.
    fn take<const LEN: usize>(&mut self) -> [u8; LEN] {
        let Some((field, rest)) = self.0.split_first_chunk::<LEN>() else { return [0; LEN] };
        self.0 = rest;
        *field
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}
