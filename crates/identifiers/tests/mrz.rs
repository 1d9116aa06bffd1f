//! Machine-readable zones: the specimens of ICAO Doc 9303, national peculiarities, wrong check
//! digits.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use symbolon_identifiers::{
    ErrorCode, IdentifierType, Warning, parse, parse_mrz, to_mrz_td1, to_mrz_td3,
};

const TD1: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
const TD2: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6";
const TD3: &str =
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
const MRV_A: &str =
    "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<";
const MRV_B: &str = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<";
/// ICAO Doc 9303-5, example of a number of more than nine characters.
const TD1_LONG: &str = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<";
const TD2_LONG: &str = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M95071227349<<<8";
const FRENCH_CARD: &str =
    "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n8806923102858CORINNE<<<<<<<6512068F6";

fn canonical(text: &str) -> String {
    let identifier = parse_mrz(text).unwrap();
    String::from_utf8(identifier.canonical().to_vec()).unwrap()
}

#[test]
fn reads_every_size_of_doc_9303() {
    assert_eq!(canonical(TD1), "UTOD23145890");
    assert_eq!(canonical(TD2), "UTOD23145890");
    assert_eq!(canonical(TD3), "UTOL898902C3");
    assert_eq!(canonical(MRV_A), "UTOL8988901C");
    assert_eq!(canonical(MRV_B), "UTOL8988901C");
}

#[test]
fn puts_long_numbers_together() {
    assert_eq!(canonical(TD1_LONG), "UTOD23145890734");
    assert_eq!(canonical(TD2_LONG), "UTOD23145890734");
}

#[test]
fn reads_the_french_card_of_before_2021() {
    assert_eq!(canonical(FRENCH_CARD), "FRA880692310285");
}

#[test]
fn tolerates_case_blanks_and_missing_line_breaks() {
    for zone in [TD1, TD2, TD3, MRV_A, MRV_B, TD1_LONG, TD2_LONG] {
        let expected = canonical(zone);
        assert_eq!(canonical(&zone.to_lowercase()), expected);
        assert_eq!(canonical(&zone.replace('\n', "")), expected);
        assert_eq!(canonical(&zone.replace('\n', "\r\n\r\n")), expected);
        assert_eq!(canonical(&zone.replace("<<", "«")), expected);
        let spaced: String = zone.chars().flat_map(|c| [c, ' ']).collect();
        assert_eq!(canonical(&spaced), expected);
        let typed = parse(IdentifierType::TravelDocument, zone, None).unwrap();
        assert_eq!(typed.canonical(), expected.as_bytes());
    }
}

#[test]
fn document_code_is_an_attribute_and_not_part_of_the_key() {
    let card = parse_mrz(TD1).unwrap();
    assert_eq!(card.document_code(), Some("I"));
    let typed = parse(IdentifierType::TravelDocument, "D23145890", Some("UTO")).unwrap();
    assert_eq!(typed.document_code(), None);
    assert_eq!(card, typed);
}

#[test]
fn a_wrong_check_digit_names_field_and_position() {
    let cases = [
        (TD3, "L898902C36", "L898902C37", "document number", 45 + 9),
        (TD3, "7408122F", "7408123F", "date of birth", 45 + 19),
        (TD3, "F1204159", "F1204158", "date of expiry", 45 + 27),
        (TD3, "<<<<<10", "<<<<<20", "personal number", 45 + 42),
        (TD3, "<<<<<10", "<<<<<11", "whole zone", 45 + 43),
        (TD1, "D231458907", "D231458908", "document number", 14),
        (TD1, "<<<6\n", "<<<7\n", "whole zone", 31 + 29),
        (TD2, "<<<6", "<<<7", "whole zone", 37 + 35),
        (TD1_LONG, "<7349<", "<7348<", "long document number", 18),
        (MRV_A, "4009078F", "4009079F", "date of birth", 45 + 19),
    ];
    for (zone, from, to, field, position) in cases {
        let error = parse_mrz(&zone.replace(from, to)).unwrap_err();
        assert_eq!(error.code, ErrorCode::CheckDigit, "{field}");
        assert!(error.to_string().contains(field), "{error}");
        assert_eq!(error.position, Some(position), "{field}");
    }
}

#[test]
fn every_single_wrong_digit_in_a_checked_field_is_found() {
    let checked = (0..28).chain(42..44).filter(|i| !(10..13).contains(i) && *i != 20);
    for index in checked {
        let at = 45 + index;
        for digit in '0'..='9' {
            let mut zone: Vec<char> = TD3.chars().collect();
            if !zone[at].is_ascii_digit() || zone[at] == digit {
                continue;
            }
            zone[at] = digit;
            let zone: String = zone.into_iter().collect();
            assert!(parse_mrz(&zone).is_err(), "{digit} at {index}");
        }
    }
}

#[test]
fn refuses_what_is_not_a_whole_zone() {
    let code = |text: &str| parse_mrz(text).unwrap_err().code;
    assert_eq!(code(""), ErrorCode::MrzSize);
    assert_eq!(code(TD3.get(..80).unwrap()), ErrorCode::MrzSize);
    assert_eq!(code(&TD3.replace("ANNA", "ANN4!")), ErrorCode::CharacterNotAllowed);
    let no_issuer = "P<QQQERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    assert_eq!(code(no_issuer), ErrorCode::CountryUnknown);
    let one_line = parse(
        IdentifierType::TravelDocument,
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        Some("UTO"),
    );
    assert_eq!(one_line.unwrap_err().code, ErrorCode::MrzSize);
    let other = parse(IdentifierType::TravelDocument, TD3, Some("France"));
    assert_eq!(other.unwrap_err().code, ErrorCode::CountryMismatch);
    assert!(parse(IdentifierType::TravelDocument, TD3, Some("Utopia")).is_ok());
}

#[test]
fn an_old_german_zone_and_a_german_number_are_one() {
    let typed = parse(IdentifierType::TravelDocument, "C01X00T47", Some("Germany")).unwrap();
    let zone = to_mrz_td3(&typed).unwrap().replacen("P<DEU", "P<D<<", 1);
    assert_eq!(parse_mrz(&zone).unwrap(), typed);
}

#[test]
fn a_hong_kong_zone_names_china() {
    let typed = parse(IdentifierType::TravelDocument, "K12345678", Some("Hong Kong")).unwrap();
    assert!(typed.warnings().contains(&Warning::IssuerMapped));
    let zone = to_mrz_td3(&typed).unwrap();
    assert!(zone.starts_with("P<CHN"));
    assert_eq!(parse_mrz(&zone).unwrap(), typed);
}

#[test]
fn the_number_of_a_russian_internal_passport_gets_its_fourth_digit() {
    // Series 3986 number 235689; the 6 stands first in the optional data.
    let first = "PNRUSTESTOV<<TEST<TESTOVI3<<<<<<<<<<<<<<<<<<";
    let zone = with_check_digits(first, "398235689", "820712", "<<<<<<", "6040917740302<");
    assert_eq!(canonical(&zone), "RUS3986235689");
}

/// A TD3 zone with all check digits put in.
fn with_check_digits(
    first: &str,
    number: &str,
    birth: &str,
    expiry: &str,
    optional: &str,
) -> String {
    let digit = |field: &str| {
        let sum: u32 = field
            .chars()
            .zip([7, 3, 1].into_iter().cycle())
            .map(|(c, w)| c.to_digit(36).unwrap_or(0) * w)
            .sum();
        sum % 10
    };
    let a = format!("{number}{}", digit(number));
    let b = format!("{birth}{}", digit(birth));
    let c = format!("{expiry}{}", digit(expiry));
    let d = format!("{optional}{}", digit(optional));
    let all = digit(&format!("{a}{b}{c}{d}"));
    format!("{first}\n{a}RUS{b}M{c}{d}{all}")
}

#[test]
fn built_zones_are_read_back() {
    for (number, issuer) in
        [("A1", "UTO"), ("A1B2", "UTO"), ("L898902C3", "UTO"), ("D2314589073412345678", "UTO")]
    {
        let Ok(typed) = parse(IdentifierType::TravelDocument, number, Some(issuer)) else {
            assert!(number.len() < 4);
            continue;
        };
        let td1 = to_mrz_td1(&typed).unwrap();
        assert_eq!(parse_mrz(&td1).unwrap(), typed);
        match to_mrz_td3(&typed) {
            Some(td3) => assert_eq!(parse_mrz(&td3).unwrap(), typed),
            None => assert!(number.len() > 9),
        }
    }
    let phone = parse(IdentifierType::Phone, "+442079460018", None).unwrap();
    assert_eq!(to_mrz_td3(&phone), None);
    assert_eq!(to_mrz_td1(&phone), None);
}
