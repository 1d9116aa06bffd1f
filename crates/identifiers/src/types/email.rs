//! E-mail address, RFC 5321 and RFC 6531.
//!
//! Canonical: local part `@` domain. The local part is NFKC, lower case: RFC 5321 section 2.4 calls
//! it case-sensitive, no provider in use treats it so, and people never do. The domain is brought to
//! its A-label form in lower case (UTS 46, non-transitional, as RFC 5891 asks). Blanks around the
//! address, `mailto:`, one pair of angle brackets, quotes around a local part that needs none, and a
//! final dot of the domain are dropped. Dots and `+tags` in the local part stay: only some
//! providers ignore them; [`alternatives`](crate::Identifier::alternatives) offers the form without.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::normalise::{self, Text, is_invisible, is_quote};
use crate::types::Parsed;
use crate::{ErrorCode, IdentifierType, ParseError, Warning, placeholder};

const KIND: IdentifierType = IdentifierType::Email;
/// RFC 5321 section 4.5.3.1.1.
const MAX_LOCAL: usize = 64;
/// RFC 5321 section 4.5.3.1.2, less the final dot.
const MAX_DOMAIN: usize = 253;

pub(super) fn parse(value: &str) -> Result<Parsed, ParseError> {
    match plain(value) {
        Some(address) => Ok(Parsed::new(address).warn([Warning::CheckDigitNotVerified])),
        None => parse_any(value),
    }
}

/// An address as most are written, with nothing to take off or look at twice: for these
/// [`parse_any`] gives the same, at ten times the cost. `None` says nothing about the others.
fn plain(value: &str) -> Option<String> {
    /// No word that stands for “not known” has as many letters and digits.
    const MORE_THAN_A_WORD: usize = 14;
    let bytes = value.as_bytes();
    let at = bytes.iter().position(|b| *b == b'@')?;
    let (local, domain) = (bytes.get(..at)?, bytes.get(at + 1..)?);
    if !(1..=MAX_LOCAL).contains(&local.len())
        || domain.len() > MAX_DOMAIN
        || local.first() == Some(&b'.')
    {
        return None;
    }
    let mut letters = 0;
    for byte in local {
        match class(*byte) {
            Class::Letter | Class::Digit => letters += 1,
            Class::Hyphen | Class::Dot | Class::LocalOnly => {}
            Class::Other => return None,
        }
    }
    let mut labels = 0;
    let mut last_is_letters = false;
    for label in domain.split(|b| *b == b'.') {
        let ends_well = label.first() != Some(&b'-') && label.last() != Some(&b'-');
        if !(1..=63).contains(&label.len()) || !ends_well || label.get(2..4) == Some(b"--") {
            return None;
        }
        last_is_letters = label.len() >= 2;
        for byte in label {
            match class(*byte) {
                Class::Letter => letters += 1,
                Class::Digit => {
                    letters += 1;
                    last_is_letters = false;
                }
                Class::Hyphen => last_is_letters = false,
                Class::Dot | Class::LocalOnly | Class::Other => return None,
            }
        }
        labels += 1;
    }
    let is_plain = labels >= 2 && last_is_letters && letters >= MORE_THAN_A_WORD;
    is_plain.then(|| value.to_ascii_lowercase())
}

/// What a byte may be part of in a plain address.
#[derive(Clone, Copy)]
enum Class {
    Letter,
    Digit,
    Hyphen,
    Dot,
    /// Stands in local parts only.
    LocalOnly,
    Other,
}

fn class(byte: u8) -> Class {
    const CLASSES: [Class; 256] = {
        let mut classes = [Class::Other; 256];
        let mut byte = 0_u8;
        #[allow(clippy::indexing_slicing, reason = "a byte, in a table of 256")]
        while byte < 128 {
            classes[byte as usize] = match byte {
                b'A'..=b'Z' | b'a'..=b'z' => Class::Letter,
                b'0'..=b'9' => Class::Digit,
                b'-' => Class::Hyphen,
                b'.' => Class::Dot,
                b'_' | b'+' => Class::LocalOnly,
                _ => Class::Other,
            };
            byte += 1;
        }
        classes
    };
    CLASSES.get(usize::from(byte)).copied().unwrap_or(Class::Other)
}

fn parse_any(value: &str) -> Result<Parsed, ParseError> {
    if let Some(error) = normalise::too_long(KIND, value) {
        return Err(error);
    }
    let text = unwrap(Text::nfkc(value));
    let squashed: String = text
        .chars()
        .iter()
        .filter(|c| c.is_alphanumeric())
        .flat_map(|c| c.to_uppercase())
        .collect();
    if text.len() == 0 {
        return Err(ParseError::new(
            KIND,
            ErrorCode::Empty,
            "nothing is written here; give the address or leave the row out",
        ));
    }
    if placeholder::is_word(&squashed) {
        return Err(placeholder::refusal(KIND));
    }
    let at = split(&text)?;
    let local = local_part(&text.slice(0, at))?;
    let domain = domain(&text.slice(at + 1, text.len()))?;
    Ok(Parsed::new(format!("{}@{domain}", *local)).warn([Warning::CheckDigitNotVerified]))
}

/// Takes off what surrounds an address.
fn unwrap(text: Text) -> Text {
    let visible = if text.chars().iter().all(|c| !is_invisible(*c)) {
        text
    } else {
        let mut out = Text::default();
        for (c, at) in text.iter().filter(|(c, _)| !is_invisible(*c)) {
            out.push(c, at);
        }
        out
    };
    let mut text = trim(visible);
    let scheme: String = text.chars().iter().take(7).flat_map(|c| c.to_lowercase()).collect();
    if scheme == "mailto:" {
        text = trim(text.slice(7, text.len()));
    }
    if text.chars().first() == Some(&'<') && text.chars().last() == Some(&'>') {
        text = trim(text.slice(1, text.len() - 1));
    }
    text
}

fn trim(text: Text) -> Text {
    let blank = |c: &char| c.is_whitespace();
    let mut from = text.chars().iter().take_while(|c| blank(c)).count();
    let mut to = text.len() - text.chars().iter().rev().take_while(|c| blank(c)).count();
    // A quote at both ends surrounds the whole; one at the start alone opens a quoted local part.
    if to > from + 1
        && text.chars().get(from).is_some_and(|c| is_quote(*c))
        && text.chars().get(to - 1).is_some_and(|c| is_quote(*c))
    {
        from += 1;
        to -= 1;
    }
    if from == 0 && to == text.len() { text } else { text.slice(from, to.max(from)) }
}

fn split(text: &Text) -> Result<usize, ParseError> {
    let mut ats = text.chars().iter().enumerate().filter(|(_, c)| **c == '@');
    let Some((at, _)) = ats.next() else {
        return Err(ParseError::new(
            KIND,
            ErrorCode::Malformed,
            "there is no @; give the whole address",
        ));
    };
    if let Some((second, _)) = ats.next() {
        return Err(ParseError::new(
            KIND,
            ErrorCode::MoreThanOneValue,
            "there is a second @; give one address alone",
        )
        .at(text.position(second)));
    }
    Ok(at)
}

fn local_part(text: &Text) -> Result<Zeroizing<String>, ParseError> {
    let quoted =
        text.len() > 2 && text.chars().first() == Some(&'"') && text.chars().last() == Some(&'"');
    let text = if quoted { &text.slice(1, text.len() - 1) } else { text };
    if text.len() == 0 {
        return Err(ParseError::new(
            KIND,
            ErrorCode::Malformed,
            "there is nothing before the @; give the whole address",
        ));
    }
    if text.chars().first() == Some(&'.') {
        return Err(ParseError::new(
            KIND,
            ErrorCode::Malformed,
            "an address does not start with a dot; it may have lost its beginning",
        )
        .at(text.position(0)));
    }
    if let Some((c, at)) = text.iter().find(|(c, _)| !is_local(*c)) {
        return Err(bad_character(c, "before the @").at(Some(at)));
    }
    let local = lower(&text.text());
    if local.len() > MAX_LOCAL {
        return Err(ParseError::new(
            KIND,
            ErrorCode::TooLong,
            "before the @ stand at most 64 bytes (RFC 5321)",
        ));
    }
    Ok(local)
}

/// Lower case that is a fixed point: normalising may bring back a capital and the other way round.
fn lower(text: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(text.to_owned());
    for _ in 0..4 {
        let next: Zeroizing<String> = Zeroizing::new(text.to_lowercase().nfkc().collect());
        if *next == *text {
            break;
        }
        text = next;
    }
    text
}

fn is_local(c: char) -> bool {
    if c.is_ascii() {
        // `atext` of RFC 5322 section 3.2.3, and the dot.
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
    } else {
        c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
    }
}

fn domain(text: &Text) -> Result<String, ParseError> {
    let end = match text.chars().last() {
        Some('.') => text.len() - 1,
        _ => text.len(),
    };
    let text = text.slice(0, end);
    if let Some((c, at)) = text
        .iter()
        .find(|(c, _)| c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-'))
    {
        return Err(bad_character(c, "after the @").at(Some(at)));
    }
    let refused = |message: &'static str| {
        ParseError::new(KIND, ErrorCode::Domain, message).at(text.position(0))
    };
    let name = idna::domain_to_ascii_strict(&text.text())
        .map_err(|_| refused("what follows the @ is not a domain name (RFC 5891)"))?;
    if name.is_empty() || name.len() > MAX_DOMAIN {
        return Err(refused("what follows the @ is not a domain name (RFC 1035)"));
    }
    let Some((_, top)) = name.rsplit_once('.') else {
        return Err(refused("what follows the @ has no dot; the address may be cut off"));
    };
    let top_is_name = top.starts_with("xn--") || top.chars().all(|c| c.is_ascii_lowercase());
    if top.len() < 2 || !top_is_name {
        return Err(refused(
            "the last part of the domain is no top-level domain; the address may be cut off",
        ));
    }
    Ok(name)
}

fn bad_character(c: char, side: &str) -> ParseError {
    let code = match c {
        ',' | ';' => ErrorCode::MoreThanOneValue,
        _ => ErrorCode::CharacterNotAllowed,
    };
    let shown = if c.is_control() || c.is_whitespace() {
        "a blank or control character".to_owned()
    } else {
        format!("“{c}”")
    };
    ParseError::new(KIND, code, format!("{shown} cannot stand {side}; give one address alone"))
}

/// The address without `+tag`, and for Google Mail without dots and under its main domain: the
/// provider delivers all of them to one box.
pub(super) fn other_forms(canonical: &str) -> Vec<String> {
    let Some((local, domain)) = canonical.split_once('@') else {
        return Vec::new();
    };
    let base = local.split('+').next().unwrap_or(local);
    let mut out = vec![format!("{base}@{domain}")];
    if matches!(domain, "gmail.com" | "googlemail.com") {
        out.push(format!("{}@gmail.com", base.replace('.', "")));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn a_plain_address_reads_as_it_does_the_long_way(
            value in "[a-zA-Z0-9.+_-]{1,20}@([a-zA-Z0-9-]{1,8}\\.){0,3}[a-zA-Z0-9-]{0,6}\\.?",
        ) {
            if let Some(address) = plain(&value) {
                let long = parse_any(&value).map(|parsed| parsed.canonical.as_str().to_owned());
                prop_assert_eq!(long.ok(), Some(address));
            }
        }
    }

    #[test]
    fn usual_addresses_are_plain_and_odd_ones_are_not() {
        assert_eq!(plain("User000001@Example.COM").as_deref(), Some("user000001@example.com"));
        for odd in [
            "<user000001@example.com>",
            "user000001@example.com.",
            "user000001@xn--bcher-kva.example",
            "üser000001@example.com",
            "user000001@@example.com",
            " user000001@example.com",
            "unk@no.wn",
        ] {
            assert_eq!(plain(odd), None, "{odd}");
        }
    }
}
