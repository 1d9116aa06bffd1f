//! What both ends of the partner face share: the signed documents as they travel, the cutting of a
//! check into chunks, commitments, canaries, limits, and refusals as gRPC statuses.
//!
//! A document is verified before it is parsed, and its parsed form can only be had that way.

#![forbid(unsafe_code)]

mod agreement_text;
mod blind;
mod canary;
mod chunk;
mod commitment;
mod disclosure;
mod element_proof;
mod header;
mod limits;
mod log;
mod manifest;
mod notice;
mod receipt;
mod set_check;
mod signed;
#[cfg(feature = "status")]
mod status;
mod time;

pub use agreement_text::{AgreementText, TextError};
pub use blind::{CHECK_SECRET_LEN, derive_blind, derive_blinds};
pub use canary::{CANARY_COUNT, CanaryError, CanarySet, canary_inputs};
pub use chunk::{BLOCK_ELEMENTS, CHUNK_ELEMENTS, ChunkPosition, chunk_hash, chunks_of};
pub use commitment::{CommitmentSalts, ContextFacts, commit};
pub use disclosure::{
    DisclosureDecision, DisclosureRefusal, DisclosureRequest, DisclosureWithdrawal, EXCHANGE_STEP,
    ElementOpening, HitConfirmation, MAX_DECISION_LEN, MAX_LETTERS, MAX_REQUEST_LEN,
    NO_DEATH_PENALTY, ReleasedRecord, exchange_padding, is_evaluation,
};
pub use element_proof::ElementProof;
pub use header::{CheckHeader, ScopeQuery};
pub use limits::{
    MAX_CHUNKS, MAX_DOCUMENT_LEN, MAX_ELEMENTS, MAX_MANIFESTS, MAX_MESSAGE_LEN, MAX_NOTICE_BYTES,
    MAX_NOTICES, MAX_SCOPES, MAX_SIGNATURES, MAX_TEXT_LEN, PIECE_LEN,
};
pub use log::{
    MAX_CHECKPOINT_BYTES, MAX_CHECKPOINTS, cosign, log_origin, read_checkpoint, sign_checkpoint,
};
pub use manifest::{LabelFile, Manifest};
pub use notice::{AgreementNotice, MAX_REASON_CHARACTERS, NoticeKind, is_reason_text};
pub use receipt::{AnswerDigest, Receipt};
pub use set_check::SetError;
pub use signed::{DocumentError, DocumentHash, sign, verify};
#[cfg(feature = "status")]
pub use status::{ERROR_DOMAIN, Received, code, is_between_bureaus, refuse};
