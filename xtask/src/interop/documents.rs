//! Runs what stands in documents as it stands there, so that it cannot rot.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use super::demo::Demo;
use crate::{Fallible, Outcome, process::root, tools};

/// Documents whose commands are run against the demo.
const DOCUMENTS: &[&str] = &["docs/integrating.md"];

/// What the documents tell their reader to install for Python.
pub(super) const PYTHON: &[&str] = &[
    "googleapis-common-protos==1.76.0",
    "grpcio==1.85.3",
    "grpcio-reflection==1.85.1",
    "grpcio-status==1.85.3",
    "protobuf==7.36.2",
];

/// In each document every block marked `python` is written to the file that its first line names, all
/// blocks marked `sh` are run in one shell, and each line of a block marked `text` that follows one of
/// them must be among the lines that it printed; a line that ends in … need only begin so.
pub(super) fn run(demo: &Demo) -> Outcome {
    for document in DOCUMENTS {
        follow(demo, document).map_err(|error| format!("{document}: {error}"))?;
    }
    Ok(())
}

fn follow(demo: &Demo, document: &str) -> Outcome {
    let text = fs::read_to_string(root().join(document))?;
    let folder = tempfile::tempdir_in(demo.folder())?;
    let mut script = String::from("set -euo pipefail\n");
    let mut expected: Vec<&str> = Vec::new();
    let mut last = "";
    for (language, content) in blocks(&text) {
        match language {
            "python" => {
                let name = content.lines().next().and_then(|line| line.strip_prefix("# "));
                let name = name.ok_or("a Python block does not begin with its file's name")?;
                fs::write(folder.path().join(name), content)?;
            }
            "sh" => {
                writeln!(script, "echo {}", mark(expected.len()))?;
                script.push_str(content);
                expected.push("");
            }
            "text" if last == "sh" => {
                if let Some(lines) = expected.last_mut() {
                    *lines = content;
                }
            }
            _ => {}
        }
        last = language;
    }
    if expected.is_empty() {
        return Err("there is nothing to run in it".into());
    }
    let python = tools::python_with("python-grpc", PYTHON)?;
    let said = shell(demo, folder.path(), &script, &[&tools::buf()?, &python])?;
    let mut rest = said.as_str();
    for (number, lines) in expected.iter().enumerate() {
        let (_, from) = rest.split_once(&mark(number)).ok_or("a command was not run")?;
        let printed = from.split_once(&mark(number.saturating_add(1))).map_or(from, |(own, _)| own);
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "…") {
            let found = printed.lines().map(str::trim).any(|one| match line.strip_suffix('…') {
                Some(start) => one.starts_with(start.trim_end()),
                None => one == line,
            });
            if !found {
                return Err(format!("it shows {line:?}; what was printed is {printed}").into());
            }
        }
        rest = from;
    }
    Ok(())
}

/// The fenced blocks: language and content.
pub(super) fn blocks(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, from)) = rest.split_once("\n```") {
        let Some((language, from)) = from.split_once('\n') else { break };
        let Some((content, after)) = from.split_once("```") else { break };
        found.push((language.trim(), content));
        rest = after;
    }
    found
}

fn mark(number: usize) -> String {
    format!("----- block {number} -----")
}

/// What the script prints, with the folders of `programs` on the path.
fn shell(demo: &Demo, folder: &Path, script: &str, programs: &[&Path]) -> Fallible<String> {
    let mut path: Vec<_> =
        programs.iter().filter_map(|one| one.parent().map(Path::to_owned)).collect();
    path.extend(demo.program.parent().map(Path::to_owned));
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let output = demo
        .command("bash")
        .args(["-c", script])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(path)?)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    if output.status.success() {
        Ok(said)
    } else {
        Err(format!("{}: {said}", output.status).into())
    }
}

/// Runs a Python program of `tests/interop` that calls the bureau face.
pub(super) fn python(demo: &Demo, program: &str) -> Outcome {
    let python = tools::python_with("python-grpc", PYTHON)?;
    let mut command: Command = demo.command(python);
    crate::process::run(command.arg(root().join("tests/interop").join(program)))
}
