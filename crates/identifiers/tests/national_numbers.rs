//! National schemes: published examples pass, a changed check digit does not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use symbolon_identifiers::{ErrorCode, Identifier, IdentifierType, Warning, parse};

fn read(number: &str, country: &str) -> Result<Identifier, symbolon_identifiers::ParseError> {
    parse(IdentifierType::NationalId, number, Some(country))
}

/// Examples from the laws and registers, or invented around a computed check digit.
const VALID: &[(&str, &str)] = &[
    ("ARG", "20-12345678-6"),
    ("BEL", "85.07.30-033 28"),
    ("BGR", "7523169263"),
    ("BIH", "0101006500006"),
    ("BRA", "529.982.247-25"),
    ("BRA", "11.222.333/0001-81"),
    ("CAN", "193-456-787"),
    ("CHE", "756.9217.0769.85"),
    ("CHE", "CHE-100.155.212"),
    ("CHL", "12.345.678-5"),
    ("CHN", "11010519491231002X"),
    ("CHN", "91350100M000100Y43"),
    ("COL", "899.999.068-1"),
    ("CZE", "710319/2745"),
    ("CZE", "25123891"),
    ("DEU", "86 095 742 719"),
    ("DOM", "001-1391820-5"),
    ("ECU", "171430710-3"),
    ("ESP", "12345678-Z"),
    ("ESP", "X-1234567-L"),
    ("EST", "37605030299"),
    ("FIN", "131052-308T"),
    ("FIN", "2077474-0"),
    ("FRA", "2 55 08 14 168 025 38"),
    ("FRA", "732 829 320"),
    ("GRC", "094259216"),
    ("HKG", "A123456(3)"),
    ("HRV", "33392005961"),
    ("IND", "2341 2341 2346"),
    ("IRN", "0499370899"),
    ("IRN", "14007650912"),
    ("ISR", "03933742-3"),
    ("ITA", "RSSMRA85T10A562S"),
    ("ITA", "00743110157"),
    ("MEX", "BOXW310820HNERXN09"),
    ("NLD", "1112.22.333"),
    ("NOR", "151086 95088"),
    ("NOR", "988 077 917"),
    ("PER", "20512333797"),
    ("POL", "44051401359"),
    ("POL", "123-456-32-18"),
    ("ROU", "1800101221144"),
    ("RUS", "1234567894"),
    ("RUS", "500100732259"),
    ("RUS", "1022200525819"),
    ("RUS", "112-233-445 95"),
    ("SGP", "S1234567D"),
    ("SRB", "101134702"),
    ("SVK", "2022749619"),
    ("SVN", "SI 5022 3054"),
    ("SWE", "811218-9876"),
    ("SWE", "19811218-9876"),
    ("THA", "3-1006-00445-63-5"),
    ("TUR", "10000000146"),
    ("TWN", "A123456789"),
    ("UKR", "1759013776"),
    ("UKR", "32855961"),
    ("URY", "21-100342-001-7"),
    ("VEN", "V-11470283-4"),
    ("ZAF", "7503305044089"),
];

#[test]
fn published_examples_fit() {
    for (country, number) in VALID {
        let identifier = read(number, country).unwrap();
        assert_eq!(identifier.warnings(), &[], "{country} {number}");
    }
}

#[test]
fn another_last_digit_does_not_fit() {
    for (country, number) in VALID {
        let kept = number.trim_end_matches(|c: char| !c.is_ascii_digit());
        // A number that ends in a letter has its check there, or more forms than one.
        if kept.len() != number.len() {
            continue;
        }
        let (head, last) = number.split_at(number.len() - 1);
        let last: u32 = last.parse().unwrap();
        let other = format!("{head}{}", (last + 1) % 10);
        match read(&other, country) {
            Ok(identifier) => assert!(
                identifier.warnings().iter().any(|w| matches!(
                    w,
                    Warning::CheckDigitFailed(_) | Warning::CheckDigitNotVerified
                )),
                "{country} {other}"
            ),
            Err(error) => assert_eq!(error.code, ErrorCode::CheckDigit, "{country} {other}"),
        }
    }
}

#[test]
fn only_self_evident_forms_are_refused() {
    for (country, number) in [
        ("CHN", "110105194912310021"),
        ("ESP", "12345678A"),
        ("ESP", "X1234567A"),
        ("FIN", "131052-308A"),
        ("ITA", "RSSMRA85T10A562A"),
        ("TUR", "10000000147"),
    ] {
        let error = read(number, country).unwrap_err();
        assert_eq!(error.code, ErrorCode::CheckDigit, "{country} {number}");
    }
    let doubtful = read("111.444.777-36", "Brazil").unwrap();
    assert_eq!(doubtful.warnings(), &[Warning::CheckDigitFailed("CPF")]);
}

#[test]
fn panama_keeps_its_parts_apart() {
    let a = read("8-78-897", "Panama").unwrap();
    let b = read("8-788-97", "Panama").unwrap();
    assert_ne!(a, b);
    assert_eq!(a, read("8 78 897", "Panama").unwrap());
    assert_eq!(a.canonical(), b"PAN8-78-897");
    let bare = read("878897", "Panama").unwrap();
    assert_eq!(bare.warnings().last(), Some(&Warning::SeparatorsCarriedMeaning));
    assert!(a.alternatives().contains(&bare));
}

#[test]
fn other_ways_of_writing_are_offered_and_not_substituted() {
    for (country, one, other) in [
        ("Venezuela", "V-6.919.272", "6919272"),
        ("Spain", "12345678Z", "12.345.678"),
        ("Colombia", "899999068-1", "899999068"),
        ("Sweden", "19811218-9876", "811218-9876"),
        ("Slovenia", "SI50223054", "50223054"),
        ("Iran", "0499370899", "499370899"),
    ] {
        let one = read(one, country).unwrap();
        let other = read(other, country).unwrap();
        assert_ne!(one, other);
        assert!(one.alternatives().contains(&other), "{country}");
    }
}
