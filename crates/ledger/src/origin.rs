use std::{fmt, str::FromStr};

use thiserror::Error;

/// Longest [`Origin`] that is read, in bytes.
pub const MAX_ORIGIN_LEN: usize = 255;

/// The name of a log or cosigner: first line of a checkpoint (C2SP `tlog-checkpoint`) and name of a key
/// (C2SP `signed-note`). A URL without scheme, as a rule: `example.com/log`.
///
/// UTF-8 without spaces, plus signs and control characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin(String);

impl Origin {
    /// The origin `domain/name`.
    ///
    /// No other domain and name give the same: in either, what an origin cannot hold is
    /// percent-encoded (RFC 3986, section 2.1), and so are percent signs, and slashes in `name`. What
    /// is longer than [`MAX_ORIGIN_LEN`] then, nobody reads.
    pub fn of_log(domain: &str, name: &str) -> Self {
        let mut text = String::with_capacity(domain.len() + 1 + name.len());
        push_encoded(&mut text, domain, |c| c == '%');
        text.push('/');
        push_encoded(&mut text, name, |c| c == '%' || c == '/');
        Self(text)
    }

    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        if text.is_empty() || text.len() > MAX_ORIGIN_LEN || text.contains(is_barred) {
            return Err(OriginError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no [`Origin`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error(
    "an origin is 1 to {MAX_ORIGIN_LEN} bytes without spaces, plus signs and control characters"
)]
pub struct OriginError;

fn push_encoded(text: &mut String, part: &str, also: impl Fn(char) -> bool) {
    for c in part.chars() {
        if is_barred(c) || also(c) {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                text.push_str(&format!("%{byte:02X}"));
            }
        } else {
            text.push(c);
        }
    }
}

fn is_barred(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == '+'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_of_a_bureau_is_named_by_domain_and_code() {
        assert_eq!(Origin::of_log("symbolon-v1", "FRA").to_string(), "symbolon-v1/FRA");
    }

    #[test]
    fn whatever_the_parts_are_an_origin_can_be_read_again_and_is_of_them_only() {
        let parts = ["", "a", "a/b", "b", "a b", "a%20b", "a+b", "a\nb", "a\u{2003}b", "é", "%"];
        let mut all = Vec::new();
        for domain in parts {
            for name in parts {
                let origin = Origin::of_log(domain, name);
                assert_eq!(origin.as_str().parse(), Ok(origin.clone()));
                assert!(!all.contains(&origin), "{origin}");
                all.push(origin);
            }
        }
    }

    #[test]
    fn spaces_plus_signs_control_characters_and_other_lengths_are_refused() {
        for text in ["", " ", "a b", "a+b", "a\nb", "a\u{7f}", "a\u{85}", "a\u{a0}b", "a\u{3000}"] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError), "{text:?}");
        }
        assert!("x".repeat(MAX_ORIGIN_LEN).parse::<Origin>().is_ok());
        assert!("x".repeat(MAX_ORIGIN_LEN + 1).parse::<Origin>().is_err());
    }
}
