//! Developer chores, one verb each: `cargo xtask help`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "chores talk to a developer")]

mod answers;
mod bench;
mod bureaus;
mod chance;
mod checks;
mod contract;
mod demo_data;
mod differential;
mod equality;
mod fuzz;
mod interop;
mod made_up;
mod pair;
mod process;
mod real;
mod spread;
mod tests;
mod timing;
mod tools;
mod usage;
mod vectors;
mod wire;

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
    /// Formatting, clippy with warnings denied, documentation, `cargo deny`, the contract, vectors.
    Check,
    /// Load a real watchlist at one bureau and check it from another in many spellings.
    Real(real::Real),
    /// Compare our CPU time with that of other PSI programs on the same work.
    Bench(bench::Bench),
    /// Ask one identifier of 1, 10 and 195 bureaus, each with a node of its own.
    Bureaus(bureaus::Bureaus),
    /// Compare the answers with the plain intersection, exactly.
    Equality(equality::Equality),
    /// Ask running nodes with programs of other languages and with published tools.
    Interop(interop::Interop),
    /// Give every parser that strangers reach bytes that it should refuse.
    Fuzz(fuzz::Fuzz),
    /// Test whether work on secrets takes the same time whatever they are.
    Timing(timing::Timing),
    /// Compare every back end of this processor with dalek on random batches.
    Differential(differential::Differential),
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
        Chore::Bench(bench) => bench.run(),
        Chore::Bureaus(bureaus) => bureaus.run(),
        Chore::Equality(equality) => equality.run(),
        Chore::Interop(interop) => interop.run(),
        Chore::Fuzz(fuzz) => fuzz.run(),
        Chore::Timing(timing) => timing.run(),
        Chore::Differential(differential) => differential.run(),
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

type Fallible<T> = Result<T, Box<dyn Error>>;
type Outcome = Fallible<()>;
