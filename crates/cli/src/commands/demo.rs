mod story;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use clap::Args;
use serde::Serialize;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Conditions, Deadlines, DisclosureTerms, LabelTerms, OpenRequests,
    rules::{DisclosedField, Role},
};
use symbolon_proto::bureau::v1::SubjectCategory;
use tokio::signal;

use self::story::{Step, Story};
use super::{DONE, replaceable::Replaceable, table};
use crate::{
    CliError, Profile,
    asking::{Asked, CheckReport, Reason, StatedFacts, Urgency, ask, passed_over},
    output::Output,
    rows::{Mapping, Rows},
    scenario::{Bureau, RunningNode, agree, dataset, simple_terms, wait_for_coverage},
};

const REPLACEABLE: Replaceable =
    Replaceable { name: "demo", bureaus: &["arcadia", "borealia", "costaguana"] };
const OFFICER: &str = "demo-officer";
/// Others who act in the demo, each with one role.
const INSPECTOR: &str = "inspector";
const LAWYER: &str = "lawyer";
const APPROVER: &str = "approver";
const DAILY_QUOTA: u64 = 100_000;
const STANDING_DAYS: u32 = 30;

struct Country {
    code: &'static str,
    name: &'static str,
    folder: &'static str,
    dataset: &'static str,
    title: &'static str,
    records: &'static str,
}

const COUNTRIES: [Country; 3] = [
    Country {
        code: "ARC",
        name: "Arcadia",
        folder: "arcadia",
        dataset: "arc-watchlist",
        title: "Arcadian national watchlist",
        records: include_str!("../../demo/arcadia.csv"),
    },
    Country {
        code: "BOR",
        name: "Borealia",
        folder: "borealia",
        dataset: "bor-watchlist",
        title: "Borealian watchlist",
        records: include_str!("../../demo/borealia.csv"),
    },
    Country {
        code: "CTG",
        name: "Costaguana",
        folder: "costaguana",
        dataset: "ctg-watchlist",
        title: "Costaguanan alerts",
        records: include_str!("../../demo/costaguana.csv"),
    },
];

const BATCH: &str = include_str!("../../demo/check-batch.csv");
/// Borealia's missing children, with what may be released of them: a list under an agreement of its own.
const MISSING: &str = include_str!("../../demo/borealia-missing.csv");
const MISSING_DATASET: &str = "bor-missing";
const MISSING_PURPOSE: &str = "missing_person";
const MISSING_PASSPORT: (&str, &str) = ("yd5521907", "Italy");

/// What Costaguana does not offer to Arcadia, to show what "not permitted" looks like.
const NOT_OFFERED_BY_COSTAGUANA: IdentifierType = IdentifierType::Iban;

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

async fn found_and_load(root: &Path, output: Output) -> Result<(Vec<Bureau>, Vec<u64>), CliError> {
    let mut bureaus = Vec::new();
    let mut counts = Vec::new();
    for country in &COUNTRIES {
        let spinner = output.spinner(&format!("founding {} and loading its list", country.name));
        let bureau = Bureau::found(&root.join(country.folder), country.code, country.name)?;
        let loaded = bureau
            .load(country.dataset, country.title, country.records.as_bytes(), Mapping::default())
            .await?;
        if let Some(rejected) = loaded.rejected.first() {
            return Err(CliError::new(
                "demo_data",
                format!("{}, line {}: {}", country.folder, rejected.line, rejected.sentence),
            ));
        }
        spinner.finish_and_clear();
        let mut records = loaded.counts.added;
        if country.code == "BOR" {
            let rows = MISSING.as_bytes();
            let title = "Borealian missing children";
            let missing = bureau.load(MISSING_DATASET, title, rows, Mapping::default()).await?;
            if let Some(rejected) = missing.rejected.first() {
                return Err(CliError::new("demo_data", rejected.sentence.clone()));
            }
            records = records.saturating_add(missing.counts.added);
        }
        counts.push(records);
        bureaus.push(bureau);
    }
    Ok((bureaus, counts))
}

async fn sign_agreements(bureaus: &[Bureau], output: Output) -> Result<(), CliError> {
    let spinner = output.spinner("signing agreements");
    for (first, a) in bureaus.iter().enumerate() {
        for (second, b) in bureaus.iter().enumerate().skip(first.saturating_add(1)) {
            let datasets = [(first, a), (second, b)]
                .into_iter()
                .filter_map(|(index, bureau)| Some((COUNTRIES.get(index)?, bureau)))
                .map(|(country, bureau)| {
                    let types: Vec<_> = IdentifierType::ALL
                        .iter()
                        .copied()
                        .filter(|kind| country.code != "CTG" || *kind != NOT_OFFERED_BY_COSTAGUANA)
                        .collect();
                    dataset(country.dataset, &bureau.code, country.title, &types, DAILY_QUOTA)
                })
                .collect();
            let id = format!("{}-{}-2026", a.code, b.code).to_ascii_lowercase();
            let title = format!("{} and {}: watchlist checks", a.card.name, b.card.name);
            let mut terms = simple_terms(&id, &title, &[a, b], datasets)?;
            terms.standing_days = Some(STANDING_DAYS);
            agree(&terms, &[a, b]).await?;
        }
    }
    if let [arcadia, borealia, ..] = bureaus {
        agree_on_missing_children(arcadia, borealia).await?;
    }
    spinner.finish_and_clear();
    Ok(())
}

/// What Arcadia may ask about missing children, and how it gets their records.
async fn agree_on_missing_children(arcadia: &Bureau, borealia: &Bureau) -> Result<(), CliError> {
    let title = "Borealian missing children";
    let types = [IdentifierType::TravelDocument];
    let mut list = dataset(MISSING_DATASET, &borealia.code, title, &types, DAILY_QUOTA);
    list.labels =
        Some(LabelTerms { bytes: 32, fields: BTreeSet::from([DisclosedField::CaseNumber]) });
    let title = "Arcadia and Borealia: missing children";
    let parties = [arcadia, borealia];
    let mut terms = simple_terms("arc-bor-missing-2026", title, &parties, vec![list])?;
    terms.purposes = vec![MISSING_PURPOSE.to_owned()];
    terms.conditions = Some(Conditions {
        disclosure: Some(DisclosureTerms {
            deadline_minutes: Deadlines { routine: 2_880, urgent: 60, emergency: 10 },
            claim_days: 30,
            when_suspended: OpenRequests::Pause,
            when_revoked: OpenRequests::Refuse,
            retention_days: 365,
        }),
        ..Conditions::default()
    });
    agree(&terms, &parties).await?;
    Ok(())
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

async fn check(profile: &Profile, output: Output) -> Result<Vec<DemoCheck>, CliError> {
    let mut client = profile.connect()?;
    let batch = batch()?;
    let spinner = output.spinner("checking a batch of 1,000");
    let whole = ask(&mut client, &reason("demo batch"), &batch, |_, _| {}).await?;
    spinner.finish_and_clear();
    // What hit in the batch is asked again alone, beside something that is in no list, so that a
    // person sees both on one page.
    let pick = |outcome: &str| {
        let reference = whole.answers.iter().find(|a| a.outcome == outcome).map(|a| a.reference);
        batch.iter().find(|one| Some(one.reference) == reference).cloned()
    };
    let mut checks = Vec::new();
    for (title, one) in [
        ("one identifier that a partner knows", pick("hit")),
        ("one that nobody knows", pick("no_hit")),
        ("one that Costaguana does not offer to answer", pick("not_permitted")),
    ] {
        if let Some(one) = one {
            let report = ask(&mut client, &reason("demo single"), &[one], |_, _| {}).await?;
            checks.push(DemoCheck { title, report });
        }
    }
    if let Some(one) = pick("hit") {
        let incomplete =
            Reason { purpose: "criminal_investigation".to_owned(), ..reason("demo single") };
        let report = ask(&mut client, &incomplete, &[one], |_, _| {}).await?;
        let title = "the first again, in an investigation that names no offence";
        checks.push(DemoCheck { title, report });
    }
    checks.push(DemoCheck { title: "a batch of 1,000", report: whole });
    Ok(checks)
}

/// A passport of Borealia's missing children, in another spelling than the list's.
async fn check_missing(profile: &Profile) -> Result<CheckReport, CliError> {
    let (value, country) = MISSING_PASSPORT;
    let asked = Asked {
        reference: 1,
        identifier_type: IdentifierType::TravelDocument.name().to_owned(),
        value: value.to_owned(),
        country: country.to_owned(),
    };
    let stated =
        StatedFacts { subject_category: SubjectCategory::Missing.into(), ..StatedFacts::default() };
    let urgency = Urgency::Urgent;
    let why =
        Reason { purpose: MISSING_PURPOSE.to_owned(), urgency, stated, ..reason("demo missing") };
    let (mut client, asked) = (profile.connect()?, [asked]);
    let mut report = ask(&mut client, &why, &asked, |_, _| {}).await?;
    report.passed_over = passed_over(&mut client, &why, &asked).await?;
    Ok(report)
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

fn reason(case: &str) -> Reason {
    Reason {
        purpose: "border_check".to_owned(),
        offence_class: String::new(),
        urgency: Urgency::Routine,
        officer: OFFICER.to_owned(),
        case_reference: case.to_owned(),
        justification: "demonstration".to_owned(),
        stated: StatedFacts::default(),
        bureaus: Vec::new(),
        timeout: Duration::from_secs(60),
        check_id: None,
    }
}

fn this_program() -> Result<PathBuf, CliError> {
    env::current_exe()
        .map_err(|error| CliError::new("system", format!("this program is nowhere: {error}")))
}

fn batch() -> Result<Vec<Asked>, CliError> {
    let mut rows = Rows::new(BATCH.as_bytes(), Mapping::default())?;
    let mut asked = Vec::new();
    while let Some(row) = rows.next_row()? {
        let row = row.map_err(|row| CliError::new("demo_data", row.sentence))?;
        asked.push(Asked {
            reference: row.line,
            identifier_type: row.identifier_type,
            value: row.value,
            country: row.country,
        });
    }
    Ok(asked)
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
    format!(
        "\nThe bureaus stay up until Ctrl-C. In another terminal, in this folder:\n\n  \
         {program} check {example} --case demo\n  \
         {program} check phone \"+44 7400 123456\" --case demo --json\n  \
         {program} coverage\n  curl {metrics}\n  {curl}\n\nThe last asks over the JSON face, \
         with the same certificate. From another folder, first: export \
         SYMBOLON_PROFILE={}\n",
        report.profile.display()
    )
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
