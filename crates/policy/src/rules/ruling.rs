use serde::{Deserialize, Serialize};

use super::{Facts, RulesHash};

/// A decision and why it was made; kept in the log beside the facts.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// Whether it may go ahead.
    pub permitted: bool,
    /// The rules that decided, by id: all that forbid, or else the one that permits. Empty where no
    /// rule permits, and where a fault decided.
    pub deciding: Vec<DecidingRule>,
    /// What went wrong while deciding; any fault denies. Holds no identifier.
    pub faults: Vec<String>,
}

impl Ruling {
    pub(super) fn fault(what: impl Into<String>) -> Self {
        Self { permitted: false, deciding: Vec::new(), faults: vec![what.into()] }
    }

    /// Why, in plain sentences, for a person.
    pub fn explanation(&self) -> String {
        if !self.faults.is_empty() {
            return format!(
                "A rule could not be evaluated, and what cannot be decided is refused: {}",
                self.faults.join("; ")
            );
        }
        if self.deciding.is_empty() {
            return "No rule of the pack permits this, and what no rule permits is refused."
                .to_owned();
        }
        let lines = self
            .deciding
            .iter()
            .map(|rule| format!("{} ({}; {})", rule.sentence, rule.id, rule.source));
        lines.collect::<Vec<_>>().join(" ")
    }
}

/// A rule that took part in a decision, with the words that it had then.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidingRule {
    /// Its id in the pack.
    pub id: String,
    /// What it says, in one sentence.
    pub sentence: String,
    /// Where it comes from: an article, or `Design rule`.
    pub source: String,
}

/// A decision as the log keeps it: enough to explain it, and to decide it again.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedDecision {
    /// By which rules and tables it was made.
    pub rules: RulesHash,
    /// On what facts.
    pub facts: Facts,
    /// What came out, and why.
    pub ruling: Ruling,
}
