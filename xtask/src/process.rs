use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Outcome;

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
