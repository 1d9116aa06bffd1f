//! That the answers are exactly those of a comparison in clear: by the real programs as far as one
//! check goes, and beyond that by the libraries that they are made of.

mod library;
mod programs;

use std::time::Instant;

use clap::Args;

use crate::{Outcome, process};

/// Sizes that every change is tested with.
const SMALL: u64 = 10_000;
/// The bureau face takes no more in one check.
const MOST_BY_PROGRAMS: u64 = 1_000_000;
const BIG_BY_LIBRARY: u64 = 10_000_000;

/// Compare the answers with the plain intersection, exactly.
///
/// Lists and questions hold duplicates and other spellings; either side is empty once, and either
/// side is the larger one.
#[derive(Debug, Args)]
pub(crate) struct Equality {
    /// Records, and identifiers asked; up to a million by the programs, always by the libraries.
    #[arg(long, default_value_t = SMALL, conflicts_with = "all")]
    size: u64,
    /// Identifiers asked by the libraries; as many as there are records unless given.
    #[arg(long, conflicts_with = "all")]
    asked: Option<u64>,
    /// 10,000 and a million by the programs, ten million by the libraries. Takes most of an hour.
    #[arg(long)]
    all: bool,
    /// Use the program as bureaus run it, not one built like this one.
    #[arg(long)]
    release: bool,
}

impl Equality {
    pub(crate) fn run(self) -> Outcome {
        let sizes =
            if self.all { vec![SMALL, MOST_BY_PROGRAMS, BIG_BY_LIBRARY] } else { vec![self.size] };
        let release = self.release || self.all;
        for size in sizes {
            if size <= MOST_BY_PROGRAMS {
                by_programs(size, release)?;
            }
            if size != MOST_BY_PROGRAMS || !self.all {
                let began = Instant::now();
                library::compare(size, self.asked.unwrap_or(size))?;
                println!("{size} by the libraries: exactly equal, {:.0?}", began.elapsed());
            }
        }
        Ok(())
    }

    /// The one for every change.
    pub(crate) fn small() -> Outcome {
        Self { size: SMALL, asked: None, all: false, release: false }.run()
    }
}

fn by_programs(size: u64, release: bool) -> Outcome {
    let program = if release { process::released_program()? } else { process::program()? };
    let began = Instant::now();
    tokio::runtime::Runtime::new()?.block_on(programs::compare(&program, size))?;
    println!("{size} by the programs: exactly equal, {:.0?}", began.elapsed());
    Ok(())
}
