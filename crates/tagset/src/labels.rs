//! Sealed labels: a second file beside a tag set, with one text of fixed length for each entry, that
//! opens only with the label secret of the very identifier that the entry stands for. `LABELS.md`
//! describes the file.

use std::fmt;
use std::io::Write;
use std::path::Path;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{Context, SHA256};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::Error;
use crate::format::{check_checksum, finish};
use crate::ladder::is_step;
use crate::map::Bytes;

/// The shortest label; bytes.
pub const MIN_LABEL_LEN: u16 = 16;
/// The longest label; bytes.
pub const MAX_LABEL_LEN: u16 = 256;

const MAGIC: [u8; 8] = *b"\x8dSymLab\n";
const FORMAT_VERSION: u32 = 1;
const HEADER_LEN: usize = 96;
const CHECKSUM_LEN: usize = 32;
const SALT_LEN: usize = 32;
const SEAL_LEN: usize = 16;
const FILL_LEN: usize = 1 << 16;

/// Bytes 32..64 of the PRF output of one identifier: opens its label, and no other.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LabelSecret([u8; 32]);

impl LabelSecret {
    /// A secret from its bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for an owner that keeps them sealed.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for LabelSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LabelSecret(..)")
    }
}

/// To which version of which tag set labels belong, and how long they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelParameters {
    /// The scope of the tag set.
    pub scope: [u8; 32],
    /// Its version.
    pub version: u64,
    /// n: the number of its entries, dummies included.
    pub padded_len: u64,
    /// The length of each label, [`MIN_LABEL_LEN`] to [`MAX_LABEL_LEN`]; bytes.
    pub label_len: u16,
}

impl LabelParameters {
    /// The length of the file; bytes.
    pub fn file_len(&self) -> u64 {
        // n < 2^32, so nothing here overflows.
        (HEADER_LEN + CHECKSUM_LEN) as u64 + self.padded_len * self.sealed_len() as u64
    }

    fn check(&self) -> Result<(), Error> {
        if !(MIN_LABEL_LEN..=MAX_LABEL_LEN).contains(&self.label_len) {
            return Err(Error::Malformed { what: "its labels are shorter or longer than may be" });
        }
        if !is_step(self.padded_len) {
            return Err(Error::Malformed {
                what: "its number of labels is not a step of the ladder",
            });
        }
        Ok(())
    }

    fn sealed_len(&self) -> usize {
        usize::from(self.label_len) + SEAL_LEN
    }

    fn encode(&self, salt: &[u8; SALT_LEN]) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_LEN);
        out.extend(MAGIC);
        out.extend(FORMAT_VERSION.to_le_bytes());
        out.extend(self.label_len.to_le_bytes());
        out.extend([0; 2]);
        out.extend(self.padded_len.to_le_bytes());
        out.extend(self.version.to_le_bytes());
        out.extend(self.scope);
        out.extend(salt);
        out
    }

    /// The key of one label. A label is sealed once under it: the salt is fresh for each file.
    fn key(
        &self,
        salt: &[u8; SALT_LEN],
        entry: u64,
        secret: &LabelSecret,
    ) -> Result<LessSafeKey, Unspecified> {
        let about: [&[u8]; 4] =
            [&self.scope, &self.version.to_be_bytes(), salt, &entry.to_be_bytes()];
        let derived = Salt::new(HKDF_SHA256, b"Symbolon-v1-label").extract(&secret.0);
        let derived = derived.expand(&about, &AES_256_GCM)?;
        Ok(LessSafeKey::new(UnboundKey::from(derived)))
    }
}

/// One label to be sealed.
pub struct Label {
    /// The number of the entry, from [`TagSet::find`](crate::TagSet::find).
    pub entry: u64,
    /// The identifier's label secret.
    pub secret: LabelSecret,
    /// Its text. What is longer than a label is cut, between characters; it must hold no zero byte.
    pub text: String,
}

impl Drop for Label {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

/// What [`build_labels`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSummary {
    /// Length of the file; bytes.
    pub file_len: u64,
    /// SHA-256 of the whole file, as `sha256sum` prints it.
    pub sha256: [u8; 32],
}

/// Seals labels and writes the file to `out`. Every entry without a label gets random bytes, which
/// nobody can tell from a sealed label; of two labels of one entry the first stays.
///
/// # Errors
///
/// [`Error::Malformed`] for a length or a number of entries that cannot be, [`Error::Io`] from `out`
/// or where the system gives no randomness.
pub fn build_labels<W: Write>(
    parameters: &LabelParameters,
    mut labels: Vec<Label>,
    mut out: W,
) -> Result<LabelSummary, Error> {
    parameters.check()?;
    let random = SystemRandom::new();
    let mut salt = [0; SALT_LEN];
    fill(&random, &mut salt)?;
    labels.sort_by_key(|label| label.entry);
    labels.dedup_by_key(|label| label.entry);

    let mut context = Context::new(&SHA256);
    let mut put = |bytes: &[u8]| {
        context.update(bytes);
        out.write_all(bytes)
    };
    put(&parameters.encode(&salt))?;
    let sealed_len = parameters.sealed_len();
    let mut labels = labels.into_iter().peekable();
    let mut buffer = vec![0; FILL_LEN / sealed_len * sealed_len];
    let mut entry = 0;
    while entry < parameters.padded_len {
        let left = usize::try_from(parameters.padded_len - entry).unwrap_or(usize::MAX);
        let len = left.saturating_mul(sealed_len).min(buffer.len());
        let Some(part) = buffer.get_mut(..len) else { break };
        fill(&random, part)?;
        for place in part.chunks_exact_mut(sealed_len) {
            if let Some(label) = labels.next_if(|label| label.entry == entry) {
                seal(parameters, &salt, &label, place)?;
            }
            entry += 1;
        }
        put(part)?;
    }
    let checksum = finish(context.clone());
    context.update(&checksum);
    out.write_all(&checksum)?;
    Ok(LabelSummary { file_len: parameters.file_len(), sha256: finish(context) })
}

fn seal(
    parameters: &LabelParameters,
    salt: &[u8; SALT_LEN],
    label: &Label,
    place: &mut [u8],
) -> Result<(), Error> {
    let most = usize::from(parameters.label_len);
    let text = label.text.as_str();
    let cut = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let text = text.as_bytes().get(..cut.unwrap_or_default()).unwrap_or_default();
    let Some((plain, tag)) = place.split_at_mut_checked(most) else { return Ok(()) };
    plain.fill(0);
    plain.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    let sealed = parameters
        .key(salt, label.entry, &label.secret)
        .and_then(|key| key.seal_in_place_separate_tag(nonce(), Aad::empty(), plain))
        .map_err(|_| std::io::Error::other("a label could not be sealed"))?;
    tag.copy_from_slice(sealed.as_ref());
    Ok(())
}

/// The labels of one version of a tag set.
///
/// `Send` and `Sync`: share one among threads behind an `Arc`.
pub struct Labels {
    bytes: Bytes,
    parameters: LabelParameters,
    salt: [u8; SALT_LEN],
    sha256: [u8; 32],
}

impl Labels {
    /// Maps the file at `path` and checks all that can be checked without a secret: magic, format
    /// version, length and checksum. What [`TagSet::open`](crate::TagSet::open) says of files that
    /// change holds here too.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be opened or mapped, and all those of [`Labels::from_bytes`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::check(Bytes::map(path)?)
    }

    /// Takes labels from memory, with the same checks as [`Labels::open`].
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`], [`Error::UnsupportedVersion`], [`Error::Truncated`],
    /// [`Error::TrailingBytes`], [`Error::ChecksumMismatch`] and [`Error::Malformed`]. No input makes
    /// this panic.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        Self::check(Bytes::Owned(bytes))
    }

    fn check(bytes: Bytes) -> Result<Self, Error> {
        let found = bytes.len() as u64;
        if !MAGIC.starts_with(bytes.get(..MAGIC.len()).unwrap_or(&bytes)) {
            return Err(Error::Foreign);
        }
        let shortest = (HEADER_LEN + CHECKSUM_LEN) as u64;
        let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(Error::Truncated { expected: shortest, found });
        };
        let (_, rest) = take::<8>(header);
        let (version, rest) = take(rest);
        let format = u32::from_le_bytes(version);
        if format != FORMAT_VERSION {
            return Err(Error::UnsupportedVersion { found: format, supported: FORMAT_VERSION });
        }
        let (label_len, rest) = take(rest);
        let (reserved, rest) = take::<2>(rest);
        let (padded_len, rest) = take(rest);
        let (version, rest) = take(rest);
        let (scope, rest) = take(rest);
        let (salt, _) = take(rest);
        let parameters = LabelParameters {
            scope,
            version: u64::from_le_bytes(version),
            padded_len: u64::from_le_bytes(padded_len),
            label_len: u16::from_le_bytes(label_len),
        };
        // Before anything is computed with them: the length follows from these two.
        parameters.check()?;
        let expected = parameters.file_len();
        if found < expected {
            return Err(Error::Truncated { expected, found });
        }
        if found > expected {
            return Err(Error::TrailingBytes { expected, found });
        }
        let sha256 = check_checksum(&bytes)?;
        if reserved != [0; 2] {
            return Err(Error::Malformed { what: "a reserved byte of its header is not zero" });
        }
        Ok(Self { bytes, parameters, salt, sha256 })
    }

    /// Opens the label of an entry; `None` if it is none of this secret, was altered, or is no text.
    pub fn open_label(&self, entry: u64, secret: &LabelSecret) -> Option<String> {
        if entry >= self.parameters.padded_len {
            return None;
        }
        let len = self.parameters.sealed_len();
        let start = usize::try_from(entry).ok()?.checked_mul(len)?.checked_add(HEADER_LEN)?;
        let mut sealed = self.bytes.get(start..start.checked_add(len)?)?.to_vec();
        let key = self.parameters.key(&self.salt, entry, secret).ok()?;
        let plain = key.open_in_place(nonce(), Aad::empty(), &mut sealed).ok()?;
        let text_len = plain.iter().position(|byte| *byte == 0).unwrap_or(plain.len());
        let (text, padding) = plain.split_at_checked(text_len)?;
        let is_text = padding.iter().all(|byte| *byte == 0);
        let opened = std::str::from_utf8(text).ok().filter(|_| is_text).map(str::to_owned);
        sealed.zeroize();
        opened
    }

    /// What the file says it belongs to.
    pub fn parameters(&self) -> &LabelParameters {
        &self.parameters
    }

    /// SHA-256 of the whole file, as `sha256sum` prints it and as the manifest names it.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Labels").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

/// Each key seals one label, so that its nonce can be fixed.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn fill(random: &SystemRandom, bytes: &mut [u8]) -> Result<(), Error> {
    random
        .fill(bytes)
        .map_err(|_| Error::Io(std::io::Error::other("the system gives no randomness")))
}

/// The next field; zeros beyond the end, which the header's length rules out.
fn take<const LEN: usize>(bytes: &[u8]) -> ([u8; LEN], &[u8]) {
    match bytes.split_first_chunk() {
        Some((field, rest)) => (*field, rest),
        None => ([0; LEN], &[]),
    }
}
