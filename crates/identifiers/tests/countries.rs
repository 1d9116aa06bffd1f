//! One code for every spelling of an issuer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use symbolon_identifiers::{ErrorCode, IdentifierType, issuer_code, issuer_title, issuers, parse};

#[test]
fn spellings_of_a_country_give_one_code() {
    for (code, spellings) in [
        (
            "DEU",
            &[
                "D",
                "DE",
                "deu",
                "Germany",
                "Federal Republic of Germany",
                "GERMANY, FEDERAL REPUBLIC OF",
            ][..],
        ),
        (
            "GBR",
            &[
                "GBD",
                "GBN",
                "GBO",
                "GBP",
                "GBS",
                "UK",
                "U.K.",
                "Great Britain",
                "England",
                "The United Kingdom",
            ],
        ),
        ("PRK", &["Korea, North", "North Korea", "DPRK", "Korea, Democratic People's Republic of"]),
        ("KOR", &["Korea, South", "Republic of Korea", "Korea, Republic of"]),
        ("COD", &["Congo, Democratic Republic of the", "Zaire", "ZAR", "DRC", "Congo (Kinshasa)"]),
        ("COG", &["Congo, Republic of the", "Congo-Brazzaville", "CG"]),
        ("MMR", &["Burma", "BUR", "Myanmar (Burma)", "Burma (Myanmar)"]),
        ("CPV", &["Cabo Verde.  Previously Cape Verde.", "Cape Verde", "CABO VERDE"]),
        (
            "CIV",
            &["Côte d'Ivoire", "Cote d’Ivoire", "Cote d Ivoire", "Ivory Coast", "CÔTE D'IVOIRE"],
        ),
        ("XKX", &["RKS", "Kosovo", "XK"]),
        ("UNO", &["UNA", "United Nations"]),
        ("ROU", &["ROM", "Rumania"]),
        ("TLS", &["TMP", "East Timor"]),
        ("PSE", &["Palestinian", "Palestine, State of", "Gaza"]),
        ("TUR", &["Turkey", "Türkiye", "TURKIYE"]),
        ("GMB", &["The Gambia", "Gambia, The"]),
        ("TWN", &["Taiwan", "Republic of China", "Taiwan, Province of China", "China (Taiwan)"]),
        ("CHN", &["People's Republic of China", "China, People’s Republic of", "PRC"]),
        ("AND", &["AND", "Andorra", "AD"]),
        ("STP", &["ST", "Sao Tome and Principe", "São Tomé & Príncipe"]),
        ("KNA", &["St. Kitts and Nevis", "Saint Kitts & Nevis"]),
        ("LCA", &["St Lucia"]),
        ("IRN", &["Iran, Islamic Republic of", "Iran (Islamic Republic of)", "IR"]),
        ("SYR", &["Syrian Arab Republic"]),
        ("VEN", &["Venezuela, Bolivarian Republic of"]),
        ("SUN", &["Soviet Union", "USSR"]),
        ("YUG", &["Yugoslavia"]),
        ("RUS", &["Россия", "Russian Federation"]),
        ("GEO", &["Georgia"]),
    ] {
        for spelling in spellings {
            assert_eq!(issuer_code(spelling), Some(code), "{spelling}");
        }
    }
}

#[test]
fn every_code_and_title_leads_back_to_itself() {
    let mut codes = HashSet::new();
    for (code, title) in issuers() {
        assert!(codes.insert(code), "{code} twice");
        assert_eq!(issuer_code(code), Some(code));
        assert_eq!(issuer_code(title), Some(code), "{title}");
        assert_eq!(issuer_title(code), Some(title));
    }
}

#[test]
fn doubtful_names_are_refused_with_the_reason() {
    let code = |country| {
        parse(IdentifierType::TravelDocument, "A1234567", Some(country)).unwrap_err().code
    };
    assert_eq!(code("Korea"), ErrorCode::CountryAmbiguous);
    assert_eq!(code("Congo"), ErrorCode::CountryAmbiguous);
    assert_eq!(code("France / Germany"), ErrorCode::CountryAmbiguous);
    assert_eq!(code("Texas"), ErrorCode::CountryNotAnIssuer);
    assert_eq!(code("Atlantis"), ErrorCode::CountryUnknown);
    assert_eq!(code("XXA"), ErrorCode::CountryUnknown);
    assert_eq!(code("   "), ErrorCode::CountryRequired);
}

#[test]
fn territories_keep_their_own_national_numbers() {
    let national = parse(IdentifierType::NationalId, "A123456(3)", Some("Hong Kong")).unwrap();
    assert_eq!(national.country(), Some("HKG"));
    let document = parse(IdentifierType::TravelDocument, "KJ0000001", Some("Hong Kong")).unwrap();
    assert_eq!(document.country(), Some("CHN"));
}
