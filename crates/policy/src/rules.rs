//! What a bureau's lawyers decide: rules in Cedar, each with a sentence, a source and examples.
//!
//! A [`RulePack`] is loaded from files that a lawyer can read, through a gate: every rule is parsed
//! and validated strictly against one schema, every example must come out as it says, and every
//! rule that forbids must show a case that it stops and one that it lets pass. What is loaded then
//! decides at four points ([`Point`]); each decision ([`Ruling`]) carries the rules that made it.
//! An error at the time of decision denies.
//!
//! ```
//! use symbolon_policy::rules::{EgressFacts, RulePack};
//!
//! let pack = RulePack::starter()?;
//! let facts = EgressFacts { case_reference_present: false, ..EgressFacts::default() };
//! let ruling = pack.decide_egress(&facts);
//! assert!(!ruling.permitted);
//! assert_eq!(ruling.deciding[0].id, "R01");
//! # Ok::<(), symbolon_policy::rules::RuleError>(())
//! ```

mod codes;
mod diff;
mod error;
mod fact;
mod facts;
mod file;
mod gate;
mod pack;
mod replay;
mod ruling;
mod schema;
mod set;
mod starter;
mod tables;

pub use codes::{
    Adequacy, CheckMode, DisclosedField, HandlingCode, Restriction, RetentionClass, Role,
    SubjectCategory, Urgency,
};
pub use diff::{DecisionDifference, Difference, RuleChange, behaviour_diff};
pub use error::{RuleError, RuleProblem};
pub use fact::{Change, ElementCounts};
pub use facts::{AdmissionFacts, DisclosureFacts, EgressFacts, Facts, IngressFacts};
pub use file::{Decision, Point};
pub use gate::{
    MAX_CEDAR_BYTES, MAX_EXAMPLES, MAX_FILE_BYTES, MAX_FILES, MAX_PACK_BYTES, PACK_FILE,
};
pub use pack::{Example, Rule, RulePack, RulePackHash};
pub use replay::{Changed, replay};
pub use ruling::{DecidingRule, LoggedDecision, Ruling};
pub use schema::SCHEMA;
pub use set::{RuleSet, RuleSetError, RulesHash};
pub use tables::{
    DatasetEntry, LegalTables, MAX_TABLES_BYTES, PartnerEntry, TABLES_FILE, TablesError,
};
