use symbolon_policy::{CardFingerprint, Party};

use crate::fixture::{certificate, hollow_keys, party};

fn card() -> Party {
    party("FRA", hollow_keys(1))
}

#[test]
fn every_field_of_a_card_is_in_its_fingerprint() {
    let ours = card().fingerprint().unwrap();
    assert_eq!(card().fingerprint().unwrap(), ours);
    let changes: [fn(&mut Party); 11] = [
        |card| card.code = "FRB".parse().unwrap(),
        |card| card.name.push('x'),
        |card| card.endpoint = "https://203.0.113.1:7443".to_owned(),
        |card| card.spiffe_id.push('x'),
        |card| card.tls_root = certificate(true),
        |card| card.keys.header.0[0] ^= 1,
        |card| card.keys.manifest.0[0] ^= 1,
        |card| card.keys.log.0[0] ^= 1,
        |card| card.keys.legal.0[0] ^= 1,
        |card| card.desk.phone.push('1'),
        |card| card.desk.email.push('x'),
    ];
    for change in changes {
        let mut other = card();
        change(&mut other);
        assert_ne!(other.fingerprint().unwrap(), ours, "{other:?}");
    }
}

#[test]
fn a_fingerprint_is_read_back_as_it_was_spoken() {
    let ours = card().fingerprint().unwrap();
    assert_eq!(ours.spoken().split(' ').count(), 16);
    for text in [ours.to_string(), ours.spoken(), ours.spoken().replace(' ', ":")] {
        assert_eq!(text.parse::<CardFingerprint>().unwrap(), ours);
    }
    for text in ["", "12", &"g".repeat(64), &"0".repeat(66)] {
        assert!(text.parse::<CardFingerprint>().is_err(), "{text}");
    }
}

#[test]
fn a_card_that_no_agreement_could_hold_has_no_fingerprint() {
    let changes: [fn(&mut Party); 4] = [
        |card| card.endpoint = "http://bureau.example:7443".to_owned(),
        |card| card.tls_root = certificate(false),
        |card| card.keys.legal = card.keys.header,
        |card| card.name = "a\nb".to_owned(),
    ];
    for change in changes {
        let mut other = card();
        change(&mut other);
        assert!(other.fingerprint().is_err(), "{other:?}");
    }
}
