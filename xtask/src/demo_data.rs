//! The lists and the check batch of the demo: three fictional bureaus, every value invented.
//!
//! The same bytes come out of every run, so that a change of the files shows in review. Values
//! carry right check digits and are written the way sources write them, which is the point of the
//! demo: the same number spelled in two ways must still meet.

mod bureaus;
mod digits;
mod identifiers;
mod lists;
mod national_numbers;
mod records;
mod spelling;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use self::bureaus::{BUREAUS, bureau};
use self::identifiers::Maker;
use self::lists::{batch, batch_text, list};
use self::records::{Record, Shared, own_records};
use self::spelling::Speller;
use crate::chance::Rng;

/// Changing it changes every file.
const SEED: u64 = 0x5359_4d42_4f4c_4f4e;

/// Writes the three lists and the check batch into `crates/cli/demo`.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cli/demo");
    fs::create_dir_all(&folder)?;
    let mut out = io::stdout().lock();
    for (name, text) in files()? {
        fs::write(folder.join(&name), &text)?;
        writeln!(out, "{name}: {} rows", text.lines().count().saturating_sub(1))?;
    }
    Ok(())
}

/// Name and content of every file.
fn files() -> Result<Vec<(String, String)>, std::fmt::Error> {
    let mut maker = Maker { rng: Rng(SEED), taken: BTreeSet::new() };
    let shared = Shared::make(&mut maker);
    let own: Vec<Vec<Record>> = (0..BUREAUS.len())
        .map(|index| own_records(&mut maker, bureau(index), shared.rows_of(index)))
        .collect();

    let mut speller = Speller { rng: Rng(SEED ^ 1), used: BTreeMap::new() };
    let mut files = Vec::new();
    for (index, records) in own.iter().enumerate() {
        let mut all: Vec<&Record> = records.iter().chain(shared.of(index)).collect();
        speller.rng.shuffle(&mut all);
        let text = list(&mut speller, bureau(index), &all)?;
        files.push((format!("{}.csv", bureau(index).file), text));
    }
    let batch = batch(&mut maker, &own, &shared);
    files.push(("check-batch.csv".to_owned(), batch_text(&mut speller, &batch)?));
    Ok(files)
}
