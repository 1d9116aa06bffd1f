use std::fmt;

use thiserror::Error;

use super::{Decision, Point};

/// Why a pack was not loaded: where, what is wrong, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub struct RuleError {
    /// The file. Empty where the pack as a whole is meant.
    pub file: String,
    /// The rule's id, once it is known.
    pub rule: Option<String>,
    /// The example's name, if one is meant.
    pub example: Option<String>,
    /// What is wrong.
    pub problem: RuleProblem,
}

impl RuleError {
    pub(super) fn in_file(file: &str, problem: RuleProblem) -> Self {
        Self { file: file.to_owned(), rule: None, example: None, problem }
    }

    pub(super) fn in_rule(file: &str, rule: &str, problem: RuleProblem) -> Self {
        Self { rule: Some(rule.to_owned()), ..Self::in_file(file, problem) }
    }

    pub(super) fn in_example(file: &str, rule: &str, example: &str, problem: RuleProblem) -> Self {
        Self { example: Some(example.to_owned()), ..Self::in_rule(file, rule, problem) }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.file.is_empty() { "the pack" } else { &self.file })?;
        if let Some(rule) = &self.rule {
            write!(f, ", rule {rule}")?;
        }
        if let Some(example) = &self.example {
            write!(f, ", example {example:?}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// What is wrong with a pack. The texts are for the person who writes rules.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum RuleProblem {
    /// More files than a pack may have.
    #[error("a pack has at most {most} files; split it, or take out what is not needed")]
    TooManyFiles {
        /// The bound.
        most: usize,
    },
    /// A file, or all together, is too large.
    #[error("at most {most} bytes are read; shorten it")]
    TooLarge {
        /// The bound.
        most: usize,
    },
    /// Two files have one name.
    #[error("two files have this name; give one of them another")]
    DuplicateFile,
    /// There is no `pack.toml`.
    #[error("pack.toml is missing; write one with name, version and title")]
    NoPackFile,
    /// A file that is neither a rule nor known to be something else.
    #[error(
        "this is no rule file: its name does not end in .toml; rename it, or move it out of the \
         folder so that no rule is overlooked"
    )]
    NotARuleFile,
    /// Not TOML, or not the fields that a rule has.
    #[error("{0}")]
    NotToml(String),
    /// A field is not as it must be.
    #[error("{field} must be {must_be}")]
    Malformed {
        /// The field.
        field: &'static str,
        /// What it must be.
        must_be: String,
    },
    /// Two rules have one id.
    #[error("{other} has the same id; give one of them another")]
    DuplicateId {
        /// The other file.
        other: String,
    },
    /// Two examples of a rule have one name.
    #[error("two examples have this name; give one of them another")]
    DuplicateExample,
    /// Cedar cannot read the rule.
    #[error("the Cedar text cannot be read: {0}")]
    NotCedar(String),
    /// Not one policy, or a template.
    #[error("a file holds exactly one Cedar policy, this one holds {found}; write one file a rule")]
    NotOnePolicy {
        /// How many policies and templates there are.
        found: usize,
    },
    /// The Cedar text has annotations.
    #[error(
        "the Cedar text has annotations; leave them out, for id, sentence and source stand in the \
         file's own fields"
    )]
    Annotated,
    /// The rule's head names something else than the point of the file.
    #[error(
        "the Cedar text must begin with `permit` or `forbid` and then \
         (principal, action == Action::\"{point}\", resource)"
    )]
    WrongHead {
        /// The point of the file.
        point: Point,
    },
    /// The rule does not fit the schema.
    #[error("the rule does not fit the schema: {0}")]
    DoesNotFit(String),
    /// A second rule permits at the same point.
    #[error(
        "{other} already permits at this point; a pack has one permit a point, and all other rules \
         forbid"
    )]
    SecondPermit {
        /// The other rule's id.
        other: String,
    },
    /// The facts of an example cannot be read.
    #[error("`given` cannot be read: {0}; the facts are those of the schema file")]
    Given(String),
    /// An example could not be evaluated.
    #[error("it cannot be evaluated: {0}")]
    Faulty(String),
    /// An example comes out otherwise than it says.
    #[error("it says {expected}, but the pack decides {found}: {explanation}")]
    ComesOutOtherwise {
        /// What the example says.
        expected: Decision,
        /// What the pack decides.
        found: Decision,
        /// The deciding rules, in sentences.
        explanation: String,
    },
    /// A rule that forbids has no example that it stops.
    #[error("no example shows a case that this rule stops; add one with decision = \"forbid\"")]
    StopsNothing,
    /// A rule has no example that goes ahead.
    #[error("no example shows a case that goes ahead; add one with decision = \"permit\"")]
    NothingPasses,
    /// The schema in this program cannot be read.
    #[error("this program's own schema cannot be read; the program is damaged")]
    Schema,
}
