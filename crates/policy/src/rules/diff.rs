//! Two packs compared by what they decide, not by their text alone.

mod search;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Change, Facts, Point, Rule, RulePack, Ruling};

/// How one pack differs from another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Difference {
    /// A case comes out the other way.
    Decision(Box<DecisionDifference>),
    /// A rule is not the same in both.
    Rule {
        /// Its id.
        id: String,
        /// What was done to it.
        change: RuleChange,
        /// Whether it decides, on either side, a case that comes out the other way.
        changes_behaviour: bool,
    },
}

/// Cases that come out the other way, one of them in full.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DecisionDifference {
    /// The rule whose example the case is, or is near to.
    pub rule: String,
    /// That example's name.
    pub example: String,
    /// The fact in which the case differs from the example; `None` if it is the example itself.
    pub changed: Option<Change>,
    /// The facts of the case.
    pub facts: Facts,
    /// How the first pack decides.
    pub before: Ruling,
    /// How the second pack decides.
    pub after: Ruling,
    /// How many of the cases tried come out the other way by the same rules.
    pub cases: u64,
}

/// What was done to a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleChange {
    /// Only the second pack has it.
    Added,
    /// Only the first pack has it.
    Removed,
    /// Its Cedar text or its point is another; its words may be, too.
    Rewritten,
    /// Its sentence or source is another.
    Reworded,
    /// Only its examples are others.
    OtherExamples,
}

/// Compares two packs. Tried are the examples of both and all cases that differ from one of them in
/// a single fact, at the values where a decision may turn: each flag the other way, each number at
/// and next to the constants of the rules, each code, each member of a set in or out.
///
/// First come the decisions that differ, one for each combination of point, decision and deciding
/// rules; then the rules. This finds what examples come near to; it proves nothing about the rest.
pub fn behaviour_diff(a: &RulePack, b: &RulePack) -> Vec<Difference> {
    let changes = rule_changes(a, b);
    let mut decisions = Vec::new();
    for point in Point::ALL {
        let text_changed = |rule: &&Rule| {
            rule.point == point
                && changes.get(rule.id.as_str()).is_some_and(|change| {
                    !matches!(change, RuleChange::Reworded | RuleChange::OtherExamples)
                })
        };
        let changed: Vec<&Rule> = a.rules().iter().chain(b.rules()).filter(text_changed).collect();
        if !changed.is_empty() {
            decisions.extend(search::differing_at(point, a, b, &changed));
        }
    }
    let decided: BTreeSet<&str> = decisions
        .iter()
        .flat_map(|difference| [&difference.before, &difference.after])
        .flat_map(|ruling| ruling.deciding.iter().map(|rule| rule.id.as_str()))
        .collect();
    let rules: Vec<_> = changes
        .into_iter()
        .map(|(id, change)| Difference::Rule {
            id: id.to_owned(),
            change,
            changes_behaviour: decided.contains(id),
        })
        .collect();
    let decisions =
        decisions.into_iter().map(|difference| Difference::Decision(Box::new(difference)));
    decisions.chain(rules).collect()
}

fn rule_changes<'a>(a: &'a RulePack, b: &'a RulePack) -> BTreeMap<&'a str, RuleChange> {
    let mut changes = BTreeMap::new();
    for rule in a.rules().iter().chain(b.rules()) {
        let change = match (a.rule(&rule.id), b.rule(&rule.id)) {
            (Some(before), Some(after)) => change(before, after),
            (Some(_), None) => Some(RuleChange::Removed),
            (None, _) => Some(RuleChange::Added),
        };
        if let Some(change) = change {
            changes.insert(rule.id.as_str(), change);
        }
    }
    changes
}

fn change(before: &Rule, after: &Rule) -> Option<RuleChange> {
    if before.cedar != after.cedar || before.point != after.point {
        Some(RuleChange::Rewritten)
    } else if before.sentence != after.sentence || before.source != after.source {
        Some(RuleChange::Reworded)
    } else if before.examples != after.examples {
        Some(RuleChange::OtherExamples)
    } else {
        None
    }
}
