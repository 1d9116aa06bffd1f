//! Tools that the checks need, installed below `target/tools` when they are missing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Fallible, Outcome,
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
            .env("CARGO_TARGET_DIR", folder.join("build"))
            // It runs for a second and would be optimised for minutes.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_LTO", "off"))?;
    }
    Ok(program)
}

/// The path of a Python that has these packages of PyPI, in an environment of its own.
pub(crate) fn python_with(name: &str, packages: &[&str]) -> Fallible<PathBuf> {
    let folder = folder().join(name);
    let (python, installed) = (folder.join("bin/python"), folder.join("installed"));
    let wanted = packages.join(" ");
    if fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    let base = python_for_wheels().ok_or("it needs Python 3.10 or 3.11, which is not here")?;
    ensure_venv(base)?;
    run(Command::new(base).args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--only-binary", ":all:"])
        .args(packages))?;
    fs::write(installed, wanted)?;
    Ok(python)
}

/// What makes environments, which Debian packs apart.
fn ensure_venv(python: &str) -> Outcome {
    let there = Command::new(python).args(["-c", "import venv, ensurepip"]).output();
    if there.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    install(&[&format!("{python}-venv")])
}

/// A Python for which the peers publish compiled packages.
fn python_for_wheels() -> Option<&'static str> {
    ["python3.11", "python3.10", "python3"].into_iter().find(|name| {
        let output =
            Command::new(name).args(["-c", "import sys; print(sys.version_info[:2])"]).output();
        let said = output.map(|output| output.stdout).unwrap_or_default();
        [b"(3, 10)".as_slice(), b"(3, 11)"].contains(&said.trim_ascii())
    })
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
        Ok(())
    } else {
        install(&["python3-pip"])
    }
}

/// Node and npm, from Debian's packages if they are missing.
pub(crate) fn ensure_node() -> Outcome {
    let there = |program| {
        let output = Command::new(program).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    };
    if there("node") && there("npm") { Ok(()) } else { install(&["nodejs", "npm"]) }
}

/// Go, `protoc` with its plugins, and below `libraries` grpc-go: from Debian's packages if they are missing.
pub(crate) fn ensure_go(libraries: &str) -> Outcome {
    let there = |(program, asked)| {
        let output = Command::new(program).arg(asked).output();
        output.is_ok_and(|output| output.status.success())
    };
    let programs = [
        ("go", "version"),
        ("protoc", "--version"),
        ("protoc-gen-go", "--version"),
        ("protoc-gen-go-grpc", "--version"),
    ];
    let sources = Path::new(libraries).join("src/google.golang.org");
    let needed = ["genproto", "grpc", "protobuf"];
    if programs.into_iter().all(there) && needed.iter().all(|name| sources.join(name).is_dir()) {
        return Ok(());
    }
    install(&[
        "golang-github-golang-protobuf-1-5-dev",
        "golang-go",
        "golang-google-genproto-dev",
        "golang-google-grpc-dev",
        "golang-google-protobuf-dev",
        "libprotobuf-dev",
        "protobuf-compiler",
        "protoc-gen-go",
        "protoc-gen-go-grpc",
    ])
}

fn install(packages: &[&str]) -> Outcome {
    run(Command::new("apt-get").args(["update", "--quiet"]))?;
    run(Command::new("apt-get").args(["install", "--yes", "--quiet"]).args(packages))
}

fn folder() -> PathBuf {
    root().join("target/tools")
}
