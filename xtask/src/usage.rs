//! What processes used: CPU time, and memory at its peak.

use std::{
    fs,
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use nix::{time::ClockId, unistd::Pid};

use crate::Fallible;

const LEAST_MEMORY_LEFT: u64 = 3 << 30;
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long a node is watched to know what it uses when nobody asks it anything.
const IDLE_WATCHED: Duration = Duration::from_secs(2);

/// What one command or one piece of work used.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used {
    /// User and system time of all threads, seconds.
    pub(crate) cpu_s: f64,
    pub(crate) wall_s: f64,
    /// Resident memory at its peak, bytes.
    pub(crate) memory: u64,
}

/// CPU time of a process so far, all its threads, in seconds. Works until it is waited for.
pub(crate) fn cpu_of(process: u32) -> Fallible<f64> {
    let process = Pid::from_raw(i32::try_from(process)?);
    let clock = ClockId::pid_cpu_clock_id(process)?;
    Ok(Duration::from(clock.now()?).as_secs_f64())
}

/// Resident memory of a living process at its peak, bytes.
pub(crate) fn peak_memory(process: u32) -> u64 {
    kilobytes(process, "VmHWM:").saturating_mul(1_024)
}

/// Resident memory of a living process now, bytes, shared pages counted in full.
pub(crate) fn memory(process: u32) -> u64 {
    kilobytes(process, "VmRSS:").saturating_mul(1_024)
}

/// The same, with each page divided by the number of processes that share it.
pub(crate) fn proportional_memory(process: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    field(&rollup, "Pss:").and_then(|value| kilobytes_in(&value)).unwrap_or(0).saturating_mul(1_024)
}

/// An error when this machine has little memory left: before the system ends processes that have
/// nothing to do with ours.
pub(crate) fn memory_is_left() -> Fallible<()> {
    let all = fs::read_to_string("/proc/meminfo")?;
    let kilobytes = field(&all, "MemAvailable:").and_then(|value| kilobytes_in(&value));
    if kilobytes.is_some_and(|left| left < LEAST_MEMORY_LEFT >> 10) {
        return Err("this machine has too little memory for so many nodes".into());
    }
    Ok(())
}

/// Runs a command to its end. `is_fine` says which ends are.
pub(crate) fn measured(
    command: &mut Command,
    is_fine: impl Fn(ExitStatus) -> bool,
) -> Fallible<Used> {
    let shown = format!("{command:?}");
    let began = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{shown} does not start: {error}"))?;
    let mut used = Used::default();
    while !has_ended(&child) {
        used.memory = used.memory.max(peak_memory(child.id()));
        thread::sleep(LOOK_EVERY);
    }
    used.wall_s = began.elapsed().as_secs_f64();
    // Not waited for yet, so its times are still there.
    used.cpu_s = cpu_of(child.id())?;
    let status = child.wait()?;
    if is_fine(status) { Ok(used) } else { Err(format!("failed ({status}): {shown}").into()) }
}

fn has_ended(child: &Child) -> bool {
    status_line(child.id(), "State:").is_none_or(|state| state.starts_with('Z'))
}

fn kilobytes(process: u32, name: &str) -> u64 {
    status_line(process, name).and_then(|value| kilobytes_in(&value)).unwrap_or(0)
}

fn kilobytes_in(value: &str) -> Option<u64> {
    value.split_whitespace().next()?.parse().ok()
}

fn status_line(process: u32, name: &str) -> Option<String> {
    field(&fs::read_to_string(format!("/proc/{process}/status")).ok()?, name)
}

fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
}

/// Measures what a running node uses for a piece of work, less what it uses anyway.
pub(crate) struct Meter {
    process: u32,
    /// CPU seconds a second when nobody asks it anything.
    idle: f64,
    began: Instant,
    cpu_before: f64,
}

impl Meter {
    /// Watches the node for a while and starts measuring. It must be idle.
    pub(crate) async fn start(process: u32) -> Fallible<Self> {
        let mut all = Self::start_all([process]).await?;
        all.pop().ok_or_else(|| "there is no process to measure".into())
    }

    /// The same for several at once.
    pub(crate) async fn start_all(processes: impl IntoIterator<Item = u32>) -> Fallible<Vec<Self>> {
        let mut watched = Vec::new();
        for process in processes {
            watched.push((process, Instant::now(), cpu_of(process)?));
        }
        tokio::time::sleep(IDLE_WATCHED).await;
        let mut meters = Vec::new();
        for (process, since, cpu) in watched {
            let cpu_before = cpu_of(process)?;
            let idle = (cpu_before - cpu) / since.elapsed().as_secs_f64();
            meters.push(Self { process, idle, began: Instant::now(), cpu_before });
        }
        Ok(meters)
    }

    /// What it used since the start of the measurement.
    pub(crate) fn used(&self) -> Fallible<Used> {
        let wall_s = self.began.elapsed().as_secs_f64();
        let cpu_s = cpu_of(self.process)? - self.cpu_before - self.idle * wall_s;
        Ok(Used { cpu_s: cpu_s.max(0.0), wall_s, memory: peak_memory(self.process) })
    }
}
