//! How a long list is asked once and then again after a change on both sides. The commands for that
//! are named here and nowhere else.
//!
//! The requester keeps a standing check: the first time everything is asked, later only what is new,
//! and the tags kept are matched against the owner's new version. The owner loads a file of changes
//! and publishes from the tags of the version before.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use super::{inputs::Side, ours::LIST};
use crate::{Fallible, Outcome, pair::Pair, usage::Used};

/// The commands, on one pair of bureaus.
pub(super) struct Repeat<'a> {
    pub(super) pair: &'a Pair,
}

impl Repeat<'_> {
    /// The first time: nothing was done before. Hits go to `hits`.
    pub(super) fn begin(&self, asked: &Path, hits: &Path) -> Fallible<Used> {
        let kept = self.pair.folder().join("kept.json");
        let mut command = self.pair.analyst(&["standing", "begin", "--json", "--file"]);
        command.arg(asked);
        let began = self.pair.run_into(command, "standing-begin", File::create(&kept)?.into())?;
        let kept: serde_json::Value = serde_json::from_reader(File::open(kept)?)?;
        let id = kept.get("standing_id").and_then(serde_json::Value::as_str);
        fs::write(self.id_file(), id.ok_or("no standing check was begun")?)?;
        Ok(plus(began, self.matches(hits)?))
    }

    /// Writes what the commands below read; not counted.
    pub(super) fn write_changes(&self, owner: &Side, requester: &Side) -> Outcome {
        write(&self.changes_of("owner"), owner)?;
        write(&self.changes_of("requester"), requester)
    }

    /// The owner loads what changed.
    pub(super) fn owner_changes(&self) -> Fallible<Used> {
        self.pair.import(LIST, &self.changes_of("owner"), &["--changes"])
    }

    /// The requester has the hits of what it now asks.
    pub(super) fn requester_changes_and_asks(&self, hits: &Path) -> Fallible<Used> {
        let mut command = self.pair.analyst(&["standing", "update"]);
        command.arg(fs::read_to_string(self.id_file())?).arg("--file");
        command.arg(self.changes_of("requester"));
        let updated = self.pair.run(command, "standing-update")?;
        Ok(plus(updated, self.matches(hits)?))
    }

    fn matches(&self, hits: &Path) -> Fallible<Used> {
        if hits.exists() {
            fs::remove_file(hits)?;
        }
        let mut command = self.pair.analyst(&["standing", "match"]);
        command.arg(fs::read_to_string(self.id_file())?).arg("--output").arg(hits);
        self.pair.run(command, "standing-match")
    }

    fn id_file(&self) -> PathBuf {
        self.pair.folder().join("standing-id")
    }

    fn changes_of(&self, side: &str) -> PathBuf {
        self.pair.folder().join(format!("changes-{side}.csv"))
    }
}

/// What goes is named as the first file named it: by its place there.
fn write(path: &Path, side: &Side) -> Outcome {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "record_id,identifier_type,value,change")?;
    let before = fs::read_to_string(&side.before)?;
    let gone: std::collections::HashSet<&str> = side.gone.iter().map(String::as_str).collect();
    for line in before.lines().skip(1) {
        if line.rsplit(',').next().is_some_and(|value| gone.contains(value)) {
            writeln!(out, "{line},remove")?;
        }
    }
    for (place, value) in side.come.iter().enumerate() {
        writeln!(out, "N{place},email,{value},add")?;
    }
    Ok(out.flush()?)
}

fn plus(a: Used, b: Used) -> Used {
    Used { cpu_s: a.cpu_s + b.cpu_s, wall_s: a.wall_s + b.wall_s, memory: a.memory.max(b.memory) }
}
