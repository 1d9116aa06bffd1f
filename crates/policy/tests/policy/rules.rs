//! What the rules promise: nothing unsound is loaded, nothing is decided that cannot be explained,
//! and no change of behaviour stays hidden.

mod diff;
mod facts;
mod gate;
mod replay;
mod starter;
mod table;
mod tables;

use symbolon_policy::rules::RulePack;

/// The files of the starter pack, to be changed by a test.
pub(crate) fn files() -> Vec<(String, String)> {
    let files = RulePack::starter_files().iter();
    files.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// The starter pack with `from` in one file replaced by `to`.
pub(crate) fn edited(file: &str, from: &str, to: &str) -> Vec<(String, String)> {
    let mut files = files();
    let (_, text) = files.iter_mut().find(|(name, _)| name == file).unwrap();
    assert!(text.contains(from), "{file} does not hold {from:?}");
    *text = text.replace(from, to);
    files
}

/// The starter pack without one file.
pub(crate) fn without(file: &str) -> Vec<(String, String)> {
    let mut files = files();
    files.retain(|(name, _)| name != file);
    files
}

pub(crate) fn starter() -> RulePack {
    RulePack::starter().unwrap_or_else(|error| panic!("{error}"))
}
