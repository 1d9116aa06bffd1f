//! The asking side: blinds identifiers, asks all partners at once, verifies every proof against the
//! pinned key, and looks up locally once all chunks are in.
//!
//! [`Requester`] is what a bureau's node asks with; [`bureau`] is how an officer's program or an
//! agency calls its own bureau's node.

#![forbid(unsafe_code)]

mod agreements;
mod ask;
mod batch;
mod blinding;
mod book;
pub mod bureau;
mod check;
mod codes;
mod compute;
mod disclosure;
mod egress;
mod evidence;
mod failure;
mod holder;
mod identity;
mod inspection;
mod logs;
mod opening;
mod partner;
mod pipeline;
mod plan;
mod requester;
mod rule_book;
mod sets;
mod standing;
mod stated;
mod statistics;
mod steps;
mod sync;
mod tags;
mod tls;
mod watch;

pub use agreements::{AgreementExchange, kept_notices, known_parties};
pub use ask::OpenedLabel;
pub use book::{AgreementBook, BookChanges, ContactBook};
pub use check::{CheckError, CheckRequest, SourceResult, StartedCheck};
pub use compute::{Compute, Stopped};
pub use disclosure::{
    DisclosureExchange, DisclosureFailure, DisclosureMade, DisclosureReport, DisclosureStatus,
    DisclosureView, DisclosureWish, WishedElement, hand_over_check, own_disclosure,
    own_disclosures, request_disclosure, withdraw_disclosure,
};
pub use egress::{MOST_OF_ONE_MATTER, urgency};
pub use evidence::{
    ElementEvidence, EvidenceError, EvidenceFacts, Logged, ProvenElement, SignedFile,
};
pub use failure::{Failure, FailureKind, FailureReason};
pub use holder::{Holder, HolderError};
pub use identity::{IdentityError, actor_of, spiffe_id};
pub use inspection::{
    InspectionError, OpenedCheck, OpenedElement, OpenedParty, OpenedReceipt, OwnEntry, open_check,
};
pub use logs::{LogFollow, LogReport, LogWatch};
pub use pipeline::Pipeline;
pub use plan::{Item, QuestionContext, Source};
pub use requester::Requester;
pub use rule_book::{RuleBook, Rules, rule_refusal};
pub use sets::{HeldSet, LabelTrouble, SetShelf};
pub use standing::{
    KeptIn, MatchedIn, Standing, StandingFailure, StandingHit, StandingItem, StandingKept,
    StandingPart, StandingState, Survey,
};
pub use stated::StatedFacts;
pub use steps::{OpenedStep, StepProof, open_disclosure};
pub use symbolon_exchange::derive_blind;
pub use sync::{PartnerSync, SyncReport};
pub use tls::{
    Credentials, PartnerTrust, TlsError, crypto_provider, read_certificates, read_private_key,
};
pub use watch::WatchFindings;
