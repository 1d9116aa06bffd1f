//! The owner's half of what follows a hit: a partner's request for a record is recognised, decided by
//! rules and people, and answered by a signed decision.

mod case;
mod decided;
mod desk;
mod examine;
mod facts;
mod named;
mod overdue;
mod recognise;
mod records;
mod refusing;

pub(crate) use case::CaseFile;
pub use case::{DecidedFile, ReleaseTerms, RuledFile};
pub use decided::{CaseDecisions, disclosure_decisions};
pub use desk::{CaseStatus, CaseView, Desk, DeskError, Proposed};
pub(crate) use examine::Examiner;
pub use named::NamedRequest;
pub use overdue::overdue_requests;
