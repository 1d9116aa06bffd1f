//! From raw text to the characters a rule looks at, remembering where each came from.

mod digits;
mod lookalike;
mod separators;

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use zeroize::{Zeroize, Zeroizing};

pub(crate) use digits::ascii_digit;
use lookalike::latin_lookalike;
pub(crate) use separators::{is_invisible, is_quote, is_separator};

use crate::{ErrorCode, IdentifierType, ParseError, placeholder};

/// Longest value looked at, in characters; the longest legitimate one is an e-mail address or a
/// machine-readable zone with spaces between all characters.
pub(crate) const MAX_INPUT: usize = 1024;

/// Characters together with the index, in the text as given, of the character each came from.
/// Wiped on drop.
#[derive(Default)]
pub(crate) struct Text {
    chars: Vec<char>,
    at: Vec<usize>,
}

impl Drop for Text {
    fn drop(&mut self) {
        self.chars.zeroize();
    }
}

impl Text {
    /// Unicode normalisation form NFKC, cluster by cluster so that positions survive.
    pub(crate) fn nfkc(value: &str) -> Self {
        if value.is_ascii() {
            // NFKC leaves ASCII as it is, and none of it joins a cluster.
            return Self { chars: value.chars().collect(), at: (0..value.len()).collect() };
        }
        let mut text = Self::default();
        let mut cluster = String::new();
        let mut start = 0;
        for (index, c) in value.chars().enumerate() {
            if !cluster.is_empty() && !continues_cluster(c) {
                text.push_cluster(&cluster, start);
                cluster.zeroize();
            }
            if cluster.is_empty() {
                start = index;
            }
            cluster.push(c);
        }
        text.push_cluster(&cluster, start);
        cluster.zeroize();
        text
    }

    fn push_cluster(&mut self, cluster: &str, start: usize) {
        for c in cluster.nfkc() {
            self.push(c, start);
        }
    }

    pub(crate) fn push(&mut self, c: char, at: usize) {
        self.chars.push(c);
        self.at.push(at);
    }

    pub(crate) fn chars(&self) -> &[char] {
        &self.chars
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (char, usize)> + '_ {
        self.chars.iter().copied().zip(self.at.iter().copied())
    }

    /// Where the character at `index` stood in the text as given.
    pub(crate) fn position(&self, index: usize) -> Option<usize> {
        self.at.get(index).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(crate) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.chars.iter().collect())
    }

    /// The characters from `from` up to `to`, both bounded by the length.
    pub(crate) fn slice(&self, from: usize, to: usize) -> Self {
        let count = to.saturating_sub(from);
        Self {
            chars: self.chars.iter().skip(from).take(count).copied().collect(),
            at: self.at.iter().skip(from).take(count).copied().collect(),
        }
    }

    /// Drops a prefix if it is there and something else follows.
    pub(crate) fn without_prefix(self, prefix: &str) -> Self {
        let count = prefix.chars().count();
        if self.len() > count && prefix.chars().eq(self.chars.iter().copied().take(count)) {
            self.slice(count, self.len())
        } else {
            self
        }
    }
}

/// Whether `c` may combine with what stands before it under NFKC.
fn continues_cluster(c: char) -> bool {
    let mut first = None;
    decompose_compatible(c, |d| first = first.or(Some(d)));
    let first = first.unwrap_or(c);
    canonical_combining_class(first) != 0
        || is_nfc_quick(core::iter::once(first)) == IsNormalized::Maybe
}

pub(crate) fn too_long(kind: IdentifierType, value: &str) -> Option<ParseError> {
    (value.chars().nth(MAX_INPUT).is_some()).then(|| {
        ParseError::new(
            kind,
            ErrorCode::TooLong,
            "the text is far longer than any value of this type; give one value alone",
        )
        .at(Some(MAX_INPUT))
    })
}

/// Reads a code: NFKC; separators, quotes around it and number signs before it dropped; decimal
/// digits of any script to ASCII; capitals; Cyrillic and Greek look-alikes to Latin.
///
/// What is left is `A`–`Z`, `0`–`9` and whatever `extra` allows; anything else is refused where it
/// stands.
pub(crate) fn code(
    kind: IdentifierType,
    value: &str,
    extra: fn(char) -> bool,
) -> Result<Text, ParseError> {
    if let Some(error) = too_long(kind, value) {
        return Err(error);
    }
    whole_number(kind, value)?;
    let skipped = number_sign(kind, value)?;
    let normalised = Text::nfkc(value);
    let quotes = Quotes::of(&normalised, skipped);
    let mut out = Text::default();
    for (index, (c, at)) in normalised.iter().enumerate() {
        if at < skipped || quotes.cover(index) {
            continue;
        }
        if let Some(digit) = ascii_digit(c) {
            out.push(digit, at);
            continue;
        }
        let c = capital(c);
        if c.is_ascii_alphanumeric() || extra(c) {
            out.push(c, at);
        } else if !is_separator(c) {
            return Err(not_allowed(kind, c).at(Some(at)));
        }
    }
    if out.len() == 0 {
        return Err(ParseError::new(
            kind,
            ErrorCode::Empty,
            "nothing is written here; give the value or leave the row out",
        ));
    }
    let text = out.text();
    if placeholder::is_word(&text) {
        return Err(placeholder::refusal(kind));
    }
    Ok(out)
}

/// Refuses the trace of a spreadsheet or script that took the number for a decimal (`123456789.0`):
/// without the dot the number would have gained a digit.
pub(crate) fn whole_number(kind: IdentifierType, value: &str) -> Result<(), ParseError> {
    let end = value.trim_end();
    let Some((head, tail)) = end.rsplit_once('.') else {
        return Ok(());
    };
    let quotes = |c: char| is_quote(c) || c.is_whitespace();
    let (digits, tail) = (head.trim_start_matches(quotes), tail.trim_end_matches(quotes));
    let is_decimal = matches!(tail, "0" | "00")
        && digits.len() >= 5
        && digits.bytes().all(|b| b.is_ascii_digit());
    if is_decimal {
        return Err(ParseError::new(
            kind,
            ErrorCode::Malformed,
            "the number ends like a decimal, as spreadsheets write it; take the end off and check that no leading zero was lost",
        )
        .at(Some(head.chars().count())));
    }
    Ok(())
}

/// Refuses a slash or line break between two parts that are each long enough to be a number: joined,
/// they would be a third number that nobody has.
pub(crate) fn one_value(kind: IdentifierType, value: &str) -> Result<(), ParseError> {
    const LONG: usize = 7;
    let mut long_parts = 0;
    let mut start = 0;
    let is_break = |c: char| matches!(c, '/' | '\\' | '\n' | '\r' | '\u{FF0F}' | '\u{2215}');
    for part in value.split(is_break) {
        let count = part.chars().filter(|c| c.is_alphanumeric()).count();
        let has_digit = part.chars().any(|c| ascii_digit(c).is_some());
        if count >= LONG && has_digit {
            long_parts += 1;
        }
        if long_parts > 1 {
            return Err(ParseError::new(
                kind,
                ErrorCode::MoreThanOneValue,
                "a slash or line break may part two numbers here; give each number alone, or this one without it",
            )
            .at(Some(start - 1)));
        }
        start += part.chars().count() + 1;
    }
    Ok(())
}

/// Refuses the first letter of a value that must be digits.
pub(crate) fn only_digits(kind: IdentifierType, text: &Text) -> Result<(), ParseError> {
    match text.iter().find(|(c, _)| !c.is_ascii_digit()) {
        None => Ok(()),
        Some((c, at)) => {
            let hint = match c {
                'O' | 'Q' | 'D' => "; a 0 may be meant",
                'I' | 'L' => "; a 1 may be meant",
                'S' => "; a 5 may be meant",
                'B' => "; an 8 may be meant",
                'Z' => "; a 2 may be meant",
                'G' => "; a 6 may be meant",
                _ => "",
            };
            Err(ParseError::new(
                kind,
                ErrorCode::CharacterNotAllowed,
                format!("“{c}” is a letter where only digits may stand{hint}"),
            )
            .at(Some(at)))
        }
    }
}

/// Capital of a letter where that is one character, then its Latin look-alike.
pub(crate) fn capital(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    let mut upper = c.to_uppercase();
    let single = match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    };
    latin_lookalike(single).unwrap_or(single)
}

fn not_allowed(kind: IdentifierType, c: char) -> ParseError {
    if matches!(c, ',' | ';' | '|' | '\u{060C}' | '\u{3001}') {
        return ParseError::new(
            kind,
            ErrorCode::MoreThanOneValue,
            format!("“{c}” may part two values; give each value alone"),
        );
    }
    if c.is_control() || c == '\u{FFFD}' {
        return ParseError::new(
            kind,
            ErrorCode::CharacterNotAllowed,
            format!(
                "the character U+{:04X} is not text; the file may have been read in a wrong encoding",
                c as u32
            ),
        );
    }
    ParseError::new(
        kind,
        ErrorCode::CharacterNotAllowed,
        format!("“{c}” is not allowed; only the letters A to Z and digits count"),
    )
}

/// How many leading characters are a number sign (`#`, `№`, `Nº`, `N°`). The written-out `No.`
/// cannot be told from a series that starts with NO and is refused.
fn number_sign(kind: IdentifierType, value: &str) -> Result<usize, ParseError> {
    let mut chars = value.chars().enumerate().skip_while(|(_, c)| is_separator(*c) && *c != '.');
    let (Some((start, first)), second, third) = (chars.next(), chars.next(), chars.next()) else {
        return Ok(0);
    };
    let second = second.map(|(_, c)| c);
    let third = third.map(|(_, c)| c);
    match (first, second, third) {
        ('#' | '\u{FF03}' | '№', _, _) => Ok(start + 1),
        ('N' | 'n', Some('º' | '°'), _) => Ok(start + 2),
        ('N' | 'n', Some('O' | 'o' | 'R' | 'r'), Some('.' | ':')) => Err(ParseError::new(
            kind,
            ErrorCode::LabelInValue,
            "the words for “number” stand before the number; give the number alone",
        )
        .at(Some(start))),
        _ => Ok(0),
    }
}

/// Quotes and blanks at both ends.
struct Quotes {
    first: usize,
    last: usize,
}

impl Quotes {
    fn of(text: &Text, skipped: usize) -> Self {
        let edge = |(c, at): &(char, usize)| *at < skipped || is_quote(*c) || is_separator(*c);
        let first = text.iter().take_while(edge).count();
        let kept = text.chars().iter().rev().take_while(|c| is_quote(**c) || is_separator(**c));
        let last = text.len().saturating_sub(kept.count());
        Self { first, last }
    }

    fn cover(&self, index: usize) -> bool {
        index < self.first || index >= self.last
    }
}
