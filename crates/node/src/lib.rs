//! A bureau's node: the partner face, the bureau face, and the jobs that keep them supplied.
//!
//! [`found_bureau`] makes a bureau's data folder with keys and certificates; [`Node`] runs it.

#![forbid(unsafe_code)]

mod accept;
mod accepted;
mod admission_review;
mod bureau_face;
mod certificates;
mod disclosure;
mod disclosure_standing;
mod entering;
mod escalation;
#[cfg(test)]
mod fixture;
mod founding;
mod jobs;
mod json_face;
mod logging;
mod metrics;
mod node;
mod own_log;
mod partner_face;
mod peer;
mod publish;
mod publish_error;
mod published;
mod stopping;
mod tags;
mod tls;
mod unread;
mod watch;
mod wire;

pub use admission_review::{
    AdmissionChange, AdmissionRuling, RecordsChanged, admission_of, admission_replay,
};
#[doc(hidden)]
pub use bureau_face::{read_approval, read_check, read_standing};
pub use certificates::{
    CertificateError, CertificateFacts, PERSON_DAYS, certificate_facts, issue_person,
    person_certificate, renew, token_holder,
};
pub use disclosure::{
    CaseDecisions, CaseStatus, CaseView, DecidedFile, Desk, DeskError, NamedRequest, Proposed,
    ReleaseTerms, RuledFile, disclosure_decisions, overdue_requests,
};
pub use entering::{AdmissionReport, RuleCount, admission_report};
pub use founding::{BureauFacts, FoundingError, found_bureau};
#[doc(hidden)]
pub use json_face::{ReadJson, read_bearer, read_json, read_lines};
pub use logging::{LogFormat, LogLevel, start_logging};
pub use node::{Node, NodeError};
pub use wire::{OnWire, Wire};
