//! Canonical JSON (RFC 8785), for documents that hold strings, whole numbers, booleans, lists and
//! objects with ASCII keys: there it is what serde_json writes once the keys are sorted.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// Reads JSON in which no name stands twice in an object: of two values a person might read one and
/// a program the other.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Strict>(bytes).map(|strict| strict.0)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, Strict(value))) = fields.next_entry::<String, Strict>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("the field {name:?} stands twice")));
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

/// The canonical bytes of `value`, or `None` where RFC 8785's rules for fractions or for sorting
/// keys by UTF-16 units would be needed: documents of ours have neither.
pub(crate) fn to_bytes(value: &Value) -> Option<Vec<u8>> {
    is_plain(value).then(|| {
        // A dependency may switch on serde_json's `preserve_order`, for every crate of the program;
        // hashes and signatures must not depend on that.
        let mut sorted = value.clone();
        sorted.sort_all_objects();
        sorted.to_string().into_bytes()
    })
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
    fn a_name_that_stands_twice_is_refused_at_any_depth() {
        assert!(parse(b"{\"a\":[{\"b\":1,\"c\":2}]}").is_ok());
        assert!(parse(b"{\"a\":1,\"a\":1}").is_err());
        assert!(parse(b"{\"a\":[{\"b\":1,\"b\":2}]}").is_err());
    }

    #[test]
    fn what_readers_could_take_differently_has_no_canonical_form() {
        assert_eq!(to_bytes(&json!({"a": 1.5})), None);
        assert_eq!(to_bytes(&json!({"a": -1})), None);
        assert_eq!(to_bytes(&json!([9_007_199_254_740_993_u64])), None);
        assert_eq!(to_bytes(&json!({"é": 1})), None);
    }
}
