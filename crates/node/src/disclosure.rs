//! The owner's half of what follows a hit: a partner's request for a record is recognised, decided by
//! rules and people, and answered by a signed decision.

mod case;
mod desk;
mod examine;
mod facts;
mod named;
mod recognise;
mod records;
mod refusing;

pub(crate) use case::CaseFile;
pub use case::{ReleaseTerms, RuledFile};
pub use desk::{CaseView, Desk, DeskError, Proposed};
pub(crate) use examine::Examiner;
pub use named::NamedRequest;
