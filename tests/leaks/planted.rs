//! Each form in which a secret may turn up is found wherever it is planted.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};
use symbolon_identifiers::{IdentifierType, parse};
use symbolon_oprf::{SecretKey, voprf};

use crate::{
    inspection::{Haystack, search, verdict},
    needles::Secret,
};

const VALUE: &str = "Gb29 nwbk 6016 1331 9268 19";
const CANONICAL: &str = "GB29NWBK60161331926819";

/// The forms found in a text that has `planted` somewhere.
fn forms_found(planted: impl AsRef<[u8]>) -> Vec<String> {
    let around = [b"{\"level\":\"INFO\",\"x\":\"".as_slice(), planted.as_ref(), b"\"}\n"].concat();
    let secrets = [Secret::text("other", "something else"), Secret::identifier("iban", VALUE, "")];
    let findings = search(&secrets, &[Haystack::new("log", around), Haystack::new("none", "")]);
    assert_eq!(verdict(&findings).is_err(), !findings.is_empty());
    assert!(findings.iter().all(|one| one.place == "log" && one.secret == format!("iban {VALUE}")));
    findings.into_iter().map(|finding| finding.form).collect()
}

#[track_caller]
fn assert_found(form: &str, planted: impl AsRef<[u8]>) {
    let found = forms_found(planted.as_ref());
    let shown = String::from_utf8_lossy(planted.as_ref()).into_owned();
    assert!(found.iter().any(|one| one == form), "{form} in {shown}: found {found:?}");
}

#[test]
fn every_spelling_is_found() {
    assert_found("as given", VALUE);
    assert_found("display", "GB29 NWBK 6016 1331 9268 19");
    assert_found("canonical", CANONICAL);
    assert_found("canonical, lower case", CANONICAL.to_lowercase());
    assert_found("OPRF input", input());
    assert_eq!(forms_found("GB29 NWBK 6016 1331 9268 1"), Vec::<String>::new());
}

#[test]
fn every_encoding_is_found() {
    assert_found("canonical, hex", hex::encode(CANONICAL));
    assert_found("canonical, hex, upper", hex::encode_upper(CANONICAL));
    assert_found("canonical, decimal bytes", format!("{:?}", CANONICAL.as_bytes()));
    assert_found("canonical, decimal bytes", serde_json::to_string(CANONICAL.as_bytes()).unwrap());
    assert_found("as given, percent-encoded", VALUE.replace(' ', "%20"));
    let every_byte: String = CANONICAL.bytes().map(|byte| format!("%{byte:02x}")).collect();
    assert_found("canonical, percent-encoded, every byte, lower", every_byte);
    assert_found("canonical, UTF-16LE", utf16(CANONICAL, u16::to_le_bytes));
    assert_found("canonical, UTF-16BE", utf16(CANONICAL, u16::to_be_bytes));
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

#[test]
fn base64_is_found_at_each_alignment_and_with_anything_around() {
    for before in 0..6 {
        for after in 0..6 {
            // All bits set, so that those which a character shares with a neighbour differ from 0.
            let within = [&vec![0xff; before], CANONICAL.as_bytes(), &vec![0xff; after]].concat();
            assert_found("canonical, base64", STANDARD.encode(&within));
            let found = forms_found(URL_SAFE_NO_PAD.encode(&within));
            assert!(found.iter().any(|form| form.starts_with("canonical, base64")));
        }
    }
    // A text whose base64 has characters that differ for URLs.
    let text = "??>>~~??>>~~ subject?>~";
    let secrets = [Secret::text("text", &format!("{text} subjects"))];
    let encoded = URL_SAFE_NO_PAD.encode(format!("{text} subjects"));
    assert_ne!(encoded, STANDARD.encode(format!("{text} subjects")));
    let findings = search(&secrets, &[Haystack::new("log", encoded)]);
    assert!(findings.iter().any(|finding| finding.form == "as given, base64 for URLs"));
}

#[test]
fn escapes_of_json_are_found() {
    let text = "said \"Ängström\"\nat night";
    let secrets = [Secret::text("grounds", text)];
    for (form, planted) in [
        ("as given, JSON", serde_json::to_string(text).unwrap()),
        ("as given, JSON in ASCII", r#"said \"\u00c4ngstr\u00f6m\"\nat night"#.to_owned()),
    ] {
        let findings = search(&secrets, &[Haystack::new("log", planted)]);
        assert!(findings.iter().any(|finding| finding.form == form), "{form}: {findings:?}");
    }
}

#[test]
fn plain_hashes_are_found_whole_or_cut_in_every_encoding() {
    for (name, algorithm) in [
        ("SHA-1", &SHA1_FOR_LEGACY_USE_ONLY),
        ("SHA-256", &SHA256),
        ("SHA-384", &SHA384),
        ("SHA-512", &SHA512),
    ] {
        let hash = digest(algorithm, CANONICAL.as_bytes());
        for bytes in [hash.as_ref(), &hash.as_ref()[..16]] {
            assert_found(&format!("canonical, {name}"), bytes);
            assert_found(&format!("canonical, {name}, hex"), hex::encode(bytes));
            assert_found(&format!("canonical, {name}, hex, upper"), hex::encode_upper(bytes));
            assert_found(&format!("canonical, {name}, base64"), STANDARD.encode(bytes));
        }
        let of_input = digest(algorithm, &input());
        assert_found(&format!("OPRF input, {name}, hex"), hex::encode(of_input));
        let as_given = digest(algorithm, VALUE.as_bytes());
        assert_found(&format!("as given, {name}"), as_given);
    }
    // Known from elsewhere: `printf GB29NWBK60161331926819 | sha256sum`.
    assert_found("canonical, SHA-256, hex", SHA256_OF_CANONICAL);
}

const SHA256_OF_CANONICAL: &str =
    "5488b036f43dca672fa2b95bf5dbb2a3674f433a2d051c5003fbe5eb0ef115cc";

#[test]
fn the_group_element_of_an_identifier_that_is_not_blinded_is_found() {
    let one = hex::decode(format!("01{}", "00".repeat(31))).unwrap();
    let blind = symbolon_oprf::Blind::from_bytes(&one.try_into().unwrap()).unwrap();
    let element = voprf::blind(&[input()], &[blind]).unwrap();
    assert_found("H(x)", &element);
    assert_found("H(x), hex", hex::encode(&element));
    assert_found("H(x), base64", STANDARD.encode(&element));
}

#[test]
fn the_output_of_the_oprf_is_found() {
    let key = SecretKey::random(&ring::rand::SystemRandom::new()).unwrap();
    let output = voprf::evaluate(&key, &[input()]).unwrap().remove(0);
    let mut secret = Secret::identifier("iban", VALUE, "");
    secret.add_output(&output);
    let whole = [Haystack::new("file", output.as_bytes().as_slice())];
    let forms: Vec<_> = search(&[secret], &whole).into_iter().map(|found| found.form).collect();
    assert_eq!(forms, ["F(x), membership hash", "F(x), claim", "F(x), label secret"]);
}

#[test]
fn what_stands_on_the_owners_own_list_may_stand_there_and_nowhere_else() {
    let own_list =
        || Haystack { is_own_list: true, ..Haystack::new("state/symbolon.db", CANONICAL) };
    let secret = || Secret::identifier("iban", VALUE, "");
    let verdict = |secret, haystack| verdict(&search(&[secret], &[haystack]));
    assert_eq!(verdict(secret().listed(), own_list()), Ok(()));
    verdict(secret(), own_list()).unwrap_err();
    verdict(secret().listed(), Haystack::new("log", CANONICAL)).unwrap_err();
}

fn input() -> Vec<u8> {
    parse(IdentifierType::Iban, VALUE, None).unwrap().oprf_input().to_vec()
}
