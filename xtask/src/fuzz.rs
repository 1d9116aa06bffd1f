use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Args;
use ring::digest::{SHA256, digest};
use symbolon_fuzzed::{Mutator, TARGETS, Target, seeds, target};

use crate::{Fallible, Outcome, process::root};

/// Give every parser that strangers reach what is in its corpus, and bytes made from it.
///
/// Needs no fuzzer and is the same each time: with other bytes only under another --start. What makes a
/// target panic is kept under fuzz/artifacts. For long runs that look at what the code does, see
/// fuzz/README.md.
#[derive(Debug, Args)]
pub(crate) struct Fuzz {
    /// How long all targets take together.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Where the bytes begin.
    #[arg(long, default_value_t = 1)]
    start: u64,
    /// Writes what the corpora begin with, and ends.
    #[arg(long)]
    write_seeds: bool,
    /// Names the targets, and ends.
    #[arg(long)]
    list: bool,
    /// Targets to run; all unless named.
    targets: Vec<String>,
}

impl Fuzz {
    pub(crate) fn run(self) -> Outcome {
        let chosen = self.targets.iter().map(|name| {
            target(name).ok_or_else(|| format!("there is no target {name}; --list names them"))
        });
        let mut chosen = chosen.collect::<Result<Vec<_>, _>>()?;
        if chosen.is_empty() {
            chosen.extend(TARGETS);
        }
        if self.list {
            chosen.iter().for_each(|target| println!("{}", target.name));
            return Ok(());
        }
        if self.write_seeds {
            return chosen.iter().try_for_each(write_seeds);
        }
        let each = Duration::from_secs(self.seconds)
            / u32::try_from(chosen.len()).unwrap_or(u32::MAX).max(1);
        let mut broken = Vec::new();
        // What panics is said in one line, and kept.
        let hook = take_hook();
        set_hook(Box::new(|_| {}));
        for target in &chosen {
            match give(target, each, self.start) {
                Ok(runs) => eprintln!("{:16} {runs:9} runs", target.name),
                Err(error) => {
                    eprintln!("{:16} {error}", target.name);
                    broken.push(target.name);
                }
            }
        }
        set_hook(hook);
        if broken.is_empty() {
            return Ok(());
        }
        Err(format!("these do not withstand everything: {}", broken.join(", ")).into())
    }
}

fn corpus(target: &Target) -> PathBuf {
    root().join("fuzz/corpus").join(target.name)
}

fn write_seeds(target: &Target) -> Outcome {
    let folder = corpus(target);
    fs::create_dir_all(&folder)?;
    for (name, bytes) in seeds::of(target.name) {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

/// The corpus first, then bytes made from it until the time is over.
fn give(target: &Target, limit: Duration, start: u64) -> Fallible<u64> {
    let mut paths = fs::read_dir(corpus(target))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    // In the same order everywhere.
    paths.sort();
    let corpus = paths.iter().map(fs::read).collect::<Result<Vec<_>, _>>()?;
    if corpus.is_empty() {
        return Err("its corpus is empty".into());
    }
    for bytes in &corpus {
        withstands(target, bytes)?;
    }
    let began = Instant::now();
    let mut mutator = Mutator::new(start);
    let mut runs = corpus.len() as u64;
    while began.elapsed() < limit {
        withstands(target, &mutator.bytes(&corpus, target.longest))?;
        runs += 1;
    }
    Ok(runs)
}

fn withstands(target: &Target, bytes: &[u8]) -> Outcome {
    let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))) else { return Ok(()) };
    let why = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked");
    let folder = root().join("fuzz/artifacts").join(target.name);
    fs::create_dir_all(&folder)?;
    let name: String = hex::encode(digest(&SHA256, bytes).as_ref()).chars().take(16).collect();
    let path = folder.join(name);
    fs::write(&path, bytes)?;
    Err(format!("{why}; the bytes are in {}", shown(&path)).into())
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
