//! Made-up e-mail addresses, and files of them.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use crate::Fallible;

/// One that the owner's list holds.
pub(crate) fn known(number: u64) -> String {
    format!("user{number:09}@example.com")
}

/// One that no list holds.
pub(crate) fn stranger(number: u64) -> String {
    format!("none{number:09}@example.org")
}

/// One that comes to both sides with a change.
pub(crate) fn newcomer(number: u64) -> String {
    format!("new{number:09}@example.net")
}

/// A file that `dataset import` and `check --csv` read. Records are named by their place.
pub(crate) fn write(path: &Path, values: impl IntoIterator<Item = String>) -> Fallible<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "record_id,identifier_type,value")?;
    for (place, value) in values.into_iter().enumerate() {
        writeln!(out, "R{place},email,{value}")?;
    }
    Ok(out.flush()?)
}

/// A file with one column `id`, as the peers read it.
pub(crate) fn write_plain(path: &Path, values: impl IntoIterator<Item = String>) -> Fallible<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "id")?;
    for value in values {
        writeln!(out, "{value}")?;
    }
    Ok(out.flush()?)
}
