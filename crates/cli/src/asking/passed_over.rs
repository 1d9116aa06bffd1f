//! Lists that a check leaves out because of its purpose: whoever reads *no hit* must know what was not asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::Serialize;
use symbolon_proto::bureau::v1::{
    CoverageEntry, ListCoverageRequest, bureau_service_client::BureauServiceClient,
};
use tokio::time::timeout;
use tonic::transport::Channel;

use super::{Asked, Reason, read};

/// Nothing but the own node's memory is looked at for it.
const LONGEST: Duration = Duration::from_secs(5);

/// A list of a type that was asked, which no agreement opens for the purpose that was declared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PassedOver {
    /// Code of the bureau.
    pub bureau: String,
    /// Its name.
    pub bureau_name: String,
    /// Id of the list.
    pub dataset: String,
    /// Its title.
    pub dataset_title: String,
    /// Agreements that offer it.
    pub agreements: BTreeSet<String>,
    /// Purposes for which it can be asked.
    pub purposes: BTreeSet<String>,
}

/// What a check of these identifiers for this reason leaves out, by bureau and list.
///
/// `None` if the node does not say so in time: that keeps nobody from asking.
pub async fn passed_over(
    client: &mut BureauServiceClient<Channel>,
    reason: &Reason,
    asked: &[Asked],
) -> Option<Vec<PassedOver>> {
    let said = timeout(LONGEST, client.list_coverage(ListCoverageRequest {})).await.ok()?;
    Some(without_purpose(said.ok()?.into_inner().entries, reason, &types(asked)))
}

fn types(asked: &[Asked]) -> BTreeSet<&str> {
    asked
        .iter()
        .filter_map(|one| match one.identifier_type.as_str() {
            "mrz" => read(one).map(|identifier| identifier.kind().name()),
            name => Some(name),
        })
        .collect()
}

fn without_purpose(
    entries: Vec<CoverageEntry>,
    reason: &Reason,
    types: &BTreeSet<&str>,
) -> Vec<PassedOver> {
    let mut lists = BTreeMap::new();
    let mut asked = BTreeSet::new();
    for entry in entries {
        let source = entry.source.unwrap_or_default();
        let is_wanted = reason.bureaus.is_empty() || reason.bureaus.contains(&source.bureau);
        if !is_wanted || !types.contains(source.identifier_type.as_str()) {
            continue;
        }
        let key = (source.bureau.clone(), source.dataset.clone());
        // One agreement that allows it is enough.
        if entry.purposes.contains(&reason.purpose) {
            asked.insert(key);
            continue;
        }
        let list = lists.entry(key).or_insert_with(|| PassedOver {
            bureau: source.bureau,
            bureau_name: source.bureau_name,
            dataset: source.dataset,
            dataset_title: source.dataset_title,
            agreements: BTreeSet::new(),
            purposes: BTreeSet::new(),
        });
        list.agreements.insert(entry.agreement_id);
        list.purposes.extend(entry.purposes);
    }
    lists.retain(|key, _| !asked.contains(key));
    lists.into_values().collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use symbolon_proto::bureau::v1::Source;

    use super::*;
    use crate::asking::{StatedFacts, Urgency};

    fn entry(
        bureau: &str,
        dataset: &str,
        kind: &str,
        agreement: &str,
        purpose: &str,
    ) -> CoverageEntry {
        CoverageEntry {
            source: Some(Source {
                bureau: bureau.to_owned(),
                dataset: dataset.to_owned(),
                identifier_type: kind.to_owned(),
                ..Source::default()
            }),
            agreement_id: agreement.to_owned(),
            purposes: vec![purpose.to_owned()],
            ..CoverageEntry::default()
        }
    }

    fn reason(bureaus: &[&str]) -> Reason {
        Reason {
            purpose: "border_check".to_owned(),
            offence_class: String::new(),
            urgency: Urgency::Routine,
            officer: "officer".to_owned(),
            case_reference: "case".to_owned(),
            justification: String::new(),
            stated: StatedFacts::default(),
            bureaus: bureaus.iter().map(|code| (*code).to_owned()).collect(),
            timeout: Duration::from_secs(1),
            check_id: None,
        }
    }

    #[test]
    fn a_list_that_no_agreement_opens_for_the_purpose_is_named_once_and_others_are_not() {
        let entries = || {
            vec![
                entry("BOR", "watchlist", "vin", "first", "border_check"),
                entry("BOR", "watchlist", "vin", "second", "missing_person"),
                entry("BOR", "missing", "vin", "second", "missing_person"),
                entry("BOR", "missing", "vin", "third", "asylum"),
                entry("BOR", "phones", "phone", "second", "missing_person"),
                entry("CTG", "alerts", "vin", "fourth", "missing_person"),
            ]
        };
        let names = |bureaus: &[&str]| {
            let left = without_purpose(entries(), &reason(bureaus), &BTreeSet::from(["vin"]));
            left.into_iter().map(|one| (one.bureau, one.dataset)).collect::<Vec<_>>()
        };
        let list = |bureau: &str, dataset: &str| (bureau.to_owned(), dataset.to_owned());
        assert_eq!(names(&[]), [list("BOR", "missing"), list("CTG", "alerts")]);
        assert_eq!(names(&["BOR"]), [list("BOR", "missing")]);
        let left = without_purpose(entries(), &reason(&["BOR"]), &BTreeSet::from(["vin"]));
        let both = BTreeSet::from(["asylum".to_owned(), "missing_person".to_owned()]);
        assert_eq!(left.first().map(|one| &one.purposes), Some(&both));
    }
}
