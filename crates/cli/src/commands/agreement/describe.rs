//! An agreement in words.

use std::fmt::Write as _;

use serde::Serialize;
use symbolon_client::Rules;
use symbolon_policy::{
    AgreementState, AgreementTerms, BureauCode, Conditions, Dataset, DisclosureTerms, OpenRequests,
    SignedAgreement,
};
use symbolon_store::{ActKind, StoredText};
use time::OffsetDateTime;

use crate::{CliError, legal::word_for, moment::moment, prose::wrapped};

/// An agreement as a person reads it.
#[derive(Serialize)]
pub(super) struct Summary {
    id: String,
    title: String,
    hash: String,
    parties: Vec<PartyLine>,
    valid_from: String,
    valid_until: String,
    purposes: Vec<String>,
    epoch_days: u32,
    /// Days for which tags may be kept; 0: not at all.
    standing_days: u32,
    datasets: Vec<String>,
    /// What else was agreed, in sentences.
    conditions: Vec<String>,
    in_force: bool,
    /// Why it is not whole, if it is not.
    problem: Option<String>,
    /// Where it stands at this bureau, if it is known here.
    state: Option<&'static str>,
    since: Option<String>,
    suspended_by: Vec<SuspensionLine>,
    /// What was proposed here and waits for a second person.
    waiting: Vec<WaitingLine>,
    /// Why nothing is decided under it, where this bureau has promised another rule pack than is in
    /// force.
    not_as_promised: Option<String>,
    /// How commands name it, where its id alone does not.
    #[serde(skip)]
    named: Option<String>,
    #[serde(skip)]
    terms: AgreementTerms,
}

#[derive(Serialize)]
struct PartyLine {
    code: String,
    name: String,
    legal_key: String,
    signed: bool,
}

#[derive(Serialize)]
struct SuspensionLine {
    party: String,
    since: String,
    reason: String,
    person: Option<String>,
}

#[derive(Serialize)]
struct WaitingLine {
    act: &'static str,
    reason: String,
}

impl Summary {
    /// A file.
    pub(super) fn of(signed: &SignedAgreement) -> Result<Self, CliError> {
        let terms = signed.terms()?;
        let verified = signed.verify();
        let problem = verified.as_ref().err().map(ToString::to_string);
        let in_force = verified.is_ok_and(|one| one.in_force(OffsetDateTime::now_utc()).is_ok());
        Ok(Self {
            hash: signed.hash()?.to_string(),
            parties: terms
                .parties
                .iter()
                .map(|party| PartyLine {
                    code: party.code.to_string(),
                    name: party.name.clone(),
                    legal_key: party.keys.legal.to_string(),
                    signed: signed.is_signed_by(&party.code),
                })
                .collect(),
            valid_from: moment(terms.valid_from),
            valid_until: moment(terms.valid_until),
            datasets: terms.datasets.iter().map(|one| dataset(&terms, one)).collect(),
            conditions: conditions(&terms),
            epoch_days: terms.epoch_days,
            standing_days: terms.standing_days.unwrap_or(0),
            id: terms.id.to_string(),
            title: terms.title.clone(),
            purposes: terms.purposes.clone(),
            terms,
            in_force,
            problem,
            state: None,
            since: None,
            suspended_by: Vec::new(),
            waiting: Vec::new(),
            not_as_promised: None,
            named: None,
        })
    }

    /// The same, held against the rules in force at `us`.
    pub(super) fn beside(self, rules: &Rules, us: &BureauCode) -> Self {
        let conditions = self.terms.conditions.as_ref();
        let promised = conditions.and_then(|conditions| conditions.rule_packs.get(us));
        let in_force = rules.pack.hash();
        let not_as_promised = promised.filter(|promised| **promised != in_force).map(|promised| {
            format!(
                "{us} has promised to decide by the rule pack {promised}, and {in_force} is in force: \
                 nothing is asked, answered or released under it"
            )
        });
        Self { in_force: self.in_force && not_as_promised.is_none(), not_as_promised, ..self }
    }

    /// The same, as one of all texts that this bureau knows: how commands name it.
    pub(super) fn among(self, texts: &[StoredText]) -> Self {
        let Some(text) = texts.iter().find(|text| text.hash.to_string() == self.hash) else {
            return self;
        };
        let word = word_for(texts, &text.id, &text.hash);
        if word == self.id {
            return self;
        }
        let waits = matches!(text.state, AgreementState::Draft | AgreementState::Proposed);
        let replaces = waits
            && texts.iter().any(|other| {
                other.id == text.id && other.hash != text.hash && other.state.is_in_place()
            });
        let how = if replaces {
            ". To let it take the place of the text in place, propose it with --replace"
        } else {
            ""
        };
        let named = format!("{word} in commands, as other texts bear the same id{how}");
        Self { named: Some(named), ..self }
    }

    /// A text that this bureau knows.
    pub(super) fn of_stored(
        text: &StoredText,
        waiting: &[(ActKind, String)],
    ) -> Result<Self, CliError> {
        let summary = Self::of(&SignedAgreement::from_json(text.document.as_bytes())?)?;
        Ok(Self {
            in_force: summary.in_force && text.state.is_in_place() && text.suspensions.is_empty(),
            state: Some(text.state.as_str()),
            since: Some(moment(text.since)),
            suspended_by: text
                .suspensions
                .iter()
                .map(|one| SuspensionLine {
                    party: one.party.to_string(),
                    since: moment(one.since),
                    reason: one.reason.clone(),
                    person: one.person.clone(),
                })
                .collect(),
            waiting: waiting
                .iter()
                .map(|(act, reason)| WaitingLine { act: act.as_str(), reason: reason.clone() })
                .collect(),
            ..summary
        })
    }
}

/// The summary as text.
pub(super) fn lines(summary: &Summary) -> String {
    let mut text = format!("{}  {}\n  hash     {}\n", summary.id, summary.title, summary.hash);
    if let Some(named) = &summary.named {
        text += &entry("named", named);
    }
    for party in &summary.parties {
        let signed = if party.signed { "signed" } else { "not signed" };
        let _ = writeln!(
            text,
            "  party    {}  {}  ({signed}; legal key {})",
            party.code, party.name, party.legal_key
        );
    }
    for dataset in &summary.datasets {
        text += &entry("dataset", dataset);
    }
    let _ = writeln!(text, "  purposes {}", summary.purposes.join(", "));
    let _ = writeln!(
        text,
        "  epochs   every {} days each list gets a new key, and what was asked matches no more",
        summary.epoch_days
    );
    let standing = match summary.standing_days {
        0 => "not agreed".to_owned(),
        days => format!("tags may be kept for {days} days, at most to the end of an epoch"),
    };
    let _ = writeln!(text, "  standing {standing}");
    for condition in &summary.conditions {
        text += &entry("agreed", condition);
    }
    let _ = writeln!(text, "  valid    {} to {}", summary.valid_from, summary.valid_until);
    if let (Some(state), Some(since)) = (summary.state, &summary.since) {
        let _ = writeln!(text, "  stands   {state} since {since}");
    }
    for one in &summary.suspended_by {
        let person = one.person.as_ref().map(|id| format!(" by {id}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "  stopped  by {} since {}: {}{person}",
            one.party, one.since, one.reason
        );
    }
    for one in &summary.waiting {
        let reason = if one.reason.is_empty() { "" } else { ": " };
        let _ = writeln!(
            text,
            "  waiting  {} waits for a second person{reason}{}",
            one.act, one.reason
        );
    }
    if let Some(why) = &summary.not_as_promised {
        let _ = writeln!(text, "  RULES    {why}");
    }
    let state = match (&summary.problem, summary.in_force) {
        (Some(problem), _) => problem.as_str(),
        (None, true) => "whole, and in force",
        (None, false) => "whole, but not in force now",
    };
    let _ = writeln!(text, "  state    {state}");
    text
}

/// A line under its name, or several where it is long.
fn entry(name: &str, words: &str) -> String {
    format!("  {name:<8} {}", wrapped(words, 11).trim_start())
}

fn dataset(terms: &AgreementTerms, dataset: &Dataset) -> String {
    let types: Vec<_> = dataset
        .types
        .iter()
        .map(|offered| {
            let budget = offered.epoch_budget_of_a_party(terms.epoch_days);
            let together = terms
                .epoch_budget_of_all(offered)
                .map(|all| format!(", {all} of all other parties together"))
                .unwrap_or_default();
            format!(
                "{} ({} elements a day and {budget} in an epoch of each other party{together})",
                offered.identifier_type, offered.daily_quota
            )
        })
        .collect();
    let mut text = format!(
        "{} offers {} ({}): {}",
        dataset.owner,
        dataset.title,
        dataset.id,
        types.join(", ")
    );
    if let Some(labels) = &dataset.labels {
        let fields: Vec<_> = labels.fields.iter().map(|field| field.as_str()).collect();
        let _ =
            write!(text, "; a hit shows at once, in {} bytes: {}", labels.bytes, fields.join(", "));
    }
    text
}

fn conditions(terms: &AgreementTerms) -> Vec<String> {
    // What a text leaves open is as much a part of it as what it says: the reader is told either way.
    let silent = Conditions::default();
    let Conditions {
        offence_class_required,
        disclosure,
        retention_days,
        pooled_budgets,
        rule_packs,
    } = terms.conditions.as_ref().unwrap_or(&silent);
    let mut sentences = Vec::new();
    if *offence_class_required {
        sentences.push("every check declares a class of offence".to_owned());
    }
    match disclosure {
        Some(terms) => disclosure_sentences(terms, &mut sentences),
        None => sentences
            .push("records are asked for by telephone; requests for them are refused".to_owned()),
    }
    sentences.push(match retention_days {
        Some(days) => format!(
            "what was logged of checks and requests for records is erased after {days} days, or \
             earlier where a node keeps everything for a shorter time"
        ),
        None => {
            "what was logged of checks and requests for records is kept as long as each party's \
                 own node keeps everything; nothing is agreed on that"
                .to_owned()
        }
    });
    if let Some(budgets) = pooled_budgets {
        sentences.push(format!(
            "all parties together may use up the epoch budgets of {budgets} in one list"
        ));
    }
    for (party, pack) in rule_packs {
        sentences.push(format!(
            "{party} decides by the rule pack {pack}; while another is in force there, its node asks, \
             answers and releases nothing under this"
        ));
    }
    sentences
}

fn disclosure_sentences(terms: &DisclosureTerms, sentences: &mut Vec<String>) {
    let minutes = &terms.deadline_minutes;
    sentences.push(format!(
        "records are asked for through the nodes; the owner decides within {} (routine), {} \
         (urgent), {} (emergency)",
        span(minutes.routine),
        span(minutes.urgent),
        span(minutes.emergency)
    ));
    sentences.push(match terms.claim_days {
        0 => "a record can be asked for on the day of the check only, in the same epoch".to_owned(),
        days => format!("a record can be asked for up to {days} days after the check"),
    });
    sentences.push(format!("what is released may be kept for {} days", terms.retention_days));
    sentences.push(format!(
        "if the agreement is suspended, open requests for records {}",
        open(terms.when_suspended)
    ));
    sentences.push(format!(
        "if it is revoked or expires, open requests for records {}",
        open(terms.when_revoked)
    ));
}

fn open(requests: OpenRequests) -> &'static str {
    match requests {
        OpenRequests::Continue => {
            "are decided as if nothing had happened, and no new ones are taken"
        }
        OpenRequests::Pause => "wait until it is resumed, and are refused where it is not",
        _ => "are refused",
    }
}

/// Minutes as people say them.
fn span(minutes: u32) -> String {
    match minutes {
        1_440 => "a day".to_owned(),
        60 => "an hour".to_owned(),
        whole if whole % 1_440 == 0 => format!("{} days", whole / 1_440),
        whole if whole % 60 == 0 => format!("{} hours", whole / 60),
        other => format!("{other} minutes"),
    }
}
