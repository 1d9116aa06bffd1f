//! Which records enter the set of an agreement: as the bureau's rules say of each kind of record.

use std::collections::{BTreeMap, HashMap};

use ring::digest::{Context, SHA256};
use symbolon_client::Rules;
use symbolon_policy::{
    AdmissionSetting, Agreement, BureauCode, RecordAttributes,
    rules::{AdmissionFacts, DecidingRule, RulePack, Ruling},
};
use symbolon_store::{Exclusion, KeptOut, ListSnapshot, RecordGroup, Store, StoreError};
use time::OffsetDateTime;

/// What rules say of the records of a list.
pub(crate) struct Entering {
    /// What does not enter.
    pub(crate) exclusion: Exclusion,
    /// Which rules keep how many records out.
    pub(crate) rules: Vec<RuleCount>,
    /// The records with details, and whether they enter.
    pub(crate) groups: Vec<(RecordGroup, bool)>,
}

impl Entering {
    /// Goes through what `snapshot` shows, for a set as `setting` says, by `rules`, at `now`. Without
    /// details and with rules that admit a plain record it costs one decision.
    pub(crate) async fn find(
        snapshot: &mut ListSnapshot,
        setting: &AdmissionSetting,
        rules: &Rules,
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        let mut rulings = Rulings::new(setting, &rules.pack, now);
        let plain = rulings.of(None);
        let mut groups = Vec::new();
        let mut why = Vec::new();
        for group in snapshot.record_groups().await? {
            let ruling = rulings.of(Some(&group.attributes));
            groups.push((group, ruling.permitted));
            why.push(ruling);
        }
        let exclusion = snapshot.exclusion(plain.permitted, &groups).await?;
        let counts = why.iter().zip(&exclusion.records).map(|(ruling, count)| (ruling, *count));
        let rules = by_rule(counts.chain([(&plain, exclusion.plain_records)]));
        Ok(Self { exclusion, rules, groups })
    }

    /// Stands for what is kept out of the set, and of its labels where it is `labelled`: SHA-256 over
    /// `Symbolon-v1-KeptOut`, a zero byte and the ids of the identifiers that are kept out, ascending,
    /// as 8 big-endian bytes each. A record may be kept out whose identifiers others hold in the set,
    /// and what it says must leave the labels: there the label is `Symbolon-v1-KeptOut-Labelled`, the
    /// ids follow on their count, and on them the keys of the groups that are not admitted, in order.
    /// `None` where nothing is kept out.
    pub(crate) fn digest(&self, labelled: bool) -> Option<[u8; 32]> {
        let refused = self.groups.iter().filter(|(_, admitted)| labelled && !admitted);
        let mut refused: Vec<_> = refused.map(|(group, _)| group.key()).collect();
        refused.sort_unstable();
        let identifiers = &self.exclusion.identifiers;
        if identifiers.is_empty() && refused.is_empty() {
            return None;
        }
        let mut context = Context::new(&SHA256);
        if labelled {
            context.update(b"Symbolon-v1-KeptOut-Labelled\0");
            context.update(&(identifiers.len() as u64).to_be_bytes());
        } else {
            context.update(b"Symbolon-v1-KeptOut\0");
        }
        for identifier in identifiers {
            context.update(&identifier.to_be_bytes());
        }
        for key in refused {
            context.update(&key);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        Some(digest)
    }

    /// As the log keeps it; `None` where every record enters.
    pub(crate) fn as_logged(&self, rules: &Rules) -> Option<KeptOut> {
        (!self.rules.is_empty()).then(|| KeptOut {
            rules: rules.hash,
            identifiers: self.exclusion.identifiers.len() as u64,
            records: self.rules.iter().map(|rule| (rule.id.clone(), rule.records)).collect(),
        })
    }
}

/// How many records a rule keeps out of a set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleCount {
    /// The rule's id; empty where no rule permits, or deciding failed.
    pub id: String,
    /// What it says; why nothing was permitted where there is no rule.
    pub sentence: String,
    /// Where it comes from; empty where there is no rule.
    pub source: String,
    /// Records that it keeps out, alone or with others; each naming of an identifier counts.
    pub records: u64,
}

/// What rules keep out of the set of one scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdmissionReport {
    /// The agreement.
    pub agreement: String,
    /// The other parties, each of which can test the set.
    pub parties: Vec<BureauCode>,
    /// The type.
    pub identifier_type: String,
    /// Different identifiers in the list.
    pub identifiers: u64,
    /// Identifiers that do not enter, because no record that names them does.
    pub kept_out: u64,
    /// Which rules keep how many records out, by id.
    pub rules: Vec<RuleCount>,
}

/// What rules keep out of the sets that `us` offers of a dataset under an agreement, as it would be
/// decided at `now`.
///
/// # Errors
/// When there is no such dataset or the database fails.
pub async fn admission_report(
    store: &Store,
    us: &BureauCode,
    agreement: &Agreement,
    dataset: &str,
    rules: &Rules,
    now: OffsetDateTime,
) -> Result<Vec<AdmissionReport>, StoreError> {
    let mut reports = Vec::new();
    for (scope, offered, _) in agreement.scopes_of(us, now) {
        if offered.id != dataset {
            continue;
        }
        let setting = AdmissionSetting::new(us, agreement, &scope, &rules.tables);
        let mut snapshot = store.snapshot(dataset, scope.identifier_type).await?;
        let entering = Entering::find(&mut snapshot, &setting, rules, now).await?;
        let identifiers = snapshot.identifiers;
        snapshot.close().await?;
        let parties = agreement.terms().parties.iter().map(|party| &party.code);
        reports.push(AdmissionReport {
            agreement: scope.agreement.as_str().to_owned(),
            parties: parties.filter(|code| *code != us).cloned().collect(),
            identifier_type: scope.identifier_type.name().to_owned(),
            identifiers,
            kept_out: entering.exclusion.identifiers.len() as u64,
            rules: entering.rules,
        });
    }
    Ok(reports)
}

/// What rules look at for a record with these attributes, or for one without details.
pub(crate) fn facts_of(
    setting: &AdmissionSetting,
    attributes: Option<&RecordAttributes>,
    now: OffsetDateTime,
) -> AdmissionFacts {
    match attributes {
        Some(attributes) => setting.facts(attributes, now),
        None => setting.facts_without_details(now),
    }
}

/// Decides once for each different facts.
pub(crate) struct Rulings<'a> {
    setting: &'a AdmissionSetting,
    pack: &'a RulePack,
    now: OffsetDateTime,
    known: HashMap<AdmissionFacts, Ruling>,
}

impl<'a> Rulings<'a> {
    pub(crate) fn new(
        setting: &'a AdmissionSetting,
        pack: &'a RulePack,
        now: OffsetDateTime,
    ) -> Self {
        Self { setting, pack, now, known: HashMap::new() }
    }

    /// Of records with these attributes, or of those without details.
    pub(crate) fn of(&mut self, attributes: Option<&RecordAttributes>) -> Ruling {
        let facts = facts_of(self.setting, attributes, self.now);
        if let Some(ruling) = self.known.get(&facts) {
            return ruling.clone();
        }
        let ruling = self.pack.decide_admission(&facts);
        self.known.insert(facts, ruling.clone());
        ruling
    }
}

fn by_rule<'a>(counts: impl Iterator<Item = (&'a Ruling, u64)>) -> Vec<RuleCount> {
    let mut all: BTreeMap<&str, RuleCount> = BTreeMap::new();
    for (ruling, records) in counts {
        if records == 0 || ruling.permitted {
            continue;
        }
        let mut add = |id: &'a str, sentence: String, source: String| {
            let count = all.entry(id).or_insert_with(|| RuleCount {
                id: id.to_owned(),
                sentence,
                source,
                records: 0,
            });
            count.records = count.records.saturating_add(records);
        };
        if ruling.deciding.is_empty() || !ruling.faults.is_empty() {
            add("", ruling.explanation(), String::new());
        } else {
            for DecidingRule { id, sentence, source } in &ruling.deciding {
                add(id, sentence.clone(), source.clone());
            }
        }
    }
    all.into_values().collect()
}
