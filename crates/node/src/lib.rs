//! A bureau's node: the partner face, the bureau face, and the jobs that keep them supplied.
//!
//! [`found_bureau`] makes a bureau's data folder with keys and certificates; [`Node`] runs it.

#![forbid(unsafe_code)]

mod accept;
mod bureau_face;
mod certificates;
mod disclosure;
mod disclosure_standing;
mod entering;
mod founding;
mod jobs;
mod logging;
mod metrics;
mod node;
mod own_log;
mod partner_face;
mod peer;
mod publish;
mod published;
mod tags;
mod tls;
mod watch;
mod wire;

#[doc(hidden)]
pub use bureau_face::read_check;
pub use certificates::{
    CertificateError, CertificateFacts, PERSON_DAYS, certificate_facts, issue_person,
    person_certificate, renew,
};
pub use disclosure::{CaseView, Desk, DeskError, NamedRequest, Proposed, ReleaseTerms, RuledFile};
pub use entering::{AdmissionReport, RuleCount, admission_report};
pub use founding::{BureauFacts, FoundingError, found_bureau};
pub use logging::{LogFormat, LogLevel, start_logging};
pub use node::{Node, NodeError};
pub use wire::{OnWire, Wire};
