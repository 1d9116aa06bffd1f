//! What a caller is told of a text that could not be read.

use serde::Deserialize;
use serde_json::error::Category;
use symbolon_policy::Refusal;

use crate::bureau_face::invalid;

/// What is shown of what a caller wrote.
const LONGEST_QUOTE: usize = 160;

/// The names on the way to the value that cannot be read; empty if it is the whole text. Read once more for
/// that, because keeping track of it costs more than reading.
pub(super) fn field_of_error<T: for<'de> Deserialize<'de>>(text: &[u8]) -> String {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let read: Result<T, _> = serde_path_to_error::deserialize(&mut deserializer);
    let path = read.err().map(|error| error.path().to_string()).unwrap_or_default();
    if path == "." { String::new() } else { path }
}

/// Why a text could not be read, at the value with this name. Of what the caller wrote only names are shown, and
/// no values.
pub(super) fn malformed(error: &serde_json::Error, field: &str) -> Refusal {
    let said = error.to_string();
    // The place is said once, in front.
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    let named = ["duplicate field", "missing field", "unknown field", "unrecognized field"]
        .iter()
        .any(|begin| said.starts_with(begin));
    let what = match error.classify() {
        Category::Eof => "the JSON text ends too early".to_owned(),
        Category::Syntax | Category::Io => "this is not JSON".to_owned(),
        Category::Data if named => said.to_owned(),
        Category::Data if field.is_empty() => {
            "this is not the object that is wanted here".to_owned()
        }
        Category::Data => format!(
            "the value of {field} is not of the kind that this field has; the OpenAPI file says what it takes"
        ),
    };
    let what: String = what.chars().filter(|c| !c.is_control()).take(LONGEST_QUOTE).collect();
    invalid(&format!("line {}, column {}: {what}", error.line(), error.column()))
}
