//! What rules say of records, for people who review them: of one record, and of all under other rules.

use symbolon_client::Rules;
use symbolon_policy::{
    AdmissionSetting, Agreement, BureauCode, RecordAttributes,
    rules::{Facts, LegalTables, LoggedDecision, RulePack, Ruling},
};
use symbolon_store::{RecordGroup, Store, StoreError};
use time::OffsetDateTime;

use crate::entering::{Rulings, facts_of};

/// What rules say of a record for one set.
pub struct AdmissionRuling {
    /// The agreement.
    pub agreement: String,
    /// The type of the set.
    pub identifier_type: String,
    /// By which rules, on what facts, and what they say.
    pub decision: LoggedDecision,
}

/// What the rules say of a record with these attributes, or of one without details, for each set that `us`
/// offers of a dataset under an agreement, at `now`.
pub fn admission_of(
    us: &BureauCode,
    agreement: &Agreement,
    dataset: &str,
    attributes: Option<&RecordAttributes>,
    rules: &Rules,
    now: OffsetDateTime,
) -> Vec<AdmissionRuling> {
    agreement
        .scopes_of(us, now)
        .filter(|(_, offered, _)| offered.id == dataset)
        .map(|(scope, _, _)| {
            let setting = AdmissionSetting::new(us, agreement, &scope, &rules.tables);
            let facts = facts_of(&setting, attributes, now);
            let ruling = rules.pack.decide_admission(&facts);
            AdmissionRuling {
                agreement: scope.agreement.as_str().to_owned(),
                identifier_type: scope.identifier_type.name().to_owned(),
                decision: LoggedDecision {
                    rules: rules.hash,
                    facts: Facts::Admission(facts),
                    ruling,
                },
            }
        })
        .collect()
}

/// Records that would enter a set, or be kept out of it, under other rules.
#[derive(Clone, Debug)]
pub struct AdmissionChange {
    /// The agreement.
    pub agreement: String,
    /// The dataset.
    pub dataset: String,
    /// For the sets of which types.
    pub identifier_types: Vec<String>,
    /// Which records.
    pub records: RecordsChanged,
    /// What the rules say that the others are compared with.
    pub before: Ruling,
    /// What those others say.
    pub after: Ruling,
}

/// Records that rules decide on alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordsChanged {
    /// Those with these references.
    Named(Vec<String>),
    /// All of the dataset that have no details.
    Plain,
}

/// Decides on all records that `us` offers under an agreement by two packs with tables. Returns how many
/// decisions that were, one for each kind of record in each set, and what comes out otherwise.
///
/// # Errors
/// When the database fails.
pub async fn admission_replay(
    store: &Store,
    us: &BureauCode,
    agreement: &Agreement,
    before: (&RulePack, &LegalTables),
    after: (&RulePack, &LegalTables),
    now: OffsetDateTime,
) -> Result<(u64, Vec<AdmissionChange>), StoreError> {
    let (mut decided, mut changes) = (0_u64, Vec::<AdmissionChange>::new());
    for (scope, offered, _) in agreement.scopes_of(us, now) {
        let was = AdmissionSetting::new(us, agreement, &scope, before.1);
        let would_be = AdmissionSetting::new(us, agreement, &scope, after.1);
        let mut was = Rulings::new(&was, before.0, now);
        let mut would_be = Rulings::new(&would_be, after.0, now);
        let mut snapshot = store.snapshot(&offered.id, scope.identifier_type).await?;
        let groups = snapshot.record_groups().await?;
        let kinds = groups.iter().map(Some).chain([None]);
        for group in kinds {
            let attributes = group.map(|group: &RecordGroup| &group.attributes);
            let (was, would_be) = (was.of(attributes), would_be.of(attributes));
            decided = decided.saturating_add(1);
            if was.permitted == would_be.permitted {
                continue;
            }
            let records = match group {
                Some(group) => RecordsChanged::Named(snapshot.references_in(group).await?),
                None => RecordsChanged::Plain,
            };
            let kind = scope.identifier_type.name().to_owned();
            let same = changes.iter_mut().find(|known| {
                known.dataset == offered.id
                    && known.records == records
                    && known.before == was
                    && known.after == would_be
            });
            if let Some(same) = same {
                same.identifier_types.push(kind);
                continue;
            }
            changes.push(AdmissionChange {
                agreement: scope.agreement.as_str().to_owned(),
                dataset: offered.id.clone(),
                identifier_types: vec![kind],
                records,
                before: was,
                after: would_be,
            });
        }
        snapshot.close().await?;
    }
    Ok((decided, changes))
}
