use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementId, BureauCode, Scope, SignedAgreement};

use crate::fixture::{accept, bureau, signed_by};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        select(vec![json!("2026-01-01T00:00:00Z"), json!("requester"), json!("vin"), json!("FRA")]),
    ];
    let key = prop_oneof![any::<String>(), select(vec!["agreement".to_owned(), "id".to_owned()])];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key.clone(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Pointers to everything within a document.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), out);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                places(field, &format!("{at}/{key}"), out);
            }
        }
        _ => {}
    }
}

fn few_letters(len: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = String> {
    vec(select(vec!['a', 'b', '-']), len).prop_map(|letters| letters.into_iter().collect())
}

/// Few values of each field, so that equal and nearly equal scopes are met.
fn any_scope() -> impl Strategy<Value = Scope> {
    let numbers = vec![0, 1, 0x0100, 0x7669, u32::MAX];
    (
        few_letters(3..=4),
        few_letters(0..=2),
        select(IdentifierType::ALL),
        select(vec![0_u16, 1, 0x0100, u16::MAX]),
        select(numbers),
    )
        .prop_map(|(agreement, dataset, identifier_type, rules_version, epoch)| Scope {
            agreement: agreement.parse().unwrap(),
            agreement_hash: symbolon_policy::AgreementHash([7; 32]),
            dataset,
            identifier_type,
            rules_version,
            epoch,
        })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_never_verify(bytes in vec(any::<u8>(), 0..512)) {
        prop_assert!(accept(&bytes).is_err());
    }

    #[test]
    fn arbitrary_json_never_panics_and_never_verifies(value in any_json()) {
        prop_assert!(accept(value.to_string().as_bytes()).is_err());
        let wrapped = json!({ "agreement": value, "signatures": [] });
        prop_assert!(accept(wrapped.to_string().as_bytes()).is_err());
    }

    #[test]
    fn whatever_stands_in_one_place_of_a_signed_file_it_verifies_only_if_nothing_changed(
        place in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        use std::sync::LazyLock;
        static FILE: LazyLock<Value> = LazyLock::new(|| {
            let signed = signed_by(&[&bureau("FRA"), &bureau("DEU")]);
            serde_json::from_str(&signed.to_json().unwrap()).unwrap()
        });
        let mut all = Vec::new();
        places(&FILE, "", &mut all);
        let mut changed = FILE.clone();
        let place: &String = place.get(&all);
        *changed.pointer_mut(place).unwrap() = value;
        if let Ok(read) = SignedAgreement::from_json(changed.to_string().as_bytes()) {
            let _ = (read.terms(), read.hash(), read.to_json());
            prop_assert_eq!(read.verify().is_ok(), changed == *FILE);
        }
    }

    #[test]
    fn scope_ids_are_equal_only_for_equal_scopes(one in any_scope(), other in any_scope()) {
        prop_assert_eq!(one == other, one.id() == other.id());
    }

    #[test]
    fn text_moved_from_one_field_of_a_scope_to_the_next_gives_another_id(
        scope in any_scope(), cut in 3_usize..=4,
    ) {
        // The same letters and numbers, divided otherwise.
        let joined = format!("{}{}", scope.agreement, scope.dataset);
        let cut = cut.min(joined.len());
        let moved = Scope {
            agreement: joined[..cut].parse().unwrap(),
            dataset: joined[cut..].to_owned(),
            ..scope.clone()
        };
        prop_assert_eq!(moved == scope, moved.id() == scope.id());
    }

    #[test]
    fn codes_and_ids_that_parse_show_as_they_were_written(text in any::<String>()) {
        if let Ok(code) = text.parse::<BureauCode>() {
            prop_assert_eq!(code.to_string(), text.clone());
        }
        if let Ok(id) = text.parse::<AgreementId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}
