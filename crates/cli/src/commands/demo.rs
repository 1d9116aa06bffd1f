mod countries;
mod questions;
mod story;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use clap::Args;
use serde::Serialize;
use symbolon_policy::rules::Role;
use tokio::signal;

use self::{
    countries::{found_and_load, sign_agreements},
    questions::{check, check_missing},
    story::{Step, Story},
};
use super::{DONE, replaceable::Replaceable, table};
use crate::{
    CliError, Profile,
    asking::CheckReport,
    output::Output,
    scenario::{Bureau, RunningNode, wait_for_coverage},
};

const REPLACEABLE: Replaceable =
    Replaceable { name: "demo", bureaus: &["arcadia", "borealia", "costaguana"] };
const OFFICER: &str = "demo-officer";
/// Others who act in the demo, each with one role.
const INSPECTOR: &str = "inspector";
const LAWYER: &str = "lawyer";
const APPROVER: &str = "approver";

/// Three bureaus on this machine that check against one another.
///
/// Founds Arcadia, Borealia and Costaguana in data folders of their own, loads an invented watchlist
/// into each, signs agreements between them, starts their nodes, runs checks from Arcadia against
/// the other two, and then stays up for you to try more.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where the bureaus' data folders go. A demo that was there before is replaced.
    #[arg(long, value_name = "FOLDER", default_value = "symbolon-demo")]
    dir: PathBuf,
    /// End after the checks instead of staying up.
    #[arg(long)]
    exit: bool,
}

#[derive(Serialize)]
struct Report {
    bureaus: Vec<BureauReport>,
    checks: Vec<DemoCheck>,
    /// What follows a hit, step by step.
    story: Vec<Step>,
    profile: PathBuf,
    /// The line that asks over the JSON face.
    curl: Option<String>,
    ready_after_seconds: f64,
}

#[derive(Serialize)]
struct BureauReport {
    code: String,
    name: String,
    data: PathBuf,
    partner_face: String,
    bureau_face: String,
    /// Its JSON face, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    json_face: Option<String>,
    metrics: String,
    records: u64,
}

#[derive(Serialize)]
struct DemoCheck {
    title: &'static str,
    #[serde(flatten)]
    report: CheckReport,
}

impl Demo {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let began = Instant::now();
        let root = REPLACEABLE.empty(&self.dir)?;
        let (bureaus, counts) = found_and_load(&root, output).await?;
        sign_agreements(&bureaus, output).await?;
        let asking =
            bureaus.first().ok_or_else(|| CliError::new("demo_data", "the demo has no bureau"))?;
        let json_face = asking.open_json_face()?;
        let (nodes, profile, profile_path) = start(&root, &bureaus, output).await?;
        let ready_after_seconds = began.elapsed().as_secs_f64();
        let mut checks = check(&profile, output).await?;
        let missing = check_missing(&profile).await?;
        let spinner = output.spinner("asking for a record, deciding, opening a check");
        let story = tell(&root, &missing).await;
        spinner.finish_and_clear();
        let story = story?;
        // After the single ones, before the batch.
        let title = "a passport that a child travels with, for missing persons";
        checks.insert(checks.len().saturating_sub(1), DemoCheck { title, report: missing });
        let report = Report {
            bureaus: bureaus
                .iter()
                .zip(&counts)
                .map(|(bureau, records)| BureauReport {
                    code: bureau.code.to_string(),
                    name: bureau.card.name.clone(),
                    data: bureau.folder.root().to_owned(),
                    partner_face: bureau.card.endpoint.clone(),
                    bureau_face: bureau.bureau_endpoint.clone(),
                    json_face: (bureau.code == asking.code).then(|| json_face.clone()),
                    metrics: format!("http://{}/metrics", bureau.metrics),
                    records: *records,
                })
                .collect(),
            curl: curl(&json_face, &profile, &checks),
            checks,
            story,
            profile: profile_path,
            ready_after_seconds,
        };
        output.result(&report, || text(&report) + &story::text(&report.story, &root));
        if !self.exit {
            output.say(&next_steps(&report));
            wait(nodes, output).await?;
        } else {
            stop(nodes).await?;
        }
        Ok(DONE)
    }
}

async fn start(
    root: &Path,
    bureaus: &[Bureau],
    output: Output,
) -> Result<(Vec<RunningNode>, Profile, PathBuf), CliError> {
    let program = this_program()?;
    let mut nodes = Vec::new();
    for bureau in bureaus {
        let path = bureau.folder.root().join("node.log");
        let log = fs::File::create(&path).map_err(|e| CliError::file("write", &path, e))?;
        nodes.push(bureau.start(&program, Stdio::from(log))?);
    }
    let arcadia =
        bureaus.first().ok_or_else(|| CliError::new("demo_data", "the demo has no bureau"))?;
    arcadia.issue(OFFICER)?;
    arcadia.issue_with(INSPECTOR, &[Role::Inspector])?;
    if let Some(borealia) = bureaus.get(1) {
        for (name, role) in
            [(LAWYER, Role::Legal), (APPROVER, Role::Approver), (INSPECTOR, Role::Inspector)]
        {
            borealia.issue_with(name, &[role])?;
        }
    }
    let person = arcadia.folder.person(OFFICER);
    let profile = Profile {
        endpoint: arcadia.bureau_endpoint.clone(),
        root: person.join("bureau-root.pem"),
        certificate: person.join("certificate.pem"),
        key: person.join("key.pem"),
        officer: OFFICER.to_owned(),
    };
    let path = profile.write(root)?;
    let spinner = output.spinner("nodes are evaluating their lists and exchanging them");
    let ready = wait_for_coverage(&profile, Duration::from_secs(180)).await;
    spinner.finish_and_clear();
    ready?;
    Ok((nodes, profile, path))
}

async fn tell(root: &Path, missing: &CheckReport) -> Result<Vec<Step>, CliError> {
    let program = this_program()?;
    let story = Story {
        program: &program,
        root,
        asking: ("arcadia", OFFICER, INSPECTOR),
        owner: ("borealia", LAWYER, APPROVER, INSPECTOR),
        check: &missing.check_id,
    };
    story.tell().await
}

fn this_program() -> Result<PathBuf, CliError> {
    env::current_exe()
        .map_err(|error| CliError::new("system", format!("this program is nowhere: {error}")))
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for bureau in &report.bureaus {
        text += &format!(
            "{} ({}): {} records, partner face {}, data in {}\n",
            bureau.name,
            bureau.code,
            bureau.records,
            bureau.partner_face,
            bureau.data.display()
        );
    }
    text += &format!(
        "Founded, agreed, published and exchanged in {:.1} s.\n",
        report.ready_after_seconds
    );
    for check in &report.checks {
        text += &format!("\n── Arcadia asks: {} ──\n\n", check.title);
        text += &table::report(&check.report, false);
    }
    text
}

fn next_steps(report: &Report) -> String {
    let program = env::current_exe().unwrap_or_else(|_| PathBuf::from("symbolon"));
    let program = program.display();
    let hit = report
        .checks
        .first()
        .and_then(|check| check.report.answers.iter().find(|a| a.outcome == "hit"));
    let example = hit.map_or_else(
        || "vin WVWZZZ1JZXW000001".to_owned(),
        |answer| {
            // "value (country)" as it was shown.
            match answer.identifier.rsplit_once(" (") {
                Some((value, country)) => format!(
                    "{} \"{value}\" --country \"{}\"",
                    answer.identifier_type,
                    country.trim_end_matches(')')
                ),
                None => format!("{} \"{}\"", answer.identifier_type, answer.identifier),
            }
        },
    );
    let curl = report.curl.as_deref().unwrap_or_default();
    let metrics = report.bureaus.first().map_or("", |bureau| bureau.metrics.as_str());
    // In its usual place the profile is found without being named.
    let profile = report.profile.display();
    let (here, elsewhere) = if is_found(&report.profile) {
        (String::new(), format!(" From another folder, first: export SYMBOLON_PROFILE={profile}"))
    } else {
        (format!("  export SYMBOLON_PROFILE={profile}\n"), String::new())
    };
    format!(
        "\nThe bureaus stay up until Ctrl-C. In another terminal, in this folder:\n\n{here}  \
         {program} check {example} --case demo\n  \
         {program} check phone \"+44 7400 123456\" --case demo --json\n  \
         {program} coverage\n  curl {metrics}\n  {curl}\n\nThe last asks over the JSON face, \
         with the same certificate.{elsewhere}\n"
    )
}

fn is_found(profile: &Path) -> bool {
    let usual = env::current_dir().map(|folder| folder.join(crate::profile::DEMO));
    usual.is_ok_and(|usual| usual == profile)
}

/// The first hit once more, over the JSON face.
fn curl(json_face: &str, profile: &Profile, checks: &[DemoCheck]) -> Option<String> {
    let answers = checks.iter().flat_map(|check| &check.report.answers);
    let hit = answers.into_iter().find(|answer| answer.outcome == "hit")?;
    // "value (country)" as it was shown.
    let (value, country) = match hit.identifier.rsplit_once(" (") {
        Some((value, country)) => (value, country.trim_end_matches(')')),
        None => (hit.identifier.as_str(), ""),
    };
    let question = serde_json::json!({
        "start": {"purpose": "border_check", "officer": OFFICER, "caseReference": "demo"},
        "items": [
            {"ref": 1, "identifierType": hit.identifier_type, "value": value, "country": country}
        ],
    });
    Some(format!(
        "curl --cacert \"{}\" --cert \"{}\" --key \"{}\" --json '{question}' {json_face}/v1/check",
        profile.root.display(),
        profile.certificate.display(),
        profile.key.display(),
    ))
}

async fn wait(nodes: Vec<RunningNode>, output: Output) -> Result<(), CliError> {
    let unavailable = |error: std::io::Error| CliError::new("system", error.to_string());
    let mut terminate =
        signal::unix::signal(signal::unix::SignalKind::terminate()).map_err(unavailable)?;
    tokio::select! {
        result = signal::ctrl_c() => result.map_err(unavailable)?,
        _ = terminate.recv() => {}
    }
    output.note("stopping");
    stop(nodes).await
}

async fn stop(nodes: Vec<RunningNode>) -> Result<(), CliError> {
    for node in nodes {
        node.stop().await?;
    }
    Ok(())
}
