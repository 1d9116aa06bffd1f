use std::{env, fs, path::PathBuf, process::Command};

use super::demo::Demo;
use crate::{
    Outcome,
    process::{BUILD, cargo, root, run as completed},
    tools,
};

/// What makes the message classes: another version writes other code.
const STUBS: &[&str] = &["grpcio-tools==1.76.0"];

/// What the package needs, and what checks and tests it.
const NEEDED: &[&str] = &[
    "googleapis-common-protos==1.76.0",
    "grpcio==1.85.3",
    "mypy==2.4.1",
    "pandas==3.1.1",
    "polars==2.1.0",
    "protobuf==7.36.2",
    "pytest==9.2.0",
    "ruff==0.17.6",
    "types-grpcio==1.85.0.20261028",
    "types-protobuf==7.35.1.20260906",
];

/// The Python package: its lints, its types, and its tests against running nodes, with the core as the other
/// tests build it.
pub(super) fn run(demo: &Demo) -> Outcome {
    let stubs = tools::python_with("python-stubs", STUBS)?;
    run_in_package(Command::new(stubs).args(["make_stubs.py", "--check"]))?;
    let python = tools::python_with("python-package", NEEDED)?;
    run_in_package(Command::new(&python).args(["-m", "ruff", "check", "."]))?;
    run_in_package(Command::new(&python).args(["-m", "ruff", "format", "--check", "."]))?;
    run_in_package(Command::new(&python).args(["-m", "mypy"]))?;
    core_beside_the_modules()?;
    run_in_package(
        demo.command(&python)
            .args(["-m", "pytest", "--quiet"])
            .env("PYTHONPATH", folder().join("python")),
    )
}

/// Puts the compiled core where the modules look for it.
fn core_beside_the_modules() -> Outcome {
    completed(cargo().args(BUILD).arg("--quiet"))?;
    // Ours is `target/PROFILE/xtask`.
    let exe = env::current_exe()?;
    let target = exe.ancestors().nth(2).ok_or("this program lies in no target folder")?;
    let core = folder().join("python/symbolon/_core.abi3.so");
    // Replaced and not overwritten: a program that has the old one mapped keeps it.
    let fresh = core.with_extension("new.so");
    fs::copy(target.join("debug/lib_core.so"), &fresh)?;
    Ok(fs::rename(fresh, core)?)
}

/// Runs a command in the package's folder.
pub(super) fn run_in_package(command: &mut Command) -> Outcome {
    completed(command.current_dir(folder()))
}

fn folder() -> PathBuf {
    root().join("clients/python")
}
