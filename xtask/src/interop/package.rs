use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::demo::Demo;
use crate::{
    Fallible, Outcome,
    process::{self, cargo, root},
    tools,
};

/// What builds the wheel, and makes the message classes: another version writes other code.
const BUILDERS: &[&str] = &["grpcio-tools==1.76.0", "maturin==1.16.0"];

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

/// The Python package: the wheel as it would be published, and its tests against running nodes.
pub(super) fn run(demo: &Demo) -> Outcome {
    let package = root().join("clients/python");
    let builder = tools::python_with("python-wheel", BUILDERS)?;
    run_in(&package, Command::new(&builder).args(["make_stubs.py", "--check"]))?;
    let target = root().join("target/python");
    core_is_clean(&package, &target)?;
    let wheel = wheel(&package, &builder, &target)?;
    let python = tools::python_with("python-package", NEEDED)?;
    process::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"])
            .arg(wheel),
    )?;
    run_in(&package, Command::new(&python).args(["-m", "ruff", "check", "."]))?;
    run_in(&package, Command::new(&python).args(["-m", "ruff", "format", "--check", "."]))?;
    run_in(&package, Command::new(&python).args(["-m", "mypy"]))?;
    run_in(&package, demo.command(&python).args(["-m", "pytest", "--quiet"]))
}

/// Formatting and lints of the compiled core, which is a workspace of its own.
fn core_is_clean(package: &Path, target: &Path) -> Outcome {
    run_in(package, cargo().args(["fmt", "--check"]))?;
    let clippy = ["clippy", "--release", "--locked", "--quiet", "--", "--deny", "warnings"];
    run_in(package, cargo().args(clippy).env("CARGO_TARGET_DIR", target))
}

fn wheel(package: &Path, builder: &Path, target: &Path) -> Fallible<PathBuf> {
    let out = target.join("wheels");
    // Of one build there is one wheel, whatever was built before.
    if out.is_dir() {
        fs::remove_dir_all(&out)?;
    }
    run_in(
        package,
        Command::new(builder)
            .args(["-m", "maturin", "build", "--release", "--locked", "--quiet", "--out"])
            .arg(&out)
            .env("CARGO_TARGET_DIR", target),
    )?;
    let made = fs::read_dir(&out)?.next().ok_or("maturin made no wheel")??;
    Ok(made.path())
}

fn run_in(folder: &Path, command: &mut Command) -> Outcome {
    process::run(command.current_dir(folder))
}
