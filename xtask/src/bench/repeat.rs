//! How a big check is asked once and then again after a change on both sides. The commands for that
//! are named here and nowhere else.

use std::path::Path;

use super::{inputs::Side, ours::LIST};
use crate::{Fallible, Outcome, pair::Pair, usage::Used};

/// The commands, on one pair of bureaus.
pub(super) struct Repeat<'a> {
    pub(super) pair: &'a Pair,
}

impl Repeat<'_> {
    /// The first time: nothing was done before.
    pub(super) fn begin(&self, asked: &Path, answers: &Path) -> Fallible<Used> {
        self.pair.check(asked, answers)
    }

    /// Writes what the commands below read; not counted.
    pub(super) fn write_changes(&self, _owner: &Side, _requester: &Side) -> Outcome {
        Ok(())
    }

    /// The owner loads what changed.
    pub(super) fn owner_changes(&self, owner: &Side) -> Fallible<Used> {
        self.pair.import(LIST, &owner.after, &["--replace"])
    }

    /// The requester has the answers to what it now asks.
    pub(super) fn requester_changes_and_asks(
        &self,
        requester: &Side,
        answers: &Path,
    ) -> Fallible<Used> {
        self.pair.check(&requester.after, answers)
    }
}
