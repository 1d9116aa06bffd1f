//! The proof on real input: every row that one bureau accepts must hit, however another spells it,
//! and nothing else may.

mod spellings;
mod strangers;

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use clap::Args;
use serde::Serialize;
use symbolon_cli::{
    Profile,
    asking::{Asked, Reason, StatedFacts, Urgency, ask},
    rows::{Mapping, Row, Rows},
    scenario::{Bureau, agree, dataset, simple_terms, wait_for_coverage},
};
use symbolon_identifiers::{Identifier, IdentifierType};

use self::{spellings::spellings, strangers::strangers};
use crate::{Outcome, process::program};

/// The file's own names of types, with ours.
const TYPES: [(&str, &str); 3] =
    [("passport", "travel_document"), ("aircraft_tail", "aircraft"), ("tail_number", "aircraft")];
const ITEMS_A_CHECK: usize = 20_000;
const EXAMPLES_SHOWN: usize = 10;

/// Load a real watchlist at one bureau and check it from another in many spellings.
///
/// The file is CSV with the columns record_id, subject, programme, identifier_type, value and
/// country_or_birth_date. Two bureaus are founded, their nodes run as processes, and every question
/// goes the whole way.
#[derive(Debug, Args)]
pub(crate) struct Real {
    /// The watchlist.
    #[arg(long, value_name = "FILE")]
    watchlist: PathBuf,
    /// Most rows of each type to ask about.
    #[arg(long, default_value_t = 400)]
    sample: usize,
    /// Chooses the sample and the strangers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    /// List the rejected rows. They are personal data: keep the output where the file is kept.
    #[arg(long)]
    rejected: bool,
}

#[derive(Default, Serialize)]
struct TypeReport {
    identifier_type: String,
    rows: u64,
    accepted: u64,
    rejected: BTreeMap<String, u64>,
    /// Spellings of rows on the list that were asked.
    asked: u64,
    hit: u64,
    /// Identifiers that are not on the list that were asked.
    strangers: u64,
    false_hits: u64,
    #[serde(skip)]
    on_list: Vec<Identifier>,
    #[serde(skip)]
    sample: Vec<(Row, Identifier)>,
}

#[derive(Serialize)]
struct Report {
    types: BTreeMap<String, TypeReport>,
    spellings: BTreeMap<&'static str, Tally>,
    /// Rows of types that are not supported.
    left_out: BTreeMap<String, u64>,
    /// What went wrong, in words; empty when all is well.
    failures: Vec<String>,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Tally {
    asked: u64,
    hit: u64,
}

struct Question {
    type_name: String,
    /// Name of the spelling; `None` for a stranger.
    spelling: Option<&'static str>,
    asked: Asked,
}

impl Real {
    pub(crate) fn run(self) -> Outcome {
        let (mut types, left_out) = self.read()?;
        let questions = self.questions(&mut types);
        let mut report =
            Report { types, spellings: BTreeMap::new(), left_out, failures: Vec::new() };
        tokio::runtime::Runtime::new()?.block_on(self.ask_all(&questions, &mut report))?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            println!("{}", text(&report));
        }
        if report.failures.is_empty() { Ok(()) } else { Err("not every answer is right".into()) }
    }

    /// The rows of the file by its own type names.
    fn read(
        &self,
    ) -> Result<(BTreeMap<String, TypeReport>, BTreeMap<String, u64>), Box<dyn std::error::Error>>
    {
        let mut types: BTreeMap<String, TypeReport> = BTreeMap::new();
        let mut left_out: BTreeMap<String, u64> = BTreeMap::new();
        // Without the mapping of types, so that the file's own names are kept for the report.
        let plain = Mapping { types: BTreeMap::new(), ..mapping() };
        let mut rows = Rows::open(&self.watchlist, plain)?;
        while let Some(row) = rows.next_row()? {
            let row = row.map_err(|row| format!("line {}: {}", row.line, row.sentence))?;
            let name = row.identifier_type.clone();
            let Ok(kind) = ours(&name).parse::<IdentifierType>() else {
                let count = left_out.entry(name).or_default();
                *count = count.saturating_add(1);
                continue;
            };
            let report = types.entry(name).or_default();
            kind.name().clone_into(&mut report.identifier_type);
            report.rows = report.rows.saturating_add(1);
            let row = Row { identifier_type: kind.name().to_owned(), ..row };
            match row.identifier() {
                Ok(identifier) => {
                    report.accepted = report.accepted.saturating_add(1);
                    report.on_list.push(identifier.clone());
                    report.sample.push((row, identifier));
                }
                Err(rejected) => {
                    if self.rejected {
                        eprintln!(
                            "line {}: {} {:?} {:?}: {}",
                            row.line, kind, row.value, row.country, rejected.sentence
                        );
                    }
                    let count = report.rejected.entry(rejected.reason).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        Ok((types, left_out))
    }

    fn questions(&self, types: &mut BTreeMap<String, TypeReport>) -> Vec<Question> {
        let mut random = strangers::Random::new(self.seed);
        let mut questions = Vec::new();
        for (name, report) in types {
            random.shuffle(&mut report.sample);
            report.sample.truncate(self.sample);
            for (row, identifier) in &report.sample {
                for spelling in spellings(identifier, &row.value, &row.country) {
                    questions.push(Question {
                        type_name: name.clone(),
                        spelling: Some(spelling.name),
                        asked: asked(
                            questions.len(),
                            spelling.identifier_type,
                            spelling.value,
                            spelling.country,
                        ),
                    });
                }
            }
            let known: HashSet<&Identifier> = report.on_list.iter().collect();
            for (row, identifier) in strangers(&report.sample, &known, &mut random) {
                questions.push(Question {
                    type_name: name.clone(),
                    spelling: None,
                    asked: asked(questions.len(), identifier.kind().name(), row.value, row.country),
                });
            }
        }
        questions
    }

    async fn ask_all(&self, questions: &[Question], report: &mut Report) -> Outcome {
        let folder = tempfile::tempdir()?;
        let program = program()?;
        let owner = Bureau::found(&folder.path().join("owner"), "OWN", "Owner")?;
        let requester = Bureau::found(&folder.path().join("requester"), "REQ", "Requester")?;
        let file = std::fs::File::open(&self.watchlist)?;
        let loaded = owner.load("watchlist", "Real watchlist", file, mapping()).await?;
        eprintln!("loaded: {:?}, rejected {}", loaded.counts, loaded.rejected.len());
        let offered =
            dataset("watchlist", &owner.code, "Real watchlist", IdentifierType::ALL, 1_000_000_000);
        let terms = simple_terms(
            "real-input",
            "Proof on real input",
            &[&owner, &requester],
            vec![offered],
        )?;
        agree(&terms, &[&owner, &requester]).await?;
        for bureau in [&owner, &requester] {
            bureau.adopt_permissive_rules().await?;
        }
        requester.issue("analyst")?;
        let profile =
            Profile::find(Some(&requester.folder.person("analyst").join("profile.toml")))?;
        let nodes =
            [owner.start(&program, Stdio::null())?, requester.start(&program, Stdio::null())?];
        wait_for_coverage(&profile, Duration::from_secs(300)).await?;
        for some in questions.chunks(ITEMS_A_CHECK) {
            eprintln!("asking {} of {}", some.len(), questions.len());
            self.ask_some(&profile, some, report).await?;
        }
        for node in nodes {
            node.stop().await?;
        }
        Ok(())
    }

    async fn ask_some(
        &self,
        profile: &Profile,
        questions: &[Question],
        report: &mut Report,
    ) -> Outcome {
        let asked: Vec<_> = questions.iter().map(|question| question.asked.clone()).collect();
        let reason = Reason {
            purpose: "border_check".to_owned(),
            offence_class: String::new(),
            urgency: Urgency::Routine,
            officer: "analyst".to_owned(),
            case_reference: "proof on real input".to_owned(),
            justification: String::new(),
            stated: StatedFacts::default(),
            bureaus: Vec::new(),
            timeout: Duration::from_secs(600),
            check_id: None,
        };
        let answers = ask(&mut profile.connect()?, &reason, &asked, |_, _| {}).await?;
        let outcomes: BTreeMap<u64, &str> =
            answers.answers.iter().map(|answer| (answer.reference, answer.outcome)).collect();
        for question in questions {
            let outcome = outcomes.get(&question.asked.reference).copied().unwrap_or("not_read");
            let hit = outcome == "hit";
            let Some(counts) = report.types.get_mut(&question.type_name) else { continue };
            let right = match question.spelling {
                Some(spelling) => {
                    let tally = report.spellings.entry(spelling).or_default();
                    tally.asked = tally.asked.saturating_add(1);
                    tally.hit = tally.hit.saturating_add(hit.into());
                    counts.asked = counts.asked.saturating_add(1);
                    counts.hit = counts.hit.saturating_add(hit.into());
                    hit
                }
                None => {
                    counts.strangers = counts.strangers.saturating_add(1);
                    counts.false_hits = counts.false_hits.saturating_add(hit.into());
                    outcome == "no_hit"
                }
            };
            if !right && report.failures.len() < EXAMPLES_SHOWN {
                report.failures.push(format!(
                    "{} {:?} ({}): {outcome}",
                    question.type_name,
                    question.asked.value,
                    question.spelling.unwrap_or("not on the list")
                ));
            }
        }
        Ok(())
    }
}

fn asked(number: usize, identifier_type: &str, value: String, country: String) -> Asked {
    Asked { reference: number as u64, identifier_type: identifier_type.to_owned(), value, country }
}

fn mapping() -> Mapping {
    let types =
        TYPES.iter().map(|(theirs, ours)| ((*theirs).to_owned(), (*ours).to_owned())).collect();
    Mapping { country: "country_or_birth_date".to_owned(), types, ..Mapping::default() }
}

fn ours(name: &str) -> &str {
    TYPES.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, ours)| ours)
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "{:<16} {:<16} {:>6} {:>9} {:>9} {:>8} {:>8} {:>10} {:>11}  REJECTED BY REASON\n",
        "IN THE FILE",
        "TYPE",
        "ROWS",
        "ACCEPTED",
        "REJECTED",
        "ASKED",
        "HIT",
        "STRANGERS",
        "FALSE HITS"
    );
    for (name, counts) in &report.types {
        let reasons: Vec<_> =
            counts.rejected.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let _ = writeln!(
            text,
            "{name:<16} {:<16} {:>6} {:>9} {:>9} {:>8} {:>8} {:>10} {:>11}  {}",
            counts.identifier_type,
            counts.rows,
            counts.accepted,
            counts.rows.saturating_sub(counts.accepted),
            counts.asked,
            counts.hit,
            counts.strangers,
            counts.false_hits,
            reasons.join(", ")
        );
    }
    let _ = writeln!(text, "\n{:<34} {:>8} {:>8}", "SPELLING", "ASKED", "HIT");
    for (name, tally) in &report.spellings {
        let _ = writeln!(text, "{name:<34} {:>8} {:>8}", tally.asked, tally.hit);
    }
    let left_out: Vec<_> =
        report.left_out.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let _ = writeln!(text, "\nrows of types that are not supported: {}", left_out.join(", "));
    for failure in &report.failures {
        let _ = writeln!(text, "WRONG: {failure}");
    }
    text
}
