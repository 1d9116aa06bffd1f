//! Asking a bureau's node and gathering what it says.

pub(crate) mod gather;
mod passed_over;
mod report;

use std::{sync::Arc, time::Duration};

use symbolon_identifiers::{Identifier, parse, parse_zone};
use symbolon_proto::bureau::v1::{
    CheckItem, CheckItems, CheckRequest, CheckStart, ReleasedLabel,
    bureau_service_client::BureauServiceClient, check_request::Part, check_response::Event,
};
pub use symbolon_proto::{bureau::v1::StatedFacts, v1::Urgency};
use tonic::transport::Channel;

use self::gather::Gathering;
pub use self::passed_over::{PassedOver, passed_over};
pub use self::report::{
    Answer, CheckReport, Coverage, Desk, ItemWarning, ListTally, Rejected, Released, Summary,
    Trouble,
};
use crate::{CliError, failure::NODE_UNREACHABLE};

const ITEMS_A_MESSAGE: usize = 2_048;

/// Who asks, why, and whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// One of the agreed purposes.
    pub purpose: String,
    /// Class of offence; may be empty.
    pub offence_class: String,
    /// How soon an answer matters.
    pub urgency: Urgency,
    /// Who asks.
    pub officer: String,
    /// In which case.
    pub case_reference: String,
    /// On what grounds.
    pub justification: String,
    /// What the bureau's rules decide on beyond that.
    pub stated: StatedFacts,
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

/// How much of the answers a report holds. All are counted in any case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// Every answer.
    All,
    /// Hits one by one.
    Hits,
}

/// Answers of one source as they come, before they are counted.
#[derive(Debug)]
pub struct Answered<'a> {
    /// What all of them have in common.
    pub source: &'a AnsweringSource,
    /// One for each identifier.
    pub answers: Vec<OneAnswer<'a>>,
}

/// What came of one identifier.
#[derive(Clone, Copy, Debug)]
pub struct OneAnswer<'a> {
    /// What was asked.
    pub asked: &'a Asked,
    /// `hit`, `no_hit`, `not_permitted` or `no_answer`.
    pub outcome: &'static str,
    /// If neither hit nor no hit, why: a code for programs.
    pub reason: &'a str,
    /// The same for a person.
    pub sentence: &'a str,
    /// What the owner releases with a hit at once, where that is agreed.
    pub label: Option<&'a ReleasedLabel>,
}

/// A list that answers, as far as one identifier type goes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AnsweringSource {
    /// Code of the bureau.
    pub bureau: String,
    /// Its name.
    pub bureau_name: String,
    /// Id of the list; empty where none is offered.
    pub dataset: String,
    /// Its title.
    pub dataset_title: String,
    /// The identifier type.
    pub identifier_type: String,
    /// What the answers speak of.
    pub coverage: Option<Coverage>,
    /// Whom to call.
    pub desk: Option<Desk>,
    /// Since the beginning of the check, in milliseconds.
    pub elapsed_ms: f64,
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
    progress: impl FnMut(u64, u64),
) -> Result<CheckReport, CliError> {
    let asked = Arc::from(asked);
    let mut report = ask_for(client, reason, &asked, Detail::All, progress, |_| Ok(())).await?;
    report.warnings = asked.iter().flat_map(warnings).collect();
    Ok(report)
}

/// Asks. The report holds as much as `detail` says, and no warnings; `see` gets all answers as they
/// come, so that none need be kept.
///
/// # Errors
/// When the node cannot be reached or refuses the check, and the error of `see`.
pub async fn ask_for(
    client: &mut BureauServiceClient<Channel>,
    reason: &Reason,
    asked: &Arc<[Asked]>,
    detail: Detail,
    mut progress: impl FnMut(u64, u64),
    mut see: impl FnMut(&Answered<'_>) -> Result<(), CliError>,
) -> Result<CheckReport, CliError> {
    let mut events = client.check(messages(reason, Arc::clone(asked))).await?.into_inner();
    let mut gathering = Gathering::new(asked, detail);
    let mut sources = 1;
    let ended = loop {
        let message = match events.message().await {
            Ok(Some(message)) => message,
            Ok(None) => break None,
            Err(status) => break Some(CliError::from(status)),
        };
        match message.event {
            Some(Event::Started(started)) => {
                sources = u64::from(started.sources);
                gathering.begin(&started);
            }
            Some(Event::Rejected(rejected)) => gathering.reject(rejected),
            Some(Event::Answers(answers)) => {
                gathering.add(&answers, &mut see)?;
                let expected = gathering.asked().max(1).saturating_mul(sources.max(1));
                progress(gathering.answered(), expected);
            }
            Some(Event::Finished(finished)) => return Ok(gathering.finish(finished.elapsed)),
            // A newer node may say more.
            None => {}
        }
    };
    Err(broke_off(ended, gathering.check_id()))
}

/// Why there is no report, and how to ask for the rest of it: known once the check has begun.
fn broke_off(why: Option<CliError>, check_id: &str) -> CliError {
    if check_id.is_empty() {
        return why.unwrap_or_else(|| {
            CliError::new(
                "broke_off",
                "the node's answer broke off before the check began; ask again",
            )
        });
    }
    let again = format!(
        "the same command with `--check-id {check_id}` asks again, and nothing is counted twice"
    );
    match why {
        // It was there when the check began: neither address nor certificate is wrong.
        Some(why) if why.reason != NODE_UNREACHABLE => {
            CliError::new(why.reason, format!("{}; {again}", why.sentence.trim_end_matches('.')))
        }
        _ => CliError::new("broke_off", format!("the node's answer broke off; {again}")),
    }
}

/// The beginning of what is said to a node.
pub(crate) fn start(reason: &Reason) -> CheckStart {
    CheckStart {
        purpose: reason.purpose.clone(),
        offence_class: reason.offence_class.clone(),
        urgency: reason.urgency.into(),
        officer: reason.officer.clone(),
        case_reference: reason.case_reference.clone(),
        justification: reason.justification.clone(),
        bureaus: reason.bureaus.clone(),
        timeout: prost_types::Duration::try_from(reason.timeout).ok(),
        check_id: reason.check_id.map(Vec::from).unwrap_or_default(),
        stated: Some(reason.stated.clone()),
    }
}

/// Made as they are sent, so that a big check is not in memory twice.
fn messages(
    reason: &Reason,
    asked: Arc<[Asked]>,
) -> impl tokio_stream::Stream<Item = CheckRequest> + Send + 'static {
    let start = start(reason);
    let items = (0..asked.len()).step_by(ITEMS_A_MESSAGE).map(move |first| {
        let items = asked
            .iter()
            .skip(first)
            .take(ITEMS_A_MESSAGE)
            .map(|one| CheckItem {
                r#ref: one.reference,
                identifier_type: one.identifier_type.clone(),
                value: one.value.clone(),
                country: one.country.clone(),
            })
            .collect();
        CheckRequest { part: Some(Part::Items(CheckItems { items })) }
    });
    let start = CheckRequest { part: Some(Part::Start(start)) };
    tokio_stream::iter(std::iter::once(start).chain(items))
}

fn read(asked: &Asked) -> Option<Identifier> {
    let country = Some(asked.country.trim()).filter(|country| !country.is_empty());
    if asked.identifier_type == "mrz" {
        return parse_zone(&asked.value, country).ok();
    }
    parse(asked.identifier_type.parse().ok()?, &asked.value, country).ok()
}

/// What a person should know of an item that is asked as it was written.
pub fn warnings(asked: &Asked) -> Vec<ItemWarning> {
    let Some(identifier) = read(asked) else { return Vec::new() };
    identifier
        .warnings()
        .iter()
        .map(|warning| ItemWarning {
            reference: asked.reference,
            identifier: shown_as(&identifier),
            reason: warning.as_str().to_owned(),
            sentence: warning.to_string(),
        })
        .collect()
}

/// The identifier as it was read, with its issuer: a person sees at once if "GE" was taken for
/// Georgia. As it was written where it could not be read.
fn shown(asked: &Asked) -> String {
    if let Some(identifier) = read(asked) {
        return shown_as(&identifier);
    }
    let value = asked.value.replace(['\n', '\r'], " ");
    if asked.country.is_empty() { value } else { format!("{value} ({})", asked.country) }
}

pub(crate) fn shown_as(identifier: &Identifier) -> String {
    let display = identifier.display();
    match identifier.country() {
        Some(issuer) => format!("{display} ({issuer})"),
        None => display,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: &str = "000102030405060708090a0b0c0d0e0f";

    #[test]
    fn a_check_that_breaks_off_says_how_to_ask_again_as_it_can_be_typed() {
        let unreachable = || CliError::from(tonic::Status::unavailable("connection closed"));
        let stopping = || CliError::new("stopping", "the node is stopping.");
        for (why, reason) in [
            (None, "broke_off"),
            (Some(unreachable()), "broke_off"),
            (Some(stopping()), "stopping"),
        ] {
            let error = broke_off(why, CHECK);
            assert_eq!(error.reason, reason);
            assert!(error.sentence.contains(&format!("`--check-id {CHECK}`")), "{error}");
        }
        assert!(broke_off(Some(stopping()), CHECK).sentence.starts_with("the node is stopping; "));
    }

    #[test]
    fn a_check_that_never_began_names_no_id_and_keeps_its_reason() {
        let unreachable = CliError::from(tonic::Status::unavailable("connection refused"));
        for (why, reason) in [(None, "broke_off"), (Some(unreachable), NODE_UNREACHABLE)] {
            let error = broke_off(why, "");
            assert_eq!(error.reason, reason);
            assert!(!error.sentence.contains("--check-id"), "{error}");
        }
    }
}
