use std::str::FromStr;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

use crate::{Party, canonical, signature::as_hexadecimal, validate, validate::Invalid};

/// What two people compare by voice before one bureau trusts another's card: SHA-256 over
/// `Symbolon-v1-Card`, a zero byte, and the card in canonical form (RFC 8785). 32 bytes; shown as
/// hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardFingerprint(pub [u8; 32]);

as_hexadecimal!(CardFingerprint, 32);

const LABEL: &[u8] = b"Symbolon-v1-Card\0";

impl CardFingerprint {
    /// In groups of four digits, to be read aloud.
    pub fn spoken(&self) -> String {
        let digits = self.to_string();
        let groups: Vec<_> =
            (0..digits.len()).step_by(4).filter_map(|at| digits.get(at..at + 4)).collect();
        groups.join(" ")
    }
}

impl FromStr for CardFingerprint {
    type Err = Invalid;

    /// Reads 64 hexadecimal digits, in groups or not.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
        let mut bytes = [0; 32];
        hex::decode_to_slice(&digits, &mut bytes).map_err(|_| {
            Invalid::new("fingerprint", "the 64 hexadecimal digits that the other bureau reads out")
        })?;
        Ok(Self(bytes))
    }
}

impl Party {
    /// Whether this is a sound card, with keys that all differ.
    ///
    /// # Errors
    /// Names the field that is not as it must be.
    pub fn validate(&self) -> Result<(), Invalid> {
        validate::party(self)?;
        let [header, manifest, log, legal] = validate::all_keys(self);
        let differ = header != manifest
            && header != log
            && header != legal
            && manifest != log
            && manifest != legal
            && log != legal;
        if differ {
            Ok(())
        } else {
            Err(Invalid::new(format!("party {}: keys", self.code), "different from one another"))
        }
    }

    /// The fingerprint of this card.
    ///
    /// # Errors
    /// When the card is not sound: two cards that read the same must not have two fingerprints.
    pub fn fingerprint(&self) -> Result<CardFingerprint, Invalid> {
        self.validate()?;
        let canonical = serde_json::to_value(self)
            .ok()
            .and_then(|value| canonical::to_bytes(&value))
            .ok_or_else(|| Invalid::new("card", "of strings only"))?;
        let mut context = Context::new(&SHA256);
        context.update(LABEL);
        context.update(&canonical);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Ok(CardFingerprint(hash))
    }
}
