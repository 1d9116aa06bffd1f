//! What lawyers have written decides what is asked and what is answered, says why, and is put in force
//! by two people.

mod adopting;
mod deciding;
mod reviewing;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use symbolon_cli::{
    asking::{CheckReport, Reason, StatedFacts},
    scenario::Bureau,
};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::rules::{LoggedDecision, RulePack};
use symbolon_proto::bureau::v1::SubjectCategory;
use symbolon_store::LogRecord;
use symbolon_tests::{Offer, program, world::reason};

const LISTED: (&str, &str, &str) = ("imo", "9074729", "");
const UNLISTED: (&str, &str, &str) = ("imo", "9305219", "");

fn ships() -> Offer {
    Offer {
        list: "record_id,identifier_type,value,country\nR1,imo,9074729,\n".to_owned(),
        types: vec![IdentifierType::Imo],
        daily_quota: 1_000,
    }
}

/// An investigation that names neither offence nor whom it concerns.
fn investigation() -> Reason {
    Reason { purpose: "criminal_investigation".to_owned(), ..reason() }
}

/// One that a starter pack lets be asked.
fn complete_investigation() -> Reason {
    let subject_category = SubjectCategory::Object.into();
    let stated = StatedFacts { subject_category, ..StatedFacts::default() };
    Reason { offence_class: "fraud".to_owned(), stated, ..investigation() }
}

fn starter_files() -> Vec<(String, String)> {
    let files = RulePack::starter_files().iter();
    files.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn with_tables(tables: &str) -> Vec<(String, String)> {
    let tables = ("tables.toml".to_owned(), tables.to_owned());
    starter_files().into_iter().chain([tables]).collect()
}

async fn log_of(bureau: &Bureau) -> Vec<LogRecord> {
    let store = bureau.store().await.unwrap();
    let entries = store.log_entries(0, 100_000).await.unwrap();
    store.close().await;
    entries.into_iter().filter_map(|entry| entry.record).collect()
}

fn is_about_checks(record: &LogRecord) -> bool {
    matches!(
        record,
        LogRecord::CheckAdmitted { .. }
            | LogRecord::CheckAnswered { .. }
            | LogRecord::CheckRefused { .. }
    )
}

/// What rules have said to each check that this bureau asked.
async fn asked(bureau: &Bureau) -> Vec<Vec<LoggedDecision>> {
    let records = log_of(bureau).await.into_iter();
    let decisions = records.filter_map(|record| match record {
        LogRecord::CheckAsked { decisions, .. } => Some(decisions),
        _ => None,
    });
    decisions.collect()
}

fn forbidden_by(report: &CheckReport, sentence: &str, source: &str) {
    let answer = &report.answers[0];
    assert_eq!((answer.outcome, answer.reason.as_str()), ("not_permitted", "rule_forbids"));
    assert!(answer.sentence.contains(sentence), "{}", answer.sentence);
    assert!(answer.sentence.contains(source), "{}", answer.sentence);
}

fn symbolon(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).env_remove("SYMBOLON_PROFILE").output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let all = [arguments, &["--json"]].concat();
    serde_json::from_str(&text(&symbolon(&all))).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn write(folder: PathBuf, files: &[(String, String)]) -> PathBuf {
    fs::create_dir(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}
