use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde::Serialize;
use symbolon_identifiers::IdentifierType;
use symbolon_node::end_scopes;
use symbolon_policy::{
    AgreementId, AgreementTerms, BureauCode, Dataset, OfferedType, SignedAgreement, WhoLearns,
    rules::Role,
};
use symbolon_store::{AdministrativeAct, DataFolder, KeyName, NodeConfig, Store, write_public};
use time::{Duration, OffsetDateTime, Time, format_description::well_known::Rfc3339};

use super::DONE;
use crate::{CliError, acting::Acting, output::Output, scenario::read_card};

/// Draft, sign, verify and install agreements.
#[derive(Debug, Subcommand)]
pub(super) enum AgreementCommand {
    /// Draft terms from the parties' cards. The file is JSON and may be edited before anyone signs.
    Draft(Draft),
    /// Sign an agreement's file as this bureau's legal officer.
    Sign(Sign),
    /// Show an agreement's terms and who has signed; say whether it is whole.
    Show(Show),
    /// Install an agreement that every party has signed.
    Install(Install),
    /// Show the installed agreements.
    List(List),
    /// Take an agreement out, and destroy the keys of its scopes for good.
    Remove(Remove),
}

#[derive(Debug, Args)]
pub(super) struct Draft {
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

#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The agreement's file; the signature is added to it.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The agreement's file.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// The agreement's file, signed by every party.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Its id.
    id: AgreementId,
}

#[derive(Serialize)]
struct Summary {
    id: String,
    title: String,
    hash: String,
    parties: Vec<PartyLine>,
    valid_from: String,
    valid_until: String,
    purposes: Vec<String>,
    /// Days for which tags may be kept; 0: not at all.
    standing_days: u32,
    datasets: Vec<String>,
    in_force: bool,
    /// Why it is not whole, if it is not.
    problem: Option<String>,
}

#[derive(Serialize)]
struct PartyLine {
    code: String,
    name: String,
    legal_key: String,
    signed: bool,
}

#[derive(Serialize)]
struct Done {
    agreement: String,
    hash: String,
}

#[derive(Serialize)]
struct Removed {
    agreement: String,
    keys_destroyed: u64,
}

impl AgreementCommand {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        match self {
            Self::Draft(draft) => draft.run(output),
            Self::Sign(sign) => sign.run(output).await,
            Self::Show(show) => show.run(output),
            Self::Install(install) => install.run(output).await,
            Self::List(list) => list.run(output).await,
            Self::Remove(remove) => remove.run(output).await,
        }
    }
}

impl Draft {
    fn run(self, output: Output) -> Result<u8, CliError> {
        let parties =
            self.parties.iter().map(|path| read_card(path)).collect::<Result<Vec<_>, _>>()?;
        let datasets =
            self.offers.iter().map(|offer| read_offer(offer)).collect::<Result<Vec<_>, _>>()?;
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
            conditions: None,
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
                "Drafted {} in {}.\nHash {}: all parties compare it by voice before they sign.\n\
                 Next, at each party: symbolon agreement sign --data FOLDER {}",
                done.agreement,
                path.display(),
                done.hash,
                path.display()
            )
        });
        Ok(DONE)
    }
}

impl Sign {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let code = NodeConfig::read(&folder)?.code;
        let store = Store::open(folder.clone()).await?;
        let actor = self.acting.authorise(&folder, &store, &[Role::Legal]).await?;
        let mut signed = read(&self.file)?;
        signed.sign(&code, &KeyName::Legal.read(&folder)?)?;
        let terms = signed.terms()?;
        // Before the file: no signature may be about that the log does not know.
        let (act, now) = (AdministrativeAct::SignAgreement, OffsetDateTime::now_utc());
        store.log_administration(act, terms.id.as_str(), &actor, now).await?;
        store.close().await;
        write_public(&self.file, signed.to_json()?.as_bytes())?;
        let done = Done { agreement: terms.id.to_string(), hash: signed.hash()?.to_string() };
        output.result(&done, || {
            let next = match signed.verify() {
                Ok(_) => format!(
                    "Every party has signed. Next, at each: symbolon agreement install --data \
                     FOLDER {}",
                    self.file.display()
                ),
                Err(missing) => missing.to_string(),
            };
            format!("{code} has signed {}.\n{next}", done.agreement)
        });
        Ok(DONE)
    }
}

impl Show {
    fn run(self, output: Output) -> Result<u8, CliError> {
        let signed = read(&self.file)?;
        let summary = summary(&signed)?;
        output.result(&summary, || summary_text(&summary));
        Ok(DONE)
    }
}

impl Install {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let code = NodeConfig::read(&folder)?.code;
        let signed = read(&self.file)?;
        let agreement = signed.verify()?;
        let ours = read_card(&folder.card())?;
        match agreement.party(&code) {
            None => {
                return Err(CliError::new(
                    "not_a_party",
                    format!("{code} is not a party to this agreement"),
                ));
            }
            Some(named) if *named != ours => {
                return Err(CliError::new(
                    "card_differs",
                    format!(
                        "the agreement describes {code} otherwise than its present card does; \
                         draft it again from the card that `symbolon node card` prints"
                    ),
                ));
            }
            Some(_) => {}
        }
        let store = Store::open(folder.clone()).await?;
        let actor = self.acting.authorise(&folder, &store, &[Role::Administrator]).await?;
        let (act, now) = (AdministrativeAct::InstallAgreement, OffsetDateTime::now_utc());
        store.log_administration(act, agreement.terms().id.as_str(), &actor, now).await?;
        store.install_agreement(&agreement, &signed.to_json()?, now).await?;
        store.close().await;
        let done = Done {
            agreement: agreement.terms().id.to_string(),
            hash: agreement.hash().to_string(),
        };
        output.result(&done, || {
            format!("Installed {}. A running node acts on it within seconds.", done.agreement)
        });
        Ok(DONE)
    }
}

impl List {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let mut summaries = Vec::new();
        for agreement in store.agreements().await? {
            let document = store.agreement_document(&agreement.terms().id).await?;
            if let Some(document) = document {
                summaries.push(summary(&SignedAgreement::from_json(document.as_bytes())?)?);
            }
        }
        store.close().await;
        output.result(&summaries, || {
            if summaries.is_empty() {
                return "No agreement is installed.".to_owned();
            }
            summaries.iter().map(summary_text).collect::<Vec<_>>().join("\n")
        });
        Ok(DONE)
    }
}

impl Remove {
    async fn run(self, output: Output) -> Result<u8, CliError> {
        let store = Store::open(DataFolder::open(&self.data)?).await?;
        let allowed = [Role::Administrator, Role::Legal];
        let actor = self.acting.authorise(store.folder(), &store, &allowed).await?;
        let (act, now) = (AdministrativeAct::RemoveAgreement, OffsetDateTime::now_utc());
        store.log_administration(act, self.id.as_str(), &actor, now).await?;
        // First the agreement, so that a running node makes no new key in between.
        let was_there = store.remove_agreement(&self.id, now).await?;
        let keys_destroyed = end_scopes(&store, &self.id, now).await?;
        store.close().await;
        if !was_there && keys_destroyed == 0 {
            return Err(CliError::new(
                "agreement_unknown",
                format!("no agreement called {} is installed", self.id),
            ));
        }
        let removed = Removed { agreement: self.id.to_string(), keys_destroyed };
        output.result(&removed, || {
            format!(
                "Removed {}; the keys of {keys_destroyed} scopes are destroyed. A running node \
                 answers nothing under it within seconds.",
                removed.agreement
            )
        });
        Ok(DONE)
    }
}

fn read(path: &Path) -> Result<SignedAgreement, CliError> {
    // One byte over the limit is enough to know that it is over.
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(8 << 20).read_to_end(&mut bytes))
        .map_err(|error| CliError::file("read", path, error))?;
    Ok(SignedAgreement::from_json(&bytes)?)
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

fn summary(signed: &SignedAgreement) -> Result<Summary, CliError> {
    let terms = signed.terms()?;
    let verified = signed.verify();
    let problem = verified.as_ref().err().map(ToString::to_string);
    let in_force = verified.is_ok_and(|one| one.in_force(OffsetDateTime::now_utc()).is_ok());
    Ok(Summary {
        hash: signed.hash()?.to_string(),
        parties: terms
            .parties
            .iter()
            .map(|party| PartyLine {
                code: party.code.to_string(),
                name: party.name.clone(),
                legal_key: party.keys.legal.to_string(),
                signed: signed.signatures().iter().any(|one| one.party == party.code),
            })
            .collect(),
        valid_from: terms.valid_from.format(&Rfc3339).unwrap_or_default(),
        valid_until: terms.valid_until.format(&Rfc3339).unwrap_or_default(),
        datasets: terms.datasets.iter().map(describe).collect(),
        standing_days: terms.standing_days.unwrap_or(0),
        id: terms.id.to_string(),
        title: terms.title,
        purposes: terms.purposes,
        in_force,
        problem,
    })
}

fn describe(dataset: &Dataset) -> String {
    let types: Vec<_> = dataset
        .types
        .iter()
        .map(|offered| format!("{} ({} a day)", offered.identifier_type, offered.daily_quota))
        .collect();
    format!("{} offers {} ({}): {}", dataset.owner, dataset.title, dataset.id, types.join(", "))
}

fn summary_text(summary: &Summary) -> String {
    let mut text = format!("{}  {}\n  hash     {}\n", summary.id, summary.title, summary.hash);
    for party in &summary.parties {
        let signed = if party.signed { "signed" } else { "not signed" };
        let _ = writeln!(
            text,
            "  party    {}  {}  ({signed}; legal key {})",
            party.code, party.name, party.legal_key
        );
    }
    for dataset in &summary.datasets {
        let _ = writeln!(text, "  dataset  {dataset}");
    }
    let _ = writeln!(text, "  purposes {}", summary.purposes.join(", "));
    let standing = match summary.standing_days {
        0 => "not agreed".to_owned(),
        days => format!("tags may be kept for {days} days, at most to the end of an epoch"),
    };
    let _ = writeln!(text, "  standing {standing}");
    let _ = writeln!(text, "  valid    {} to {}", summary.valid_from, summary.valid_until);
    let state = match (&summary.problem, summary.in_force) {
        (Some(problem), _) => problem.as_str(),
        (None, true) => "whole, and in force",
        (None, false) => "whole, but not in force now",
    };
    let _ = writeln!(text, "  state    {state}");
    text
}
