//! Confusable characters are offered, never substituted, and different values stay different.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use symbolon_identifiers::{Identifier, IdentifierType, MAX_ALTERNATIVES, parse, readings};

fn read(kind: IdentifierType, value: &str, country: Option<&str>) -> Identifier {
    parse(kind, value, country).unwrap()
}

#[test]
fn a_letter_typed_for_a_digit_is_offered() {
    let typed = read(IdentifierType::TravelDocument, "FK117RKO", Some("UTO"));
    let meant = read(IdentifierType::TravelDocument, "FK117RK0", Some("UTO"));
    assert_ne!(typed, meant);
    assert!(typed.alternatives().contains(&meant));
    assert!(meant.alternatives().contains(&typed));
}

#[test]
fn a_refused_value_gets_its_valid_readings() {
    for (kind, wrong, right) in [
        (IdentifierType::Vin, "1M8GDM9AXKPO42788", "1M8GDM9AXKP042788"),
        (IdentifierType::Imo, "IMO 9O74729", "9074729"),
        (IdentifierType::Container, "CSQU3O54383", "CSQU3054383"),
        (IdentifierType::Iban, "DE8937040044053201300O", "DE89370400440532013000"),
        (IdentifierType::Imei, "49O1542O3237518", "490154203237518"),
        (IdentifierType::Phone, "+44 2O 7946 OO18", "+44 20 7946 0018"),
    ] {
        assert!(parse(kind, wrong, None).is_err());
        assert!(readings(kind, wrong, None).contains(&read(kind, right, None)), "{kind}");
    }
}

#[test]
fn digits_alone_have_no_letter_readings() {
    let number = read(IdentifierType::TravelDocument, "015820158", Some("UTO"));
    assert_eq!(number.alternatives(), vec![]);
}

#[test]
fn the_number_of_alternatives_is_bounded() {
    let many = read(IdentifierType::TravelDocument, "O0I1S5B8Z2G6L1Q0O0I1", Some("UTO"));
    assert_eq!(many.alternatives().len(), MAX_ALTERNATIVES);
}

#[test]
fn mail_boxes_of_one_provider_are_offered() {
    let mail = read(IdentifierType::Email, "anna.eriksson+x@gmail.com", None);
    let plain = read(IdentifierType::Email, "annaeriksson@gmail.com", None);
    assert_ne!(mail, plain);
    assert!(mail.alternatives().contains(&plain));
}

#[test]
fn different_identifiers_stay_different() {
    use IdentifierType::{Email, NationalId, Phone, Plate, TravelDocument};
    for (kind, one, other, country) in [
        (TravelDocument, "0012345", "12345", "UTO"),
        (TravelDocument, "A1234567", "A12345670", "UTO"),
        (TravelDocument, "A1234567", "1234567A", "UTO"),
        (NationalId, "012345678", "12345678", "UTO"),
        (Plate, "MÜ-A 1", "MU-A 1", "DEU"),
        (Plate, "AB 0123", "AB 123", "UTO"),
        (Email, "a.b@example.com", "ab@example.com", "UTO"),
        (Phone, "+39 06 1234 5678", "+39 6 1234 5678", "ITA"),
        (Phone, "+7 800 555 35 35", "+7 005 553 53 50", "RUS"),
    ] {
        let one = parse(kind, one, Some(country));
        let other = parse(kind, other, Some(country));
        assert_ne!(one, other, "{kind}");
    }
    let a = read(TravelDocument, "A1234567", Some("FRA"));
    let b = read(TravelDocument, "A1234567", Some("DEU"));
    assert_ne!(a, b);
}
