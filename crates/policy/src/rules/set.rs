use std::fmt;

use ring::digest::{self, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::{LegalTables, RuleError, RulePack, TABLES_FILE, TablesError};
use crate::{canonical, signature::as_hexadecimal};

/// A rule pack with the legal tables beside it: what two people put in force as one.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// The rules.
    pub pack: RulePack,
    /// The tables; empty ones where there is no file of them.
    pub tables: LegalTables,
    /// Identifies both.
    pub hash: RulesHash,
}

impl RuleSet {
    /// Loads a pack and its `tables.toml`, if there is one, from their files.
    ///
    /// # Errors
    /// One thing that is wrong: where, what, and what to do.
    pub fn load<N: AsRef<str>, C: AsRef<str>>(
        files: impl IntoIterator<Item = (N, C)>,
    ) -> Result<Self, RuleSetError> {
        let (tables, rules): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(name, _)| name.as_ref() == TABLES_FILE);
        let (tables, written) = match tables.as_slice() {
            [] => (LegalTables::default(), Value::Object(Map::new())),
            [(_, text)] => LegalTables::read(text.as_ref())?,
            _ => return Err(RuleSetError::TwoTables),
        };
        let pack = RulePack::load(rules)?;
        let hash = RulesHash::of(&json!({ "pack": pack.hash(), "tables": written }))
            .ok_or(RuleSetError::NotHashed)?;
        Ok(Self { pack, tables, hash })
    }

    /// The pack that comes with this program, and empty tables: what decides until a bureau adopts
    /// its own.
    ///
    /// # Errors
    /// Never in a sound build.
    pub fn starter() -> Result<Self, RuleSetError> {
        Self::load(RulePack::starter_files().iter().copied())
    }
}

/// Identity of a [`RuleSet`]: SHA-256 over `Symbolon-v1-Rules`, a zero byte, and a document in
/// canonical JSON (RFC 8785) that has `pack`, the pack's hash in hexadecimal, and `tables`, what
/// stands in `tables.toml`. Neither the names and order of files nor comments change it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RulesHash(pub [u8; 32]);

impl RulesHash {
    fn of(document: &Value) -> Option<Self> {
        let mut context = digest::Context::new(&SHA256);
        context.update(b"Symbolon-v1-Rules\0");
        context.update(&canonical::to_bytes(document)?);
        context.finish().as_ref().try_into().ok().map(Self)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hexadecimal(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

as_hexadecimal!(RulesHash, 32);

/// Why rules were not loaded.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum RuleSetError {
    /// The pack.
    #[error(transparent)]
    Pack(#[from] RuleError),
    /// The tables.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// More than one file of tables.
    #[error("there are two files called tables.toml; leave one")]
    TwoTables,
    /// They have no canonical form; tables that were read always have one.
    #[error("the tables hold a value that cannot be hashed")]
    NotHashed,
}
