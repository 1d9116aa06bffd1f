use std::{
    fs,
    process::{Command, Stdio},
};

use crate::{
    Outcome, contract,
    process::{cargo, root, run},
    tools,
    vectors::Vectors,
};

/// Everything that is checked beside the tests.
pub(crate) fn run_all() -> Outcome {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    run(cargo()
        .args(["doc", "--workspace", "--no-deps", "--quiet"])
        .env("RUSTDOCFLAGS", "--deny warnings"))?;
    // Advisories need a database that is fetched; everything else is checked offline.
    run(Command::new(tools::cargo_deny()?)
        .args(["check", "bans", "licenses", "sources"])
        .current_dir(root()))?;
    fuzzer_can_be_built()?;
    contract::check()?;
    Vectors::check()?;
    logs_only_through_the_gate()
}

/// That the fuzzer's own lock file is up to date: it stands apart, and no other command here reads it.
fn fuzzer_can_be_built() -> Outcome {
    let read = run(cargo()
        .args(["metadata", "--locked", "--format-version=1", "--quiet"])
        .args(["--manifest-path", "fuzz/Cargo.toml"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .stdout(Stdio::null()));
    Ok(read.map_err(|error| {
        format!("{error}; mend it by `cargo update --workspace --manifest-path fuzz/Cargo.toml`")
    })?)
}

/// That no file of the node but the one with the gate names the logging library: what it lets
/// through cannot hold an identifier.
fn logs_only_through_the_gate() -> Outcome {
    let mut waiting = vec![root().join("crates")];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                waiting.push(entry?.path());
            }
            continue;
        }
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        if is_source && !path.ends_with("node/src/logging.rs") {
            let text = fs::read_to_string(&path)?;
            if text.contains("tracing::") || text.contains("use tracing") {
                return Err(format!(
                    "{} names the logging library; write events with `event!`",
                    path.display()
                )
                .into());
            }
        }
    }
    Ok(())
}
