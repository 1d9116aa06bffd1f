use std::{fs, path::Path, process::Command};

use super::{demo::Demo, python};
use crate::{Outcome, process::root, process::run as completed, tools};

/// What is copied to where it is built, so that nothing is installed or generated among the sources.
const SOURCES: &[&str] =
    &[".npmrc", "package.json", "package-lock.json", "tsconfig.json", "src", "test"];

/// A partner in TypeScript, with a published RFC 9497 library: the vectors, and the partner face of a node.
pub(super) fn run(demo: &Demo) -> Outcome {
    tools::ensure_node()?;
    let built = root().join("target/tools/interop-typescript");
    fs::create_dir_all(&built)?;
    for name in SOURCES {
        copy(&root().join("tests/interop/typescript").join(name), &built.join(name))?;
    }
    completed(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
            .current_dir(&built),
    )?;
    completed(Command::new("npx").args(["--no", "tsc"]).current_dir(&built))?;
    let party = python::party(demo, "ERE", "Erewhon")?;
    completed(
        demo.command("node")
            .args(["--test", "dist/test/vectors.test.js", "dist/test/face.test.js"])
            .env("SYMBOLON_ROOT", root())
            .env("SYMBOLON_PARTY", party)
            .current_dir(&built),
    )
}

fn copy(from: &Path, to: &Path) -> Outcome {
    if from.is_dir() {
        // A file that is no longer there would be tested still.
        if to.is_dir() {
            fs::remove_dir_all(to)?;
        }
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else {
        fs::copy(from, to)?;
    }
    Ok(())
}
