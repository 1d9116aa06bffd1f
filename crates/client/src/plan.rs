use std::collections::BTreeSet;

use symbolon_exchange::ContextFacts;
use symbolon_identifiers::{Identifier, IdentifierType};
use symbolon_policy::{
    Agreement, BureauCode, Desk, Party, Reason, Refusal, Scope, may_ask, may_keep, rules::Role,
    same_rules,
};
use symbolon_proto::v1::Urgency;
use time::OffsetDateTime;

use crate::{failure::Failure, stated::StatedFacts};

/// One identifier with the caller's own number for it.
pub struct Item {
    /// The caller's number.
    pub reference: u64,
    /// The identifier.
    pub identifier: Identifier,
}

/// Who asks, why, and whom.
#[derive(Clone)]
pub struct QuestionContext {
    /// Declared purpose.
    pub purpose: String,
    /// Declared class of offence; may be empty.
    pub offence_class: String,
    /// Declared urgency.
    pub urgency: Urgency,
    /// What stays sealed here.
    pub facts: ContextFacts,
    /// What rules decide on beyond that; sealed too.
    pub stated: StatedFacts,
    /// The identity in the caller's certificate.
    pub agency: String,
    /// The roles in it.
    pub roles: BTreeSet<Role>,
    /// Whom to ask; all partners where empty.
    pub bureaus: Vec<BureauCode>,
}

/// A list held by a bureau, as far as one identifier type goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Code of the bureau.
    pub bureau: BureauCode,
    /// Its name; the code again where no agreement names it.
    pub bureau_name: String,
    /// Id of the dataset; empty where nothing is agreed.
    pub dataset: String,
    /// Its title.
    pub dataset_title: String,
    /// The type.
    pub kind: IdentifierType,
    /// Whom to call after a hit.
    pub desk: Option<Desk>,
}

/// What is asked of one bureau under one agreement: one check on the wire.
pub(crate) struct Unit {
    pub(crate) agreement: Agreement,
    pub(crate) owner: Party,
    pub(crate) scopes: Vec<(Scope, Source)>,
}

/// Whom to ask what, and what can be answered without asking.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) units: Vec<Unit>,
    pub(crate) settled: Vec<(Source, Failure)>,
}

/// Why an agreement does not let a type be asked: of several, the one that comes last here helps a person most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hindrance {
    NotInForce,
    /// It is in force, and offers no such list.
    Type,
    /// It offers one, for other purposes.
    Purpose,
}

impl Plan {
    pub(crate) fn new(
        us: &BureauCode,
        agreements: &[Agreement],
        kinds: &[IdentifierType],
        context: &QuestionContext,
        now: OffsetDateTime,
    ) -> Self {
        let partners: BTreeSet<&BureauCode> = agreements
            .iter()
            .flat_map(|agreement| &agreement.terms().parties)
            .map(|party| &party.code)
            .filter(|code| *code != us)
            .collect();
        let asked: BTreeSet<&BureauCode> =
            if context.bureaus.is_empty() { partners } else { context.bureaus.iter().collect() };
        let mut plan = Self::default();
        for bureau in asked {
            for kind in kinds {
                if bureau == us {
                    plan.settled.push(ourselves(us, *kind, now));
                    continue;
                }
                plan.add(us, agreements, bureau, *kind, context, now);
            }
        }
        plan
    }

    /// Takes out what is asked under agreements that do not let tags be kept.
    pub(crate) fn settle_unkept(&mut self, now: OffsetDateTime) {
        for unit in std::mem::take(&mut self.units) {
            match may_keep(&unit.agreement, now) {
                Ok(_) => self.units.push(unit),
                Err(refusal) => self.settled.extend(
                    unit.scopes
                        .into_iter()
                        .map(|(_, source)| (source, Failure::refused_here(&refusal, now))),
                ),
            }
        }
    }

    fn add(
        &mut self,
        us: &BureauCode,
        agreements: &[Agreement],
        bureau: &BureauCode,
        kind: IdentifierType,
        context: &QuestionContext,
        now: OffsetDateTime,
    ) {
        let mut hindrance: Option<(Hindrance, Refusal, &Party)> = None;
        let mut found = false;
        for agreement in agreements {
            let (Some(owner), Some(_)) = (agreement.party(bureau), agreement.party(us)) else {
                continue;
            };
            let mut hinders = |kind: Hindrance, refusal: Refusal| {
                if hindrance.as_ref().is_none_or(|(known, ..)| *known <= kind) {
                    hindrance = Some((kind, refusal, owner));
                }
            };
            let offers = |scope: &Scope| scope.identifier_type == kind;
            let is_offered = agreement.scopes_of(bureau, now).any(|(scope, ..)| offers(&scope));
            match may_ask(agreement, &context.purpose, now) {
                Ok(()) if is_offered => {}
                Err(refusal) if refusal.reason != Reason::PurposeNotAgreed => {
                    hinders(Hindrance::NotInForce, refusal);
                    continue;
                }
                Err(refusal) if is_offered => {
                    hinders(Hindrance::Purpose, refusal);
                    continue;
                }
                // Another purpose would not help.
                Ok(()) | Err(_) => {
                    let sentence =
                        format!("{} offers no list of this type ({kind}) to {us}", owner.name);
                    hinders(Hindrance::Type, Refusal::new(Reason::TypeNotAgreed, sentence));
                    continue;
                }
            }
            for (scope, dataset, _) in agreement.scopes_of(bureau, now) {
                if !offers(&scope) {
                    continue;
                }
                found = true;
                let source = Source {
                    dataset: dataset.id.clone(),
                    dataset_title: dataset.title.clone(),
                    ..nothing(owner, kind)
                };
                match same_rules(kind, scope.rules_version) {
                    Ok(()) => self.unit(agreement, owner).scopes.push((scope, source)),
                    Err(refusal) => {
                        self.settled.push((source, Failure::refused_here(&refusal, now)));
                    }
                }
            }
        }
        if found {
            return;
        }
        if let Some((_, refusal, owner)) = hindrance {
            self.settled.push((nothing(owner, kind), Failure::refused_here(&refusal, now)));
            return;
        }
        let refusal = Refusal::new(
            Reason::AgreementUnknown,
            format!(
                "there is no agreement with {bureau}; `symbolon coverage` shows whom can be asked"
            ),
        );
        let source = Source {
            bureau: bureau.clone(),
            bureau_name: bureau.to_string(),
            dataset: String::new(),
            dataset_title: String::new(),
            kind,
            desk: None,
        };
        self.settled.push((source, Failure::refused_here(&refusal, now)));
    }

    fn unit(&mut self, agreement: &Agreement, owner: &Party) -> &mut Unit {
        let position = self.units.iter().position(|unit| {
            unit.agreement.terms().id == agreement.terms().id && unit.owner.code == owner.code
        });
        let position = position.unwrap_or_else(|| {
            self.units.push(Unit {
                agreement: agreement.clone(),
                owner: owner.clone(),
                scopes: Vec::new(),
            });
            self.units.len().saturating_sub(1)
        });
        #[allow(clippy::indexing_slicing, reason = "found or pushed just above")]
        &mut self.units[position]
    }
}

fn ourselves(us: &BureauCode, kind: IdentifierType, now: OffsetDateTime) -> (Source, Failure) {
    let refusal =
        Refusal::new(Reason::NotAParty, "this is the own bureau; ask its own systems instead");
    let source = Source {
        bureau: us.clone(),
        bureau_name: us.to_string(),
        dataset: String::new(),
        dataset_title: String::new(),
        kind,
        desk: None,
    };
    (source, Failure::refused_here(&refusal, now))
}

fn nothing(owner: &Party, kind: IdentifierType) -> Source {
    Source {
        bureau: owner.code.clone(),
        bureau_name: owner.name.clone(),
        dataset: String::new(),
        dataset_title: String::new(),
        kind,
        desk: Some(owner.desk.clone()),
    }
}
