//! The way in: raw text to typed value.

use crate::{ErrorCode, Identifier, IdentifierType, ParseError, country, mrz::parse_mrz, types};

/// Reads one value as a person or a file has it.
///
/// `country` is the issuer (travel document, national number, plate) or the country whose dialling
/// rules apply (phone): an English name in any usual or old form, an ISO 3166-1 alpha-2 or alpha-3
/// code, or a code of ICAO Doc 9303-3 section 5. Other types ignore it. An empty country counts as
/// none.
///
/// # Errors
///
/// [`ParseError`] naming the rule, the character and the remedy.
pub fn parse(
    kind: IdentifierType,
    value: &str,
    country: Option<&str>,
) -> Result<Identifier, ParseError> {
    let country = country.map(str::trim).filter(|c| !c.is_empty());
    types::parse(kind, value, country).map(|parsed| Identifier::from_parsed(kind, parsed))
}

/// Reads a scanned machine-readable zone beside which a country may stand: then it must be the
/// issuer in the zone.
///
/// # Errors
///
/// As [`parse_mrz`], and [`ErrorCode::CountryMismatch`].
pub fn parse_zone(text: &str, country: Option<&str>) -> Result<Identifier, ParseError> {
    let identifier = parse_mrz(text)?;
    if country.is_some() {
        parse(IdentifierType::TravelDocument, text, country)?;
    }
    Ok(identifier)
}

pub(crate) fn from_canonical(
    kind: IdentifierType,
    canonical: &[u8],
) -> Result<Identifier, ParseError> {
    let not_canonical = || {
        ParseError::new(
            kind,
            ErrorCode::NotCanonical,
            "the stored bytes are not what this version of the rules produces; import the value again",
        )
    };
    let text = core::str::from_utf8(canonical).map_err(|_| not_canonical())?;
    let identifier = if kind.needs_country() {
        let (issuer, value) = text.split_at_checked(3).ok_or_else(not_canonical)?;
        if !country::is_code(issuer) {
            return Err(not_canonical());
        }
        parse(kind, value, Some(issuer))?
    } else {
        parse(kind, text, None)?
    };
    if identifier.canonical() == canonical { Ok(identifier) } else { Err(not_canonical()) }
}
