//! The files of a pack, as a lawyer writes them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Where a rule decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// At the asking bureau, before anything is sent: may my officer ask this?
    Egress,
    /// At the asked bureau: do I answer this?
    Ingress,
    /// At the asked bureau, after a hit: do I release this record, to whom, which fields?
    Disclosure,
    /// At the owner of a list: may this record enter an agreement's tag set?
    Admission,
}

impl Point {
    /// All points, in the order of a check.
    pub const ALL: [Self; 4] = [Self::Egress, Self::Ingress, Self::Disclosure, Self::Admission];

    /// Its name in rule files, and of the action in Cedar.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Egress => "egress",
            Self::Ingress => "ingress",
            Self::Disclosure => "disclosure",
            Self::Admission => "admission",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a rule does, or what comes out of an example.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It goes ahead.
    Permit,
    /// It does not.
    Forbid,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permit => "permit",
            Self::Forbid => "forbid",
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackFile {
    pub(super) name: String,
    #[serde(deserialize_with = "quoted")]
    pub(super) version: String,
    pub(super) title: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) id: String,
    pub(super) point: Point,
    pub(super) sentence: String,
    pub(super) source: String,
    pub(super) cedar: String,
    #[serde(default)]
    pub(super) examples: Vec<ExampleFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleFile {
    pub(super) name: String,
    pub(super) given: toml::Table,
    pub(super) decision: Decision,
}

/// A version as text: whoever writes a bare number is told how to write it.
fn quoted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Quoted;

    impl de::Visitor<'_> for Quoted {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text in quotes, for instance version = \"2\"")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }
    }

    deserializer.deserialize_str(Quoted)
}
