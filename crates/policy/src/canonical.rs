//! Canonical JSON (RFC 8785), for documents that hold strings, whole numbers, booleans, lists and
//! objects with ASCII keys: there it is what serde_json writes of a sorted map.

use serde_json::Value;

/// The canonical bytes of `value`, or `None` where RFC 8785's rules for fractions or for sorting
/// keys by UTF-16 units would be needed: documents of ours have neither.
pub(crate) fn to_bytes(value: &Value) -> Option<Vec<u8>> {
    is_plain(value).then(|| value.to_string().into_bytes())
}

fn is_plain(value: &Value) -> bool {
    // Beyond 2^53 a JavaScript reader would round a number and see another document.
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.as_u64().is_some_and(|n| n <= EXACT),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(fields) => {
            fields.iter().all(|(key, value)| key.is_ascii() && is_plain(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_white_space_is_gone() {
        let text = " { \"b\" : [ 2, \"\\u00e9\\n\" ] , \"a\" : true } ";
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(to_bytes(&value).unwrap(), "{\"a\":true,\"b\":[2,\"é\\n\"]}".as_bytes());
    }

    #[test]
    fn what_readers_could_take_differently_has_no_canonical_form() {
        assert_eq!(to_bytes(&json!({"a": 1.5})), None);
        assert_eq!(to_bytes(&json!({"a": -1})), None);
        assert_eq!(to_bytes(&json!([9_007_199_254_740_993_u64])), None);
        assert_eq!(to_bytes(&json!({"é": 1})), None);
    }
}
