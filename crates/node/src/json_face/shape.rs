use std::{collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use symbolon_policy::Refusal;

use super::{DEEPEST, MOST_VALUES, malformed::malformed};
use crate::bureau_face::limit;

/// Looks through a JSON text before anything is made of it: that it is JSON, how deep and how much it
/// is, and that no name stands twice in an object, of which one program would read the first and
/// another the last.
pub(super) fn look_through(text: &[u8]) -> Result<(), Refusal> {
    let mut shape = Shape { left: MOST_VALUES, too_deep: false };
    let mut json = serde_json::Deserializer::from_slice(text);
    let walk = Walk { shape: &mut shape, levels: DEEPEST };
    let walked = walk.deserialize(&mut json).and_then(|()| json.end());
    walked.map_err(|error| {
        if shape.too_deep {
            limit("objects and arrays may stand in one another eight deep")
        } else if shape.left == 0 {
            limit("this is more than 65,536 names and values; send several")
        } else {
            malformed(&error, "")
        }
    })
}

/// 2^53: up to here a floating-point number says which whole number is meant.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

struct Shape {
    left: usize,
    too_deep: bool,
}

impl Shape {
    fn take<E: Error>(&mut self) -> Result<(), E> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { Err(E::custom("too much")) } else { Ok(()) }
    }
}

struct Walk<'a> {
    shape: &'a mut Shape,
    levels: usize,
}

impl Walk<'_> {
    fn level_below<E: Error>(&mut self) -> Result<usize, E> {
        self.shape.take::<E>()?;
        self.levels.checked_sub(1).ok_or_else(|| {
            self.shape.too_deep = true;
            E::custom("too deep")
        })
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.shape.take()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.shape.take()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.shape.take()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.shape.take()
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // All numbers of the contract are whole; above this, another one would be read than was written.
        if number.abs() > LARGEST_EXACT {
            return Err(E::custom("a number that cannot be read exactly"));
        }
        self.shape.take()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.shape.take()
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let levels = self.level_below::<A::Error>()?;
        while seq.next_element_seed(Walk { shape: &mut *self.shape, levels })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let levels = self.level_below::<A::Error>()?;
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            self.shape.take::<A::Error>()?;
            // Protobuf's own names of fields would be second names for the same.
            if name.contains('_') {
                return Err(A::Error::custom(format!("unknown field `{name}`")));
            }
            if let Some(name) = names.replace(name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            map.next_value_seed(Walk { shape: &mut *self.shape, levels })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use symbolon_policy::Reason;

    use super::*;

    fn reason(text: &str) -> Option<Reason> {
        look_through(text.as_bytes()).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn what_is_deep_or_much_is_refused_before_anything_is_made_of_it() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(reason(&deep(DEEPEST)), None);
        assert_eq!(reason(&deep(DEEPEST + 1)), Some(Reason::LimitExceeded));
        assert_eq!(reason(&deep(1_000_000)), Some(Reason::LimitExceeded));
        let long = |values: usize| format!("[{}0]", "0,".repeat(values - 1));
        assert_eq!(reason(&long(MOST_VALUES - 2)), None);
        assert_eq!(reason(&long(MOST_VALUES)), Some(Reason::LimitExceeded));
        let names: Vec<_> = (0..MOST_VALUES).map(|number| format!("\"{number}\":{{}}")).collect();
        assert_eq!(reason(&format!("{{{}}}", names.join(","))), Some(Reason::LimitExceeded));
    }

    #[test]
    fn what_two_programs_would_read_differently_is_refused() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"items":[{"ref":1,"ref":2}]}"#,
            r#"{"case_reference":"x"}"#,
            r#"{"a":1} {"a":1}"#,
            r#"{"a":1,}"#,
            "{\"a\":\"\u{0}\"}",
            "\u{feff}{}",
            "",
            "NaN",
            r#"{"ref":18446744073709551616}"#,
            r#"{"ref":1e19}"#,
        ] {
            assert_eq!(reason(text), Some(Reason::InvalidArgument), "{text}");
        }
        let bad_utf8 = [b"{\"a\":\"".as_slice(), &[0xC3, 0x28], b"\"}"].concat();
        assert!(look_through(&bad_utf8).is_err());
        assert_eq!(reason(r#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#), None);
    }
}
