use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_client::Rules;
use symbolon_node::{AdmissionReport, admission_report};
use symbolon_policy::AgreementId;
use symbolon_store::{DataFolder, NodeConfig, Store};
use time::OffsetDateTime;

use super::super::DONE;
use crate::{CliError, output::Output, typed::Typed};

#[derive(Debug, Args)]
pub(in crate::commands) struct Admission {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    /// Only this agreement.
    #[arg(long, value_name = "ID")]
    agreement: Option<AgreementId>,
    /// Id of the dataset.
    dataset: String,
}

#[derive(Serialize)]
struct AdmissionLine {
    agreement: String,
    partners: Vec<String>,
    identifier_type: String,
    identifiers: u64,
    kept_out: u64,
    rules: Vec<RuleLine>,
}

#[derive(Serialize)]
struct RuleLine {
    /// Empty where no rule permits, or deciding failed.
    rule: String,
    sentence: String,
    source: String,
    records: u64,
}

impl Admission {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let us = NodeConfig::read(&folder)?.code;
        let store = Store::open(folder).await?;
        let (rules, _) = Rules::in_force(&store).await?;
        let now = OffsetDateTime::now_utc();
        let agreements = store.agreements().await?;
        let offering: Vec<_> = agreements
            .iter()
            .filter(|one| self.agreement.as_ref().is_none_or(|id| &one.terms().id == id))
            .filter(|one| one.scopes_of(&us, now).any(|(_, offered, _)| offered.id == self.dataset))
            .collect();
        if offering.is_empty() {
            return Err(CliError::new(
                "no_agreement",
                format!(
                    "no agreement in force offers this dataset, so nobody can test it; `{}` shows the \
                     agreements, `{}` the datasets",
                    Typed::command("agreement list").at(&self.data),
                    Typed::command("dataset list").at(&self.data)
                ),
            ));
        }
        let mut lines = Vec::new();
        for agreement in offering {
            let reports =
                admission_report(&store, &us, agreement, &self.dataset, &rules, now).await?;
            lines.extend(reports.into_iter().map(AdmissionLine::of));
        }
        store.close().await;
        output.result(&lines, || admission_text(&lines));
        Ok(DONE)
    }
}

impl AdmissionLine {
    fn of(report: AdmissionReport) -> Self {
        let rules = report.rules.into_iter().map(|rule| RuleLine {
            rule: rule.id,
            sentence: rule.sentence,
            source: rule.source,
            records: rule.records,
        });
        Self {
            agreement: report.agreement,
            partners: report.parties.iter().map(|code| code.as_str().to_owned()).collect(),
            identifier_type: report.identifier_type,
            identifiers: report.identifiers,
            kept_out: report.kept_out,
            rules: rules.collect(),
        }
    }
}

fn admission_text(lines: &[AdmissionLine]) -> String {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(
            text,
            "{}, {}, for {}: {} of {} identifiers stay out",
            line.agreement,
            line.identifier_type,
            line.partners.join(", "),
            line.kept_out,
            line.identifiers
        );
        for rule in &line.rules {
            let named = match rule.rule.as_str() {
                "" => rule.sentence.clone(),
                id => format!("{} ({id}; {})", rule.sentence, rule.source),
            };
            let _ = writeln!(text, "    {:>10} records  {named}", rule.records);
        }
    }
    text.push_str(
        "\nAn identifier stays out if every record that names it does. A record counts once for each \
         identifier, and under each rule that keeps it out.",
    );
    text
}
