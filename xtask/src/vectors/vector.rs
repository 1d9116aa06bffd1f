//! The one form in which all vectors are written (`docs/vectors/README.md`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A file of vectors.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// [`File::FORMAT`].
    pub(super) format: String,
    /// What it holds, for a person.
    pub(super) about: String,
    /// The vectors, in no order that matters.
    pub(super) vectors: Vec<Vector>,
}

impl File {
    pub(super) const FORMAT: &str = "symbolon-vectors-v1";

    pub(super) fn new(about: &str, vectors: Vec<Vector>) -> Self {
        Self { format: Self::FORMAT.to_owned(), about: about.to_owned(), vectors }
    }
}

/// What is given, and what must come of it: either values, or a refusal.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vector {
    /// What is to be done; says which fields `given` and `expect` have.
    pub(super) kind: String,
    /// Says which of its kind it is, for a person.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub(super) name: String,
    pub(super) given: Value,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) expect: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) refused: Option<Value>,
}

impl Vector {
    pub(super) fn new(kind: &str, name: &str, given: Value, expect: Value) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            given,
            expect: Some(expect),
            refused: None,
        }
    }

    /// One that must be refused. The caller has seen that our own code does.
    pub(super) fn refused(kind: &str, name: &str, given: Value, reason: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            given,
            expect: None,
            refused: Some(json!({ "reason": reason })),
        }
    }
}
