//! Entries of a bureau's tables in words.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// The fields of a row by name, each as a person reads it.
pub(super) fn entered(row: &impl Serialize) -> BTreeMap<String, String> {
    let Ok(Value::Object(fields)) = serde_json::to_value(row) else { return BTreeMap::new() };
    fields.into_iter().map(|(name, value)| (name, said(&value))).collect()
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::Array(all) => all.iter().map(said).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
