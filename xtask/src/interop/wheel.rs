use std::{fs, path::PathBuf, process::Command};

use super::{demo::Demo, package::run_in_package};
use crate::{
    Fallible, Outcome,
    process::{root, run as completed},
    tools,
};

const BUILDER: &[&str] = &["maturin==1.16.0"];

/// What the tests of the wheel need beside it. pip fetches what it needs itself.
const TESTERS: &[&str] = &["pandas==3.1.1", "polars==2.1.0", "pytest==9.2.0"];

/// The Python package as it would be published: the source distribution, the wheel that is built from it alone,
/// and the tests against running nodes with what the wheel holds. The core is compiled with every optimisation,
/// which takes minutes.
pub(super) fn run(demo: &Demo) -> Outcome {
    let wheel = wheel()?;
    let python = tools::python_with("python-wheel-test", TESTERS)?;
    completed(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--force-reinstall"])
            .arg(&wheel),
    )?;
    // In isolation from the modules in the folder: only what the wheel holds is imported.
    run_in_package(demo.command(&python).args(["-m", "pytest", "--quiet"]).env_remove("PYTHONPATH"))
}

/// From the source distribution and not from here, so that what is missing there is found.
fn wheel() -> Fallible<PathBuf> {
    let builder = tools::python_with("python-wheel", BUILDER)?;
    let target = root().join("target/python");
    let out = target.join("wheels");
    // One build leaves one wheel, whatever was built before.
    if out.is_dir() {
        fs::remove_dir_all(&out)?;
    }
    run_in_package(
        Command::new(builder)
            .args(["-m", "maturin", "build", "--release", "--sdist", "--quiet", "--out"])
            .arg(&out)
            .env("CARGO_TARGET_DIR", target),
    )?;
    let made = fs::read_dir(&out)?.map(|entry| Ok(entry?.path()));
    let made = made.collect::<Result<Vec<_>, std::io::Error>>()?;
    let wheel = made.into_iter().find(|path| path.extension().is_some_and(|end| end == "whl"));
    Ok(wheel.ok_or("maturin made no wheel")?)
}
