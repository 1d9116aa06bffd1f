//! The gate: what is wrong with a pack is found here, with words that say where and what to do, and
//! never at a decision.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    ActionConstraint, Policy, PolicyId, PolicySet, PrincipalConstraint, ResourceConstraint, Schema,
    ValidationMode,
};
use serde_json::{Map, Value};

use super::{
    Decision, Example, Facts, Point, Rule, RuleError, RulePack, RuleProblem,
    file::{ExampleFile, PackFile, RuleFile},
    schema::{Frame, schema, validator},
};
use crate::canonical;

/// Most files of a pack.
pub const MAX_FILES: usize = 512;
/// Most bytes of one file: 32 KiB.
pub const MAX_FILE_BYTES: usize = 32 << 10;
/// Most bytes of all files of a pack: 2 MiB.
pub const MAX_PACK_BYTES: usize = 2 << 20;
/// Most bytes of a rule's Cedar text: 4 KiB.
pub const MAX_CEDAR_BYTES: usize = 4 << 10;
/// Most examples of a rule.
pub const MAX_EXAMPLES: usize = 64;
/// Name of the file that names the pack.
pub const PACK_FILE: &str = "pack.toml";

// Cedar walks a rule recursively, and a few thousand brackets exhaust the stack.
const MAX_NESTING: usize = 32;
const MAX_ID_BYTES: usize = 32;
const MAX_SENTENCE_CHARS: usize = 300;
const MAX_SOURCE_CHARS: usize = 300;
const MAX_NAME_CHARS: usize = 160;

pub(super) fn load<N: AsRef<str>, C: AsRef<str>>(
    files: impl IntoIterator<Item = (N, C)>,
) -> Result<RulePack, RuleError> {
    let mut files = read(files)?;
    let head = head(files.remove(PACK_FILE).as_deref())?;
    let schema = schema().ok_or_else(|| RuleError::in_file("", RuleProblem::Schema))?;
    let mut rules: BTreeMap<String, (String, Rule)> = BTreeMap::new();
    for (file, text) in files {
        let rule = rule(&file, &text)?;
        if let Some((other, _)) = rules.get(&rule.id) {
            let problem = RuleProblem::DuplicateId { other: other.clone() };
            return Err(RuleError::in_rule(&file, &rule.id, problem));
        }
        rules.insert(rule.id.clone(), (file, rule));
    }
    one_permit_a_point(&rules)?;
    let (files, rules): (Vec<_>, Vec<_>) = rules.into_values().unzip();
    let pack = RulePack::assemble(head.name, head.version, head.title, rules)
        .ok_or_else(|| RuleError::in_file("", RuleProblem::Schema))?;
    for (file, rule) in files.iter().zip(pack.rules()) {
        try_examples(file, rule, &pack, schema)?;
    }
    Ok(pack)
}

/// Sorted by name, so that the order in which a folder is listed changes nothing.
fn read<N: AsRef<str>, C: AsRef<str>>(
    files: impl IntoIterator<Item = (N, C)>,
) -> Result<BTreeMap<String, String>, RuleError> {
    let whole = |problem| Err(RuleError::in_file("", problem));
    let mut read = BTreeMap::new();
    let mut bytes = 0_usize;
    for (name, text) in files {
        let (name, text) = (name.as_ref(), text.as_ref());
        if read.len() == MAX_FILES {
            return whole(RuleProblem::TooManyFiles { most: MAX_FILES });
        }
        if name.ends_with(".md") || name.ends_with(".cedarschema") {
            continue;
        }
        if !name.ends_with(".toml") {
            return Err(RuleError::in_file(name, RuleProblem::NotARuleFile));
        }
        if text.len() > MAX_FILE_BYTES {
            return Err(RuleError::in_file(name, RuleProblem::TooLarge { most: MAX_FILE_BYTES }));
        }
        bytes = bytes.saturating_add(text.len());
        if bytes > MAX_PACK_BYTES {
            return whole(RuleProblem::TooLarge { most: MAX_PACK_BYTES });
        }
        // A checkout on another system may have other line ends; the pack is the same.
        if read.insert(name.to_owned(), text.replace("\r\n", "\n")).is_some() {
            return Err(RuleError::in_file(name, RuleProblem::DuplicateFile));
        }
    }
    Ok(read)
}

fn head(text: Option<&str>) -> Result<PackFile, RuleError> {
    let text = text.ok_or_else(|| RuleError::in_file(PACK_FILE, RuleProblem::NoPackFile))?;
    let pack: PackFile = from_toml(PACK_FILE, text)?;
    let wrong = |problem| RuleError::in_file(PACK_FILE, problem);
    line("name", &pack.name, MAX_NAME_CHARS).map_err(wrong)?;
    line("version", &pack.version, MAX_NAME_CHARS).map_err(wrong)?;
    line("title", &pack.title, MAX_NAME_CHARS).map_err(wrong)?;
    Ok(pack)
}

fn from_toml<T: for<'de> serde::Deserialize<'de>>(file: &str, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|error| {
        RuleError::in_file(file, RuleProblem::NotToml(error.to_string().trim_end().to_owned()))
    })
}

fn rule(file: &str, text: &str) -> Result<Rule, RuleError> {
    let read: RuleFile = from_toml(file, text)?;
    id(&read.id).map_err(|problem| RuleError::in_file(file, problem))?;
    let wrong = |problem| RuleError::in_rule(file, &read.id, problem);
    line("sentence", &read.sentence, MAX_SENTENCE_CHARS).map_err(wrong)?;
    if !read.sentence.ends_with('.') {
        let must_be = "one sentence that ends with a full stop".to_owned();
        return Err(wrong(RuleProblem::Malformed { field: "sentence", must_be }));
    }
    line("source", &read.source, MAX_SOURCE_CHARS).map_err(wrong)?;
    size(&read.cedar).map_err(wrong)?;
    let policy = policy(&read.id, read.point, &read.cedar).map_err(wrong)?;
    let effect = match policy.effect() {
        cedar_policy::Effect::Permit => Decision::Permit,
        cedar_policy::Effect::Forbid => Decision::Forbid,
    };
    if read.examples.len() > MAX_EXAMPLES {
        let must_be = format!("at most {MAX_EXAMPLES}");
        return Err(wrong(RuleProblem::Malformed { field: "examples", must_be }));
    }
    let examples = examples(file, &read.id, read.point, read.examples)?;
    Ok(Rule {
        id: read.id,
        point: read.point,
        sentence: read.sentence,
        source: read.source,
        effect,
        cedar: read.cedar,
        examples,
        policy,
    })
}

fn size(cedar: &str) -> Result<(), RuleProblem> {
    let (mut open, mut deepest) = (0_usize, 0);
    for byte in cedar.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open = open.saturating_add(1),
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    if cedar.len() <= MAX_CEDAR_BYTES && deepest <= MAX_NESTING {
        return Ok(());
    }
    Err(RuleProblem::Malformed {
        field: "cedar",
        must_be: format!(
            "at most {MAX_CEDAR_BYTES} bytes, with brackets at most {MAX_NESTING} deep; make two \
             rules of it"
        ),
    })
}

fn policy(id: &str, point: Point, cedar: &str) -> Result<Policy, RuleProblem> {
    let set: PolicySet = cedar.parse().map_err(|error: cedar_policy::ParseErrors| {
        let all: Vec<_> = error.iter().map(ToString::to_string).collect();
        RuleProblem::NotCedar(all.join("; "))
    })?;
    let found = set.num_of_policies().saturating_add(set.num_of_templates());
    let mut policies = set.policies();
    let (Some(policy), None) = (policies.next(), policies.next()) else {
        return Err(RuleProblem::NotOnePolicy { found });
    };
    if found != 1 {
        return Err(RuleProblem::NotOnePolicy { found });
    }
    if policy.annotations().next().is_some() {
        return Err(RuleProblem::Annotated);
    }
    let action = Frame::of(point).map(|frame| ActionConstraint::Eq(frame.action.clone()));
    let head_is_plain = policy.principal_constraint() == PrincipalConstraint::Any
        && policy.resource_constraint() == ResourceConstraint::Any
        && Some(policy.action_constraint()) == action;
    if !head_is_plain {
        return Err(RuleProblem::WrongHead { point });
    }
    let policy = policy.new_id(PolicyId::new(id));
    fits(&policy)?;
    Ok(policy)
}

/// Strictly, and without warnings: a rule that can never apply, or that hides letters of another
/// script, protects nobody.
fn fits(policy: &Policy) -> Result<(), RuleProblem> {
    let set = PolicySet::from_policies([policy.clone()])
        .map_err(|error| RuleProblem::NotCedar(error.to_string()))?;
    let validator = validator().ok_or(RuleProblem::Schema)?;
    let result = validator.validate(&set, ValidationMode::Strict);
    let errors = result.validation_errors().map(ToString::to_string);
    let warnings = result.validation_warnings().map(ToString::to_string);
    let all: BTreeSet<_> = errors.chain(warnings).collect();
    if all.is_empty() {
        return Ok(());
    }
    Err(RuleProblem::DoesNotFit(all.into_iter().collect::<Vec<_>>().join("; ")))
}

fn examples(
    file: &str,
    rule: &str,
    point: Point,
    read: Vec<ExampleFile>,
) -> Result<Vec<Example>, RuleError> {
    let mut names = BTreeSet::new();
    let mut examples = Vec::with_capacity(read.len());
    for ExampleFile { name, given, decision } in read {
        let wrong = |problem| RuleError::in_example(file, rule, &name, problem);
        line("name", &name, MAX_NAME_CHARS).map_err(wrong)?;
        if !names.insert(name.clone()) {
            return Err(wrong(RuleProblem::DuplicateExample));
        }
        let given = json(given).map_err(|why| wrong(RuleProblem::Given(why)))?;
        let facts = Facts::given(point, &given).map_err(|why| wrong(RuleProblem::Given(why)))?;
        examples.push(Example { name, given: Value::Object(given), decision, facts });
    }
    Ok(examples)
}

fn json(given: toml::Table) -> Result<Map<String, Value>, String> {
    let value = serde_json::to_value(given).map_err(|error| error.to_string())?;
    if canonical::to_bytes(&value).is_none() {
        return Err("a number must be whole, from 0 to 2^53".to_owned());
    }
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err("it must be a table of facts".to_owned()),
    }
}

fn one_permit_a_point(rules: &BTreeMap<String, (String, Rule)>) -> Result<(), RuleError> {
    let mut permits: BTreeMap<Point, &str> = BTreeMap::new();
    for (file, rule) in rules.values() {
        if rule.effect == Decision::Permit
            && let Some(other) = permits.insert(rule.point, &rule.id)
        {
            let problem = RuleProblem::SecondPermit { other: other.to_owned() };
            return Err(RuleError::in_rule(file, &rule.id, problem));
        }
    }
    Ok(())
}

fn try_examples(
    file: &str,
    rule: &Rule,
    pack: &RulePack,
    schema: &Schema,
) -> Result<(), RuleError> {
    let (mut stops, mut passes) = (false, false);
    for example in &rule.examples {
        let wrong = |problem| RuleError::in_example(file, &rule.id, &example.name, problem);
        let ruling = pack.decide_with(&example.facts, Some(schema));
        if !ruling.faults.is_empty() {
            return Err(wrong(RuleProblem::Faulty(ruling.faults.join("; "))));
        }
        let found = if ruling.permitted { Decision::Permit } else { Decision::Forbid };
        if found != example.decision {
            return Err(wrong(RuleProblem::ComesOutOtherwise {
                expected: example.decision,
                found,
                explanation: ruling.explanation(),
            }));
        }
        passes |= ruling.permitted;
        stops |= !ruling.permitted && ruling.deciding.iter().any(|by| by.id == rule.id);
    }
    if !passes {
        return Err(RuleError::in_rule(file, &rule.id, RuleProblem::NothingPasses));
    }
    if rule.effect == Decision::Forbid && !stops {
        return Err(RuleError::in_rule(file, &rule.id, RuleProblem::StopsNothing));
    }
    Ok(())
}

fn id(value: &str) -> Result<(), RuleProblem> {
    let sound = (1..=MAX_ID_BYTES).contains(&value.len())
        && value.starts_with(|c: char| c.is_ascii_uppercase())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if sound {
        return Ok(());
    }
    Err(RuleProblem::Malformed {
        field: "id",
        must_be: format!(
            "1 to {MAX_ID_BYTES} letters, digits and hyphens that begin with a capital, for \
             instance R04-egress"
        ),
    })
}

fn line(field: &'static str, value: &str, most: usize) -> Result<(), RuleProblem> {
    let sound = !value.trim().is_empty()
        && value.chars().count() <= most
        && !value.chars().any(char::is_control);
    if sound {
        return Ok(());
    }
    Err(RuleProblem::Malformed { field, must_be: format!("1 to {most} characters in one line") })
}
