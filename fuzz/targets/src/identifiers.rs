use symbolon_identifiers::{Identifier, IdentifierType, parse, parse_mrz, parse_zone, readings};

/// A byte for the type, a line for the country, and the text.
pub(crate) fn identifiers(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let (country, text) = text.split_once('\n').unwrap_or(("", text));
    let country = Some(country).filter(|country| !country.is_empty());
    let kind = IdentifierType::ALL[usize::from(*kind) % IdentifierType::ALL.len()];
    if let Ok(identifier) = parse(kind, text, country) {
        reads_as_itself(&identifier);
        assert!(!identifier.oprf_input().is_empty());
        for reading in readings(kind, text, country) {
            reads_as_itself(&reading);
            assert_eq!(reading.kind(), kind);
        }
    }
}

/// A machine-readable zone, alone and with a country beside it.
pub(crate) fn mrz(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let found = [parse_mrz(text), parse_zone(text, None), parse_zone(text, Some("UTO"))];
    for identifier in found.iter().flatten() {
        reads_as_itself(identifier);
    }
}

fn reads_as_itself(identifier: &Identifier) {
    let again = Identifier::from_canonical(identifier.kind(), identifier.canonical());
    assert_eq!(again.as_ref().map(Identifier::canonical), Ok(identifier.canonical()));
}
