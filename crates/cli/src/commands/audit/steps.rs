use std::{fmt::Write as _, path::PathBuf};

use serde::Serialize;
use symbolon_client::{OpenedStep, StepProof, open_disclosure};
use symbolon_policy::{Actor, BureauCode, RequestId};
use symbolon_store::{DisclosureEvent, Store};
use time::OffsetDateTime;

use super::super::{CONTRADICTED, DONE};
use crate::{
    CliError,
    audit::{AuditFolder, ExportedStep, exported_steps},
    moment::moment,
    output::Output,
};

#[derive(Serialize)]
struct Report {
    request: RequestId,
    /// Whether all of it holds together.
    holds: bool,
    steps: Vec<Step>,
    /// What exports show of the same request.
    exports: Vec<Exported>,
}

#[derive(Serialize)]
struct Step {
    index: u64,
    at: String,
    /// What happened, in words.
    step: String,
    /// The persons who did it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    by: Vec<String>,
    event: DisclosureEvent,
    /// The log entry whose root stands for it; none while its period has not ended.
    entry: Option<u64>,
    /// How many events that root is over.
    events: Option<u64>,
    /// Size of the signed checkpoint that covers the entry.
    checkpoint: Option<u64>,
    holds: bool,
}

#[derive(Serialize)]
struct Exported {
    folder: String,
    bureau: BureauCode,
    /// Whether its events are there at all.
    has_events: bool,
    /// Steps of this bureau's that the export does not show as they are here, by their numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differs: Vec<u64>,
    /// Another bureau's own steps on the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Step>,
    holds: bool,
}

/// Shows the steps of one request with their proof. That they were shown is one of them.
pub(super) async fn run(
    store: Store,
    us: &BureauCode,
    request: RequestId,
    by: Actor,
    against: &[PathBuf],
    output: Output,
) -> Result<u8, CliError> {
    let opened = open_disclosure(&store, us, &request).await?;
    if opened.is_empty() {
        return Err(CliError::new(
            "disclosure",
            "this bureau knows of no step on a request of that id, or erased them when their retention \
             was over; their hashes are in the log all the same",
        ));
    }
    // Before anyone sees anything.
    let event = DisclosureEvent::Shown { request, by };
    store.add_disclosure_event(&event, OffsetDateTime::now_utc()).await?;
    store.close().await;
    let exports = against
        .iter()
        .map(|path| held_against(&AuditFolder::open(path)?, us, &request, &opened))
        .collect::<Result<Vec<_>, CliError>>()?;
    let steps: Vec<_> = opened.into_iter().map(own).collect();
    let holds = steps.iter().all(|one| one.holds) && exports.iter().all(|one| one.holds);
    let report = Report { request, holds, steps, exports };
    output.result(&report, || text(&report));
    Ok(if holds { DONE } else { CONTRADICTED })
}

fn held_against(
    folder: &AuditFolder,
    us: &BureauCode,
    request: &RequestId,
    opened: &[OpenedStep],
) -> Result<Exported, CliError> {
    let bureau = folder.about.bureau.clone();
    let steps = exported_steps(folder, request)?;
    let has_events = steps.is_some();
    let steps = steps.unwrap_or_default();
    let is_own = bureau == *us;
    let exported_at = folder.about.exported_at;
    let differs: Vec<_> = opened
        .iter()
        .filter(|_| is_own && has_events)
        .filter(|one| {
            let there = steps.iter().find(|step| step.index == one.index);
            // What came after the export is not in it.
            there.map_or(one.at < exported_at - time::Duration::SECOND, |step| {
                !step.holds || step.leaf != one.leaf
            })
        })
        .map(|one| one.index)
        .collect();
    let steps = if is_own { Vec::new() } else { steps.into_iter().map(exported).collect() };
    let holds = differs.is_empty() && steps.iter().all(|step: &Step| step.holds);
    let folder = folder.path().display().to_string();
    Ok(Exported { folder, bureau, has_events, differs, steps, holds })
}

fn own(step: OpenedStep) -> Step {
    let OpenedStep { index, at, event, proof, .. } = step;
    let (step, by) = in_words(&event);
    Step {
        index,
        at: moment(at),
        step,
        by,
        event,
        entry: proof.map(|one| one.entry),
        events: proof.map(|one| one.events),
        checkpoint: proof.and_then(|one| one.checkpoint),
        holds: proof.is_none_or(|StepProof { holds, .. }| holds),
    }
}

fn exported(step: ExportedStep) -> Step {
    let ExportedStep { index, at, event, entry, holds, .. } = step;
    let (step, by) = in_words(&event);
    Step {
        index,
        at: moment(at),
        step,
        by,
        event,
        entry: entry.map(|(entry, _)| entry),
        events: entry.and_then(|(_, events)| u64::try_from(events).ok()),
        checkpoint: None,
        holds,
    }
}

/// What happened, and who did it.
fn in_words(event: &DisclosureEvent) -> (String, Vec<String>) {
    let one = |by: &Actor| vec![by.id.clone()];
    let some = |by: &Option<Actor>| by.iter().map(|by| by.id.clone()).collect::<Vec<_>>();
    match event {
        DisclosureEvent::Requested { owner, check, by, .. } => {
            (format!("asked {owner} for the record behind a hit of check {check}"), one(by))
        }
        DisclosureEvent::Settled { state, .. } => {
            (format!("the owner's decision came: {state}"), Vec::new())
        }
        DisclosureEvent::Withdrawn { by: Some(by), .. } => ("taken back".to_owned(), one(by)),
        DisclosureEvent::Withdrawn { by: None, .. } => {
            ("the requester took it back".to_owned(), Vec::new())
        }
        DisclosureEvent::Received { requester, agreement, check, .. } => (
            format!("{requester} asks under {agreement} for a record behind check {check}"),
            Vec::new(),
        ),
        DisclosureEvent::Recognised { clock_started, .. } => {
            let clock = if *clock_started { "; the clock started" } else { "" };
            (format!("the hit was recognised{clock}"), Vec::new())
        }
        DisclosureEvent::Paused { reason, by, .. } => {
            (format!("the clock was stopped: {}", reason.as_str()), some(by))
        }
        DisclosureEvent::Resumed { reason, by, .. } => {
            (format!("no longer waits for {}", reason.as_str()), some(by))
        }
        DisclosureEvent::Alarmed { alarm, .. } => {
            (format!("time runs out: {}", alarm.as_str()), Vec::new())
        }
        DisclosureEvent::Ruled { permitted, rules, pack, .. } => {
            let said = if *permitted { "let it be released" } else { "forbid it" };
            (format!("rules {said} ({}; pack {pack})", rules.join(", ")), Vec::new())
        }
        DisclosureEvent::Act { subject, approved, by, .. } => {
            let what = if *approved { "approved" } else { "proposed" };
            (format!("release {what}, {subject}"), one(by))
        }
        DisclosureEvent::Released { fields, handling_code, by, approved_by, .. } => {
            let mut people = one(by);
            people.extend(approved_by.clone());
            (format!("released {} under {handling_code}", fields.join(", ")), people)
        }
        DisclosureEvent::Refused { ground, found, by, .. } => {
            (format!("refused: {} ({found})", ground.as_str()), some(by))
        }
        DisclosureEvent::Lapsed { .. } => ("nobody decided in time".to_owned(), Vec::new()),
        DisclosureEvent::Shown { by, .. } => ("shown".to_owned(), one(by)),
        DisclosureEvent::NotTaken { requester, reason } => {
            (format!("a letter of {requester} was not taken: {reason}"), Vec::new())
        }
        DisclosureEvent::Erased { .. } => ("what was kept of it was erased".to_owned(), Vec::new()),
        _ => ("a step that this program does not know".to_owned(), Vec::new()),
    }
}

fn text(report: &Report) -> String {
    let mut text = format!("Request {}\n", report.request);
    lines(&mut text, &report.steps);
    for export in &report.exports {
        let what = if !export.has_events {
            "has no events of requests: they were not exported".to_owned()
        } else if !export.differs.is_empty() {
            let which: Vec<_> = export.differs.iter().map(u64::to_string).collect();
            format!("SHOWS OTHERWISE: events {}", which.join(", "))
        } else if export.steps.is_empty() {
            "shows the same steps, as far as it reaches".to_owned()
        } else {
            "has these steps of its own:".to_owned()
        };
        let _ = writeln!(text, "{} ({}) {what}", export.bureau, export.folder);
        lines(&mut text, &export.steps);
    }
    let end = if report.holds { "All of it holds together." } else { "IT DOES NOT HOLD TOGETHER." };
    let _ = writeln!(text, "{end}");
    text
}

fn lines(text: &mut String, steps: &[Step]) {
    for step in steps {
        let by = if step.by.is_empty() {
            String::new()
        } else {
            format!(", by {}", step.by.join(" and "))
        };
        let _ = writeln!(text, "  {}  {}{by}", step.at, step.step);
        let proof = match (step.entry, step.holds) {
            (_, false) => "DOES NOT HOLD: the log does not stand for it".to_owned(),
            (None, _) => {
                "of a period that has not ended: no log entry stands for it yet".to_owned()
            }
            (Some(entry), _) => {
                let of = step.events.unwrap_or_default();
                let under = step.checkpoint.map_or(String::new(), |size| {
                    format!(", in the log of {size} entries that was signed")
                });
                format!("event {}, proven: one of {of} under entry {entry}{under}", step.index)
            }
        };
        let _ = writeln!(text, "      {proof}");
    }
}
