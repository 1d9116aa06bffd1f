use serde_json::{Value, json};
use symbolon_policy::{AgreementError, AgreementTerms, SignedAgreement};

use crate::fixture::{
    accept, accept_value, agreement, bureau, code, sign_all, signed_by, signing_key, terms,
};

fn as_value(signed: &SignedAgreement) -> Value {
    serde_json::from_str(&signed.to_json().unwrap()).unwrap()
}

#[test]
fn a_signed_agreement_survives_being_written_and_read() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let terms = terms(&[&fra.party, &deu.party]);
    let signed = sign_all(&terms, &[&fra, &deu]);
    let read = SignedAgreement::from_json(signed.to_json().unwrap().as_bytes()).unwrap();
    assert_eq!(read.terms().unwrap(), terms);
    assert_eq!(read.signatures(), signed.signatures());
    assert_eq!(read.hash().unwrap(), signed.hash().unwrap());
    let agreement = read.verify().unwrap();
    assert_eq!(agreement.terms(), &terms);
    assert_eq!(agreement.hash(), signed.hash().unwrap());
}

#[test]
fn bare_terms_that_a_person_drafted_are_read_and_can_be_signed_in_turn() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let drafted = serde_json::to_vec(&terms(&[&fra.party, &deu.party])).unwrap();
    let mut at_fra = SignedAgreement::from_json(&drafted).unwrap();
    assert!(at_fra.signatures().is_empty());
    at_fra.sign(&code("FRA"), &fra.legal).unwrap();
    let posted = at_fra.to_json().unwrap();
    let mut at_deu = SignedAgreement::from_json(posted.as_bytes()).unwrap();
    at_deu.sign(&code("DEU"), &deu.legal).unwrap();
    at_deu.verify().unwrap();
}

#[test]
fn the_hash_and_signatures_do_not_depend_on_layout_or_order_of_fields() {
    // Writes a value with the fields of every object in reverse and odd white space.
    fn written_backwards(value: &Value) -> String {
        match value {
            Value::Object(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .rev()
                    .map(|(key, value)| format!("{}\t:\n{}", json!(key), written_backwards(value)))
                    .collect();
                format!("{{ {} }}", fields.join(" ,\r\n"))
            }
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(written_backwards).collect();
                format!("[\n{}]", items.join(","))
            }
            Value::String(text) => {
                let escaped: String =
                    text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
                format!("\"{escaped}\"")
            }
            other => other.to_string(),
        }
    }
    let signed = signed_by(&[&bureau("FRA"), &bureau("DEU")]);
    let other_layout = written_backwards(&as_value(&signed));
    assert_ne!(other_layout, signed.to_json().unwrap());
    let read = SignedAgreement::from_json(other_layout.as_bytes()).unwrap();
    assert_eq!(read.hash().unwrap(), signed.hash().unwrap());
    read.verify().unwrap();
}

#[test]
fn different_terms_have_different_hashes() {
    let fra = bureau("FRA");
    let deu = bureau("DEU");
    let one = terms(&[&fra.party, &deu.party]);
    let mut other = one.clone();
    other.epoch_days += 1;
    assert_ne!(
        SignedAgreement::draft(&one).unwrap().hash().unwrap(),
        SignedAgreement::draft(&other).unwrap().hash().unwrap()
    );
}

#[test]
fn terms_that_say_nothing_of_standing_checks_have_the_form_that_they_always_had() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let silent = terms(&[&fra.party, &deu.party]);
    let value = as_value(&SignedAgreement::draft(&silent).unwrap());
    assert!(value["agreement"].get("standing_days").is_none());
    let hash = |days| {
        let terms = AgreementTerms { standing_days: days, ..silent.clone() };
        SignedAgreement::draft(&terms).unwrap().hash().unwrap()
    };
    assert_ne!(hash(None), hash(Some(0)), "what is said is signed");
    assert_ne!(hash(Some(0)), hash(Some(30)));
    // A null is another text than silence, and must not pass for it.
    let mut with_null = as_value(&signed_by(&[&fra, &deu]));
    with_null["agreement"]["standing_days"] = Value::Null;
    assert!(accept_value(&with_null).is_err());
}

#[test]
fn three_parties_are_in_force_only_once_all_three_have_signed() {
    let all = [bureau("FRA"), bureau("DEU"), bureau("ITA")];
    let [fra, deu, ita] = &all;
    let terms = terms(&[&fra.party, &deu.party, &ita.party]);
    let two = sign_all(&terms, &[fra, deu]);
    assert!(
        matches!(two.verify(), Err(AgreementError::Unsigned { party }) if party == code("ITA"))
    );
    let three = sign_all(&terms, &[ita, deu, fra]);
    let agreement = three.verify().unwrap();
    for bureau in &all {
        assert_eq!(agreement.party(&bureau.party.code), Some(&bureau.party));
    }
    assert_eq!(agreement.party(&code("ESP")), None);
}

#[test]
fn the_order_of_signing_does_not_change_the_file() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let terms = terms(&[&fra.party, &deu.party]);
    assert_eq!(
        sign_all(&terms, &[&fra, &deu]).to_json().unwrap(),
        sign_all(&terms, &[&deu, &fra]).to_json().unwrap()
    );
}

#[test]
fn signing_again_replaces_the_signature() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let terms = terms(&[&fra.party, &deu.party]);
    let signed = sign_all(&terms, &[&fra, &deu, &fra]);
    assert_eq!(signed.signatures().len(), 2);
    signed.verify().unwrap();
}

#[test]
fn a_missing_signature_names_its_party() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let terms = terms(&[&fra.party, &deu.party]);
    for (there, missing) in [(&fra, "DEU"), (&deu, "FRA")] {
        let error = sign_all(&terms, &[there]).verify().unwrap_err();
        assert!(matches!(&error, AgreementError::Unsigned { party } if *party == code(missing)));
        assert!(error.to_string().contains(missing));
    }
    assert!(matches!(sign_all(&terms, &[]).verify(), Err(AgreementError::Unsigned { .. })));
}

#[test]
fn nobody_signs_with_a_key_that_the_terms_do_not_name() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let mut draft = SignedAgreement::draft(&terms(&[&fra.party, &deu.party])).unwrap();
    let error = draft.sign(&code("FRA"), &signing_key()).unwrap_err();
    assert!(matches!(&error, AgreementError::OtherLegalKey { party } if *party == code("FRA")));
    // Nor one party for another.
    assert!(draft.sign(&code("FRA"), &deu.legal).is_err());
    let error = draft.sign(&code("ESP"), &fra.legal).unwrap_err();
    assert!(matches!(&error, AgreementError::NotAParty { party } if *party == code("ESP")));
    assert!(draft.signatures().is_empty());
}

#[test]
fn a_signature_by_another_key_is_refused_and_names_its_party() {
    let (fra, deu, stranger) = (bureau("FRA"), bureau("DEU"), bureau("FRA"));
    let ours = sign_all(&terms(&[&fra.party, &deu.party]), &[&fra, &deu]);
    let theirs = sign_all(&terms(&[&stranger.party, &deu.party]), &[&stranger, &deu]);
    let mut value = as_value(&ours);
    // DEU stands before FRA.
    value["signatures"][1] = as_value(&theirs)["signatures"][1].clone();
    let error = accept_value(&value).unwrap_err();
    assert!(matches!(&error, AgreementError::OtherLegalKey { party } if *party == code("FRA")));
    // The right key beside a signature that another made does not hold either.
    value["signatures"][1]["key"] = json!(fra.legal.verifying_key());
    let error = accept_value(&value).unwrap_err();
    assert!(matches!(&error, AgreementError::Altered { party } if *party == code("FRA")));
}

#[test]
fn swapped_signatures_of_two_parties_are_refused() {
    let mut value = as_value(&signed_by(&[&bureau("FRA"), &bureau("DEU")]));
    let swap = |value: &mut Value, field: &str| {
        let first = value["signatures"][0][field].clone();
        value["signatures"][0][field] = value["signatures"][1][field].clone();
        value["signatures"][1][field] = first;
    };
    swap(&mut value, "signature");
    assert!(matches!(accept_value(&value), Err(AgreementError::Altered { .. })));
    swap(&mut value, "key");
    assert!(matches!(accept_value(&value), Err(AgreementError::OtherLegalKey { .. })));
    swap(&mut value, "party");
    // Now all three are swapped: only the order has changed.
    accept_value(&value).unwrap();
}

#[test]
fn a_signature_of_one_agreement_does_not_hold_for_another() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let first = terms(&[&fra.party, &deu.party]);
    let mut second = first.clone();
    second.title.push('.');
    let mut value = as_value(&sign_all(&first, &[&fra, &deu]));
    value["signatures"] = as_value(&sign_all(&second, &[&fra, &deu]))["signatures"].clone();
    assert!(matches!(accept_value(&value), Err(AgreementError::Altered { .. })));
}

#[test]
fn every_altered_byte_of_a_signature_is_found() {
    let value = as_value(&signed_by(&[&bureau("FRA"), &bureau("DEU")]));
    for index in 0..2 {
        let original = value["signatures"][index]["signature"].as_str().unwrap();
        for position in 0..original.len() {
            let mut altered = original.as_bytes().to_vec();
            altered[position] = if altered[position] == b'0' { b'1' } else { b'0' };
            let mut value = value.clone();
            value["signatures"][index]["signature"] = json!(String::from_utf8(altered).unwrap());
            assert!(matches!(accept_value(&value), Err(AgreementError::Altered { .. })));
        }
    }
}

/// One change to a document, with the pointer to where it was made.
struct Change {
    at: String,
    what: &'static str,
    document: Value,
}

impl Change {
    fn new(document: &Value, at: &str, what: &'static str, edit: impl FnOnce(&mut Value)) -> Self {
        let mut document = document.clone();
        edit(document.pointer_mut(at).unwrap());
        Self { at: at.to_owned(), what, document }
    }

    /// The nearest field with a name at or above the place.
    fn field(&self) -> &str {
        self.at.rsplit('/').find(|part| part.parse::<u8>().is_err()).unwrap()
    }
}

fn with_other_last_letter(text: &str) -> String {
    let mut text = text.to_owned();
    let other = match text.pop() {
        Some('0') => '1',
        Some('0'..='9') => '0',
        Some('Z') => 'z',
        Some('A'..='Y') => 'Z',
        Some('a') => 'b',
        _ => 'a',
    };
    text.push(other);
    text
}

/// Every change of one place in `document` under `at`: values changed, emptied and given another
/// type; list items removed, doubled and reversed; fields removed and added.
fn changes(document: &Value, at: &str, out: &mut Vec<Change>) {
    let change = |what, value: Value| Change::new(document, at, what, |place| *place = value);
    out.push(change("made null", Value::Null));
    match document.pointer(at).unwrap() {
        Value::String(text) => out.extend([
            change("changed", json!(with_other_last_letter(text))),
            change("lengthened", json!(format!("{text}x"))),
            change("emptied", json!("")),
            change("made a number", json!(1)),
        ]),
        Value::Number(number) => out.extend([
            change("raised", json!(number.as_u64().unwrap() + 1)),
            change("zeroed", json!(0)),
            change("made text", json!(number.to_string())),
            change("made a fraction", json!(1.5)),
        ]),
        Value::Bool(was) => out.push(change("turned", json!(!was))),
        Value::Array(items) => {
            for index in 0..items.len() {
                let mut fewer = items.clone();
                fewer.remove(index);
                let mut more = items.clone();
                more.insert(index, items[index].clone());
                out.push(change("removed an item", json!(fewer)));
                out.push(change("doubled an item", json!(more)));
                changes(document, &format!("{at}/{index}"), out);
            }
            if items.len() > 1 {
                let reversed: Vec<_> = items.iter().rev().collect();
                out.push(change("reversed", json!(reversed)));
            }
        }
        Value::Object(fields) => {
            for key in fields.keys() {
                let mut fewer = fields.clone();
                fewer.remove(key);
                out.push(change("removed a field", Value::Object(fewer)));
                changes(document, &format!("{at}/{key}"), out);
            }
            let mut more = fields.clone();
            more.insert("remark".to_owned(), json!("x"));
            out.push(change("added a field", Value::Object(more)));
        }
        Value::Null => {}
    }
}

fn all_changes() -> Vec<Change> {
    let value = as_value(&signed_by(&[&bureau("FRA"), &bureau("DEU")]));
    accept_value(&value).unwrap();
    let mut out = Vec::new();
    changes(&value, "/agreement", &mut out);
    // Every leaf of a party alone is a dozen.
    assert!(out.len() > 200, "{}", out.len());
    out
}

#[test]
fn every_change_of_one_place_after_signing_is_found() {
    for change in all_changes() {
        let verdict = accept_value(&change.document);
        assert!(verdict.is_err(), "{} {} and nobody noticed", change.at, change.what);
    }
}

#[test]
fn a_change_that_leaves_the_terms_well_formed_names_a_party() {
    let mut seen = 0;
    for change in all_changes() {
        if SignedAgreement::from_json(&serde_json::to_vec(&change.document).unwrap()).is_ok() {
            let sentence = accept_value(&change.document).unwrap_err().to_string();
            let parties = change.document.pointer("/agreement/parties").unwrap();
            let named = parties
                .as_array()
                .unwrap()
                .iter()
                .any(|party| sentence.contains(party["code"].as_str().unwrap()));
            assert!(named, "{} {}: {sentence}", change.at, change.what);
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn a_change_that_breaks_a_rule_or_a_field_name_names_the_field() {
    for change in all_changes() {
        let value = &change.document;
        match SignedAgreement::from_json(&serde_json::to_vec(value).unwrap()) {
            Err(AgreementError::Invalid(invalid)) => {
                let field = change.field();
                let sentence = invalid.to_string();
                // An item that stands twice is told by what must differ.
                assert!(
                    sentence.contains(field)
                        || change.what == "doubled an item"
                        || field == "code"
                        || field == "owner",
                    "{} {}: {sentence}",
                    change.at,
                    change.what
                );
            }
            Err(error) if change.what == "added a field" => {
                assert!(error.to_string().contains("remark"), "{error}");
            }
            _ => {}
        }
    }
}

#[test]
fn a_value_of_the_wrong_form_names_its_field() {
    let mut silent = Vec::new();
    for change in all_changes() {
        let bytes = serde_json::to_vec(&change.document).unwrap();
        if let Err(error @ AgreementError::WrongForm { .. }) = SignedAgreement::from_json(&bytes) {
            let field = change.field();
            let names_a_field = change.what == "removed a field" || change.what == "added a field";
            if !names_a_field && !error.to_string().contains(field) {
                silent.push(format!("{} {}: {error}", change.at, change.what));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    let value = as_value(&signed_by(&[&bureau("FRA"), &bureau("DEU")]));
    for place in [
        "",
        "/agreement",
        "/agreement/parties/0",
        "/agreement/parties/0/keys",
        "/agreement/parties/0/desk",
        "/agreement/datasets/0",
        "/agreement/datasets/0/types/0",
        "/signatures/0",
    ] {
        let mut value = value.clone();
        let object = value.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("remark".to_owned(), json!("x"));
        let error = accept_value(&value).unwrap_err();
        assert!(matches!(error, AgreementError::WrongForm { .. }), "{place}: {error}");
        assert!(error.to_string().contains("remark"), "{place}: {error}");
    }
}

/// The file with the first field `key` written a second time beside itself.
fn with_field_twice(file: &str, key: &str, value: &str) -> String {
    let quoted = format!("\"{key}\":");
    let at = file.find(&quoted).unwrap_or_else(|| panic!("no field {key}"));
    format!("{}{quoted} {value}, {}", &file[..at], &file[at..])
}

#[test]
fn a_field_of_the_file_that_stands_twice_is_refused() {
    let file = signed_by(&[&bureau("FRA"), &bureau("DEU")]).to_json().unwrap();
    for (key, value) in [("agreement", "{}"), ("signatures", "[]"), ("signature", "\"\"")] {
        assert!(accept(with_field_twice(&file, key, value).as_bytes()).is_err(), "{key}");
    }
}

#[test]
fn a_field_of_the_terms_that_stands_twice_is_refused() {
    let signed = signed_by(&[&bureau("FRA"), &bureau("DEU")]);
    let file = signed.to_json().unwrap();
    let bare = serde_json::to_string_pretty(&signed.terms().unwrap()).unwrap();
    let mut accepted = Vec::new();
    for (key, value) in [
        ("epoch_days", "366"),
        ("title", "\"Another title\""),
        ("daily_quota", "1000000"),
        ("legal", "\"00\""),
        ("phone", "\"+1\""),
        ("purposes", "[\"anything\"]"),
    ] {
        if SignedAgreement::from_json(with_field_twice(&file, key, value).as_bytes()).is_ok() {
            accepted.push(format!("{key} in a signed file"));
        }
        if SignedAgreement::from_json(with_field_twice(&bare, key, value).as_bytes()).is_ok() {
            accepted.push(format!("{key} in drafted terms"));
        }
    }
    assert!(accepted.is_empty(), "read without complaint: {accepted:?}");
}

#[test]
fn a_file_that_is_too_large_or_no_json_is_refused() {
    let file = signed_by(&[&bureau("FRA"), &bureau("DEU")]).to_json().unwrap();
    let padded = |len: usize| format!("{file}{}", " ".repeat(len - file.len()));
    accept(padded(4 << 20).as_bytes()).unwrap();
    assert!(matches!(
        accept(padded((4 << 20) + 1).as_bytes()),
        Err(AgreementError::TooLarge { most }) if most == 4 << 20
    ));
    for text in ["", "{", "[]", "null", "1", "{}", "{\"agreement\":{}}", "\u{feff}{}"] {
        assert!(
            matches!(
                accept(text.as_bytes()),
                Err(AgreementError::NotAnAgreement(_) | AgreementError::WrongForm { .. })
            ),
            "{text}"
        );
    }
    assert!(accept(format!("{file}x").as_bytes()).is_err());
    assert!(accept(&file.as_bytes()[..file.len() / 2]).is_err());
}

#[test]
fn nesting_without_end_is_refused_and_does_not_exhaust_the_stack() {
    for open in ["[", "{\"agreement\":"] {
        assert!(accept(open.repeat(100_000).as_bytes()).is_err());
    }
}

#[test]
fn the_hash_of_an_agreement_reads_as_64_hexadecimal_digits() {
    let shown = agreement().hash().to_string();
    assert_eq!(shown.len(), 64);
    assert!(shown.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
}
