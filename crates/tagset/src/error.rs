use std::io;

use crate::ladder::MAX_PADDED_LEN;
use crate::parameters::{MAX_LAMBDA, MIN_LAMBDA};

/// Why a tag set could not be built or opened.
///
/// Each message is a sentence for the person who has to do something about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file does not begin with the eight bytes that every tag set begins with.
    #[error("this is not a tag set file: check the path, or fetch the set again from its owner")]
    Foreign,

    /// The file is a tag set in a format that this program cannot read.
    #[error(
        "the tag set has format version {found}, this program reads version {supported}: \
         update this program, or ask the owner for a set in a format that both sides read"
    )]
    UnsupportedVersion {
        /// The format version that the file names.
        found: u32,
        /// The format version that this program reads.
        supported: u32,
    },

    /// The file ends too early; a transfer was most likely interrupted.
    #[error(
        "the tag set ends after {found} of {expected} bytes: resume the transfer, or fetch it again \
         from its owner"
    )]
    Truncated {
        /// The length that the file's header names, or the least that any tag set has; bytes.
        expected: u64,
        /// The length found; bytes.
        found: u64,
    },

    /// The file goes on after the end of the tag set.
    #[error(
        "the tag set is {found} bytes long and should be {expected}: fetch it again from its owner"
    )]
    TrailingBytes {
        /// The length that the file's header names; bytes.
        expected: u64,
        /// The length found; bytes.
        found: u64,
    },

    /// The content is not what the owner's program wrote.
    #[error(
        "the tag set was damaged on disk or in transfer (its checksum does not match): fetch it \
         again from its owner"
    )]
    ChecksumMismatch,

    /// The checksum matches, the content contradicts itself: the program that wrote it is at fault.
    #[error(
        "the tag set was written wrongly ({what}): fetching it again will not help, ask its owner \
         for a new version"
    )]
    Malformed {
        /// What is wrong with it, as a clause.
        what: &'static str,
    },

    /// So many hashes come close together that they cannot be uniform.
    #[error(
        "too many hashes lie close together to be membership hashes of one key: nothing was written; \
         the program that made them is at fault"
    )]
    Crowded,

    /// The agreed λ is outside what this format can hold.
    #[error("λ is {lambda} and must be {MIN_LAMBDA} to {MAX_LAMBDA}: correct it in the agreement")]
    LambdaOutOfRange {
        /// The λ asked for; bits.
        lambda: u8,
    },

    /// More entries than one tag set can hold.
    #[error(
        "{records} entries are more than one tag set can hold ({MAX_PADDED_LEN}): split the dataset \
         into several scopes"
    )]
    TooMany {
        /// The number of distinct entries asked for.
        records: u64,
    },

    /// The operating system could not read or write the file.
    #[error(
        "the tag set could not be read or written ({0}): check the path, its permissions and the disk"
    )]
    Io(#[from] io::Error),
}
