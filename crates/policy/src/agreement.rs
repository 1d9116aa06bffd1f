use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use symbolon_identifiers::IdentifierType;
use time::OffsetDateTime;

use crate::{AgreementHash, Conditions, LabelTerms, Scope, VerifyingKey, validate::Invalid};

/// A verified agreement: its terms were signed by every party, and this is their hash.
///
/// Only [`crate::SignedAgreement::verify`] makes one, so whoever holds one need not check again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreement {
    // INVARIANT: `terms` is valid, `hash` is its canonical hash, and every party signed it.
    pub(crate) terms: AgreementTerms,
    pub(crate) hash: AgreementHash,
}

impl Agreement {
    /// What was agreed.
    pub fn terms(&self) -> &AgreementTerms {
        &self.terms
    }

    /// SHA-256 of the canonical form.
    pub fn hash(&self) -> AgreementHash {
        self.hash
    }

    /// The party with this code.
    pub fn party(&self, code: &BureauCode) -> Option<&Party> {
        self.terms.parties.iter().find(|party| &party.code == code)
    }

    /// The scopes of the datasets that `owner` offers, in the epoch of `at`, with their terms.
    /// Empty outside the agreement's validity.
    pub fn scopes_of<'a>(
        &'a self,
        owner: &'a BureauCode,
        at: OffsetDateTime,
    ) -> impl Iterator<Item = (Scope, &'a Dataset, &'a OfferedType)> {
        let epoch = self.terms.epoch_at(at);
        self.terms
            .datasets
            .iter()
            .filter(move |dataset| &dataset.owner == owner)
            .flat_map(|dataset| dataset.types.iter().map(move |offered| (dataset, offered)))
            .filter_map(move |(dataset, offered)| {
                let scope = Scope {
                    agreement: self.terms.id.clone(),
                    agreement_hash: self.hash,
                    dataset: dataset.id.clone(),
                    identifier_type: offered.identifier_type,
                    rules_version: offered.rules_version,
                    epoch: epoch?,
                };
                Some((scope, dataset, offered))
            })
    }
}

/// What the parties have agreed: the part of the document that is signed.
///
/// In the file it is a JSON object; names of fields are as here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementTerms {
    /// Always [`AgreementTerms::FORMAT`].
    pub format: String,
    /// Unique among the agreements of each party.
    pub id: AgreementId,
    /// For people. 1 to 256 characters.
    pub title: String,
    /// Two to 256 bureaus.
    pub parties: Vec<Party>,
    /// What is offered. 1 to 256 datasets.
    pub datasets: Vec<Dataset>,
    /// What a question may be for; a check declares exactly one. 1 to 64 codes of `[a-z0-9_]`.
    pub purposes: Vec<String>,
    /// Days after which every scope gets a new key and an evaluated identifier can no longer be
    /// matched against new sets. 1 to 366.
    pub epoch_days: u32,
    /// Days for which a party that asked may keep what the answers came to (the tags), to match it
    /// against later versions of the sets without asking again: 0 to 366, and never beyond the
    /// epoch. Absent, or 0: not at all.
    // Absent stays absent: older texts keep their hash and signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing_days: Option<u32>,
    /// What else was agreed. Absent: the defaults of [`Conditions`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// First moment, RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    pub valid_from: OffsetDateTime,
    /// First moment after the last, RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    pub valid_until: OffsetDateTime,
}

impl AgreementTerms {
    /// The value of [`AgreementTerms::format`].
    pub const FORMAT: &'static str = "symbolon-agreement-v1";

    /// Number of the epoch that `at` falls in; `None` outside the validity.
    pub fn epoch_at(&self, at: OffsetDateTime) -> Option<u32> {
        if at < self.valid_from || at >= self.valid_until {
            return None;
        }
        let days = (at - self.valid_from).whole_days();
        u32::try_from(days).ok()?.checked_div(self.epoch_days)
    }

    /// Until when what is asked at `at` may be kept for later matching: some days, at most to the
    /// end of the epoch. `None` where the terms do not allow it, or outside the validity.
    pub fn keep_until(&self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        let days = self.standing_days.filter(|days| *days > 0)?;
        let epoch_end = self.epoch_end(self.epoch_at(at)?);
        let end = at.checked_add(time::Duration::days(days.into())).unwrap_or(epoch_end);
        Some(end.min(epoch_end))
    }

    /// When the epoch begins.
    pub fn epoch_start(&self, epoch: u32) -> OffsetDateTime {
        let days = i64::from(epoch).saturating_mul(i64::from(self.epoch_days));
        self.valid_from
            .checked_add(time::Duration::days(days))
            .map_or(self.valid_until, |start| start.min(self.valid_until))
    }

    /// When the epoch ends.
    pub fn epoch_end(&self, epoch: u32) -> OffsetDateTime {
        let days = i64::from(epoch).saturating_add(1).saturating_mul(i64::from(self.epoch_days));
        self.valid_from
            .checked_add(time::Duration::days(days))
            .map_or(self.valid_until, |end| end.min(self.valid_until))
    }
}

/// A bureau that is party to an agreement, with all that the others need to recognise it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its code.
    pub code: BureauCode,
    /// Its name. 1 to 128 characters.
    pub name: String,
    /// Where its partner face is: `https://host:port`.
    pub endpoint: String,
    /// The identity in its partner certificate: `spiffe://trust-domain/path`.
    pub spiffe_id: String,
    /// The certificate of the authority that issues its partner certificates, DER in base64.
    pub tls_root: String,
    /// Its signing keys.
    pub keys: PartyKeys,
    /// Whom to call after a hit.
    pub desk: Desk,
}

/// A party's Ed25519 public keys, one for each kind of document, in hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyKeys {
    /// Signs the headers of checks.
    pub header: VerifyingKey,
    /// Signs manifests.
    pub manifest: VerifyingKey,
    /// Signs receipts.
    pub log: VerifyingKey,
    /// Signs agreements: the key of the party's authorised legal officer.
    pub legal: VerifyingKey,
}

/// Whom to call after a hit, at any hour.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Name of the desk.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// Electronic mail.
    pub email: String,
}

/// A list that a party offers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Unique within the agreement: `[a-z0-9-]`, 1 to 64 characters.
    pub id: String,
    /// Whose it is.
    pub owner: BureauCode,
    /// For the officer who reads a hit. 1 to 128 characters.
    pub title: String,
    /// Who learns a hit.
    pub who_learns: WhoLearns,
    /// Which identifiers may be asked.
    pub types: Vec<OfferedType>,
    /// What a hit shows at once. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelTerms>,
}

/// One identifier type of a dataset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedType {
    /// The type, by its registered name.
    #[serde(with = "type_name")]
    pub identifier_type: IdentifierType,
    /// Version of the rules by which values become canonical; both sides must run it.
    pub rules_version: u16,
    /// Elements that each other party may ask in a day (UTC). At most 2^53.
    pub daily_quota: u64,
    /// Elements that each other party may ask in an epoch: at least the daily quota, at most 2^53.
    /// Absent: the usual share of the identifier's space, as
    /// [`usual_epoch_budget`](crate::usual_epoch_budget) says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch_budget: Option<u64>,
}

/// Who learns of a hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhoLearns {
    /// The requester only; the owner only if the requester asks for disclosure.
    Requester,
    /// Both at once. This version refuses agreements that ask for it.
    Mutual,
    /// The owner first, who decides. This version refuses agreements that ask for it.
    HolderFirst,
}

/// Code of a bureau: two or three capital letters, as a rule the ISO 3166-1 code of its country.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BureauCode(String);

impl BureauCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BureauCode {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("bureau code", "two or three capital letters, for instance FRA"))
        }
    }
}

/// Name of an agreement: `[a-z0-9-]`, 3 to 64 characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgreementId(String);

impl AgreementId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AgreementId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if (3..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(
                "agreement id",
                "3 to 64 small letters, digits and hyphens, for instance fra-deu-2026",
            ))
        }
    }
}

macro_rules! text_newtype {
    ($type:ident) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                text.parse()
            }
        }
    };
}

text_newtype!(BureauCode);
text_newtype!(AgreementId);

pub(crate) mod type_name {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
    use symbolon_identifiers::IdentifierType;

    pub(crate) fn serialize<S: Serializer>(
        value: &IdentifierType,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<IdentifierType, D::Error> {
        let name = String::deserialize(deserializer)?;
        // A signed document has one spelling of a type; aliases are for people at a keyboard.
        IdentifierType::ALL
            .iter()
            .copied()
            .find(|known| known.name() == name)
            .ok_or_else(|| D::Error::custom(format!("no identifier type is called {name:?}")))
    }
}
