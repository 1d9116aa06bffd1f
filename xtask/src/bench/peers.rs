//! The other programs' side of the work. They are scripts of this project that call what PyPI has.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    inputs::Sizes,
    work::{Results, Sample, Work},
};
use crate::{Fallible, made_up::write_plain, process::root, tools, usage::Used};

const SECRETFLOW: &[&str] = &["spu==0.9.5"];
const OPENMINED: &[&str] = &["openmined-psi==2.0.6", "numpy"];
/// Questions to the prepared server in each round.
const ASKS: usize = 3;
const OPENMINED_REPEATS: usize = 5;

/// The peers that could be installed.
pub(super) struct Peers {
    /// The Python that has each.
    secretflow: Option<PathBuf>,
    openmined: Option<PathBuf>,
    /// Which could not be run, and why.
    pub(super) missing: Vec<String>,
}

/// A folder with the server's and the client's files, prepared.
pub(super) struct Unbalanced(TempDir);

impl Peers {
    pub(super) fn left_out() -> Self {
        let missing = vec!["all peers: left out on demand".to_owned()];
        Self { secretflow: None, openmined: None, missing }
    }

    pub(super) fn install() -> Self {
        let mut missing = Vec::new();
        let mut install = |name: &str, packages| {
            tools::python_with(name, packages)
                .map_err(|error| note(&mut missing, format!("{name} is not there: {error}")))
                .ok()
        };
        let (secretflow, openmined) =
            (install("secretflow", SECRETFLOW), install("openmined", OPENMINED));
        Self { secretflow, openmined, missing }
    }

    /// The server evaluates its set and writes it to a file.
    pub(super) fn prepare(&mut self, sizes: Sizes, results: &mut Results) -> Option<Unbalanced> {
        let folder = self.tried(|| {
            let folder = tempfile::tempdir()?;
            write_plain(&folder.path().join("server.csv"), sizes.listed())?;
            write_plain(&folder.path().join("client.csv"), sizes.asked_in_check(0))?;
            Ok(folder)
        })?;
        let said = self.secretflow("spu_unbalanced.py", folder.path(), "GEN_CACHE")?;
        results.peer(Work::OwnerPrepare, sample(&said, &["server"]));
        Some(Unbalanced(folder))
    }

    /// The client has the server's set and asks.
    pub(super) fn ask(&mut self, folder: &Unbalanced, sizes: Sizes, results: &mut Results) {
        let folder = folder.0.path();
        if self.secretflow("spu_unbalanced.py", folder, "TRANSFER_CACHE").is_none() {
            return;
        }
        for _ in 0..ASKS {
            let Some(said) = self.secretflow("spu_unbalanced.py", folder, "ONLINE") else { return };
            self.compare_hits(&said, "client", sizes.asked.div_ceil(2));
            results.peer(Work::OwnerAnswer, sample(&said, &["server"]));
            results.peer(Work::Client, sample(&said, &["client"]));
        }
    }

    /// Both big sets at once, in a fresh folder: nothing is left from the last time.
    pub(super) fn balanced(&mut self, work: Work, sizes: Sizes, results: &mut Results) {
        let protocol = if work == Work::BulkRepeat { "RR22" } else { "ECDH" };
        let folder = self.tried(|| {
            let folder = tempfile::tempdir()?;
            write_plain(&folder.path().join("sender.csv"), sizes.listed())?;
            write_plain(&folder.path().join("receiver.csv"), sizes.asked_in_bulk())?;
            Ok(folder)
        });
        let Some(folder) = folder else { return };
        let Some(said) = self.secretflow("spu_balanced.py", folder.path(), protocol) else {
            return;
        };
        self.compare_hits(&said, "receiver", sizes.records / 2);
        results.peer(work, sample(&said, &["receiver", "sender"]));
    }

    /// OpenMined's whole run, once.
    pub(super) fn openmined(&mut self, sizes: Sizes, results: &mut Results) {
        let Some(python) = self.openmined.clone() else { return };
        let said = self.tried(|| {
            let folder = tempfile::tempdir()?;
            write_plain(&folder.path().join("server.csv"), sizes.listed())?;
            write_plain(&folder.path().join("client.csv"), sizes.asked_in_check(0))?;
            run(&python, "openmined.py", folder.path(), &OPENMINED_REPEATS.to_string())
        });
        let Some(said) = said else {
            self.openmined = None;
            return;
        };
        let of_step = |step: &Value| {
            let mut sample = Sample {
                cpu_s: number(step, "cpu_s"),
                wall_s: number(step, "wall_s"),
                wire_bytes: whole(&said, "wire_bytes"),
                set_bytes: whole(&said, "set_bytes"),
                ..Sample::default()
            };
            sample.remember("both sides", whole(&said, "rss_bytes").unwrap_or(0));
            sample
        };
        // Nothing is sent yet.
        let prepared = Sample { wire_bytes: None, ..of_step(part(&said, "/prepare")) };
        results.openmined(Work::OwnerPrepare, prepared);
        for (work, steps) in [(Work::OwnerAnswer, "/answer"), (Work::Client, "/ask")] {
            for step in part(&said, steps).as_array().into_iter().flatten() {
                results.openmined(work, of_step(step));
            }
        }
    }

    /// Runs a script for SecretFlow; one that fails is not tried again.
    fn secretflow(&mut self, script: &str, folder: &Path, argument: &str) -> Option<Value> {
        let python = self.secretflow.clone()?;
        let said = self.tried(|| run(&python, script, folder, argument));
        if said.is_none() {
            self.secretflow = None;
        }
        said
    }

    fn compare_hits(&mut self, said: &Value, party: &str, expected: u64) {
        let hits = whole(part(said, &format!("/parties/{party}")), "hits");
        if hits != Some(expected) {
            note(&mut self.missing, format!("a peer found {hits:?} hits instead of {expected}"));
        }
    }

    fn tried<T>(&mut self, work: impl FnOnce() -> Fallible<T>) -> Option<T> {
        work().map_err(|error| note(&mut self.missing, error.to_string())).ok()
    }
}

fn note(missing: &mut Vec<String>, why: String) {
    eprintln!("   {why}");
    missing.push(why);
}

/// What the parties named took together.
fn sample(said: &Value, parties: &[&str]) -> Sample {
    let mut sample = Sample {
        wire_bytes: whole(said, "wire_bytes").filter(|bytes| *bytes > 0),
        set_bytes: whole(said, "set_bytes"),
        ..Sample::default()
    };
    for party in parties {
        let one = part(said, &format!("/parties/{party}"));
        let wall_s = number(one, "wall_s");
        let memory = whole(one, "rss_bytes").unwrap_or(0);
        sample.add(party, Used { cpu_s: number(one, "cpu_s"), wall_s, memory });
        sample.wall_s = sample.wall_s.max(wall_s);
        let children = number(one, "children_cpu_s");
        if children > 0.0 {
            sample.parts.insert(format!("{party}'s `sort`, not counted"), children);
        }
    }
    sample
}

fn part<'a>(said: &'a Value, path: &str) -> &'a Value {
    said.pointer(path).unwrap_or(&Value::Null)
}

fn number(of: &Value, field: &str) -> f64 {
    of.get(field).and_then(Value::as_f64).unwrap_or(0.0)
}

fn whole(of: &Value, field: &str) -> Option<u64> {
    of.get(field).and_then(Value::as_u64)
}

/// Runs one of our scripts; the last line that it prints is its result.
fn run(python: &Path, script: &str, folder: &Path, argument: &str) -> Fallible<Value> {
    let traces = folder.join("tmp");
    fs::create_dir_all(&traces)?;
    let output = Command::new(python)
        .arg(root().join("xtask/peers").join(script))
        .arg(folder)
        .arg(argument)
        .env("TMPDIR", &traces)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let why = errors.lines().last().unwrap_or("it said nothing").to_owned();
        return Err(format!("{script} {argument} failed ({}): {why}", output.status).into());
    }
    Ok(serde_json::from_str(last)?)
}
