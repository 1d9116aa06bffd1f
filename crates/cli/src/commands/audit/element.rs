use std::{fmt::Write as _, fs, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_client::ElementEvidence;

use super::{
    super::{CONTRADICTED, DONE},
    open::name,
    verify::read_agreement,
};
use crate::{
    CliError,
    audit::{AuditFolder, EntryFinding, held_entry},
    moment::moment,
    output::Output,
};

/// Verifies one element's evidence.
#[derive(Debug, Args)]
pub(in crate::commands) struct Element {
    /// The evidence, from `symbolon audit open --evidence`.
    file: PathBuf,
    /// The agreement under which it was asked, signed by all parties.
    #[arg(long, value_name = "FILE")]
    agreement: PathBuf,
    /// The owner's export: its own entry is held against its receipt.
    #[arg(long = "against", value_name = "FOLDER")]
    against: Option<PathBuf>,
}

#[derive(Serialize)]
struct ElementReport {
    check_id: String,
    requester: String,
    owner: String,
    asked_at: String,
    purpose: String,
    officer: String,
    case_reference: String,
    justification: String,
    identifier_type: String,
    value: String,
    country: Option<String>,
    /// Entry of the owner's log, if the owner signed for it.
    entry_index: Option<u64>,
    tree_size: Option<u64>,
    owner_entry: Option<&'static str>,
}

impl Element {
    pub(super) fn run(self, output: Output) -> Result<u8, CliError> {
        let text = fs::read(&self.file).map_err(|e| CliError::file("read", &self.file, e))?;
        let evidence: ElementEvidence = serde_json::from_slice(&text).map_err(|error| {
            CliError::new("evidence", format!("{}: {error}", self.file.display()))
        })?;
        let agreement = read_agreement(&self.agreement)?.verify()?;
        let proven = evidence.verify(&agreement)?;
        let owner_entry = match (&self.against, &proven.receipt) {
            (Some(path), Some(receipt)) => {
                let folder = AuditFolder::open(path)?;
                let hash = receipt.header_hash.to_string();
                Some(held_entry(&folder, receipt.entry_index, &receipt.leaf_hash, &hash)?)
            }
            _ => None,
        };
        let report = ElementReport {
            check_id: proven.check.to_string(),
            requester: proven.requester.to_string(),
            owner: proven.owner.to_string(),
            asked_at: moment(proven.asked_at),
            purpose: proven.purpose,
            officer: evidence.facts.officer.clone(),
            case_reference: evidence.facts.case_reference.clone(),
            justification: evidence.facts.justification.clone(),
            identifier_type: proven.identifier.kind().name().to_owned(),
            value: proven.identifier.display(),
            country: proven.identifier.country().map(str::to_owned),
            entry_index: proven.receipt.as_ref().map(|receipt| receipt.entry_index),
            tree_size: proven.tree_size,
            owner_entry: owner_entry.map(name),
        };
        output.result(&report, || element_text(&report));
        Ok(if owner_entry == Some(EntryFinding::Differs) { CONTRADICTED } else { DONE })
    }
}

fn element_text(report: &ElementReport) -> String {
    let mut text = format!(
        "Proven: {} asked {} about {} {} {}\n  in check {} of {}, purpose {}\n  officer {}, case {}, \
         grounds {}\n",
        report.requester,
        report.owner,
        report.identifier_type,
        report.value,
        report.country.as_deref().unwrap_or_default(),
        report.check_id,
        report.asked_at,
        report.purpose,
        report.officer,
        report.case_reference,
        report.justification,
    );
    let logged = match (report.entry_index, report.tree_size) {
        (Some(index), Some(size)) => format!(
            "{} signed that it logged this check as entry {index}, proven in a tree of {size}{}",
            report.owner,
            report
                .owner_entry
                .map(|state| format!("; its own export: {state}"))
                .unwrap_or_default()
        ),
        _ => format!("{} gave no receipt", report.owner),
    };
    let _ = writeln!(text, "  {logged}");
    text
}
