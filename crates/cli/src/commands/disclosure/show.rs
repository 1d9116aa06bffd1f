use std::{collections::BTreeMap, fmt::Write as _};

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use symbolon_client::{DisclosureFailure, DisclosureView, own_disclosure};
use symbolon_exchange::{DisclosureDecision, DisclosureRequest};
use symbolon_node::{CaseView, DeskError, ReleaseTerms};
use symbolon_policy::{
    RecordAttributes, RecordDetails, RequestId, disclosure::DisclosureState, rules::Role,
};
use time::OffsetDateTime;

use super::{
    Place,
    desk::{DECIDING, Which},
    request::NOT_ACKNOWLEDGED,
};
use crate::{CliError, acting::Acting, commands::DONE, moment::moment, output::Output};

/// Show one request with all that belongs to it: identifier, facts, record. An officer or analyst sees
/// requests about checks of his own, a lawyer or approver those of partners, an inspector each. That it
/// was shown, and to whom, is noted.
#[derive(Debug, Args)]
pub(in crate::commands) struct Show {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    #[command(flatten)]
    which: Which,
}

const READERS: [Role; 5] =
    [Role::Officer, Role::Analyst, Role::Legal, Role::Approver, Role::Inspector];

#[derive(Serialize)]
struct Shown {
    request: RequestId,
    /// Hash of a partner's signed request, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    /// `owner` where a partner asks this bureau, `requester` where this bureau asks.
    side: &'static str,
    partner: String,
    agreement: String,
    dataset: Option<String>,
    state: &'static str,
    confirmed_by_owner: bool,
    made_at: String,
    /// Where this bureau asks: since when the owner is known to have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_owner_since: Option<String>,
    due_at: Option<String>,
    pauses: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Asked>,
    /// What the rules said when the hit was recognised, in sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<RulesSaid>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    records: Vec<RecordSeen>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<ProposalSeen>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Decided>,
    #[serde(skip_serializing_if = "String::is_empty")]
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    erase_at: Option<String>,
}

#[derive(Serialize)]
struct Asked {
    identifier_type: &'static str,
    identifier: String,
    check: String,
    position: [u32; 3],
    purpose: String,
    offence_class: String,
    urgency: &'static str,
    subject_category: &'static str,
    fields: Vec<&'static str>,
    facts: String,
    confirmed_by: String,
    confirmed_how: String,
    confirmed_at: String,
    recipient: String,
    use_in_court: bool,
    onward_to: String,
    assurances: Vec<String>,
    emergency_reasons: String,
}

#[derive(Serialize)]
struct RulesSaid {
    permitted: bool,
    explanation: String,
}

#[derive(Serialize)]
struct RecordSeen {
    reference: String,
    #[serde(flatten)]
    details: RecordDetails,
}

#[derive(Serialize)]
struct ProposalSeen {
    hash: String,
    by: String,
    #[serde(flatten)]
    terms: ReleaseTerms,
}

#[derive(Serialize)]
struct Decided {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ground: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    sentence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<Released>,
}

#[derive(Serialize)]
struct Released {
    fields: BTreeMap<&'static str, String>,
    subject_category: &'static str,
    handling_code: &'static str,
    restriction: String,
    evaluation: String,
    keep_until: String,
    contested: bool,
    national_flag: bool,
    released_by: String,
    approved_by: String,
}

impl Show {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let opened = self.place.open().await?;
        let now = OffsetDateTime::now_utc();
        let named = self.which.named();
        let actor = opened.actor(&self.acting, &READERS).await?;
        // Who asks sees this bureau's requests, who decides those of partners, an inspector both. A
        // partner may have chosen the id of a request of this bureau: then more than the id is said.
        let sees_ours = actor.holds_any(&[Role::Officer, Role::Analyst, Role::Inspector]);
        let ours = if sees_ours && named.is_id_alone() {
            match own_disclosure(&opened.store, &named.id, &actor, now).await {
                Ok(view) => Some(view),
                Err(DisclosureFailure::Unknown) if actor.holds_any(&DECIDING) => None,
                Err(error) => return Err(error.into()),
            }
        } else {
            None
        };
        let shown = if let Some(view) = ours {
            of_own(view)
        } else {
            if !actor.holds_any(&DECIDING) {
                return Err(DisclosureFailure::Unknown.into());
            }
            let office = opened.office().await?;
            let view =
                office.desk().show(&named, &actor, now).await.map_err(|error| match error {
                    DeskError::Unknown => CliError::new(
                        "disclosure",
                        "there is no request of that id, of a partner or of this bureau",
                    ),
                    other => other.into(),
                })?;
            of_partner(view)
        };
        opened.store.close().await;
        output.result(&shown, || text(&shown));
        Ok(DONE)
    }
}

fn of_own(view: DisclosureView) -> Shown {
    let not_taken = view.not_taken.map(|(reason, sentence)| format!("{reason}: {sentence}"));
    Shown {
        request: view.id,
        document: None,
        side: "requester",
        partner: view.owner.to_string(),
        agreement: view.agreement,
        dataset: Some(view.dataset).filter(|dataset| !dataset.is_empty()),
        state: view.state.as_str(),
        confirmed_by_owner: view.decision.as_ref().is_some_and(|one| one.outcome.is_ok()),
        made_at: moment(view.made_at),
        at_owner_since: view.taken_at.map(moment),
        due_at: view.due_at.map(moment),
        pauses: view.pauses.iter().map(|reason| (reason.as_str(), String::new())).collect(),
        asked: view.request.as_ref().map(asked),
        rules: None,
        records: Vec::new(),
        proposal: None,
        decision: view.decision.as_ref().map(decided),
        found: not_taken.unwrap_or_default(),
        erase_at: view.erase_at.map(moment),
    }
}

fn of_partner(view: CaseView) -> Shown {
    Shown {
        request: view.id,
        document: Some(hex::encode(view.document)),
        side: "owner",
        partner: view.requester.to_string(),
        agreement: view.agreement,
        dataset: view.dataset,
        state: view.state.as_str(),
        confirmed_by_owner: view.decision.as_ref().is_some_and(|one| one.outcome.is_ok()),
        made_at: moment(view.received_at),
        at_owner_since: None,
        due_at: view.due_at.map(moment),
        pauses: view.pauses.into_iter().map(|(reason, note)| (reason.as_str(), note)).collect(),
        asked: view.request.as_ref().map(asked),
        rules: view.ruling.map(|ruling| RulesSaid {
            permitted: ruling.permitted,
            explanation: ruling.explanation(),
        }),
        records: view
            .records
            .into_iter()
            .map(|(reference, details)| RecordSeen { reference, details })
            .collect(),
        proposal: view.proposal.map(|(terms, by, subject)| ProposalSeen {
            hash: hex::encode(subject),
            by,
            terms,
        }),
        decision: view.decision.as_ref().map(decided),
        found: view.found,
        erase_at: None,
    }
}

fn asked(request: &DisclosureRequest) -> Asked {
    let proof = &request.element.proof;
    let confirmation = request.confirmation.as_ref();
    Asked {
        identifier_type: request.element.identifier.kind().name(),
        identifier: request.element.identifier.display(),
        check: request.check.to_string(),
        position: [proof.scope, proof.chunk, proof.index],
        purpose: request.purpose.clone(),
        offence_class: request.offence_class.clone(),
        urgency: request.urgency.as_str(),
        subject_category: request.subject_category.as_str(),
        fields: request.fields.iter().map(|field| field.as_str()).collect(),
        facts: request.facts.clone(),
        confirmed_by: confirmation
            .map(|one| format!("{} ({})", one.by, one.role))
            .unwrap_or_default(),
        confirmed_how: confirmation.map(|one| one.method.clone()).unwrap_or_default(),
        confirmed_at: confirmation.map(|one| moment(one.at)).unwrap_or_default(),
        recipient: request.recipient_authority.clone(),
        use_in_court: request.use_in_court,
        onward_to: request.onward_to.clone(),
        assurances: request.assurances.iter().cloned().collect(),
        emergency_reasons: request.emergency_reasons.clone(),
    }
}

fn decided(decision: &DisclosureDecision) -> Decided {
    let at = moment(decision.decided_at);
    match &decision.outcome {
        Err(refusal) => Decided {
            at,
            ground: Some(refusal.ground.as_str()),
            sentence: refusal.sentence.clone(),
            released: None,
        },
        Ok(record) => Decided {
            at,
            ground: None,
            sentence: String::new(),
            released: Some(Released {
                fields: record
                    .fields
                    .iter()
                    .map(|(field, value)| (field.as_str(), value.clone()))
                    .collect(),
                subject_category: record.subject_category.as_str(),
                handling_code: record.handling_code.as_str(),
                restriction: record.restriction.clone(),
                evaluation: record.evaluation.clone(),
                keep_until: moment(record.keep_until),
                contested: record.contested,
                national_flag: record.national_flag,
                released_by: record.released_by.clone(),
                approved_by: record.approved_by.clone(),
            }),
        },
    }
}

/// What rules look at in a record, as far as something is said: category, flags, handling code and so on.
fn codes(attributes: &RecordAttributes) -> Vec<(String, String)> {
    let Ok(Value::Object(all)) = serde_json::to_value(attributes) else { return Vec::new() };
    all.into_iter()
        .filter_map(|(code, value)| {
            let said = match value {
                Value::Bool(true) => "yes".to_owned(),
                Value::String(text) if !text.is_empty() => text,
                Value::Number(number) if number.as_u64() != Some(0) => number.to_string(),
                Value::Array(all) if !all.is_empty() => {
                    all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
                }
                _ => return None,
            };
            Some((code, said))
        })
        .collect()
}

fn text(shown: &Shown) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<16} {value}");
        }
    };
    line("request", &shown.request.to_string());
    line("document", shown.document.as_deref().unwrap_or(""));
    let whose = if shown.side == "owner" { "asked by" } else { "asked of" };
    line(whose, &format!("{} under {}", shown.partner, shown.agreement));
    line("list", shown.dataset.as_deref().unwrap_or(""));
    line("state", shown.state);
    line("came", &shown.made_at);
    if shown.side == "requester" {
        let is_unheard_of = shown.state == DisclosureState::Received.as_str();
        let not_yet = if is_unheard_of { NOT_ACKNOWLEDGED } else { "" };
        line("at its owner", shown.at_owner_since.as_deref().unwrap_or(not_yet));
    }
    line("due", shown.due_at.as_deref().unwrap_or(""));
    for (reason, note) in &shown.pauses {
        line("waits for", &format!("{reason} {note}"));
    }
    if let Some(asked) = &shown.asked {
        line("identifier", &format!("{} {}", asked.identifier_type, asked.identifier));
        line("check", &asked.check);
        line("purpose", &format!("{} {}", asked.purpose, asked.offence_class));
        line("urgency", &format!("{} {}", asked.urgency, asked.emergency_reasons));
        line("concerns", asked.subject_category);
        line("facts", &asked.facts.replace('\n', " "));
        line("confirmed by", &format!("{}: {}", asked.confirmed_by, asked.confirmed_how));
        line("fields wanted", &asked.fields.join(", "));
        line("recipient", &asked.recipient);
        line("in court", if asked.use_in_court { "yes" } else { "" });
        line("onward to", &asked.onward_to);
        line("assurances", &asked.assurances.join(", "));
    }
    if let Some(rules) = &shown.rules {
        // They were asked with two people behind it and everything found out, so that nobody reads a
        // refusal where a proposal could still be made.
        let said = if rules.permitted {
            "they allow it to be proposed. What a lawyer proposes is put to them once more, with who \
             stands behind it and what was found out: they then ask for a second person, or for more, \
             where this record needs it"
        } else {
            "they forbid it, whoever approves and whatever is found out"
        };
        line("rules", &format!("{said}. {}", rules.explanation));
    }
    for record in &shown.records {
        line("record", &record.reference);
        for (code, value) in codes(&record.details.attributes) {
            line(&format!("  {code}"), &value);
        }
        for (field, value) in &record.details.fields {
            line(&format!("  {}", field.as_str()), value);
        }
    }
    if let Some(proposal) = &shown.proposal {
        let fields: Vec<_> = proposal.terms.fields.iter().map(|field| field.as_str()).collect();
        line("proposed by", &proposal.by);
        line("  hash", &proposal.hash);
        line("  fields", &fields.join(", "));
        line(
            "  codes",
            &format!(
                "{} {} for {} days {}",
                proposal.terms.handling_code.as_str(),
                proposal.terms.evaluation,
                proposal.terms.retention_days,
                proposal.terms.restriction
            ),
        );
        for (finding, note) in &proposal.terms.findings {
            line(&format!("  {}", finding.as_str()), note);
        }
    }
    if let Some(decision) = &shown.decision {
        line("decided", &decision.at);
        line("refused for", decision.ground.unwrap_or(""));
        line("", &decision.sentence);
        if let Some(record) = &decision.released {
            line("released by", &record.released_by);
            line("approved by", &record.approved_by);
            for (field, value) in &record.fields {
                line(&format!("  {field}"), value);
            }
            line("concerns", record.subject_category);
            line("handling", &format!("{} {}", record.handling_code, record.restriction));
            line("evaluation", &record.evaluation);
            line("keep until", &record.keep_until);
            line("contested", if record.contested { "the person contests it" } else { "" });
            line("national flag", if record.national_flag { "action suspended" } else { "" });
        }
    }
    line("found", &shown.found);
    if shown.side == "requester" && shown.confirmed_by_owner {
        text.push_str("The hit is confirmed by its owner.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use symbolon_policy::rules::{HandlingCode, SubjectCategory};

    use super::*;

    #[test]
    fn a_record_shows_the_codes_that_say_something_and_no_others() {
        let attributes = RecordAttributes {
            subject_category: SubjectCategory::Missing,
            minor: true,
            handling_code: HandlingCode::H2,
            evaluation: "A1".to_owned(),
            excluded_countries: ["ARC".parse().unwrap(), "CTG".parse().unwrap()].into(),
            ..RecordAttributes::default()
        };
        let codes: BTreeMap<_, _> = codes(&attributes).into_iter().collect();
        let said = |code: &str| codes.get(code).map(String::as_str);
        assert_eq!(said("subject_category"), Some("missing"));
        assert_eq!(said("minor"), Some("yes"));
        assert_eq!(said("handling_code"), Some("H2"));
        assert_eq!(said("evaluation"), Some("A1"));
        assert_eq!(said("excluded_countries"), Some("ARC, CTG"));
        assert_eq!((said("national_flag"), said("entered_on")), (None, None));
    }
}
