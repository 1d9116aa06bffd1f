//! Properties over arbitrary and generated values.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::HashMap;

use proptest::prelude::*;
use symbolon_identifiers::{
    Identifier, IdentifierType, canary_input, issuers, parse, parse_mrz, readings, to_mrz_td1,
};

fn any_kind() -> impl Strategy<Value = IdentifierType> {
    proptest::sample::select(IdentifierType::ALL)
}

fn country() -> impl Strategy<Value = String> {
    let codes: Vec<String> = issuers().map(|(code, _)| code.to_owned()).collect();
    proptest::sample::select(codes)
}

/// Text near enough to identifiers that much of it is accepted.
fn plausible() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z]{0,3}[0-9]{4,12}[A-Z]{0,2}",
        "[0-9]{6,15}",
        "\\+[1-9][0-9]{6,14}",
        "[a-z0-9.+_]{1,12}@[a-z0-9]{1,12}\\.(com|org|ru|de)",
        "[a-zA-Zéüñ]{1,12}@[a-zéüßñ]{1,12}\\.(com|中国|рф)",
        "[А-Я]{1,2}[0-9]{3}[А-Я]{2}[0-9]{2,3}",
        "[A-Z]{2}[0-9]{2}[A-Z0-9]{11,28}",
        "[NDFG][A-Z0-9]{3,5}",
    ]
}

/// The same value as another office would write it.
fn respelled(value: &str, seed: &[u8], separators: bool) -> String {
    let mut out = String::new();
    for (index, c) in value.chars().enumerate() {
        let choice = seed.get(index % seed.len().max(1)).copied().unwrap_or(0);
        let c = match choice % 4 {
            0 => c.to_ascii_lowercase(),
            1 => c.to_ascii_uppercase(),
            2 if ('!'..='~').contains(&c) => char::from_u32(c as u32 + 0xFEE0).unwrap(),
            _ => c,
        };
        out.push(c);
        if separators {
            out.push_str(
                ["", " ", "-", "\u{2011}", "\u{A0}", "\u{200D}", "_", ""]
                    [usize::from(choice / 4 % 8)],
            );
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn never_panics(kind in any_kind(), value in "\\PC{0,40}|.{0,60}", country in proptest::option::of("\\PC{0,12}")) {
        let _ = parse(kind, &value, country.as_deref());
        let _ = parse(kind, &value, Some("RUS"));
        let _ = parse(kind, &value, Some("Panama"));
        let _ = parse(kind, &value, Some("Mexico"));
        let _ = Identifier::from_canonical(kind, value.as_bytes());
    }

    #[test]
    fn zones_never_panic(zone in "[A-Z0-9<]{72}|[A-Z0-9<]{88}|[A-Z0-9<]{90}|V[A-Z0-9<]{71}|IDFRA[A-Z<]{31}[A-Z0-9<]{36}") {
        let _ = parse_mrz(&zone);
    }

    #[test]
    fn canonical_is_a_fixed_point(kind in any_kind(), value in plausible(), country in country()) {
        if let Ok(identifier) = parse(kind, &value, Some(&country)) {
            let again = Identifier::from_canonical(kind, identifier.canonical());
            prop_assert_eq!(again.as_ref(), Ok(&identifier));
            let shown = parse(kind, &identifier.display(), identifier.country());
            prop_assert_eq!(shown.as_ref(), Ok(&identifier));
            for other in identifier.alternatives() {
                prop_assert_ne!(&other, &identifier);
            }
        }
    }

    #[test]
    fn canonical_is_a_fixed_point_for_any_script(kind in any_kind(), value in "(\\PC|[0-9A-ZÄäßǅſİıΣς]){1,24}(@[a-z0-9ßäİſ]{1,8}\\.(com|org))?") {
        for country in ["DEU", "MEX", "PAN", "RUS"] {
            if let Ok(identifier) = parse(kind, &value, Some(country)) {
                let again = Identifier::from_canonical(kind, identifier.canonical());
                prop_assert_eq!(again.as_ref(), Ok(&identifier));
                let shown = parse(kind, &identifier.display(), identifier.country());
                prop_assert_eq!(shown.as_ref(), Ok(&identifier));
            }
        }
    }

    #[test]
    fn spelling_does_not_change_the_key(kind in any_kind(), value in plausible(), country in country(), seed in proptest::collection::vec(any::<u8>(), 1..40)) {
        let separators = kind != IdentifierType::Email
            && !(kind == IdentifierType::NationalId && country == "PAN");
        let given = parse(kind, &value, Some(&country));
        let other = parse(kind, &respelled(&value, &seed, separators), Some(&country));
        match (given, other) {
            (Ok(given), Ok(other)) => prop_assert_eq!(given, other),
            (Err(given), Err(other)) => prop_assert_eq!(given.code, other.code),
            (given, other) => prop_assert!(false, "{:?} {:?}", given, other),
        }
    }

    #[test]
    fn a_zone_around_a_number_gives_the_same_key(number in "[A-Z0-9]{4,22}", country in country()) {
        if let Ok(typed) = parse(IdentifierType::TravelDocument, &number, Some(&country)) {
            let zone = to_mrz_td1(&typed).unwrap();
            let read = parse_mrz(&zone);
            prop_assert_eq!(read.as_ref(), Ok(&typed));
        }
    }

    #[test]
    fn oprf_inputs_are_injective(values in proptest::collection::vec((any_kind(), plausible(), country()), 1..30)) {
        let mut seen: HashMap<Vec<u8>, Identifier> = HashMap::new();
        for (kind, value, country) in values {
            for kind in [kind, IdentifierType::NationalId, IdentifierType::Plate] {
                if let Ok(identifier) = parse(kind, &value, Some(&country)) {
                    let input = identifier.oprf_input().to_vec();
                    prop_assert!(!(0..4).any(|i| canary_input(kind, i) == input));
                    if let Some(other) = seen.insert(input, identifier.clone()) {
                        prop_assert_eq!(other, identifier);
                    }
                }
            }
        }
    }

    #[test]
    fn readings_are_valid_and_differ(kind in any_kind(), value in plausible(), country in country()) {
        let given = parse(kind, &value, Some(&country)).ok();
        for reading in readings(kind, &value, Some(&country)) {
            prop_assert_ne!(Some(&reading), given.as_ref());
        }
    }

    #[test]
    fn errors_do_not_repeat_the_value(kind in any_kind(), value in "[a-z]{3}[0-9]{8,12}[!?*]", country in country()) {
        if let Err(error) = parse(kind, &value, Some(&country)) {
            prop_assert!(!error.to_string().contains(&value[3..9]));
            if let Some(position) = error.position {
                prop_assert!(position < value.chars().count());
            }
        }
    }
}

#[test]
fn debug_shows_the_type_only() {
    let identifier = parse(IdentifierType::Phone, "+44 20 7946 0018", None).unwrap();
    assert_eq!(format!("{identifier:?}"), "Identifier(Phone)");
}
