//! On what, when and of what the figures are.

use std::{fs, process::Command, thread};

use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::process::root;

const INTERESTING: [&str; 5] = ["avx2", "avx512f", "avx512ifma", "avx512vl", "sha_ni"];

#[derive(Debug, Serialize)]
pub(super) struct Machine {
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) flags: Vec<&'static str>,
    /// Processes that wanted to run in the last minute.
    pub(super) load: f64,
    /// Commit of the project; `+` if files differ from it.
    pub(super) commit: String,
    /// RFC 3339.
    pub(super) date: String,
}

impl Machine {
    pub(super) fn this() -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            cpus.lines()
                .find_map(|line| line.strip_prefix(name)?.split_once(':'))
                .map_or_else(String::new, |(_, value)| value.trim().to_owned())
        };
        let flags = field("flags");
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            cpu: field("model name"),
            cores: thread::available_parallelism().map_or(1, usize::from),
            flags: INTERESTING
                .into_iter()
                .filter(|flag| flags.split_whitespace().any(|one| one == *flag))
                .collect(),
            load: load.split_whitespace().next().and_then(|one| one.parse().ok()).unwrap_or(0.0),
            commit: commit(),
            date: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
        }
    }
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(root()).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Ok(commit) = git(&["rev-parse", "HEAD"]) else { return String::new() };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).unwrap_or_default();
    if changed.is_empty() { commit } else { commit + "+" }
}
