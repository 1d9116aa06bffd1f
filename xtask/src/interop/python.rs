use std::{fs, path::PathBuf};

use super::demo::Demo;
use crate::{
    Fallible, Outcome,
    process::{root, run as completed},
    tools::python_with,
};

/// A partner in pure Python: the vectors, and the partner face of a node.
pub(super) fn run(demo: &Demo) -> Outcome {
    let python = python()?;
    completed(
        demo.command(&python).args(["-m", "unittest", "discover", "-t", "."]).current_dir(folder()),
    )
}

/// Has a party of its own found itself in `name` below the demo's folder and agree with Borealia.
pub(super) fn party(demo: &Demo, code: &str, name: &str) -> Fallible<PathBuf> {
    let place = demo.folder().join(name);
    completed(
        demo.command(python()?)
            .arg("party.py")
            .arg(&place)
            .args([code, name])
            .current_dir(folder()),
    )?;
    Ok(place)
}

fn python() -> Fallible<PathBuf> {
    let needed = fs::read_to_string(folder().join("requirements.txt"))?;
    python_with("interop-python", &needed.split_whitespace().collect::<Vec<_>>())
}

fn folder() -> PathBuf {
    root().join("tests/interop/python")
}
