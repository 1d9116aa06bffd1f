//! What bureaus have agreed, and whether a question falls under it.
//!
//! An [`Agreement`] is a document that every party signs ([`SignedAgreement`]); it names parties,
//! datasets, identifier types, purposes, quotas and validity. [`admit`] decides whether a check is
//! answered and gives the reason when it is not. [`AgreementLife`] is the life of such a text from
//! draft to end. [`rules`] holds what a bureau's lawyers have
//! written on top of that: rules in Cedar, with a sentence, a source and examples each. Nothing here
//! does I/O or reads a clock.

#![forbid(unsafe_code)]

mod actor;
mod agreement;
mod budget;
mod canonical;
mod certificate_hash;
mod check_id;
mod conditions;
mod decision;
pub mod disclosure;
mod fingerprint;
mod lifecycle;
mod moment;
mod promises;
mod record;
mod refusal;
pub mod rules;
mod scope;
mod signature;
mod signed;
pub mod statistics;
mod validate;
pub mod watch;

pub use actor::{Actor, DutiesError, separate_duties};
pub use agreement::{
    Agreement, AgreementId, AgreementTerms, BureauCode, Dataset, Desk, OfferedType, Party,
    PartyKeys, WhoLearns,
};
pub use budget::{SHARE_OF_SPACE, WARNED_AT_PERCENT, usual_epoch_budget};
pub use certificate_hash::CertificateHash;
pub use check_id::{CheckId, RequestId, StandingId};
pub use conditions::{Conditions, Deadlines, DisclosureTerms, LabelTerms, OpenRequests};
pub use decision::{Question, ScopeShare, admit, may_ask, may_keep, same_rules};
pub use fingerprint::CardFingerprint;
pub use lifecycle::{AgreementLife, AgreementState, AgreementStep, IllegalStep};
pub use moment::moment;
#[cfg(feature = "rules")]
pub use record::AdmissionSetting;
pub use record::{DetailColumn, DetailError, MAX_FIELD_BYTES, RecordAttributes, RecordDetails};
pub use refusal::{Reason, Refusal};
pub use scope::{EPOCH_DAYS_RANGE, Scope, ScopeId};
pub use signature::{Label, SIGNATURE_LEN, Signature, SigningError, SigningKey, VerifyingKey};
pub use signed::{AgreementError, AgreementHash, AgreementSignature, SignedAgreement};
pub use validate::{Invalid, MAX_SCOPES_OF_A_PARTY};
