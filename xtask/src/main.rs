//! Developer chores, one verb each: `cargo xtask help`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "chores talk to a developer")]

mod checks;
mod demo_data;
mod process;
mod real;
mod tests;
mod tools;
mod vectors;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};

/// Developer chores of Symbolon.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Run every test of the project.
    Test(tests::Tests),
    /// Formatting, clippy with warnings denied, documentation, `cargo deny`, `buf lint`, vectors.
    Check,
    /// Load a real watchlist at one bureau and check it from another in many spellings.
    Real(real::Real),
    /// Write the test vectors of the encoding layer, or check that they are as the code has it.
    Vectors(vectors::Vectors),
    /// Write the demo's invented watchlists.
    DemoData,
}

fn main() -> ExitCode {
    let result = match Xtask::parse().chore {
        Chore::Test(tests) => tests.run(),
        Chore::Check => checks::run_all(),
        Chore::Real(real) => real.run(),
        Chore::Vectors(vectors) => vectors.run(),
        Chore::DemoData => demo_data::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome = Result<(), Box<dyn Error>>;
