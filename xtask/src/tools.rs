//! Tools that the checks need, installed below `target/tools` when they are missing.

use std::{path::PathBuf, process::Command};

use crate::{
    Outcome,
    process::{cargo, root, run},
};

const CARGO_DENY: &str = "0.19.9";
const BUF: &str = "1.75.0";

/// The path of `cargo-deny`.
pub(crate) fn cargo_deny() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let folder = folder().join(format!("cargo-deny-{CARGO_DENY}"));
    let program = folder.join("bin/cargo-deny");
    if !program.is_file() {
        run(cargo()
            .args(["install", "--locked", "--no-default-features", "cargo-deny", "--version"])
            .arg(CARGO_DENY)
            .arg("--root")
            .arg(&folder)
            // The project's own flags would compile back ends that this tool does not have.
            .env("CARGO_TARGET_DIR", folder.join("build")))?;
    }
    Ok(program)
}

/// The path of `buf`: its wheel carries the program.
pub(crate) fn buf() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let folder = folder().join(format!("buf-{BUF}"));
    let program = folder.join("bin/buf");
    if !program.is_file() {
        ensure_pip()?;
        run(Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
            .arg(&folder)
            .arg(format!("buf-bin=={BUF}")))?;
    }
    Ok(program)
}

fn ensure_pip() -> Outcome {
    let there = Command::new("python3").args(["-m", "pip", "--version"]).output();
    if there.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    run(Command::new("apt-get").args(["update", "--quiet"]))?;
    run(Command::new("apt-get").args(["install", "--yes", "--quiet", "python3-pip"]))
}

fn folder() -> PathBuf {
    root().join("target/tools")
}
