//! Asking a bureau's node and gathering what it says.

use std::{collections::HashMap, time::Duration};

use serde::Serialize;
use symbolon_identifiers::{Identifier, parse, parse_zone};
use symbolon_proto::{
    bureau::v1::{
        self as wire, CheckItem, CheckItems, CheckRequest, CheckStart, Outcome,
        bureau_service_client::BureauServiceClient, check_request::Part, check_response::Event,
    },
    v1::Urgency,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tonic::transport::Channel;

use crate::CliError;

const ITEMS_A_MESSAGE: usize = 2_048;

/// Who asks, why, and whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// One of the agreed purposes.
    pub purpose: String,
    /// Class of offence; may be empty.
    pub offence_class: String,
    /// Whether somebody is being held up.
    pub urgent: bool,
    /// Who asks.
    pub officer: String,
    /// In which case.
    pub case_reference: String,
    /// On what grounds.
    pub justification: String,
    /// Codes of the bureaus to ask; all partners where empty.
    pub bureaus: Vec<String>,
    /// How long to wait for each.
    pub timeout: Duration,
    /// To repeat an earlier check; a fresh one where `None`.
    pub check_id: Option<[u8; 16]>,
}

/// One identifier as somebody wrote or scanned it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The caller's number, unique in the check.
    pub reference: u64,
    /// Registered name of the type, or `mrz`.
    pub identifier_type: String,
    /// The identifier.
    pub value: String,
    /// The country; may be empty.
    pub country: String,
}

/// All that came of a check.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CheckReport {
    /// The check, hexadecimal.
    pub check_id: String,
    /// From the first item to the last answer.
    pub elapsed_ms: f64,
    /// How many answers of each kind.
    pub summary: Summary,
    /// Items that could not be read and were not asked.
    pub rejected: Vec<Rejected>,
    /// What a person should know of items that were asked as they were written.
    pub warnings: Vec<ItemWarning>,
    /// One for each item and list.
    pub answers: Vec<Answer>,
}

/// How many answers of each kind.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Summary {
    /// Identifiers asked.
    pub asked: u64,
    /// Hits.
    pub hit: u64,
    /// No hits.
    pub no_hit: u64,
    /// Not permitted.
    pub not_permitted: u64,
    /// No answer.
    pub no_answer: u64,
    /// Identifiers that could not be read.
    pub rejected: u64,
}

/// Something odd about an item that was asked all the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ItemWarning {
    /// The caller's number.
    #[serde(rename = "ref")]
    pub reference: u64,
    /// The identifier as it was read.
    pub identifier: String,
    /// For programs.
    pub reason: String,
    /// For a person.
    pub sentence: String,
}

/// An item that could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Rejected {
    /// The caller's number.
    #[serde(rename = "ref")]
    pub reference: u64,
    /// The identifier as it was given.
    pub identifier: String,
    /// For programs.
    pub reason: String,
    /// For a person.
    pub sentence: String,
}

/// One identifier, one list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Answer {
    /// The caller's number.
    #[serde(rename = "ref")]
    pub reference: u64,
    /// The identifier as it was read, with its issuer.
    pub identifier: String,
    /// Its type.
    pub identifier_type: String,
    /// Code of the bureau.
    pub bureau: String,
    /// Its name.
    pub bureau_name: String,
    /// Id of the list; empty where none is offered.
    pub dataset: String,
    /// Its title.
    pub dataset_title: String,
    /// `hit`, `no_hit`, `not_permitted` or `no_answer`.
    pub outcome: &'static str,
    /// Why, where it is neither hit nor no hit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The same for a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sentence: String,
    /// What the answer speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// Whom to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<Desk>,
    /// Since the beginning of the check.
    pub elapsed_ms: f64,
}

/// What an answer speaks of: the list as it was then. No hit is not the same as not known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Coverage {
    /// Version of the set.
    pub version: u64,
    /// When its owner last loaded records, RFC 3339.
    pub updated_at: String,
}

/// Whom to call after a hit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Desk {
    /// Its name.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// Electronic mail.
    pub email: String,
}

impl CheckReport {
    /// Whether every question got hit or no hit.
    pub fn is_complete(&self) -> bool {
        self.summary.not_permitted == 0 && self.summary.no_answer == 0
    }
}

/// Asks, and gathers everything. `progress` hears how many answers have come so far, of how many
/// that are expected at least.
///
/// # Errors
/// When the node cannot be reached or refuses the check.
pub async fn ask(
    client: &mut BureauServiceClient<Channel>,
    reason: &Reason,
    asked: &[Asked],
    mut progress: impl FnMut(u64, u64),
) -> Result<CheckReport, CliError> {
    let mut events = client.check(messages(reason, asked)).await?.into_inner();
    let mut report = CheckReport {
        check_id: String::new(),
        elapsed_ms: 0.0,
        summary: Summary::default(),
        rejected: Vec::new(),
        warnings: asked.iter().flat_map(warnings).collect(),
        answers: Vec::new(),
    };
    let mut sources = 1;
    let by_reference: HashMap<u64, &Asked> = asked.iter().map(|one| (one.reference, one)).collect();
    while let Some(message) = events.message().await? {
        match message.event {
            Some(Event::Started(started)) => {
                report.check_id = hex::encode(&started.check_id);
                report.summary.asked = started.accepted;
                sources = u64::from(started.sources);
            }
            Some(Event::Rejected(rejected)) => {
                report.summary.rejected += 1;
                report.rejected.push(Rejected {
                    reference: rejected.r#ref,
                    identifier: shown(by_reference.get(&rejected.r#ref).copied()),
                    reason: rejected.reason,
                    sentence: rejected.sentence,
                });
            }
            Some(Event::Answers(answers)) => {
                add(&mut report, answers, &by_reference);
                let expected = report.summary.asked.max(1).saturating_mul(sources.max(1));
                progress(report.answers.len() as u64, expected);
            }
            Some(Event::Finished(finished)) => {
                report.elapsed_ms = milliseconds(finished.elapsed);
                report.answers.sort_by(|a, b| {
                    (a.reference, &a.bureau, &a.dataset).cmp(&(b.reference, &b.bureau, &b.dataset))
                });
                return Ok(report);
            }
            // A newer node may say more.
            None => {}
        }
    }
    Err(CliError::new(
        "broke_off",
        "the node's answer broke off; ask again with the same check id, it is not counted twice",
    ))
}

fn messages(
    reason: &Reason,
    asked: &[Asked],
) -> impl tokio_stream::Stream<Item = CheckRequest> + Send + 'static {
    let start = CheckStart {
        purpose: reason.purpose.clone(),
        offence_class: reason.offence_class.clone(),
        urgency: if reason.urgent { Urgency::Urgent } else { Urgency::Routine }.into(),
        officer: reason.officer.clone(),
        case_reference: reason.case_reference.clone(),
        justification: reason.justification.clone(),
        bureaus: reason.bureaus.clone(),
        timeout: prost_types::Duration::try_from(reason.timeout).ok(),
        check_id: reason.check_id.map(Vec::from).unwrap_or_default(),
    };
    let items: Vec<_> = asked
        .chunks(ITEMS_A_MESSAGE)
        .map(|some| {
            let items = some
                .iter()
                .map(|one| CheckItem {
                    r#ref: one.reference,
                    identifier_type: one.identifier_type.clone(),
                    value: one.value.clone(),
                    country: one.country.clone(),
                })
                .collect();
            CheckRequest { part: Some(Part::Items(CheckItems { items })) }
        })
        .collect();
    let start = CheckRequest { part: Some(Part::Start(start)) };
    tokio_stream::iter(std::iter::once(start).chain(items))
}

fn add(report: &mut CheckReport, answers: wire::SourceAnswers, asked: &HashMap<u64, &Asked>) {
    let source = answers.source.unwrap_or_default();
    let elapsed_ms = milliseconds(answers.elapsed);
    let coverage = (source.set_version > 0).then(|| Coverage {
        version: source.set_version,
        updated_at: source
            .updated_at
            .and_then(|at| OffsetDateTime::from_unix_timestamp(at.seconds).ok())
            .and_then(|at| at.format(&Rfc3339).ok())
            .unwrap_or_default(),
    });
    let desk =
        source.desk.map(|desk| Desk { name: desk.name, phone: desk.phone, email: desk.email });
    for answer in answers.answers {
        let (outcome, count) = match answer.outcome() {
            Outcome::Hit => ("hit", &mut report.summary.hit),
            Outcome::NoHit => ("no_hit", &mut report.summary.no_hit),
            Outcome::NotPermitted => ("not_permitted", &mut report.summary.not_permitted),
            // Whatever a newer node may say here, it is neither hit nor no hit to us.
            Outcome::NoAnswer | Outcome::Unspecified => {
                ("no_answer", &mut report.summary.no_answer)
            }
        };
        *count = count.saturating_add(1);
        report.answers.push(Answer {
            reference: answer.r#ref,
            identifier: shown(asked.get(&answer.r#ref).copied()),
            identifier_type: source.identifier_type.clone(),
            bureau: source.bureau.clone(),
            bureau_name: source.bureau_name.clone(),
            dataset: source.dataset.clone(),
            dataset_title: source.dataset_title.clone(),
            outcome,
            reason: answer.reason,
            sentence: answer.sentence,
            coverage: coverage.clone(),
            desk: desk.clone(),
            elapsed_ms,
        });
    }
}

fn read(asked: &Asked) -> Option<Identifier> {
    let country = Some(asked.country.trim()).filter(|country| !country.is_empty());
    if asked.identifier_type == "mrz" {
        return parse_zone(&asked.value, country).ok();
    }
    parse(asked.identifier_type.parse().ok()?, &asked.value, country).ok()
}

fn warnings(asked: &Asked) -> Vec<ItemWarning> {
    let Some(identifier) = read(asked) else { return Vec::new() };
    identifier
        .warnings()
        .iter()
        .map(|warning| ItemWarning {
            reference: asked.reference,
            identifier: shown(Some(asked)),
            reason: warning.as_str().to_owned(),
            sentence: warning.to_string(),
        })
        .collect()
}

/// The identifier as it was read, with its issuer: a person sees at once if "GE" was taken for
/// Georgia. As it was written where it could not be read.
fn shown(asked: Option<&Asked>) -> String {
    let Some(asked) = asked else { return String::new() };
    if let Some(identifier) = read(asked) {
        let display = identifier.display();
        return match identifier.country() {
            Some(issuer) => format!("{display} ({issuer})"),
            None => display,
        };
    }
    let value = asked.value.replace(['\n', '\r'], " ");
    if asked.country.is_empty() { value } else { format!("{value} ({})", asked.country) }
}

fn milliseconds(duration: Option<prost_types::Duration>) -> f64 {
    duration
        .and_then(|duration| Duration::try_from(duration).ok())
        .map_or(0.0, |duration| (duration.as_secs_f64() * 1e6).round() / 1e3)
}
