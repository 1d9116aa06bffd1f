use std::{path::Path, process::Command};

use serde::Deserialize;

use super::demo::Demo;
use crate::{
    Outcome,
    process::{root, run as completed},
    tools::python_with,
};

const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// Of each call so many requests of each kind. Together about a minute.
const EXAMPLES: &str = "40";

#[derive(Deserialize)]
struct Issued {
    token: String,
}

/// Sends Arcadia's JSON face what `docs/openapi.yaml` allows and what it forbids, and holds every answer against
/// it.
pub(super) fn run(demo: &Demo) -> Outcome {
    let python = python_with("schemathesis", &[SCHEMATHESIS])?;
    let arcadia = demo.report.bureaus.first().ok_or("the demo has no bureau")?;
    let face = arcadia.json_face.as_deref().ok_or("Arcadia has no JSON face")?;
    let issued = Command::new(&demo.program)
        .args(["--json", "token", "issue", "--as", "administrator", "--agency", "customs"])
        .args(["--person", "fuzzer", "--role", "officer", "--role", "analyst", "--data"])
        .arg(&arcadia.data)
        .output()?;
    if !issued.status.success() {
        return Err(String::from_utf8_lossy(&issued.stderr).into());
    }
    let issued: Issued = serde_json::from_slice(&issued.stdout)?;
    let ca = arcadia.data.join("people/administrator/bureau-root.pem");

    // As an officer who is an analyst too, all that these may do.
    completed(
        schemathesis(demo, &python, &ca, face)
            .args(["--exclude-path", "/v1/approvals", "--header"])
            .arg(format!("Authorization: Bearer {}", issued.token)),
    )?;

    // Approvals, whose callers have certificates and show no token beside them. A certificate that is shown with
    // every connection cannot be left out, so that whether it is ignored is not tried here.
    completed(
        Command::new(&demo.program)
            .args(["keys", "issue", "--as", "administrator", "--role", "approver", "--data"])
            .arg(&arcadia.data)
            .arg("fuzzing-approver"),
    )?;
    let person = arcadia.data.join("people/fuzzing-approver");
    completed(
        schemathesis(demo, &python, &ca, face)
            .args(["--include-path", "/v1/approvals", "--exclude-checks", "ignored_auth"])
            .args(["--generation-with-security-parameters", "false"])
            .arg("--request-cert")
            .arg(person.join("certificate.pem"))
            .arg("--request-cert-key")
            .arg(person.join("key.pem")),
    )
}

fn schemathesis(demo: &Demo, python: &Path, ca: &Path, face: &str) -> Command {
    let mut command = demo.command(python);
    command
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(root().join("xtask/src/interop/schemathesis.toml"))
        .arg("run")
        .arg(root().join("docs/openapi.yaml"))
        .args(["--url", face, "--checks", "all", "--max-examples", EXAMPLES])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--mode",
            "all",
            "--seed",
            "1",
            "--no-color",
        ])
        .arg("--tls-verify")
        .arg(ca)
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
        .env("PYTHONPATH", root().join("xtask/src/interop"))
        .current_dir(demo.folder());
    command
}
