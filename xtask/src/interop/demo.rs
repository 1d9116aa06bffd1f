use std::{
    io::BufReader,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde::Deserialize;
use tempfile::TempDir;

use crate::{Fallible, Outcome};

const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// The demo of the program, with its nodes up: Arcadia asks, Borealia and Costaguana answer.
pub(crate) struct Demo {
    /// The `symbolon` program.
    pub(crate) program: PathBuf,
    /// What the demo says of itself.
    pub(crate) report: Report,
    child: Child,
    folder: TempDir,
}

/// What `symbolon demo --json` prints, as far as it is needed here.
#[derive(Deserialize)]
pub(crate) struct Report {
    /// Arcadia, Borealia, Costaguana.
    pub(crate) bureaus: Vec<Bureau>,
    /// The profile of an officer of Arcadia: addresses and certificate files.
    pub(crate) profile: PathBuf,
}

/// One bureau of the demo.
#[derive(Deserialize)]
pub(crate) struct Bureau {
    /// Its code, three letters.
    pub(crate) code: String,
    /// Its data folder.
    pub(crate) data: PathBuf,
    /// Its partner face, `https://host:port`.
    pub(crate) partner_face: String,
    /// Its bureau face, `https://host:port`.
    pub(crate) bureau_face: String,
    /// Its JSON face, `https://host:port`; Arcadia has one.
    pub(crate) json_face: Option<String>,
}

impl Demo {
    /// Starts it, and waits until it has made its own checks.
    pub(crate) fn start(program: PathBuf) -> Fallible<Self> {
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(&program)
            .args(["--json", "demo", "--dir"])
            .arg(folder.path().join("demo"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().ok_or("the demo has no output")?;
        let mut values = serde_json::Deserializer::from_reader(BufReader::new(said)).into_iter();
        match values.next() {
            Some(Ok(report)) => Ok(Self { program, report, child, folder }),
            Some(Err(error)) => Err(format!("the demo's report cannot be read: {error}").into()),
            None => Err(format!("the demo ended: {}", child.wait()?).into()),
        }
    }

    /// A temporary folder of this run; the data folders are in it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command that finds the demo by its environment: `SYMBOLON_PROGRAM` is the program,
    /// `SYMBOLON_PROFILE` the officer's profile, `SYMBOLON_DEMO` the folder with the data folders, and
    /// for each bureau `CODE_PARTNER_FACE` and `CODE_BUREAU_FACE` and,
    /// where it has one, `CODE_JSON_FACE` its addresses, `CODE_DATA` its data folder.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("SYMBOLON_PROGRAM", &self.program)
            .env("SYMBOLON_PROFILE", &self.report.profile)
            .env("SYMBOLON_DEMO", self.folder().join("demo"));
        for bureau in &self.report.bureaus {
            command
                .env(format!("{}_PARTNER_FACE", bureau.code), &bureau.partner_face)
                .env(format!("{}_BUREAU_FACE", bureau.code), &bureau.bureau_face)
                .env(format!("{}_DATA", bureau.code), &bureau.data);
            if let Some(address) = &bureau.json_face {
                command.env(format!("{}_JSON_FACE", bureau.code), address);
            }
        }
        command
    }

    /// Stops it as a person would, and says if it does not end well.
    pub(crate) fn stop(mut self) -> Outcome {
        let id = self.child.id().to_string();
        let told = Command::new("kill").arg(&id).status()?;
        let began = Instant::now();
        while told.success() && began.elapsed() < STOPS_WITHIN {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("the demo ended badly: {status}").into()),
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        Err("the demo does not stop".into())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Its nodes end when it does.
        if let Ok(None) = self.child.try_wait() {
            let _ = Command::new("kill").arg(self.child.id().to_string()).status();
            let _ = self.child.wait();
        }
    }
}
