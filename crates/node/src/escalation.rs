//! Tells people outside the node that time runs out for a decision: a command of the bureau's own, which
//! pages, mails or files a ticket.

use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use serde::Serialize;
use symbolon_policy::{AgreementId, BureauCode, RequestId, disclosure::Alarm, rules::Urgency};
use symbolon_store::EscalationConfig;
use time::OffsetDateTime;
use tokio::{io::AsyncWriteExt as _, process::Command, sync::Semaphore, time::sleep};

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
            .kill_on_drop(true);
        let Ok(mut child) = command.spawn() else { return Ended::Failed };
        let stdin = child.stdin.take();
        let work = async {
            if let Some(mut stdin) = stdin {
                // A command that does not read is told by its arguments that there is something.
                let _ = stdin.write_all(message).await;
                let _ = stdin.shutdown().await;
            }
            child.wait().await
        };
        let ended = match tokio::time::timeout(self.limit, work).await {
            Ok(Ok(status)) if status.success() => return Ended::Done,
            Ok(_) => Ended::Failed,
            Err(_) => Ended::TimedOut,
        };
        let _ = child.kill().await;
        ended
    }
}
