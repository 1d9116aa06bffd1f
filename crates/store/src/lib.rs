//! Everything durable of a bureau's node: the data folder with its keys and tag sets, and the
//! database with agreements, datasets, scope keys, manifests, checks and the log.
//!
//! What is acknowledged here survives a killed process: each change is one database transaction or
//! one file that is written aside, synced and renamed.

#![forbid(unsafe_code)]

mod acts;
mod administration;
mod agreement_life;
mod agreements;
mod answered;
mod approvals;
mod approved_loads;
mod asked;
mod asked_usage;
mod block;
mod checkpoints;
mod claims;
mod code_key;
mod config;
mod contacts;
mod database;
mod datasets;
mod day;
mod details;
mod disclosure_events;
mod disclosures;
mod error;
mod exclusion;
mod findings;
mod folder;
mod handovers;
mod import;
mod journal;
mod keys;
mod lists;
mod log;
mod manifests;
mod migrations;
mod opening;
mod own_watch;
mod partner_days;
mod partner_sets;
mod people;
mod quota;
mod refusals;
mod retention;
mod role_codes;
mod rules;
mod scope_keys;
mod seal;
mod snapshot;
mod sorter;
mod standing;
mod stored_document;
mod tag_cache;
mod tallies;
mod tokens;
mod tree;
mod upgrade;

pub use acts::{Act, ActError, ActKind};
pub use administration::AdministrativeAct;
pub use agreement_life::{
    AgreementStatus, Delivery, ExchangeMark, HistoryLine, IncomingText, KeptNotice, LifeError,
    OwnDecision, StoredText, Suspension, TakenIn,
};
pub use answered::{Admission, Admitted, AnsweredCheck, MOST_REPEATS, NotAdmitted};
pub use approvals::{ApprovedQuestion, CheckApproval, LONGEST_APPROVAL};
pub use approved_loads::{HashedFile, LoadMode};
pub use asked::{AskedHeader, AskedMeanwhile, DecidedHeader, NewCheck, StoredCheck, StoredReceipt};
pub use asked_usage::{AskedShare, AskedUsage, QuotaRefusal};
pub use checkpoints::{FaultKind, KnownCheckpoint, LogFault, LogId};
pub use claims::{CLAIM_LEN, CheckClaims};
pub use config::{EscalationConfig, NodeConfig};
pub use contacts::Contact;
pub use database::Store;
pub use datasets::{DatasetRow, TypeCount};
pub use disclosure_events::{
    DisclosureEvent, DisclosureEventEntry, DisclosureOpening, EventInclusion,
};
pub use disclosures::{
    DisclosureAdded, DisclosureCount, DisclosureSide, ReleaseGuard, StoredDisclosure,
};
pub use error::StoreError;
pub use exclusion::{Exclusion, RecordGroup};
pub use findings::{Finding, FindingDetails};
pub use folder::{DataFolder, FolderError, NodeLock, write_private, write_public};
pub use import::{Import, ImportCounts};
pub use journal::RevisionMark;
pub use keys::{KeyName, NodeKeys};
pub use log::{KeptOut, LogEntry, LogRecord};
pub use manifests::StoredManifest;
pub use opening::LogOpening;
pub use own_watch::{
    MOST_WATCHED, OWN_WATCH_DAYS, OwnHistory, OwnQuestion, OwnQuestions, WatchHash,
};
pub use partner_days::{Direction, PartnerCounts};
pub use partner_sets::PartnerSet;
pub use people::{DayNote, PersonCertificate};
pub use quota::{BudgetUsage, QuotaUsage, QuotaWarning, WarnedUsage};
pub use refusals::REFUSALS_LOGGED_AN_HOUR;
pub use retention::{AgreedRetentions, Erased};
pub use rules::{Adoption, InForce, ProposedRules};
pub use scope_keys::ScopeSecrets;
pub use seal::{SealError, Sealer};
pub use snapshot::{ListSnapshot, Piece};
pub use standing::{
    Bitmap, EntryRef, NewStanding, NewTags, SegmentId, StandingChange, StandingEntry,
    StandingError, StoredSegment, StoredStanding, StoredTags, TagsEnd, WrittenSegment, WrittenTags,
};
pub use stored_document::StoredDocument;
pub use tag_cache::{CacheFault, CacheKind, NewTagCache, Tag, TagCache, TagCacheKey};
pub use tallies::{HitTally, Measure, Side, Tally};
pub use tokens::{BearerToken, IssuedToken, LONGEST_TOKEN_LIFE, NoToken, TokenId};
pub use tree::LogLook;
