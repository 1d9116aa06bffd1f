use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    AgreementError, AgreementId, AgreementTerms, BureauCode, Invalid, MAX_SCOPES_OF_A_PARTY,
    OfferedType, SignedAgreement, WhoLearns,
};
use time::Duration;

use crate::fixture::{certificate, dataset, hollow_keys, party, terms};

fn sound() -> AgreementTerms {
    terms(&[&party("FRA", hollow_keys(1)), &party("DEU", hollow_keys(2))])
}

fn drafted(edit: impl FnOnce(&mut AgreementTerms)) -> Result<(), Invalid> {
    let mut terms = sound();
    edit(&mut terms);
    match SignedAgreement::draft(&terms) {
        Ok(_) => Ok(()),
        Err(AgreementError::Invalid(invalid)) => {
            // What cannot be drafted cannot be read from a file either.
            let file = serde_json::to_vec(&terms).unwrap();
            assert!(SignedAgreement::from_json(&file).is_err());
            Err(invalid)
        }
        Err(other) => panic!("{other}"),
    }
}

#[track_caller]
fn refused(field: &str, edit: impl FnOnce(&mut AgreementTerms)) {
    let invalid = drafted(edit).unwrap_err();
    assert_eq!(invalid.field, field);
    assert!(invalid.to_string().starts_with(&format!("{field}: must be ")), "{invalid}");
    assert!(!invalid.must_be.is_empty());
}

#[track_caller]
fn accepted(edit: impl FnOnce(&mut AgreementTerms)) {
    drafted(edit).unwrap();
}

#[test]
fn the_terms_that_the_other_tests_spoil_are_sound() {
    accepted(|_| {});
}

#[test]
fn the_format_is_this_one() {
    refused("format", |terms| terms.format = "symbolon-agreement-v2".to_owned());
    refused("format", |terms| terms.format.clear());
}

/// Runs the rule for a text of at most `most` characters against a field.
fn is_a_line(field: &str, most: usize, place: impl Fn(&mut AgreementTerms) -> &mut String) {
    let set = |text: String| drafted(|terms| *place(terms) = text);
    set("é".repeat(most)).unwrap();
    for bad in [
        "é".repeat(most + 1),
        String::new(),
        " \u{a0} ".to_owned(),
        "a\nb".to_owned(),
        "a\u{1b}[31m".to_owned(),
        "a\u{7f}".to_owned(),
        "a\u{85}b".to_owned(),
    ] {
        let invalid = set(bad.clone()).expect_err(&bad);
        assert_eq!(invalid.field, field, "{bad:?}");
        assert!(invalid.to_string().contains(&format!("1 to {most} characters")), "{invalid}");
    }
}

#[test]
fn the_title_is_one_line() {
    is_a_line("title", 256, |terms| &mut terms.title);
}

#[test]
fn the_name_of_a_party_is_one_line() {
    is_a_line("party FRA: name", 128, |terms| &mut terms.parties[0].name);
}

#[test]
fn the_desk_of_a_party_is_three_lines() {
    is_a_line("party DEU: desk.name", 128, |terms| &mut terms.parties[1].desk.name);
    is_a_line("party DEU: desk.phone", 64, |terms| &mut terms.parties[1].desk.phone);
    is_a_line("party DEU: desk.email", 128, |terms| &mut terms.parties[1].desk.email);
}

#[test]
fn the_title_of_a_dataset_is_one_line() {
    is_a_line("dataset fra-list: title", 128, |terms| &mut terms.datasets[0].title);
}

fn many_parties(count: u32) -> AgreementTerms {
    let letter = |n: u32| char::from(b'A' + u8::try_from(n % 26).unwrap());
    let parties: Vec<_> = (0..count)
        .map(|n| {
            let code: String = [letter(n / 676), letter(n / 26), letter(n)].iter().collect();
            party(&code, hollow_keys(n))
        })
        .collect();
    let mut terms = terms(&parties.iter().collect::<Vec<_>>());
    terms.datasets.truncate(256);
    terms
}

#[test]
fn there_are_2_to_256_parties() {
    refused("parties", |terms| terms.parties.truncate(1));
    refused("parties", |terms| terms.parties.clear());
    accepted(|terms| *terms = many_parties(256));
    refused("parties", |terms| *terms = many_parties(257));
}

#[test]
fn there_are_1_to_256_datasets() {
    let with = |count: usize| {
        move |terms: &mut AgreementTerms| {
            terms.datasets = (0..count).map(|n| dataset(&format!("list-{n}"), "FRA")).collect();
        }
    };
    refused("datasets", with(0));
    accepted(with(256));
    refused("datasets", with(257));
}

#[test]
fn there_are_1_to_64_purposes() {
    let with = |count: usize| {
        move |terms: &mut AgreementTerms| {
            terms.purposes = (0..count).map(|n| format!("purpose_{n}")).collect();
        }
    };
    refused("purposes", with(0));
    accepted(with(64));
    refused("purposes", with(65));
}

#[test]
fn a_purpose_is_a_code() {
    for bad in ["", "Border", "border control", "border-control", "é", &"p".repeat(65)] {
        refused("purposes", |terms| terms.purposes[0] = bad.to_owned());
    }
    accepted(|terms| terms.purposes[0] = "p".repeat(64));
}

#[test]
fn purposes_differ() {
    refused("purposes", |terms| terms.purposes[1] = terms.purposes[0].clone());
}

#[test]
fn an_epoch_has_1_to_366_days() {
    for (days, holds) in [(0, false), (1, true), (366, true), (367, false), (u32::MAX, false)] {
        if holds {
            accepted(|terms| terms.epoch_days = days);
        } else {
            refused("epoch_days", |terms| terms.epoch_days = days);
        }
    }
}

#[test]
fn the_end_is_after_the_beginning() {
    refused("valid_until", |terms| terms.valid_until = terms.valid_from);
    refused("valid_until", |terms| {
        terms.valid_until = terms.valid_from - Duration::NANOSECOND;
    });
    accepted(|terms| terms.valid_until = terms.valid_from + Duration::NANOSECOND);
}

#[test]
fn an_endpoint_is_a_host_and_a_port_over_https() {
    for good in [
        "https://bureau.example:7443",
        "https://10.1.2.3:1",
        "https://[2001:db8::1]:65535",
        "https://a:443",
    ] {
        accepted(|terms| terms.parties[1].endpoint = good.to_owned());
    }
    for bad in [
        "",
        "bureau.example:7443",
        "http://bureau.example:7443",
        "HTTPS://bureau.example:7443",
        "https://bureau.example",
        "https://:7443",
        "https://bureau.example:",
        "https://bureau.example:0",
        "https://bureau.example:65536",
        "https://bureau.example:7443/",
        "https://user@bureau.example:7443",
        "https://bureau.example/a:7443",
        "https://bureau example:7443",
        "https://büro.example:7443",
        "https://bureau.example:7443 ",
    ] {
        refused("party DEU: endpoint", |terms| terms.parties[1].endpoint = bad.to_owned());
    }
}

#[test]
fn the_port_of_an_endpoint_is_digits_only() {
    refused("party DEU: endpoint", |terms| {
        terms.parties[1].endpoint = "https://bureau.example:+7443".to_owned();
    });
}

#[test]
fn a_spiffe_id_has_a_trust_domain_and_a_path() {
    accepted(|terms| {
        terms.parties[0].spiffe_id = "spiffe://fra.example/a/b-c_d.e".to_owned();
    });
    let long = |len: usize| format!("spiffe://d/{}", "x".repeat(len - 2));
    accepted(|terms| terms.parties[0].spiffe_id = long(512));
    refused("party FRA: spiffe_id", |terms| terms.parties[0].spiffe_id = long(513));
    for bad in [
        "",
        "https://fra.example/face",
        "spiffe://",
        "spiffe:///face",
        "spiffe://fra.example",
        "spiffe://fra.example/",
        "spiffe://fra.example/face?x",
        "spiffe://fra.example/face#x",
        "spiffe://fra.example:1/face",
        "spiffe://u@fra.example/face",
        "spiffe://fra.example/f ace",
        "spiffe://fra.example/faç",
    ] {
        refused("party FRA: spiffe_id", |terms| terms.parties[0].spiffe_id = bad.to_owned());
    }
}

#[test]
fn a_tls_root_is_the_certificate_of_an_authority() {
    let root = certificate(true);
    accepted(|terms| terms.parties[0].tls_root = root.clone());
    for bad in [
        String::new(),
        "x".to_owned(),
        "AAAA".to_owned(),
        // A certificate, but not of an authority.
        certificate(false),
        // Line breaks, as in PEM.
        format!("{}\n{}", &root[..64], &root[64..]),
        root[..root.len() / 8 * 4].to_owned(),
        // Something after its end.
        format!("{}AAAA", root.trim_end_matches('=')),
    ] {
        refused("party FRA: tls_root", |terms| terms.parties[0].tls_root = bad);
    }
}

#[test]
fn codes_of_parties_differ() {
    refused("parties: code", |terms| terms.parties[1].code = terms.parties[0].code.clone());
}

#[test]
fn identities_of_parties_differ() {
    refused("parties: spiffe_id", |terms| {
        terms.parties[1].spiffe_id = terms.parties[0].spiffe_id.clone();
    });
}

#[test]
fn one_key_has_one_role_with_one_party() {
    // Within a party.
    refused("parties: keys", |terms| {
        terms.parties[0].keys.log = terms.parties[0].keys.header;
    });
    refused("parties: keys", |terms| {
        terms.parties[0].keys.legal = terms.parties[0].keys.manifest;
    });
    // The same role, or another, with another party.
    refused("parties: keys", |terms| {
        terms.parties[1].keys.legal = terms.parties[0].keys.legal;
    });
    refused("parties: keys", |terms| {
        terms.parties[1].keys.manifest = terms.parties[0].keys.log;
    });
}

#[test]
fn the_id_of_a_dataset_is_a_code() {
    for bad in ["", "Stolen", "stolen list", "stolen_list", "é", &"p".repeat(65)] {
        refused("datasets: id", |terms| terms.datasets[0].id = bad.to_owned());
    }
    accepted(|terms| terms.datasets[0].id = "p".repeat(64));
}

#[test]
fn ids_of_datasets_differ() {
    refused("datasets: id", |terms| terms.datasets[1].id = terms.datasets[0].id.clone());
}

#[test]
fn a_dataset_belongs_to_a_party() {
    refused("datasets: owner", |terms| terms.datasets[0].owner = "ESP".parse().unwrap());
}

#[test]
fn only_the_requester_learns() {
    for unserved in [WhoLearns::Mutual, WhoLearns::HolderFirst] {
        refused("dataset fra-list: who_learns", |terms| terms.datasets[0].who_learns = unserved);
    }
}

#[test]
fn a_dataset_offers_at_least_one_type() {
    refused("dataset fra-list: types", |terms| terms.datasets[0].types.clear());
}

#[test]
fn a_dataset_offers_a_type_once() {
    refused("dataset fra-list: types", |terms| {
        let mut again = terms.datasets[0].types[0].clone();
        again.rules_version += 1;
        terms.datasets[0].types.push(again);
    });
}

#[test]
fn every_type_can_be_offered() {
    accepted(|terms| {
        let sample = terms.datasets[0].types[0].clone();
        terms.datasets[0].types = IdentifierType::ALL
            .iter()
            .map(|&identifier_type| {
                let mut offered = sample.clone();
                offered.identifier_type = identifier_type;
                offered
            })
            .collect();
    });
}

#[test]
fn a_party_offers_at_most_1024_types_over_all_its_datasets() {
    let with = |owners: &'static [&'static str], scopes: usize| {
        move |terms: &mut AgreementTerms| {
            let sample = terms.datasets[0].types[0].clone();
            let types: Vec<_> = IdentifierType::ALL
                .iter()
                .map(|&identifier_type| OfferedType { identifier_type, ..sample.clone() })
                .collect();
            terms.datasets.clear();
            for owner in owners {
                let full = scopes / types.len();
                for n in 0..=full {
                    let mut one = dataset(&format!("{}-{n}", owner.to_lowercase()), owner);
                    one.types = types.clone();
                    if n == full {
                        one.types.truncate(scopes % types.len());
                    }
                    terms.datasets.push(one);
                }
            }
        }
    };
    accepted(with(&["FRA", "DEU"], MAX_SCOPES_OF_A_PARTY));
    refused("datasets: types", with(&["FRA"], MAX_SCOPES_OF_A_PARTY + 1));
    refused("datasets: types", with(&["DEU"], MAX_SCOPES_OF_A_PARTY + 1));
}

#[test]
fn a_daily_quota_is_at_least_1_and_exact_in_every_reader() {
    for (quota, holds) in [(0, false), (1, true), (1 << 53, true), ((1 << 53) + 1, false)] {
        if holds {
            accepted(|terms| terms.datasets[1].types[1].daily_quota = quota);
        } else {
            refused("dataset deu-list: daily_quota", |terms| {
                terms.datasets[1].types[1].daily_quota = quota;
            });
        }
    }
}

#[test]
fn budgets_are_pooled_of_1_to_256_parties() {
    let pooled = |budgets| {
        move |terms: &mut symbolon_policy::AgreementTerms| {
            terms.conditions = Some(symbolon_policy::Conditions {
                pooled_budgets: Some(budgets),
                ..symbolon_policy::Conditions::default()
            });
        }
    };
    accepted(pooled(1));
    accepted(pooled(256));
    refused("conditions: pooled_budgets", pooled(0));
    refused("conditions: pooled_budgets", pooled(257));
}

#[test]
fn a_bureau_code_is_two_or_three_capital_letters() {
    for good in ["FR", "FRA", "XK"] {
        assert_eq!(good.parse::<BureauCode>().unwrap().as_str(), good);
    }
    for bad in ["", "F", "FRAN", "fra", "F1A", "FR ", "ÉÉ"] {
        assert_eq!(bad.parse::<BureauCode>().unwrap_err().field, "bureau code", "{bad}");
    }
}

#[test]
fn an_agreement_id_is_3_to_64_small_letters_digits_and_hyphens() {
    for good in ["a-1", "fra-deu-2026", &"x".repeat(64)] {
        assert_eq!(good.parse::<AgreementId>().unwrap().as_str(), good);
    }
    for bad in ["", "ab", &"x".repeat(65), "FRA-DEU", "fra_deu", "fra deu", "../x", "é-é"] {
        assert_eq!(bad.parse::<AgreementId>().unwrap_err().field, "agreement id", "{bad}");
    }
}

#[test]
fn tags_are_kept_for_at_most_a_year() {
    accepted(|terms| terms.standing_days = Some(0));
    accepted(|terms| terms.standing_days = Some(366));
    refused("standing_days", |terms| terms.standing_days = Some(367));
}
