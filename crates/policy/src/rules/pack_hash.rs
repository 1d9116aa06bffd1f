use std::fmt;

#[cfg(feature = "rules")]
use ring::digest::{self, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
#[cfg(feature = "rules")]
use serde_json::Value;

#[cfg(feature = "rules")]
use crate::canonical;
use crate::signature::as_hexadecimal;

/// Identity of a rule pack: SHA-256 over `Symbolon-v1-RulePack`, a zero byte, and the pack in
/// canonical JSON (RFC 8785). The document has `name`, `version`, `title` and `rules`, sorted by
/// id; each rule has the fields of its file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RulePackHash(pub [u8; 32]);

#[cfg(feature = "rules")]
impl RulePackHash {
    pub(super) fn of(document: &Value) -> Option<Self> {
        let mut context = digest::Context::new(&SHA256);
        context.update(b"Symbolon-v1-RulePack\0");
        context.update(&canonical::to_bytes(document)?);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Some(Self(hash))
    }
}

as_hexadecimal!(RulePackHash, 32);
