use std::ops::RangeInclusive;

use ring::digest::{Context, SHA256};
use symbolon_identifiers::IdentifierType;

use crate::{AgreementHash, AgreementId, signature::as_hexadecimal};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// How many days an epoch may last.
pub const EPOCH_DAYS_RANGE: RangeInclusive<u32> = 1..=366;

/// For how many days a requester may keep tags, where an agreement says so at all.
pub(crate) const STANDING_DAYS_RANGE: RangeInclusive<u32> = 0..=366;

/// What one OPRF key and one tag set belong to.
///
/// Types are separate scopes so that quotas per type mean something; epochs are, so that a query
/// cannot be matched for longer than the agreement allows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scope {
    /// The agreement.
    pub agreement: AgreementId,
    /// Its very text: another text under the same id shares neither key nor set nor epoch with it.
    pub agreement_hash: AgreementHash,
    /// The dataset's id within it.
    pub dataset: String,
    /// The identifier type.
    pub identifier_type: IdentifierType,
    /// Version of that type's rules.
    pub rules_version: u16,
    /// Number of the epoch, from 0.
    pub epoch: u32,
}

impl Scope {
    /// SHA-256 over `Symbolon-v1-Scope`, a zero byte, the agreement's hash, and the other fields in
    /// order: texts preceded by their length (16-bit big-endian), rules version (16-bit) and epoch
    /// (32-bit big-endian).
    pub fn id(&self) -> ScopeId {
        let mut context = Context::new(&SHA256);
        context.update(b"Symbolon-v1-Scope\0");
        context.update(&self.agreement_hash.0);
        for text in [self.agreement.as_str(), &self.dataset, self.identifier_type.name()] {
            // Validated fields are at most 64 bytes long.
            context.update(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
            context.update(text.as_bytes());
        }
        context.update(&self.rules_version.to_be_bytes());
        context.update(&self.epoch.to_be_bytes());
        let mut id = [0; 32];
        id.copy_from_slice(context.finish().as_ref());
        ScopeId(id)
    }
}

/// Identity of a [`Scope`], 32 bytes; shown as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub [u8; 32]);

as_hexadecimal!(ScopeId, 32);
