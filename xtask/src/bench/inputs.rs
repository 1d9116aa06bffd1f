//! The sizes of the work, and what both sides hold before and after the change.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{
    Outcome,
    made_up::{known, newcomer, stranger, write},
};

/// How much of everything.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Sizes {
    /// Records of the owner, and identifiers of a bulk check; half are in common.
    pub(super) records: u64,
    /// Identifiers of a check.
    pub(super) asked: u64,
    /// Checks over which the cost of one is averaged.
    pub(super) checks: u64,
    /// How many go, and as many come, on each side before the repeat.
    pub(super) changed: u64,
}

impl Sizes {
    pub(super) const FULL: Self =
        Self { records: 1_000_000, asked: 1_000, checks: 20, changed: 10_000 };
    pub(super) const QUICK: Self = Self { records: 20_000, asked: 200, checks: 5, changed: 200 };

    /// What the owner lists.
    pub(super) fn listed(self) -> impl Iterator<Item = String> {
        (0..self.records).map(known)
    }

    /// What is asked in bulk: one half of the owner's records, and as many strangers.
    pub(super) fn asked_in_bulk(self) -> impl Iterator<Item = String> {
        let half = self.records / 2;
        (0..half).map(known).chain((half..self.records).map(stranger))
    }

    /// The identifiers of one check, half of them on the list, none in two checks.
    pub(super) fn asked_in_check(self, check: u64) -> impl Iterator<Item = String> {
        let first = check.saturating_mul(self.asked);
        (first..first.saturating_add(self.asked))
            .map(|number| if number % 2 == 0 { known(number) } else { stranger(number) })
    }
}

/// What a side holds: all of it before and after the change, and the change.
pub(super) struct Side {
    pub(super) before: PathBuf,
    pub(super) after: PathBuf,
    pub(super) gone: Vec<String>,
    pub(super) come: Vec<String>,
}

impl Side {
    /// The owner's: the first records go, newcomers come.
    pub(super) fn owner(folder: &Path, sizes: Sizes) -> Result<Self, Box<dyn std::error::Error>> {
        let changed = sizes.changed;
        Self::written(
            folder,
            "listed",
            sizes.listed().collect(),
            (0..changed).map(known).collect(),
            (0..changed).map(newcomer).collect(),
        )
    }

    /// The requester's: half of what goes is on the list still, and half of what comes is among the
    /// owner's newcomers.
    pub(super) fn requester(
        folder: &Path,
        sizes: Sizes,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let (changed, half, all) = (sizes.changed, sizes.changed / 2, sizes.records);
        let gone = (changed..changed.saturating_add(half)).map(known);
        let gone = gone.chain((all.saturating_sub(half)..all).map(stranger));
        let come = (0..half).map(newcomer).chain((all..all.saturating_add(half)).map(stranger));
        Self::written(
            folder,
            "asked",
            sizes.asked_in_bulk().collect(),
            gone.collect(),
            come.collect(),
        )
    }

    fn written(
        folder: &Path,
        name: &str,
        all: Vec<String>,
        gone: Vec<String>,
        come: Vec<String>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let side = Self {
            before: folder.join(format!("{name}.csv")),
            after: folder.join(format!("{name}-after.csv")),
            gone,
            come,
        };
        side.write(all)?;
        Ok(side)
    }

    fn write(&self, all: Vec<String>) -> Outcome {
        write(&self.before, all.iter().cloned())?;
        let gone: std::collections::HashSet<_> = self.gone.iter().collect();
        let kept = all.iter().filter(|value| !gone.contains(value)).chain(&self.come).cloned();
        write(&self.after, kept)
    }
}
