//! Tells people outside the node that time runs out for a decision: a command of the bureau's own, which
//! pages, mails or files a ticket.

use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde::Serialize;
use symbolon_policy::{AgreementId, BureauCode, RequestId, disclosure::Alarm, rules::Urgency};
use symbolon_store::EscalationConfig;
use time::OffsetDateTime;
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
    sync::Semaphore,
    time::sleep,
};

use crate::{
    logging::{AlarmCode, event},
    metrics::{EscalationLabel, Metrics},
};

/// Commands that run at one time; others wait.
const AT_ONCE: usize = 4;
/// A command that fails is run so many times in all.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(5);

/// What the command reads on standard input, as JSON: which request, and nothing of what it is about.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Escalated {
    /// `disclosure_alarm`.
    event: &'static str,
    /// This bureau.
    bureau: BureauCode,
    request: RequestId,
    /// Who waits.
    requester: BureauCode,
    agreement: AgreementId,
    urgency: &'static str,
    /// `half` of the time is gone, or all of it: `overdue`.
    gone: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    received_at: OffsetDateTime,
    /// When the decision is or was due; none while the clock stands still.
    #[serde(with = "time::serde::rfc3339::option")]
    due_at: Option<OffsetDateTime>,
}

impl Escalated {
    pub(crate) fn new(
        bureau: &BureauCode,
        (request, requester, agreement): (RequestId, &BureauCode, &AgreementId),
        (urgency, alarm): (Urgency, Alarm),
        received_at: OffsetDateTime,
        due_at: Option<OffsetDateTime>,
    ) -> Self {
        Self {
            event: "disclosure_alarm",
            bureau: bureau.clone(),
            request,
            requester: requester.clone(),
            agreement: agreement.clone(),
            urgency: urgency.as_str(),
            gone: alarm.as_str(),
            received_at: whole_seconds(received_at),
            due_at: due_at.map(whole_seconds),
        }
    }
}

fn whole_seconds(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(0).unwrap_or(at)
}

/// The command, if the bureau has named one.
#[derive(Clone)]
pub(crate) struct Escalation {
    command: Option<Arc<Configured>>,
    places: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

struct Configured {
    program: PathBuf,
    arguments: Vec<String>,
    limit: Duration,
}

impl Escalation {
    pub(crate) fn new(config: Option<&EscalationConfig>, metrics: Arc<Metrics>) -> Self {
        let command = config.and_then(|config| {
            let (program, arguments) = config.command.split_first()?;
            Some(Arc::new(Configured {
                program: program.into(),
                arguments: arguments.to_vec(),
                limit: Duration::from_secs(config.timeout_seconds.max(1)),
            }))
        });
        Self { command, places: Arc::new(Semaphore::new(AT_ONCE)), metrics }
    }

    /// Runs the command, and again where it fails. Nobody waits for it: what it does not reach stands in
    /// `symbolon disclosure list` and in the metrics all the same.
    pub(crate) fn tell(&self, alarm: Alarm, escalated: Escalated) {
        let Some(command) = self.command.clone() else { return };
        let (places, metrics) = (Arc::clone(&self.places), Arc::clone(&self.metrics));
        tokio::spawn(async move {
            let Ok(_place) = places.acquire().await else { return };
            let request = escalated.request;
            let Ok(message) = serde_json::to_vec(&escalated) else { return };
            let mut ended = Ended::Failed;
            for attempt in 1..=ATTEMPTS {
                ended = command.run(&message).await;
                if ended == Ended::Done {
                    break;
                }
                event!(
                    warn,
                    "the command of [escalation] in node.toml failed; `symbolon disclosure list` shows \
                     what waits",
                    request = request,
                    gone = AlarmCode(alarm),
                    attempt = u64::from(attempt),
                    in_time = ended != Ended::TimedOut,
                );
                if attempt < ATTEMPTS {
                    sleep(PAUSE).await;
                }
            }
            let label = EscalationLabel { outcome: ended.as_str() };
            metrics.escalations.get_or_create(&label).inc();
        });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Done,
    Failed,
    TimedOut,
}

impl Ended {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
        }
    }
}

impl Configured {
    /// Without a shell, without the node's environment, and without its output: whatever the command
    /// prints is its own affair.
    async fn run(&self, message: &[u8]) -> Ended {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        let Ok(mut child) = command.spawn() else { return Ended::Failed };
        let mut group = Group::of(&child);
        let stdin = child.stdin.take();
        let work = async {
            if let Some(mut stdin) = stdin {
                // A command that does not read is told by its arguments that there is something.
                let _ = stdin.write_all(message).await;
                let _ = stdin.shutdown().await;
            }
            child.wait().await
        };
        match tokio::time::timeout(self.limit, work).await {
            Ok(ended) => {
                group.has_ended();
                if ended.is_ok_and(|status| status.success()) { Ended::Done } else { Ended::Failed }
            }
            Err(_) => {
                drop(group);
                let _ = child.wait().await;
                Ended::TimedOut
            }
        }
    }
}

/// The command and all that it has started: killed when this is dropped, so that neither a command that
/// takes too long nor one that runs when the node stops leaves anything behind.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }

    /// Once the command has ended by itself, its number may be given to another process.
    fn has_ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // An error means that nothing of it is left.
        let _ = self.0.map(|group| killpg(group, Signal::SIGKILL));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, time::Instant};

    use nix::{errno::Errno, sys::signal::kill};

    use super::*;

    fn shell(script: String, limit: Duration) -> Configured {
        let arguments = vec!["-c".to_owned(), script];
        Configured { program: "/bin/sh".into(), arguments, limit }
    }

    async fn written(path: &Path) -> String {
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing was written");
            match fs::read_to_string(path) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => sleep(Duration::from_millis(5)).await,
            }
        }
    }

    /// Whether a process is no more, or only waits to be reaped.
    fn is_over(process: Pid) -> bool {
        let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let after_name = state.rsplit_once(") ").map(|(_, rest)| rest);
        kill(process, None) == Err(Errno::ESRCH) || after_name.is_some_and(|s| s.starts_with('Z'))
    }

    async fn ends(process: Pid) {
        let began = Instant::now();
        while !is_over(process) {
            assert!(began.elapsed() < Duration::from_secs(5), "{process} still runs");
            sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn a_command_that_takes_too_long_ends_with_all_that_it_has_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("child");
        let script = format!("sleep 60 & echo $! > '{}'; wait", file.display());
        let command = shell(script, Duration::from_secs(3));
        let ended = command.run(b"{}").await;
        assert!(ended == Ended::TimedOut);
        ends(Pid::from_raw(written(&file).await.parse().unwrap())).await;
    }

    #[tokio::test]
    async fn a_command_that_runs_when_the_node_stops_ends_with_all_that_it_has_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("child");
        let script = format!("sleep 60 & echo $! > '{}'; wait", file.display());
        let command = shell(script, Duration::from_secs(60));
        let running = tokio::spawn(async move { command.run(b"{}").await });
        let child = Pid::from_raw(written(&file).await.parse().unwrap());
        assert!(!is_over(child));
        running.abort();
        let _ = running.await;
        ends(child).await;
    }

    #[tokio::test]
    async fn how_a_command_ends_is_told_and_it_reads_what_happened() {
        let minute = Duration::from_secs(60);
        let reads = shell(r#"test "$(cat)" = '{"a":1}'"#.to_owned(), minute);
        assert!(reads.run(br#"{"a":1}"#).await == Ended::Done);
        assert!(reads.run(b"{}").await == Ended::Failed);
        // What it leaves to work on after it is its own affair.
        let leaves = shell("sleep 1 & exit 0".to_owned(), minute);
        assert!(leaves.run(b"{}").await == Ended::Done);
    }
}
