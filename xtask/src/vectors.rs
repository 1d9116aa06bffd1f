//! Test vectors for implementations in other languages: everything that is hashed, signed, blinded or
//! looked up, with fixed keys, and what must be refused.

mod encoding;
mod fixed;
mod labels;
mod law;
mod log;
mod proofs;
mod receipt;
mod tag_set;
mod vector;

use std::{error::Error, fs, path::PathBuf};

use clap::Args;
use ring::digest::{SHA256, digest};

use self::vector::{File, Vector};
use crate::{Fallible, Outcome, process::root};

const FOLDER: &str = "docs/vectors";
const PROOFS: &str = "proofs-v1.json";
const PROOFS_ABOUT: &str = "Evaluations with proofs, and a manifest with its canaries. Proofs are randomised: \
                            verify them, they cannot be made again.";

const LABELS: &str = "label-file-v1.json";
const LABELS_ABOUT: &str = "Files of sealed labels (crates/tagset/LABELS.md). They hold random bytes: open them, \
                            they cannot be made again.";

/// A file that comes out the same each time.
struct Source {
    name: &'static str,
    about: &'static str,
    vectors: fn() -> Fallible<Vec<Vector>>,
}

const SOURCES: &[Source] = &[
    Source {
        name: "encoding-v1.json",
        about: "What is framed, hashed, signed and blinded between two bureaus.",
        vectors: encoding::vectors,
    },
    Source {
        name: "law-v1.json",
        about: "What people sign and compare: cards, notices, requests for records and decisions on them.",
        vectors: law::vectors,
    },
    Source {
        name: "log-v1.json",
        about: "The log: leaves, trees, proofs, checkpoints, and one element shown.",
        vectors: log::vectors,
    },
    Source {
        name: "receipt-v1.json",
        about: "Receipts for one check, as they must be and as they must not.",
        vectors: receipt::vectors,
    },
    Source {
        name: "tag-set-v1.json",
        about: "Tag set files and look-ups in them (crates/tagset/FORMAT.md).",
        vectors: tag_set::vectors,
    },
];

/// Write the test vectors, or check that they are as the code has it.
#[derive(Debug, Args)]
pub(crate) struct Vectors {
    /// Write the files instead of checking them.
    #[arg(long)]
    write: bool,
}

impl Vectors {
    pub(crate) fn run(self) -> Outcome {
        if self.write { Self::write() } else { Self::check() }
    }

    /// Fails if a file is not what the code makes.
    pub(crate) fn check() -> Outcome {
        for Source { name, about, vectors } in SOURCES {
            check(name, &File::new(about, vectors()?))?;
        }
        // A proof holds randomness, so all but that is made again from the file's own.
        let kept = proofs::Random::of(&read(PROOFS)?.vectors)?;
        check(PROOFS, &File::new(PROOFS_ABOUT, proofs::vectors(&kept)?))?;
        let kept = labels::Kept::of(&read(LABELS)?.vectors)?;
        check(LABELS, &File::new(LABELS_ABOUT, labels::vectors(&kept)?))
    }

    fn write() -> Outcome {
        for Source { name, about, vectors } in SOURCES {
            write(name, &File::new(about, vectors()?))?;
        }
        let kept = read(PROOFS).and_then(|file| proofs::Random::of(&file.vectors));
        let made = kept.and_then(|kept| proofs::vectors(&kept));
        let vectors = match made {
            Ok(vectors) => vectors,
            Err(_) => proofs::vectors(&proofs::Random::fresh()?)?,
        };
        write(PROOFS, &File::new(PROOFS_ABOUT, vectors))?;
        let kept = read(LABELS).and_then(|file| labels::Kept::of(&file.vectors));
        let kept = kept.or_else(|_| labels::Kept::fresh())?;
        write(LABELS, &File::new(LABELS_ABOUT, labels::vectors(&kept)?))
    }
}

fn check(name: &str, made: &File) -> Outcome {
    if read(name)? == *made {
        return Ok(());
    }
    Err(format!(
        "{FOLDER}/{name} is not what the code makes. If the protocol was meant to change, that is a new \
         version; else the code is wrong"
    )
    .into())
}

fn read(name: &str) -> Fallible<File> {
    let text =
        fs::read_to_string(path(name)).map_err(|error| format!("{FOLDER}/{name}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{FOLDER}/{name}: {error}").into())
}

fn write(name: &str, file: &File) -> Outcome {
    fs::create_dir_all(root().join(FOLDER))?;
    Ok(fs::write(path(name), serde_json::to_string_pretty(file)? + "\n")?)
}

fn path(name: &str) -> PathBuf {
    root().join(FOLDER).join(name)
}

/// Fails where our own code takes what a vector says is to be refused.
fn must_fail<T, E>(what: &str, result: Result<T, E>) -> Result<(), Box<dyn Error>> {
    match result {
        Ok(_) => Err(format!("{what} is not refused").into()),
        Err(_) => Ok(()),
    }
}

/// With a checksum that is right, as an owner that means harm would write it.
fn resealed(mut file: Vec<u8>) -> Vec<u8> {
    file.truncate(file.len().saturating_sub(32));
    let checksum = digest(&SHA256, &file);
    file.extend(checksum.as_ref());
    file
}
