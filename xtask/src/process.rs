use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Fallible, Outcome};

/// The project's top folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// `cargo` as it runs us.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a command to its end; says what failed, and how to run it alone.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}");
    eprintln!("▸ {shown}");
    let status = command.status().map_err(|error| format!("{shown} does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed ({status}): {shown}").into()) }
}

/// Builds the `symbolon` program for tests. Together with all of them, because with fewer packages the
/// dependencies would have other features, and most of them would be compiled twice.
pub(crate) const BUILD: [&str; 3] = ["build", "--workspace", "--all-targets"];

/// The `symbolon` program, built like this one.
pub(crate) fn program() -> Fallible<PathBuf> {
    let folder = env::current_exe()?.parent().map(PathBuf::from).unwrap_or_else(root);
    if folder.ends_with("release") {
        return released_program();
    }
    run(cargo().args(BUILD).arg("--quiet"))?;
    Ok(folder.join("symbolon"))
}

/// The `symbolon` program as bureaus run it, however this one was built.
pub(crate) fn released_program() -> Fallible<PathBuf> {
    let both = ["build", "--package", "symbolon-cli", "--package", "xtask", "--release", "--quiet"];
    run(cargo().args(both))?;
    // Ours is `target/PROFILE/xtask`.
    let target = env::current_exe()?.ancestors().nth(2).map(Path::to_owned);
    Ok(target.ok_or("this program lies in no target folder")?.join("release/symbolon"))
}
