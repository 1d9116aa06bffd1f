//! What people do after a hit, as they would type it: each step is a command of this program.

use std::{
    fs,
    path::Path,
    process::Output as Ran,
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::Value;
use symbolon_identifiers::IdentifierType;
use tokio::process::Command;

use super::{
    super::{CONTRADICTED, DONE, FAILED},
    questions::MISSING_PASSPORT,
};
use crate::CliError;

const LONGEST_WAIT: Duration = Duration::from_secs(60);
const FIELDS: [&str; 5] = ["name", "date_of_birth", "nationality", "case_number", "authority"];

/// One step, and what the program said to it.
#[derive(Serialize)]
pub(super) struct Step {
    title: &'static str,
    command: String,
    exit_status: Option<i32>,
    said: String,
}

/// Who is who, below the demo's folder.
pub(super) struct Story<'a> {
    pub(super) program: &'a Path,
    pub(super) root: &'a Path,
    /// The bureau that found a hit, and the people of it that act: who asked, who inspects.
    pub(super) asking: (&'a str, &'a str, &'a str),
    /// The bureau whose record it is: who decides, who approves, who inspects.
    pub(super) owner: (&'a str, &'a str, &'a str, &'a str),
    /// The check that hit.
    pub(super) check: &'a str,
}

impl Story<'_> {
    /// Asks for the record, releases it through four eyes, opens the check, and finds a log that was
    /// tampered with.
    pub(super) async fn tell(&self) -> Result<Vec<Step>, CliError> {
        let mut steps = Vec::new();
        let request = self.ask_for_the_record(&mut steps).await?;
        self.release(&request, &mut steps).await?;
        self.open(&mut steps).await?;
        self.tamper(&mut steps).await?;
        Ok(steps)
    }

    async fn ask_for_the_record(&self, steps: &mut Vec<Step>) -> Result<String, CliError> {
        let (bureau, officer, _) = self.asking;
        let mut request = vec!["disclosure", "request", "--data", bureau, "--as", officer];
        let (value, country) = MISSING_PASSPORT;
        request.extend([self.check, "--identifier", IdentifierType::TravelDocument.name(), value]);
        request.extend(["--country", country]);
        request.extend(["--role", "border guard"]);
        request.extend(["--how", "passport and photograph compared by hand"]);
        request.extend(["--facts", "a child travels with an adult who is no parent"]);
        request.extend(["--subject", "missing", "--urgency", "urgent"]);
        request.extend(["--recipient", "Arcadian border police"]);
        request.extend(FIELDS.iter().flat_map(|field| ["--field", field]));
        let title = "Arcadia's officer has compared passport and child, and asks for the record";
        steps.push(self.step(title, &request, DONE).await?);
        let status =
            self.json(&["disclosure", "status", "--data", bureau, "--as", officer]).await?;
        let id = status.pointer("/0/request").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| unexpected("no request is known"))
    }

    async fn release(&self, request: &str, steps: &mut Vec<Step>) -> Result<(), CliError> {
        let (bureau, lawyer, approver, _) = self.owner;
        let list = ["disclosure", "list", "--data", bureau, "--as", lawyer];
        self.until(&list, "/0/state", "waiting").await?;
        steps.push(self.step("Borealia's desk sees it, with its clock", &list, DONE).await?);
        let mut release = vec!["disclosure", "release", "--data", bureau, "--as", lawyer, request];
        release.extend(FIELDS.iter().flat_map(|field| ["--field", field]));
        release.extend(["--handling", "H1", "--evaluation", "A1", "--retention-days", "365"]);
        release.extend(["--found", "strictly_necessary=the child may be in danger"]);
        let title = "A lawyer proposes to release five fields; a minor's record needs two people";
        steps.push(self.step(title, &release, DONE).await?);
        let title = "One person alone cannot";
        let alone = ["disclosure", "approve", "--data", bureau, "--as", lawyer, request];
        steps.push(self.step(title, &alone, FAILED).await?);
        let title = "Another person approves, and the record is released";
        let approve = ["disclosure", "approve", "--data", bureau, "--as", approver, request];
        steps.push(self.step(title, &approve, DONE).await?);
        let (asking, officer, _) = self.asking;
        let status = ["disclosure", "status", "--data", asking, "--as", officer];
        self.until(&status, "/0/state", "released").await?;
        let title = "Arcadia's officer reads it: the hit is confirmed by its owner";
        let show = ["disclosure", "show", "--data", asking, "--as", officer, request];
        steps.push(self.step(title, &show, DONE).await?);
        Ok(())
    }

    async fn open(&self, steps: &mut Vec<Step>) -> Result<(), CliError> {
        let (bureau, _, inspector) = self.asking;
        let title =
            "Later an inspector opens the check: who asked what and why, proven by both logs";
        let open = ["audit", "open", "--data", bureau, "--as", inspector, self.check];
        steps.push(self.step(title, &open, DONE).await?);
        Ok(())
    }

    /// Changes one record of an export: what a bureau would do that wants to have been asked by somebody
    /// else.
    async fn tamper(&self, steps: &mut Vec<Step>) -> Result<(), CliError> {
        let (asking, _, inspector) = self.asking;
        let (owner, _, _, owners_inspector) = self.owner;
        let (asked, answered) = (format!("{asking}-log"), format!("{owner}-log"));
        for (bureau, inspector, folder) in
            [(owner, owners_inspector, &answered), (asking, inspector, &asked)]
        {
            self.succeed(&["audit", "export", "--data", bureau, "--as", inspector, folder]).await?;
        }
        let verify = ["audit", "verify", &answered, &asked];
        let title = "Both logs, exported, are verified against each other from files alone";
        steps.push(self.step(title, &verify, DONE).await?);
        let records = self.root.join(&answered).join("records.jsonl");
        let text = fs::read_to_string(&records).map_err(|e| CliError::file("read", &records, e))?;
        let (honest, forged) = (r#"\"requester\":\"ARC\""#, r#"\"requester\":\"CTG\""#);
        if !text.contains(honest) {
            return Err(unexpected("the log names no requester"));
        }
        fs::write(&records, text.replacen(honest, forged, 1))
            .map_err(|e| CliError::file("write", &records, e))?;
        let title = "One record of this export of Borealia's log is changed, so that Costaguana seems to \
                     have asked. The folder borealia-log stays falsified; Borealia's own log is untouched";
        steps.push(self.step(title, &verify, CONTRADICTED).await?);
        Ok(())
    }

    /// Runs one step, which must end as it is meant to.
    async fn step(
        &self,
        title: &'static str,
        arguments: &[&str],
        expected: u8,
    ) -> Result<Step, CliError> {
        let ran = self.run(arguments).await?;
        let said = [ran.stdout, ran.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let (command, exit_status) = (typed(arguments), ran.status.code());
        if exit_status != Some(expected.into()) {
            return Err(unexpected(&format!("`{command}` said: {said}")));
        }
        Ok(Step { title, command, exit_status, said })
    }

    async fn succeed(&self, arguments: &[&str]) -> Result<Vec<u8>, CliError> {
        let ran = self.run(arguments).await?;
        if ran.status.success() {
            return Ok(ran.stdout);
        }
        Err(unexpected(&format!(
            "`{}` failed: {}",
            typed(arguments),
            String::from_utf8_lossy(&ran.stderr)
        )))
    }

    async fn json(&self, arguments: &[&str]) -> Result<Value, CliError> {
        let said = self.succeed(&[arguments, &["--json"]].concat()).await?;
        serde_json::from_slice(&said).map_err(|error| unexpected(&error.to_string()))
    }

    /// Waits until what the command says has `wanted` at `place`.
    async fn until(&self, arguments: &[&str], place: &str, wanted: &str) -> Result<(), CliError> {
        let began = Instant::now();
        loop {
            let said = self.json(arguments).await?;
            if said.pointer(place).and_then(Value::as_str) == Some(wanted) {
                return Ok(());
            }
            if began.elapsed() > LONGEST_WAIT {
                return Err(unexpected(&format!("`{}` says {said}", typed(arguments))));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn run(&self, arguments: &[&str]) -> Result<Ran, CliError> {
        Command::new(self.program)
            .args(arguments)
            .current_dir(self.root)
            .env_remove("SYMBOLON_AS")
            .env_remove("SYMBOLON_DATA")
            .output()
            .await
            .map_err(|error| CliError::file("start", self.program, error))
    }
}

/// The steps for a person, each with what to type.
pub(super) fn text(steps: &[Step], root: &Path) -> String {
    let mut text = format!("\n── After a hit: what people type, in {} ──\n", root.display());
    for step in steps {
        text += &format!("\n{}.\n\n    $ {}\n", step.title, step.command);
        for line in step.said.lines() {
            text += &format!("    {line}\n");
        }
    }
    text
}

/// As it would be typed into a shell.
fn typed(arguments: &[&str]) -> String {
    let quoted = |argument: &&str| {
        if argument.contains(' ') { format!("\"{argument}\"") } else { (*argument).to_owned() }
    };
    format!("symbolon {}", arguments.iter().map(quoted).collect::<Vec<_>>().join(" "))
}

fn unexpected(what: &str) -> CliError {
    CliError::new("demo", format!("the demo did not go as it should: {what}"))
}
