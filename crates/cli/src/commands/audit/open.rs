use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use symbolon_client::{Compute, OpenedCheck, OpenedParty, open_check};
use symbolon_policy::{CheckId, RequestId, rules::Role};
use symbolon_proto::v1::Urgency;
use symbolon_store::{DataFolder, LogRecord, NodeConfig, Store, write_private};
use time::OffsetDateTime;

use super::{
    super::{CONTRADICTED, DONE},
    steps,
};
use crate::{
    CliError,
    acting::Acting,
    audit::{AuditFolder, EntryFinding, held_entry},
    moment::moment,
    output::Output,
    typed::Typed,
};

/// Opens a check of this bureau to an inspector.
///
/// Shows who asked what, of whom and why, and holds it against the signed headers, this bureau's log
/// and the owners' receipts. That it was opened is logged. Nothing is sent to anyone.
///
/// With `--disclosure` it shows the steps of a request for a record instead, this bureau's or a
/// partner's: who did what when, and the log entry that stands for it.
#[derive(Debug, Args)]
pub(in crate::commands) struct Open {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The check's id, 32 hexadecimal digits.
    #[arg(value_parser = read_check, required_unless_present = "disclosure")]
    check: Option<CheckId>,
    /// Open the steps of this request for a record, by its id.
    #[arg(long, value_name = "REQUEST", conflicts_with_all = ["check", "position", "evidence"])]
    disclosure: Option<RequestId>,
    /// Open only this element, counted from 0.
    #[arg(long, value_name = "N")]
    position: Option<u64>,
    /// Write what shows the element to others into this new file, one for each owner asked: with
    /// more than one, its code and the dataset's number stand in the name. It holds the identifier.
    #[arg(long, value_name = "FILE", requires = "position")]
    evidence: Option<PathBuf>,
    /// An owner's export, from `symbolon audit export` there: its own entry is held against its
    /// receipt. With `--disclosure`, an export with events, of this bureau or a partner. May be
    /// repeated.
    #[arg(long = "against", value_name = "FOLDER")]
    against: Vec<PathBuf>,
}

#[derive(Serialize)]
struct OpenedReport {
    check_id: String,
    /// Whether all of it holds together.
    holds: bool,
    asked_at: String,
    agency: String,
    officer: String,
    case_reference: String,
    justification: String,
    purpose: String,
    offence_class: String,
    urgency: &'static str,
    element_count: u64,
    elements: Vec<ElementLine>,
    own_log: OwnLine,
    parties: Vec<PartyLine>,
    evidence_files: Vec<String>,
}

#[derive(Serialize)]
struct ElementLine {
    position: u64,
    identifier_type: String,
    value: String,
    country: Option<String>,
}

#[derive(Serialize)]
struct OwnLine {
    entry_index: u64,
    holds: bool,
}

#[derive(Serialize)]
struct PartyLine {
    owner: String,
    agreement: String,
    header: String,
    facts_hold: bool,
    elements_hold: bool,
    /// None if the owner gave no receipt: it did not answer to the end.
    receipt: Option<ReceiptLine>,
}

#[derive(Serialize)]
struct ReceiptLine {
    entry_index: u64,
    tree_size: u64,
    holds: bool,
    /// What the owner's own export shows at the entry, if it was given: `holds`, `erased` or `differs`.
    owner_entry: Option<&'static str>,
}

impl Open {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let by = self.acting.authorise(store.folder(), &store, &[Role::Inspector]).await?;
        if let Some(request) = self.disclosure {
            let us = NodeConfig::read(store.folder())?.code;
            return steps::run(store, &us, request, by, &self.against, output).await;
        }
        let Some(check) = self.check else {
            return Err(CliError::new("check", "name a check, or a request by --disclosure"));
        };
        let opened = open_check(&store, &Compute::default(), check, self.position).await?;
        // Before anyone sees anything.
        let agreements = opened.parties.iter().map(|party| party.agreement.clone()).collect();
        let record = LogRecord::CheckOpened { check, position: self.position, agreements, by };
        store.append(&record, OffsetDateTime::now_utc()).await?;
        store.close().await;
        let exports = self
            .against
            .iter()
            .map(|path| AuditFolder::open(path))
            .collect::<Result<Vec<_>, _>>()?;
        let evidence_files = match &self.evidence {
            Some(path) => write_evidence(path, &opened)?,
            None => Vec::new(),
        };
        let report = report(opened, &exports, evidence_files)?;
        let explain = Typed::command("rules explain").at(&self.data).by(self.acting.person());
        output.result(&report, || text(&report, explain));
        Ok(if report.holds { DONE } else { CONTRADICTED })
    }
}

/// One file for each owner and scope that was asked.
fn write_evidence(path: &Path, opened: &OpenedCheck) -> Result<Vec<String>, CliError> {
    let all: Vec<_> = opened
        .parties
        .iter()
        .flat_map(|party| party.evidence.iter().map(move |one| (party, one)))
        .collect();
    let mut written = Vec::new();
    for (number, (party, evidence)) in all.iter().enumerate() {
        let path = if all.len() == 1 {
            path.to_owned()
        } else {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            path.with_file_name(format!("{stem}-{}-{number}.json", party.owner))
        };
        if path.exists() {
            let sentence = format!("{} exists already; name another file", path.display());
            return Err(CliError::new("exists", sentence));
        }
        let text = serde_json::to_string_pretty(evidence)
            .map_err(|error| CliError::new("output", error.to_string()))?;
        write_private(&path, format!("{text}\n").as_bytes())?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

fn report(
    opened: OpenedCheck,
    exports: &[AuditFolder],
    evidence_files: Vec<String>,
) -> Result<OpenedReport, CliError> {
    let parties = opened
        .parties
        .iter()
        .map(|one| party(one, exports))
        .collect::<Result<Vec<_>, CliError>>()?;
    let holds = opened.own_log.holds
        && parties.iter().all(|party| {
            let receipt = party.receipt.as_ref();
            party.facts_hold
                && party.elements_hold
                && receipt.is_none_or(|one| one.holds && one.owner_entry != Some("differs"))
        });
    Ok(OpenedReport {
        check_id: opened.check.to_string(),
        holds,
        asked_at: moment(opened.asked_at),
        agency: opened.agency,
        officer: opened.officer,
        case_reference: opened.case_reference,
        justification: opened.justification,
        purpose: opened.purpose,
        offence_class: opened.offence_class,
        urgency: match opened.urgency {
            Urgency::Emergency => "emergency",
            Urgency::Urgent => "urgent",
            Urgency::Routine | Urgency::Unspecified => "routine",
        },
        element_count: opened.element_count,
        elements: opened
            .elements
            .into_iter()
            .map(|one| ElementLine {
                position: one.position,
                identifier_type: one.kind.name().to_owned(),
                value: one.value,
                country: one.country,
            })
            .collect(),
        own_log: OwnLine { entry_index: opened.own_log.index, holds: opened.own_log.holds },
        parties,
        evidence_files,
    })
}

fn party(party: &OpenedParty, exports: &[AuditFolder]) -> Result<PartyLine, CliError> {
    let header = party.header.to_string();
    let receipt = match &party.receipt {
        None => None,
        Some(receipt) => {
            let export = exports.iter().find(|one| one.about.bureau == party.owner);
            let owner_entry = match export {
                Some(folder) => {
                    Some(held_entry(folder, receipt.entry_index, &receipt.leaf, &header)?)
                }
                None => None,
            };
            Some(ReceiptLine {
                entry_index: receipt.entry_index,
                tree_size: receipt.tree_size,
                holds: receipt.holds,
                owner_entry: owner_entry.map(name),
            })
        }
    };
    Ok(PartyLine {
        owner: party.owner.to_string(),
        agreement: party.agreement.to_string(),
        header,
        facts_hold: party.facts_hold,
        elements_hold: party.elements_hold,
        receipt,
    })
}

pub(super) fn name(finding: EntryFinding) -> &'static str {
    match finding {
        EntryFinding::Holds => "holds",
        EntryFinding::Erased => "erased",
        EntryFinding::Differs => "differs",
    }
}

fn read_check(text: &str) -> Result<CheckId, String> {
    let mut id = [0; 16];
    hex::decode_to_slice(text, &mut id)
        .map_err(|_| "a check id is 32 hexadecimal digits".to_owned())?;
    Ok(CheckId(id))
}

fn text(report: &OpenedReport, explain: Typed) -> String {
    let mut text = format!(
        "Check {} of {}\n  asked by   {} ({})\n  case       {}\n  grounds    {}\n  purpose    {}{}, \
         {}\n  elements   {}\n",
        report.check_id,
        report.asked_at,
        report.officer,
        report.agency,
        report.case_reference,
        report.justification,
        report.purpose,
        if report.offence_class.is_empty() {
            String::new()
        } else {
            format!(", {}", report.offence_class)
        },
        report.urgency,
        report.element_count,
    );
    for one in &report.elements {
        let country = one.country.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "  {:>9}  {} {} {country}",
            one.position, one.identifier_type, one.value
        );
    }
    let _ = writeln!(
        text,
        "  own log    entry {}: {}",
        report.own_log.entry_index,
        holds(report.own_log.holds, "names exactly these headers", "does not name these headers")
    );
    if report.parties.is_empty() {
        let _ = writeln!(
            text,
            "  sent to    nobody; `{}` says what stopped it, where a rule did",
            explain.with(&report.check_id)
        );
    }
    for party in &report.parties {
        let _ = writeln!(
            text,
            "  {}  under {}: {}; {}",
            party.owner,
            party.agreement,
            holds(
                party.facts_hold,
                "officer, case and grounds are those committed to",
                "the header commits to OTHER officer, case or grounds"
            ),
            holds(
                party.elements_hold,
                "these identifiers were asked, and no others",
                "OTHER elements were asked"
            ),
        );
        let receipt = match &party.receipt {
            None => "gave no receipt: it did not answer to the end".to_owned(),
            Some(one) if one.holds => format!(
                "logged it as entry {}, proven in a tree of {}{}",
                one.entry_index,
                one.tree_size,
                one.owner_entry
                    .map(|state| format!("; its own export: {state}"))
                    .unwrap_or_default()
            ),
            Some(_) => "its receipt DOES NOT HOLD".to_owned(),
        };
        let _ = writeln!(text, "       {receipt}");
    }
    for file in &report.evidence_files {
        let _ = writeln!(text, "Wrote {file}; it holds the identifier.");
    }
    let end = holds(report.holds, "All of it holds together.", "IT DOES NOT HOLD TOGETHER.");
    let _ = writeln!(text, "{end}");
    text
}

fn holds(holds: bool, yes: &'static str, no: &'static str) -> &'static str {
    if holds { yes } else { no }
}
