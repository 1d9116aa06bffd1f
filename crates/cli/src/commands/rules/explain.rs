mod check;
mod record;
mod request;

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use serde::Serialize;
use symbolon_policy::{
    CheckId, RequestId,
    rules::{Facts, LoggedDecision, Role, RuleSet, RulesHash},
};
use symbolon_store::{AdministrativeAct, DataFolder, DisclosureEvent, Store};
use time::OffsetDateTime;

use super::super::DONE;
use crate::{CliError, acting::Acting, output::Output, prose::wrapped};

/// Say why a check was asked, answered or refused, why a record was or was not released, or why a
/// record of this bureau does or does not enter the sets that partners can test.
///
/// For instance, with SYMBOLON_DATA set to the data folder:
///   symbolon rules explain 9ab3… --as inspector
///   symbolon rules explain --dataset stolen-documents --record BOR-1 --as legal-3
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(in crate::commands) struct Explain {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Id of a check, asked by this bureau or by a partner, or of a partner's request for a record:
    /// 32 hexadecimal digits.
    #[arg(value_name = "ID", required_unless_present = "record")]
    id: Option<String>,
    /// A record of this bureau, by its reference: what the rules in force say of it now.
    #[arg(long, value_name = "REFERENCE", requires = "dataset", conflicts_with = "id")]
    record: Option<String>,
    /// The dataset of that record.
    #[arg(long, value_name = "DATASET", requires = "record")]
    dataset: Option<String>,
}

impl Explain {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let folder = DataFolder::open(&self.data)?;
        let store = Store::open(folder).await?;
        let roles = &[Role::Legal, Role::Inspector];
        let by = self.acting.authorise(store.folder(), &store, roles).await?;
        let (act, now) = (AdministrativeAct::ExplainCheck, OffsetDateTime::now_utc());
        if let (Some(record), Some(dataset)) = (&self.record, &self.dataset) {
            let explanation = record::Explanation::find(&store, dataset, record).await?;
            // It tells of the record, so who looked is kept; the subject names the list, and not the record.
            store.log_administration(act, dataset, &by, now).await?;
            store.close().await;
            output.result(&explanation, || explanation.text());
            return Ok(DONE);
        }
        let mut id = [0; 16];
        hex::decode_to_slice(self.id.as_deref().unwrap_or_default(), &mut id).map_err(|_| {
            CliError::new("check_id", "a check or request is named by 32 hexadecimal digits")
        })?;
        if let Some(explanation) = check::Explanation::find(&store, CheckId(id)).await? {
            store.log_administration(act, &hex::encode(id), &by, now).await?;
            store.close().await;
            output.result(&explanation, || explanation.text());
            return Ok(DONE);
        }
        let request = RequestId(id);
        let Some(explanation) = request::Explanation::find(&store, request).await? else {
            return Err(CliError::new(
                "check_unknown",
                "this bureau knows of no decision on a check or request with this id: it was neither \
                 asked here nor came to a decision here, or its records were erased after their \
                 retention time",
            ));
        };
        // Before anyone sees it: it tells of the record.
        let event = DisclosureEvent::Shown { request, by };
        store.add_disclosure_event(&event, now).await?;
        store.close().await;
        output.result(&explanation, || explanation.text());
        Ok(DONE)
    }
}

/// Name and version of packs by which was decided, as far as they are kept here.
#[derive(Serialize)]
#[serde(transparent)]
struct Packs(BTreeMap<String, String>);

impl Packs {
    async fn of(
        store: &Store,
        rules: impl IntoIterator<Item = RulesHash>,
    ) -> Result<Self, CliError> {
        let mut packs = BTreeMap::new();
        for rules in rules {
            if !packs.contains_key(&rules.to_string())
                && let Some(name) = name_of(store, &rules).await?
            {
                packs.insert(rules.to_string(), name);
            }
        }
        Ok(Self(packs))
    }
}

async fn name_of(store: &Store, rules: &RulesHash) -> Result<Option<String>, CliError> {
    let files = store.rule_files(rules).await?;
    let set = if files.is_empty() { RuleSet::starter() } else { RuleSet::load(files) };
    // A pack that an older program has loaded may not pass today's gate; the log explains it all the
    // same.
    Ok(set
        .ok()
        .filter(|set| set.hash == *rules)
        .map(|set| format!("{} {}", set.pack.name(), set.pack.version())))
}

fn decision_text(decision: &LoggedDecision, packs: &Packs) -> String {
    let LoggedDecision { rules, facts, ruling } = decision;
    let outcome = if ruling.permitted { "allowed" } else { "REFUSED" };
    let mut text = format!("\n  {}: {outcome}\n", about(facts));
    for rule in &ruling.deciding {
        text += &wrapped(&rule.sentence, 4);
        text += &wrapped(&format!("{}; source: {}", rule.id, rule.source), 6);
    }
    if ruling.deciding.is_empty() {
        text += &wrapped(&ruling.explanation(), 4);
    }
    let pack = packs.0.get(&rules.to_string());
    let pack = pack.map_or_else(|| "not kept here".to_owned(), Clone::clone);
    text += &wrapped(&format!("Decided by the rules {rules} ({pack})."), 4);
    text
}

/// What a decision was about, in a few words.
pub(super) fn about(facts: &Facts) -> String {
    match facts {
        Facts::Egress(facts) => {
            format!("May {} be asked under agreement {}", facts.partner, facts.agreement)
        }
        Facts::Ingress(facts) => {
            format!("Is {} answered under agreement {}", facts.requester, facts.agreement)
        }
        Facts::Disclosure(facts) => format!(
            "May a record of {} be released to {} under agreement {}",
            facts.dataset, facts.requester, facts.agreement
        ),
        Facts::Admission(facts) => format!(
            "Does the record enter the {} set of {} under agreement {}",
            facts.identifier_type.name(),
            facts.dataset,
            facts.agreement
        ),
    }
}
