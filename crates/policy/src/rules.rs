//! What a bureau's lawyers decide: rules in Cedar, each with a sentence, a source and examples.
//!
//! A [`RulePack`] is loaded from files that a lawyer can read, through a gate: every rule is parsed
//! and validated strictly against one schema, every example must come out as it says, and every
//! rule that forbids must show a case that it stops and one that it lets pass. What is loaded then
//! decides at four points ([`Point`]); each decision ([`Ruling`]) carries the rules that made it.
//! An error at the time of decision denies.
//!
//! Without the feature `rules` only the codes are here, of which agreements and requests are made.
//!
//! ```
//! # #[cfg(feature = "rules")] {
//! use symbolon_policy::rules::{EgressFacts, RulePack};
//!
//! let pack = RulePack::starter()?;
//! let facts = EgressFacts { case_reference_present: false, ..EgressFacts::default() };
//! let ruling = pack.decide_egress(&facts);
//! assert!(!ruling.permitted);
//! assert_eq!(ruling.deciding[0].id, "R01");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codes;
#[cfg(feature = "rules")]
mod diff;
#[cfg(feature = "rules")]
mod error;
#[cfg(feature = "rules")]
mod fact;
#[cfg(feature = "rules")]
mod facts;
#[cfg(feature = "rules")]
mod file;
#[cfg(feature = "rules")]
mod gate;
#[cfg(feature = "rules")]
mod pack;
mod pack_hash;
#[cfg(feature = "rules")]
mod replay;
#[cfg(feature = "rules")]
mod ruling;
#[cfg(feature = "rules")]
mod schema;
#[cfg(feature = "rules")]
mod set;
#[cfg(feature = "rules")]
mod starter;
#[cfg(feature = "rules")]
mod tables;

pub use codes::{
    Adequacy, CheckMode, DisclosedField, HandlingCode, Restriction, RetentionClass, Role,
    SubjectCategory, Urgency,
};
#[cfg(feature = "rules")]
pub use diff::{DecisionDifference, Difference, RuleChange, behaviour_diff};
#[cfg(feature = "rules")]
pub use error::{RuleError, RuleProblem};
#[cfg(feature = "rules")]
pub use fact::{Change, ElementCounts};
#[cfg(feature = "rules")]
pub use facts::{AdmissionFacts, DisclosureFacts, EgressFacts, Facts, IngressFacts};
#[cfg(feature = "rules")]
pub use file::{Decision, Point};
#[cfg(feature = "rules")]
pub use gate::{
    MAX_CEDAR_BYTES, MAX_EXAMPLES, MAX_FILE_BYTES, MAX_FILES, MAX_PACK_BYTES, PACK_FILE,
};
#[cfg(feature = "rules")]
pub use pack::{Example, Rule, RulePack};
pub use pack_hash::RulePackHash;
#[cfg(feature = "rules")]
pub use replay::{Changed, replay};
#[cfg(feature = "rules")]
pub use ruling::{DecidingRule, LoggedDecision, Ruling};
#[cfg(feature = "rules")]
pub use schema::SCHEMA;
#[cfg(feature = "rules")]
pub use set::{RuleSet, RuleSetError, RulesHash};
#[cfg(feature = "rules")]
pub use tables::{
    DatasetEntry, LegalTables, MAX_TABLES_BYTES, PartnerEntry, TABLES_FILE, TablesError,
};
