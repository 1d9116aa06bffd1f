use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    AgreementId, AgreementTerms, BureauCode, Conditions, Dataset, LabelTerms, OfferedType,
    SignedAgreement, WhoLearns, rules::DisclosedField,
};
use symbolon_store::write_public;
use time::{Duration, OffsetDateTime, Time};

use super::Done;
use crate::{CliError, card::read_card, commands::DONE, output::Output, typed::Typed};

#[derive(Debug, Args)]
pub(in crate::commands) struct Draft {
    /// Id of the agreement: small letters, digits and hyphens.
    #[arg(long)]
    id: AgreementId,
    /// Title, for people.
    #[arg(long)]
    title: String,
    /// Card of a party, from `symbolon node card`; twice or more.
    #[arg(long = "party", value_name = "FILE", required = true)]
    parties: Vec<PathBuf>,
    /// What a party offers: CODE:DATASET:TITLE:TYPE,TYPE,…:ELEMENTS-A-DAY; may be repeated.
    /// For instance FRA:stolen-documents:"Stolen documents":travel_document,national_id:50000
    #[arg(long = "offer", value_name = "OFFER", required = true)]
    offers: Vec<String>,
    /// Elements that each other party may ask of one type in an epoch: DATASET:TYPE:ELEMENTS; may be
    /// repeated. The usual share of the identifier's space unless given.
    #[arg(long = "epoch-budget", value_name = "BUDGET")]
    budgets: Vec<String>,
    /// What a hit in a dataset shows at once: DATASET:BYTES:FIELD,FIELD,…; may be repeated. Nothing
    /// unless given. Fields: case_number, authority, object_description, object_status,
    /// acquisition_date, acquisition_offence.
    #[arg(long = "labels", value_name = "LABELS")]
    labels: Vec<String>,
    /// Further conditions, as a JSON file: offence_class_required, disclosure, retention_days,
    /// rule_packs. docs/protocol.md has each, with its bounds.
    #[arg(long, value_name = "FILE")]
    conditions: Option<PathBuf>,
    /// Purpose that a question may have; may be repeated.
    #[arg(long = "purpose", value_name = "CODE", default_values = ["border_check", "criminal_investigation"])]
    purposes: Vec<String>,
    /// Days after which every scope gets a new key.
    #[arg(long, default_value_t = 90)]
    epoch_days: u32,
    /// Days for which a bureau that asked may keep what the answers came to, to match it against
    /// later versions of the lists (`symbolon standing`); never beyond an epoch. Not at all unless
    /// given.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=366))]
    standing_days: Option<u32>,
    /// Days for which the agreement is in force, from today (UTC).
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    days: u32,
    /// Where to write the draft; standard output unless given.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Draft {
    pub(super) fn run(self, output: Output) -> Result<u8, CliError> {
        let parties =
            self.parties.iter().map(|path| read_card(path)).collect::<Result<Vec<_>, _>>()?;
        let mut datasets =
            self.offers.iter().map(|offer| read_offer(offer)).collect::<Result<Vec<_>, _>>()?;
        for budget in &self.budgets {
            set_budget(&mut datasets, budget)?;
        }
        for labels in &self.labels {
            set_labels(&mut datasets, labels)?;
        }
        let valid_from = OffsetDateTime::now_utc().replace_time(Time::MIDNIGHT);
        let terms = AgreementTerms {
            format: AgreementTerms::FORMAT.to_owned(),
            id: self.id,
            title: self.title,
            parties,
            datasets,
            purposes: self.purposes,
            epoch_days: self.epoch_days,
            standing_days: self.standing_days,
            conditions: self.conditions.map(read_conditions).transpose()?,
            valid_from,
            valid_until: valid_from + Duration::days(self.days.into()),
        };
        let draft = SignedAgreement::draft(&terms)?;
        let text = draft.to_json()?;
        let Some(path) = self.output else {
            std::io::stdout()
                .write_all(text.as_bytes())
                .map_err(|e| CliError::new("output", e.to_string()))?;
            return Ok(DONE);
        };
        if path.exists() {
            return Err(CliError::new(
                "exists",
                format!(
                    "{} exists already, and may hold signatures; name another file",
                    path.display()
                ),
            ));
        }
        write_public(&path, text.as_bytes())?;
        let done = Done { agreement: terms.id.to_string(), hash: draft.hash()?.to_string() };
        output.result(&done, || {
            format!(
                "Drafted {} in {}.\nHash {}: people of all parties compare it by voice before they \
                 sign.\nNext, a legal officer: {}\nand then another person, with the role approver: {}",
                done.agreement,
                path.display(),
                done.hash,
                at_some_bureau("propose", "LEGAL").with(&path.display().to_string()),
                at_some_bureau("approve", "APPROVER").with(&done.agreement)
            )
        });
        Ok(DONE)
    }
}

/// A draft belongs to no bureau yet.
fn at_some_bureau(verb: &str, person: &str) -> Typed {
    Typed::command(&format!("agreement {verb}")).at(Path::new("FOLDER")).by(person)
}

fn read_conditions(path: PathBuf) -> Result<Conditions, CliError> {
    let bytes = fs::read(&path).map_err(|error| CliError::file("read", &path, error))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        CliError::new("conditions", format!("{} holds no conditions: {error}", path.display()))
    })
}

/// CODE:DATASET:TITLE:TYPES:QUOTA
fn read_offer(text: &str) -> Result<Dataset, CliError> {
    let malformed = |what: &str| {
        CliError::new(
            "offer",
            format!(
                "--offer {text:?}: {what}; it is CODE:DATASET:TITLE:TYPE,TYPE,…:ELEMENTS-A-DAY"
            ),
        )
    };
    let parts: Vec<_> = text.split(':').collect();
    let [code, id, title, types, quota] = parts.as_slice() else {
        return Err(malformed("it has not five parts"));
    };
    let owner: BureauCode = code.parse()?;
    let daily_quota = quota.parse().map_err(|_| malformed("the quota is no number"))?;
    let types = types
        .split(',')
        .map(|name| {
            let kind: IdentifierType =
                name.trim().parse().map_err(|_| malformed("it names an unknown type"))?;
            Ok(OfferedType {
                identifier_type: kind,
                rules_version: kind.rules_version(),
                daily_quota,
                epoch_budget: None,
            })
        })
        .collect::<Result<_, CliError>>()?;
    Ok(Dataset {
        id: (*id).to_owned(),
        owner,
        title: (*title).to_owned(),
        who_learns: WhoLearns::Requester,
        labels: None,
        types,
    })
}

/// DATASET:TYPE:ELEMENTS
fn set_budget(datasets: &mut [Dataset], text: &str) -> Result<(), CliError> {
    let malformed = |what: &str| {
        CliError::new(
            "epoch_budget",
            format!("--epoch-budget {text:?}: {what}; it is DATASET:TYPE:ELEMENTS"),
        )
    };
    let parts: Vec<_> = text.split(':').collect();
    let [id, kind, elements] = parts.as_slice() else {
        return Err(malformed("it has not three parts"));
    };
    let kind: IdentifierType = kind.parse().map_err(|_| malformed("it names an unknown type"))?;
    let elements = elements.parse().map_err(|_| malformed("the budget is no number"))?;
    let offered = datasets
        .iter_mut()
        .filter(|dataset| dataset.id == *id)
        .flat_map(|dataset| &mut dataset.types)
        .find(|offered| offered.identifier_type == kind)
        .ok_or_else(|| malformed("no --offer names that dataset with that type"))?;
    offered.epoch_budget = Some(elements);
    Ok(())
}

/// DATASET:BYTES:FIELD,FIELD,…
fn set_labels(datasets: &mut [Dataset], text: &str) -> Result<(), CliError> {
    let malformed = |what: &str| {
        let known: Vec<_> = DisclosedField::ALL.iter().map(|field| field.as_str()).collect();
        CliError::new(
            "labels",
            format!(
                "--labels {text:?}: {what}; it is DATASET:BYTES:FIELD,FIELD,…, with fields out of {}",
                known.join(", ")
            ),
        )
    };
    let parts: Vec<_> = text.split(':').collect();
    let [id, bytes, fields] = parts.as_slice() else {
        return Err(malformed("it has not three parts"));
    };
    let fields = fields
        .split(',')
        .map(|name| {
            DisclosedField::ALL
                .iter()
                .copied()
                .find(|field| field.as_str() == name.trim())
                .ok_or_else(|| malformed("it names an unknown field"))
        })
        .collect::<Result<BTreeSet<_>, _>>()?;
    let bytes = bytes.parse().map_err(|_| malformed("the length is no number"))?;
    let dataset = datasets
        .iter_mut()
        .find(|dataset| dataset.id == *id)
        .ok_or_else(|| malformed("no --offer names that dataset"))?;
    dataset.labels = Some(LabelTerms { bytes, fields });
    Ok(())
}
