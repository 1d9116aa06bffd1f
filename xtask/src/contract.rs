//! That the contract under `proto/` is sound, says what everything means, and is still the one that
//! partners have compiled.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Fallible, Outcome,
    process::{root, run},
    tools,
};

/// What version 1 is, with all that was added since it was frozen, below `proto/`.
const BASELINE: &str = "baseline/v1.binpb";
/// What it was when it was first frozen. Never made anew, so that nothing that was lost can hide in the other.
const FIRST: &str = "baseline/v1-first.binpb";
/// The rules for that. Before the first release approvals came to be used up: no retry by a client's library any more.
const SINCE_FIRST: &str = r#"{"version": "v2", "breaking": {"use": ["FILE"], "ignore_only": {
    "RPC_SAME_IDEMPOTENCY_LEVEL": ["symbolon/bureau/v1/approvals.proto"]}}}"#;

/// Changes that must not pass: what stands in `bureau.proto`, and what takes its place.
const BREAKS: &[(&str, &str, &str)] = &[
    ("a field is gone", "  string sentence = 4;\n", ""),
    ("a field has another number", "  string sentence = 4;\n", "  string sentence = 14;\n"),
    ("a field has another type", "  uint32 sources = 3;\n", "  uint64 sources = 3;\n"),
    ("a field has another name", "  string sentence = 4;\n", "  string text = 4;\n"),
    ("a value has another name", "  OUTCOME_NO_HIT = 2;\n", "  OUTCOME_NOTHING = 2;\n"),
    (
        "a call answers once",
        "(MatchStandingRequest) returns (stream MatchStandingResponse)",
        "(MatchStandingRequest) returns (MatchStandingResponse)",
    ),
];
/// What must pass: the contract grows.
const GROWTH: &[(&str, &str, &str)] = &[
    (
        "a field is added",
        "  string sentence = 4;\n",
        "  string sentence = 4;\n  // More.\n  string more = 16;\n",
    ),
    (
        "a value is added",
        "  OUTCOME_NO_HIT = 2;\n",
        "  OUTCOME_NO_HIT = 2;\n  // Another.\n  OUTCOME_OTHER = 15;\n",
    ),
];

/// Lints it, holds it against the baseline, and sees whether that would catch a break.
pub(crate) fn check() -> Outcome {
    let (buf, proto) = (tools::buf()?, root().join("proto"));
    run(Command::new(&buf).arg("lint").current_dir(&proto))?;
    for mut held in breaking(&buf, &proto) {
        run(&mut held)?;
    }
    every_type_says_who_sees_it(&proto)?;
    breaks_are_caught(&buf, &proto)
}

/// Holds the contract in a folder against what it is, and against what it first was.
fn breaking(buf: &Path, proto: &Path) -> [Command; 2] {
    let [now, mut first] = [BASELINE, FIRST].map(|baseline| {
        let mut command = Command::new(buf);
        command.arg("breaking").arg("--against").arg(root().join("proto").join(baseline));
        command.current_dir(proto);
        command
    });
    first.args(["--config", SINCE_FIRST]);
    [now, first]
}

/// That everything has a comment is for the linter to see; what it should say is not.
fn every_type_says_who_sees_it(proto: &Path) -> Outcome {
    for path in files(&proto.join("symbolon"))? {
        let text = fs::read_to_string(&path)?;
        let mut comment = String::new();
        for line in text.lines() {
            if let Some(more) = line.strip_prefix("//") {
                comment.push_str(more);
                continue;
            }
            let is_type = line.starts_with("message ") || line.starts_with("enum ");
            if is_type && !comment.contains("een by ") {
                return Err(format!(
                    "{}: the comment on `{line}` does not say by whom it is seen",
                    path.display()
                )
                .into());
            }
            comment.clear();
        }
    }
    Ok(())
}

fn files(folder: &Path) -> Fallible<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    Ok(found)
}

fn breaks_are_caught(buf: &Path, proto: &Path) -> Outcome {
    let changes = BREAKS.iter().map(|change| (change, false));
    for ((what, there, instead), passes) in changes.chain(GROWTH.iter().map(|c| (c, true))) {
        let copy = tempfile::tempdir()?;
        fs::copy(proto.join("buf.yaml"), copy.path().join("buf.yaml"))?;
        for path in files(&proto.join("symbolon"))? {
            let to = copy.path().join(path.strip_prefix(proto)?);
            fs::create_dir_all(to.parent().ok_or("a file is in no folder")?)?;
            let text = fs::read_to_string(&path)?;
            let changed = if path.ends_with("bureau/v1/bureau.proto") {
                if !text.contains(there) {
                    return Err(format!("bureau.proto has no {there:?} any more").into());
                }
                text.replacen(there, instead, 1)
            } else {
                text
            };
            fs::write(to, changed)?;
        }
        for mut held in breaking(buf, copy.path()) {
            let output = held.output()?;
            if output.status.success() != passes {
                let fault = if passes { "does not pass" } else { "is not caught" };
                let said = String::from_utf8_lossy(&output.stdout);
                return Err(format!("a change by which {what} {fault}: {said}").into());
            }
        }
    }
    Ok(())
}
