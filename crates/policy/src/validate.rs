use std::{collections::HashSet, fmt, ops::RangeInclusive};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use thiserror::Error;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{
    AgreementTerms, Conditions, Dataset, DisclosureTerms, LabelTerms, OpenRequests, Party,
    WhoLearns,
    rules::DisclosedField,
    scope::{EPOCH_DAYS_RANGE, STANDING_DAYS_RANGE},
    signature::VerifyingKey,
};

const MOST_PARTIES: usize = 256;
const MOST_DATASETS: usize = 256;
const MOST_PURPOSES: usize = 64;

/// Most scopes that one party may offer at one time under an agreement: its datasets' types.
pub const MAX_SCOPES_OF_A_PARTY: usize = 1_024;

// Beyond 2^53 a number has no exact canonical form.
const MOST_ELEMENTS: u64 = 1 << 53;

// Ten years of 366 days: longer than any rule on logs or released records allows.
const RETENTION_DAYS: RangeInclusive<u32> = 1..=3_660;
// A year of 366 days, in minutes.
const DEADLINE_MINUTES: RangeInclusive<u32> = 1..=527_040;
const POOLED_BUDGETS: RangeInclusive<u32> = 1..=256;
const CLAIM_DAYS: RangeInclusive<u32> = 0..=366;
const LABEL_BYTES: RangeInclusive<u16> = 16..=256;
/// What a label may show: the rules of disclosure are not asked about it.
const LABEL_FIELDS: [DisclosedField; 6] = [
    DisclosedField::CaseNumber,
    DisclosedField::Authority,
    DisclosedField::ObjectDescription,
    DisclosedField::ObjectStatus,
    DisclosedField::AcquisitionDate,
    DisclosedField::AcquisitionOffence,
];

/// A value in a document that is not as it must be.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{field}: must be {must_be}")]
pub struct Invalid {
    /// Which field, for a person.
    pub field: String,
    /// What it must be.
    pub must_be: String,
}

impl Invalid {
    pub(crate) fn new(field: impl Into<String>, must_be: impl Into<String>) -> Self {
        Self { field: field.into(), must_be: must_be.into() }
    }
}

pub(crate) fn terms(terms: &AgreementTerms) -> Result<(), Invalid> {
    require(terms.format == AgreementTerms::FORMAT, "format", || {
        format!("\"{}\"", AgreementTerms::FORMAT)
    })?;
    text(&terms.title, 256, "title")?;
    require((2..=MOST_PARTIES).contains(&terms.parties.len()), "parties", || {
        format!("2 to {MOST_PARTIES} bureaus")
    })?;
    require((1..=MOST_DATASETS).contains(&terms.datasets.len()), "datasets", || {
        format!("1 to {MOST_DATASETS} datasets")
    })?;
    require((1..=MOST_PURPOSES).contains(&terms.purposes.len()), "purposes", || {
        format!("1 to {MOST_PURPOSES} purposes")
    })?;
    for purpose in &terms.purposes {
        code(purpose, b"_", "purposes")?;
    }
    unique(&terms.purposes, "purposes")?;
    require(EPOCH_DAYS_RANGE.contains(&terms.epoch_days), "epoch_days", || {
        format!("{} to {}", EPOCH_DAYS_RANGE.start(), EPOCH_DAYS_RANGE.end())
    })?;
    require(
        terms.standing_days.is_none_or(|days| STANDING_DAYS_RANGE.contains(&days)),
        "standing_days",
        || format!("{} to {}", STANDING_DAYS_RANGE.start(), STANDING_DAYS_RANGE.end()),
    )?;
    require(terms.valid_from < terms.valid_until, "valid_until", || "after valid_from".to_owned())?;
    for one in &terms.parties {
        party(one)?;
    }
    unique(terms.parties.iter().map(|p| &p.code), "parties: code")?;
    unique(terms.parties.iter().map(|p| &p.spiffe_id), "parties: spiffe_id")?;
    // One key in two hands would let one party sign for the other.
    unique(terms.parties.iter().flat_map(all_keys), "parties: keys")?;
    for one in &terms.datasets {
        dataset(one)?;
        require(terms.parties.iter().any(|p| p.code == one.owner), "datasets: owner", || {
            format!("one of the parties; {} is none", one.owner)
        })?;
    }
    for one in &terms.parties {
        let offered = terms.datasets.iter().filter(|dataset| dataset.owner == one.code);
        let scopes: usize = offered.map(|dataset| dataset.types.len()).sum();
        require(scopes <= MAX_SCOPES_OF_A_PARTY, "datasets: types", || {
            format!("at most {MAX_SCOPES_OF_A_PARTY} for each party, over all its datasets")
        })?;
    }
    unique(terms.datasets.iter().map(|d| &d.id), "datasets: id")?;
    terms.conditions.as_ref().map_or(Ok(()), |one| conditions(one, &terms.parties))
}

fn conditions(conditions: &Conditions, parties: &[Party]) -> Result<(), Invalid> {
    if let Some(days) = conditions.retention_days {
        within(&RETENTION_DAYS, days, "conditions: retention_days")?;
        // What was erased can be asked for no more.
        let claim_days = conditions.disclosure.as_ref().map_or(0, |terms| terms.claim_days);
        require(days >= claim_days, "conditions: retention_days", || {
            format!("no less than the claim_days, {claim_days}")
        })?;
    }
    if let Some(budgets) = conditions.pooled_budgets {
        within(&POOLED_BUDGETS, budgets, "conditions: pooled_budgets")?;
    }
    for code in conditions.rule_packs.keys() {
        require(parties.iter().any(|party| &party.code == code), "conditions: rule_packs", || {
            format!("packs of parties; {code} is none")
        })?;
    }
    conditions.disclosure.as_ref().map_or(Ok(()), disclosure)
}

fn disclosure(terms: &DisclosureTerms) -> Result<(), Invalid> {
    let field = |name: &str| format!("conditions: disclosure: {name}");
    let deadlines = &terms.deadline_minutes;
    for (urgency, minutes) in [
        ("routine", deadlines.routine),
        ("urgent", deadlines.urgent),
        ("emergency", deadlines.emergency),
    ] {
        within(&DEADLINE_MINUTES, minutes, &field(&format!("deadline_minutes: {urgency}")))?;
    }
    within(&CLAIM_DAYS, terms.claim_days, &field("claim_days"))?;
    require(terms.when_revoked != OpenRequests::Continue, &field("when_revoked"), || {
        "\"refuse\" or \"pause\", which both refuse what is open; nothing is released under an \
         agreement that is over"
            .to_owned()
    })?;
    within(&RETENTION_DAYS, terms.retention_days, &field("retention_days"))
}

/// A bureau's card, or the same as a party to an agreement.
pub(crate) fn party(party: &Party) -> Result<(), Invalid> {
    let field = |name: &str| format!("party {}: {name}", party.code);
    text(&party.name, 128, &field("name"))?;
    text(&party.desk.name, 128, &field("desk.name"))?;
    text(&party.desk.phone, 64, &field("desk.phone"))?;
    text(&party.desk.email, 128, &field("desk.email"))?;
    require(is_endpoint(&party.endpoint), &field("endpoint"), || {
        "an address like https://bureau.example:7443".to_owned()
    })?;
    let id_is_sound = party.spiffe_id.strip_prefix("spiffe://").is_some_and(|rest| {
        rest.len() <= 512
            && rest.split_once('/').is_some_and(|(domain, path)| {
                !domain.is_empty()
                    && !path.is_empty()
                    && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/".contains(&b))
            })
    });
    require(id_is_sound, &field("spiffe_id"), || {
        "like spiffe://trust-domain/partner-face".to_owned()
    })?;
    let root = STANDARD.decode(&party.tls_root).unwrap_or_default();
    let is_authority = X509Certificate::from_der(&root)
        .is_ok_and(|(rest, certificate)| rest.is_empty() && certificate.is_ca());
    require(is_authority, &field("tls_root"), || {
        "the certificate of an authority, DER in base64".to_owned()
    })
}

fn dataset(dataset: &Dataset) -> Result<(), Invalid> {
    let field = |name: &str| format!("dataset {}: {name}", dataset.id);
    code(&dataset.id, b"-", "datasets: id")?;
    text(&dataset.title, 128, &field("title"))?;
    require(dataset.who_learns == WhoLearns::Requester, &field("who_learns"), || {
        "\"requester\"; \"mutual\" and \"holder_first\" have their place in the format but this \
         version does not carry them out"
            .to_owned()
    })?;
    require(!dataset.types.is_empty(), &field("types"), || "at least one".to_owned())?;
    unique(dataset.types.iter().map(|t| t.identifier_type), &field("types"))?;
    for offered in &dataset.types {
        require((1..=MOST_ELEMENTS).contains(&offered.daily_quota), &field("daily_quota"), || {
            "1 to 2^53".to_owned()
        })?;
        require(
            offered.epoch_budget.is_none_or(|budget| (1..=MOST_ELEMENTS).contains(&budget)),
            &field("epoch_budget"),
            || "1 to 2^53".to_owned(),
        )?;
    }
    dataset.labels.as_ref().map_or(Ok(()), |terms| labels(terms, &field("labels")))
}

fn labels(terms: &LabelTerms, field: &str) -> Result<(), Invalid> {
    within(&LABEL_BYTES, terms.bytes, &format!("{field}: bytes"))?;
    let fields = format!("{field}: fields");
    require(!terms.fields.is_empty(), &fields, || "at least one".to_owned())?;
    require(terms.fields.iter().all(|one| LABEL_FIELDS.contains(one)), &fields, || {
        let known: Vec<_> = LABEL_FIELDS.iter().map(|one| one.as_str()).collect();
        format!(
            "out of {}: a label is shown without a decision of its owner, so no field that names or \
             describes a person may be in it",
            known.join(", ")
        )
    })
}

pub(crate) fn all_keys(party: &Party) -> [&VerifyingKey; 4] {
    let keys = &party.keys;
    [&keys.header, &keys.manifest, &keys.log, &keys.legal]
}

fn is_endpoint(text: &str) -> bool {
    text.strip_prefix("https://").and_then(|rest| rest.rsplit_once(':')).is_some_and(
        |(host, port)| {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.[]:".contains(&b))
                && port.bytes().all(|b| b.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|port| port != 0)
        },
    )
}

fn text(value: &str, most: usize, field: &str) -> Result<(), Invalid> {
    let sound = !value.trim().is_empty()
        && value.chars().count() <= most
        && !value.chars().any(char::is_control);
    require(sound, field, || format!("1 to {most} characters in one line"))
}

fn code(value: &str, also: &[u8], field: &str) -> Result<(), Invalid> {
    let sound = (1..=64).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || also.contains(&b));
    require(sound, field, || {
        format!("1 to 64 small letters, digits and {}", String::from_utf8_lossy(also))
    })
}

fn unique<T: std::hash::Hash + Eq>(
    items: impl IntoIterator<Item = T>,
    field: &str,
) -> Result<(), Invalid> {
    let mut seen = HashSet::new();
    let all_differ = items.into_iter().all(|item| seen.insert(item));
    require(all_differ, field, || "different from one another".to_owned())
}

fn within<T: PartialOrd + fmt::Display>(
    range: &RangeInclusive<T>,
    value: T,
    field: &str,
) -> Result<(), Invalid> {
    require(range.contains(&value), field, || format!("{} to {}", range.start(), range.end()))
}

fn require(holds: bool, field: &str, must_be: impl FnOnce() -> String) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(Invalid::new(field, must_be())) }
}
