//! The search for cases that come out the other way.

use std::collections::{BTreeSet, HashSet};

use cedar_policy::{PolicySet, Request};
use serde_json::Value;

use super::DecisionDifference;
use crate::rules::{
    Example, Facts, Point, Rule, RulePack, Ruling,
    fact::Near,
    pack::{evaluate, request},
};

/// One difference for each combination of decision and deciding rules.
pub(super) fn differing_at(
    point: Point,
    a: &RulePack,
    b: &RulePack,
    changed: &[&Rule],
) -> Vec<DecisionDifference> {
    let search = Search::new(point, [a, b], changed);
    let mut found: Vec<DecisionDifference> = Vec::new();
    let mut seen = HashSet::new();
    for case in search.cases() {
        if !seen.insert(case.facts.clone()) {
            continue;
        }
        let Some(request) = search.concerns(&case.facts) else { continue };
        let before = a.rule_on(point, Ok(request.clone()));
        let after = b.rule_on(point, Ok(request));
        if before.permitted == after.permitted {
            continue;
        }
        let same = found.iter_mut().find(|other| {
            by_same_rules(&other.before, &before) && by_same_rules(&other.after, &after)
        });
        match same {
            Some(other) => other.cases = other.cases.saturating_add(1),
            None => found.push(case.comes_out(before, after)),
        }
    }
    found
}

fn by_same_rules(a: &Ruling, b: &Ruling) -> bool {
    a.permitted == b.permitted
        && a.faults == b.faults
        && a.deciding.iter().map(|rule| &rule.id).eq(b.deciding.iter().map(|rule| &rule.id))
}

struct Search<'a> {
    point: Point,
    packs: [&'a RulePack; 2],
    near: Near,
    probes: Vec<PolicySet>,
    mentioned: Mentioned,
}

impl<'a> Search<'a> {
    fn new(point: Point, packs: [&'a RulePack; 2], changed: &[&Rule]) -> Self {
        let mut mentioned = Mentioned::default();
        for tree in changed.iter().filter_map(|rule| rule.policy.to_json().ok()) {
            mentioned.read(&tree);
        }
        let probe = |rule: &&Rule| PolicySet::from_policies([rule.policy.clone()]).ok();
        Self {
            point,
            packs,
            near: near(point, packs),
            probes: changed.iter().filter_map(probe).collect(),
            mentioned,
        }
    }

    /// The request of these facts if a changed rule applies to them. Where none does, the unchanged
    /// rules decide alike on both sides.
    fn concerns(&self, facts: &Facts) -> Option<Request> {
        let request = request(self.point, facts.attributes(), None).ok()?;
        let applies = self.probes.iter().any(|probe| {
            let response = evaluate(probe, &request);
            let diagnostics = response.diagnostics();
            diagnostics.reason().next().is_some() || diagnostics.errors().next().is_some()
        });
        applies.then_some(request)
    }

    /// The examples first, so that a difference is shown by one of them where one shows it.
    fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        let themselves = self.examples().map(|(rule, example)| Case {
            rule: &rule.id,
            example: &example.name,
            changed: None,
            facts: example.facts.clone(),
        });
        themselves.chain(self.examples().flat_map(|(rule, example)| self.around(rule, example)))
    }

    fn examples(&self) -> impl Iterator<Item = (&'a Rule, &'a Example)> {
        let rules = self.packs.into_iter().flat_map(RulePack::rules);
        let here = rules.filter(|rule| rule.point == self.point);
        here.flat_map(|rule| rule.examples.iter().map(move |example| (rule, example)))
    }

    /// Where no changed rule applies to an example, none applies after the change of a fact that
    /// none of them looks at.
    fn around(&self, rule: &'a Rule, example: &'a Example) -> impl Iterator<Item = Case<'a>> {
        let all = self.concerns(&example.facts).is_some();
        let neighbours =
            example.facts.neighbours(&self.near, &|fact| all || self.mentioned.may_matter(fact));
        neighbours.into_iter().map(|(fact, facts)| Case {
            rule: &rule.id,
            example: &example.name,
            changed: Some(fact),
            facts,
        })
    }
}

struct Case<'a> {
    rule: &'a str,
    example: &'a str,
    changed: Option<&'static str>,
    facts: Facts,
}

impl Case<'_> {
    fn comes_out(self, before: Ruling, after: Ruling) -> DecisionDifference {
        DecisionDifference {
            rule: self.rule.to_owned(),
            example: self.example.to_owned(),
            changed: self.changed.map(|fact| self.facts.change(fact)),
            facts: self.facts,
            before,
            after,
            cases: 1,
        }
    }
}

/// The facts that some rules look at, by Cedar's JSON form:
/// `{".": {"left": {"Var": "context"}, "attr": "minor"}}`.
#[derive(Default)]
struct Mentioned {
    names: BTreeSet<String>,
    // A rule looks at the context as a whole.
    all: bool,
}

impl Mentioned {
    fn read(&mut self, tree: &Value) {
        match tree {
            Value::Object(fields) => {
                if let Some(Value::String(attribute)) = fields.get("attr") {
                    self.names.insert(attribute.clone());
                    if fields.get("left").is_some_and(is_context) {
                        return;
                    }
                }
                self.all |= is_context(tree);
                fields.values().for_each(|value| self.read(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.read(item)),
            _ => {}
        }
    }

    fn may_matter(&self, fact: &str) -> bool {
        // A count of elements is seen under three names.
        let also: &[&str] = if fact == "elements" { &["elements_total", "types"] } else { &[] };
        self.all || self.names.contains(fact) || also.iter().any(|name| self.names.contains(*name))
    }
}

fn is_context(tree: &Value) -> bool {
    tree.get("Var").and_then(Value::as_str) == Some("context")
}

fn near(point: Point, packs: [&RulePack; 2]) -> Near {
    let mut near = Near { words: Facts::plain(point).words(), ..Near::default() };
    let rules = packs.into_iter().flat_map(RulePack::rules).filter(|rule| rule.point == point);
    for rule in rules {
        if let Ok(tree) = rule.policy.to_json() {
            constants(&tree, &mut near);
        }
        for example in &rule.examples {
            near.words.extend(example.facts.words());
        }
    }
    near
}

/// In Cedar's JSON form a constant is an object `{"Value": …}`.
fn constants(tree: &Value, near: &mut Near) {
    match tree {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Number(number) if name == "Value" => {
                        near.numbers.extend(number.as_u64());
                    }
                    Value::String(word) if name == "Value" => {
                        near.words.insert(word.clone());
                    }
                    _ => constants(value, near),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| constants(item, near)),
        _ => {}
    }
}
