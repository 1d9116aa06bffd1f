use cedar_policy::{Authorizer, Context, Entities, Policy, PolicySet, Request, Response, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    AdmissionFacts, DecidingRule, Decision, DisclosureFacts, EgressFacts, Facts, IngressFacts,
    Point, RuleError, RulePackHash, Ruling, gate, schema::Frame, starter,
};

/// Rules that have passed the gate, ready to decide. A decision takes some tens of microseconds.
#[derive(Clone, Debug)]
pub struct RulePack {
    name: String,
    version: String,
    title: String,
    hash: RulePackHash,
    // INVARIANT: sorted by id, and no id stands twice.
    rules: Vec<Rule>,
    // One set a point, in the order of `Point::ALL`: a decision looks at no rule of another point.
    sets: [PolicySet; 4],
    // Why nothing is decided by it but no.
    fault: Option<String>,
}

impl RulePack {
    /// Loads a pack from its files, each with its name and contents, in any order: `pack.toml` and
    /// one file a rule. Names that end in `.md` or `.cedarschema` are passed over.
    ///
    /// # Errors
    /// One thing that is wrong: where, what, and what to do.
    pub fn load<N: AsRef<str>, C: AsRef<str>>(
        files: impl IntoIterator<Item = (N, C)>,
    ) -> Result<Self, RuleError> {
        gate::load(files)
    }

    /// The pack that comes with this program: an example for a legal team to adopt, not legal
    /// advice.
    ///
    /// # Errors
    /// Never in a sound build; a test holds it to that.
    pub fn starter() -> Result<Self, RuleError> {
        Self::load(starter::FILES.iter().copied())
    }

    /// The files of [`RulePack::starter`] with their names, for whoever wants to begin with them.
    pub fn starter_files() -> &'static [(&'static str, &'static str)] {
        starter::FILES
    }

    /// What stands in for a pack that was put in force and cannot be read any more: it denies
    /// everything, and says why.
    pub fn denying(why: impl Into<String>) -> Self {
        Self {
            name: "none".to_owned(),
            version: "0".to_owned(),
            title: "Denies everything".to_owned(),
            hash: RulePackHash([0; 32]),
            rules: Vec::new(),
            sets: std::array::from_fn(|_| PolicySet::new()),
            fault: Some(why.into()),
        }
    }

    pub(super) fn assemble(
        name: String,
        version: String,
        title: String,
        rules: Vec<Rule>,
    ) -> Option<Self> {
        let hash = RulePackHash::of(&json!({
            "name": name,
            "version": version,
            "title": title,
            "rules": rules.iter().map(Rule::document).collect::<Vec<_>>(),
        }))?;
        let set = |point| {
            let here = rules.iter().filter(|rule| rule.point == point);
            PolicySet::from_policies(here.map(|rule| rule.policy.clone())).ok()
        };
        let sets = [
            set(Point::Egress)?,
            set(Point::Ingress)?,
            set(Point::Disclosure)?,
            set(Point::Admission)?,
        ];
        Some(Self { name, version, title, hash, rules, sets, fault: None })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, as its authors count.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its title, for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Identifies the pack: every word of every rule and example, whatever the files are called.
    pub fn hash(&self) -> RulePackHash {
        self.hash
    }

    /// Its rules, by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let at = self.rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()?;
        self.rules.get(at)
    }

    /// Decides at the point that the facts belong to.
    pub fn decide(&self, facts: &Facts) -> Ruling {
        self.decide_with(facts, None)
    }

    /// May my officer ask this?
    pub fn decide_egress(&self, facts: &EgressFacts) -> Ruling {
        self.rule_on(Point::Egress, request(Point::Egress, facts.attributes(), None))
    }

    /// Do I answer this?
    pub fn decide_ingress(&self, facts: &IngressFacts) -> Ruling {
        self.rule_on(Point::Ingress, request(Point::Ingress, facts.attributes(), None))
    }

    /// Do I release this record, to whom, which fields?
    pub fn decide_disclosure(&self, facts: &DisclosureFacts) -> Ruling {
        self.rule_on(Point::Disclosure, request(Point::Disclosure, facts.attributes(), None))
    }

    /// May this record enter an agreement's tag set?
    ///
    /// Records differ in few facts: whoever builds a large set decides once for each different
    /// [`AdmissionFacts`], not once a record.
    pub fn decide_admission(&self, facts: &AdmissionFacts) -> Ruling {
        self.rule_on(Point::Admission, request(Point::Admission, facts.attributes(), None))
    }

    /// With a schema, the facts are held to it too: for the gate, as Rust's types do the same.
    pub(super) fn decide_with(&self, facts: &Facts, schema: Option<&Schema>) -> Ruling {
        let point = facts.point();
        self.rule_on(point, request(point, facts.attributes(), schema))
    }

    pub(super) fn rule_on(&self, point: Point, request: Result<Request, String>) -> Ruling {
        if let Some(fault) = &self.fault {
            return Ruling::fault(fault.clone());
        }
        let Some(set) = self.sets.get(point as usize) else {
            return Ruling::fault("no such point");
        };
        match request {
            Ok(request) => self.ruling(&evaluate(set, &request)),
            Err(fault) => Ruling::fault(fault),
        }
    }

    fn ruling(&self, response: &Response) -> Ruling {
        let diagnostics = response.diagnostics();
        let mut faults: Vec<_> = diagnostics.errors().map(ToString::to_string).collect();
        faults.sort_unstable();
        // Cedar skips a policy that fails, though it might have forbidden: so any error denies.
        let permitted = response.decision() == cedar_policy::Decision::Allow && faults.is_empty();
        let wanted = if permitted { Decision::Permit } else { Decision::Forbid };
        let mut deciding: Vec<_> = diagnostics
            .reason()
            .filter_map(|id| self.rule(id.as_ref()))
            .filter(|rule| rule.effect == wanted)
            .map(Rule::as_deciding)
            .collect();
        deciding.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ruling { permitted, deciding, faults }
    }
}

pub(super) fn evaluate(set: &PolicySet, request: &Request) -> Response {
    Authorizer::new().is_authorized(request, set, &Entities::empty())
}

pub(super) fn request(
    point: Point,
    attributes: Option<Vec<(String, cedar_policy::RestrictedExpression)>>,
    schema: Option<&Schema>,
) -> Result<Request, String> {
    let (Some(attributes), Some(frame)) = (attributes, Frame::of(point)) else {
        return Err("the facts cannot be put to the rules".to_owned());
    };
    let context = Context::from_pairs(attributes).map_err(|error| error.to_string())?;
    Request::new(
        frame.principal.clone(),
        frame.action.clone(),
        frame.resource.clone(),
        context,
        schema,
    )
    .map_err(|error| error.to_string())
}

/// A rule of a pack.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique in the pack; as a rule the number of the catalogue that it carries out, and the point
    /// where that has several.
    pub id: String,
    /// Where it decides.
    pub point: Point,
    /// What it says, in one sentence.
    pub sentence: String,
    /// Where it comes from: an article, or `Design rule`.
    pub source: String,
    /// Whether it permits or forbids.
    pub effect: Decision,
    /// Its Cedar text, as in the file.
    pub cedar: String,
    /// Its examples, in the order of the file.
    pub examples: Vec<Example>,
    pub(super) policy: Policy,
}

impl Rule {
    fn as_deciding(&self) -> DecidingRule {
        DecidingRule {
            id: self.id.clone(),
            sentence: self.sentence.clone(),
            source: self.source.clone(),
        }
    }

    fn document(&self) -> Value {
        let examples = self.examples.iter().map(|example| {
            json!({
                "name": example.name,
                "given": example.given,
                "decision": example.decision,
            })
        });
        json!({
            "id": self.id,
            "point": self.point,
            "sentence": self.sentence,
            "source": self.source,
            "cedar": self.cedar,
            "examples": examples.collect::<Vec<_>>(),
        })
    }
}

/// A case that shows what a rule means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// How its facts differ from the plain case of the point: an object.
    pub given: Value,
    /// What the pack decides.
    pub decision: Decision,
    /// Its facts, complete.
    pub facts: Facts,
}
