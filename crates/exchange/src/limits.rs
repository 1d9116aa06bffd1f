//! Bounds that both sides keep to before they do any work for the other.

use crate::chunk::CHUNK_ELEMENTS;

/// Longest message on the partner face in bytes: a full chunk with its proof, or a document, with
/// room for framing.
pub const MAX_MESSAGE_LEN: usize = 2 << 20;

/// Longest signed document in bytes.
pub const MAX_DOCUMENT_LEN: usize = 1 << 20;

/// Most scopes in one check: all that a bureau may offer under an agreement.
pub const MAX_SCOPES: usize = symbolon_policy::MAX_SCOPES_OF_A_PARTY;

/// Most elements in one scope of a check.
pub const MAX_ELEMENTS: u32 = 1 << 22;

/// Most chunks in one scope of a check.
pub const MAX_CHUNKS: usize = MAX_ELEMENTS as usize / CHUNK_ELEMENTS;

/// Most manifests in one answer.
pub const MAX_MANIFESTS: usize = symbolon_policy::MAX_SCOPES_OF_A_PARTY;

/// Longest piece of a tag set's file in one message, in bytes.
pub const PIECE_LEN: usize = 256 << 10;

/// Longest text of an agreement that travels between nodes, in bytes; a longer one is carried by
/// hand.
pub const MAX_TEXT_LEN: usize = 1 << 20;

/// Most signatures that travel with it: one for each party that there may be.
pub const MAX_SIGNATURES: usize = 256;

/// Most notices about one text.
pub const MAX_NOTICES: usize = 1_024;

/// Most bytes in the notices that travel with one text, so that a message always has room for them.
pub const MAX_NOTICE_BYTES: usize = 512 << 10;
