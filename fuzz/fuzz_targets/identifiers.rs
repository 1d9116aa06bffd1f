//! Text of any kind as an identifier of any type: nothing panics, and what is canonical reads as itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolon_identifiers::{Identifier, IdentifierType, parse, parse_mrz};

/// Type, country, and the text.
type Input<'a> = (u8, Option<&'a str>, &'a str);

fuzz_target!(|input: Input<'_>| {
    let (kind, country, text) = input;
    let kinds = IdentifierType::ALL;
    let kind = kinds[usize::from(kind) % kinds.len()];
    for identifier in [parse(kind, text, country), parse_mrz(text)].into_iter().flatten() {
        let again = Identifier::from_canonical(identifier.kind(), identifier.canonical());
        assert_eq!(again.as_ref().map(Identifier::canonical), Ok(identifier.canonical()));
    }
});
