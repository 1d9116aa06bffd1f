//! Travel document: passport, visa, identity card, laissez-passer (ICAO Doc 9303).
//!
//! Canonical: alpha-3 code of the issuing state (3 bytes), then the document number: `A`–`Z` and
//! `0`–`9`, 4 to 22 characters, leading zeros kept, fillers `<` and separators dropped. The kind of
//! document is an attribute and not in the key, because sources often lack it; a state that numbers
//! two kinds alike gives them one key.
//!
//! The issuer is the state whose code stands in the machine-readable zone. Documents of a territory
//! carry the code of its state (Hong Kong and Macao: `CHN`; British overseas territories and Crown
//! dependencies: `GBR`; and the like), so both spellings give that state. The five British
//! nationality codes, `D` for Germany, `RKS` for Kosovo and withdrawn ISO codes are mapped likewise.
//! Documents of a state that broke up (`SUN`, `YUG`, `SCG`, `CSK`, `DDR`) keep their own issuer.
//!
//! A slash between two parts of seven or more characters is refused: it may part two numbers.
//!
//! A value that is a whole machine-readable zone is read as one, with all its check digits. A number
//! alone has no check digit.

use zeroize::Zeroizing;

use crate::normalise::{self, Text};
use crate::types::Parsed;
use crate::{ErrorCode, IdentifierType, ParseError, Warning, country, mrz, placeholder};

const KIND: IdentifierType = IdentifierType::TravelDocument;
const MIN_LENGTH: usize = 4;
/// Nine characters and the thirteen that overflow into the optional data of a TD1 document
/// (ICAO Doc 9303-5 section 4.2.2.1, note j).
const MAX_LENGTH: usize = 22;

pub(super) fn parse(value: &str, issuer: Option<&str>) -> Result<Parsed, ParseError> {
    plain(value, issuer).map_or_else(|| parse_any(value, issuer), Ok)
}

/// A number of letters and digits alone, which ends in a digit, beside the code of its issuer: for
/// these [`parse_any`] gives the same, at ten times the cost. `None` says nothing about the others.
fn plain(value: &str, issuer: Option<&str>) -> Option<Parsed> {
    let named = country::plain_code(issuer?)?;
    let is_plain = (MIN_LENGTH..=MAX_LENGTH).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric())
        // So no country stands behind it, and it is no word.
        && value.bytes().next_back().is_some_and(|b| b.is_ascii_digit());
    if !is_plain {
        return None;
    }
    let number = Zeroizing::new(value.to_ascii_uppercase());
    let repeated = value.bytes().all(|b| Some(b) == value.bytes().next());
    if repeated || label(&number).is_err() {
        return None;
    }
    Some(of_number(&number, named))
}

fn parse_any(value: &str, issuer: Option<&str>) -> Result<Parsed, ParseError> {
    if let Some(error) = normalise::too_long(KIND, value) {
        return Err(error);
    }
    if mrz::looks_like(value) {
        let fields = mrz::read(value)?;
        let parsed = from_fields(&fields)?;
        if let Some(issuer) = issuer {
            let given = country::document_issuer(country::optional(KIND, issuer)?);
            if Some(given) != parsed.country {
                return Err(ParseError::new(
                    KIND,
                    ErrorCode::CountryMismatch,
                    "the machine-readable zone names another issuer than the country given; check which is right",
                ));
            }
        }
        return Ok(parsed);
    }
    let named = country::require(KIND, issuer)?;
    normalise::one_value(KIND, value)?;
    let text = normalise::code(KIND, value, |c| c == '<')?;
    let number = without_country_name(&number(&text)?, named);
    Ok(of_number(&number, named))
}

fn of_number(number: &str, named: &'static str) -> Parsed {
    let issuer = country::document_issuer(named);
    Parsed::of_issuer(issuer, number)
        .warn((issuer != named).then_some(Warning::IssuerMapped))
        .warn(placeholder::counts_up(number).then_some(Warning::LooksLikePlaceholder))
        .warn([Warning::CheckDigitNotVerified])
}

/// The key out of a machine-readable zone whose check digits have been verified.
pub(crate) fn from_fields(fields: &mrz::Fields) -> Result<Parsed, ParseError> {
    let named = country::issuer_code(&fields.issuer).ok_or_else(|| {
        ParseError::new(
            KIND,
            ErrorCode::CountryUnknown,
            "the issuer in the machine-readable zone is no code of ICAO Doc 9303-3; read it once more",
        )
        .at(fields.issuer_at)
    })?;
    let text = Text::nfkc(&fields.number);
    let number = number(&text)?;
    let issuer = country::document_issuer(named);
    let mut parsed = Parsed::of_issuer(issuer, &number)
        .warn((issuer != named).then_some(Warning::IssuerMapped))
        .warn(mrz::has_blind_spot(&number).then_some(Warning::CheckDigitBlindSpot));
    parsed.document_code = Some(fields.document_code);
    Ok(parsed)
}

fn number(text: &Text) -> Result<Zeroizing<String>, ParseError> {
    let number: Zeroizing<String> =
        Zeroizing::new(text.chars().iter().filter(|c| **c != '<').collect());
    if placeholder::is_one_character(&number.chars().collect::<Vec<_>>()) {
        return Err(placeholder::refusal(KIND));
    }
    label(&number)?;
    if number.len() < MIN_LENGTH {
        return Err(ParseError::new(
            KIND,
            ErrorCode::TooShort,
            "a document number has at least four characters; it may be cut off",
        ));
    }
    if number.len() > MAX_LENGTH {
        return Err(ParseError::new(
            KIND,
            ErrorCode::TooLong,
            "a document number has at most 22 characters; give one number alone",
        )
        .at(text.position(MAX_LENGTH)));
    }
    if !number.contains(|c: char| c.is_ascii_digit()) {
        return Err(ParseError::new(
            KIND,
            ErrorCode::NoDigit,
            "a document number holds digits; this looks like a word",
        ));
    }
    Ok(number)
}

fn label(number: &str) -> Result<(), ParseError> {
    const LABELS: [&str; 8] = [
        "PASSPORT",
        "PASAPORTE",
        "PASSEPORT",
        "REISEPASS",
        "PASSAPORTO",
        "DOCUMENT",
        "NUMBER",
        "TRAVELDOC",
    ];
    if LABELS.iter().any(|label| number.starts_with(label)) {
        return Err(ParseError::new(
            KIND,
            ErrorCode::LabelInValue,
            "words stand before the number; give the number alone",
        )
        .at(Some(0)));
    }
    Ok(())
}

/// Some lists write the country behind the number (`N348171/IRAQ`).
fn without_country_name(number: &str, issuer: &str) -> Zeroizing<String> {
    let names = country::squashed_names(issuer);
    let mut number = number;
    // Until nothing changes, so that the result is a fixed point.
    while let Some(rest) = names
        .iter()
        .filter_map(|name| number.strip_suffix(name.as_str()))
        .find(|rest| rest.len() >= MIN_LENGTH && rest.contains(|c: char| c.is_ascii_digit()))
    {
        number = rest;
    }
    Zeroizing::new(number.to_owned())
}

/// The two-letter code of the issuer before the number, which some sources add: with and without.
pub(super) fn other_forms(canonical: &str) -> Vec<String> {
    let (issuer, number) = canonical.split_at_checked(3).unwrap_or_default();
    let Some(alpha2) = country::alpha2_of(issuer) else {
        return Vec::new();
    };
    match number.strip_prefix(alpha2) {
        Some(rest) => vec![format!("{issuer}{rest}")],
        None if number.bytes().all(|b| b.is_ascii_digit()) => {
            vec![format!("{issuer}{alpha2}{number}")]
        }
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn a_plain_number_reads_as_it_does_the_long_way(
            value in "(PASSPORT|NA|TEST|[A-Za-z]{0,4})[0-9]{0,12}[A-Za-z0-9]{0,10}",
            issuer in "[A-Z]{3}",
            known in prop::sample::select(country::issuers().map(|(code, _)| code).collect::<Vec<_>>()),
        ) {
            for issuer in [issuer.as_str(), known] {
                let Some(short) = plain(&value, Some(issuer)) else { continue };
                let long = parse_any(&value, Some(issuer));
                let long = long.map(|long| (long.canonical, long.country, long.warnings));
                prop_assert_eq!(long.ok(), Some((short.canonical, short.country, short.warnings)));
            }
        }
    }

    #[test]
    fn no_word_for_a_country_or_for_not_known_ends_in_a_digit() {
        let ends = |name: &str| name.ends_with(|c: char| c.is_ascii_digit());
        for (code, _) in country::issuers() {
            assert!(!country::squashed_names(code).iter().any(|name| ends(name)), "{code}");
        }
        assert!((0..=9).all(|digit| !placeholder::is_word(&format!("NA{digit}"))));
    }
}
