//! The `symbolon` program.

use std::process::ExitCode;

use clap::Parser as _;
use symbolon_cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
