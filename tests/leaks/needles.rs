//! Every form in which a secret of a check could turn up where it must not.

use std::collections::HashSet;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};
use symbolon_identifiers::{Identifier, parse, parse_mrz};
use symbolon_oprf::{Blind, Output, voprf};

/// Shortest secret text in bytes: a shorter one could stand somewhere by accident.
const SHORTEST: usize = 8;

/// As much of a digest as is looked for, so that one cut to 128 bits is found too.
const OF_A_DIGEST: usize = 16;

/// Something that must not be found outside.
pub(crate) struct Secret {
    /// What it is, for a finding.
    pub(crate) name: String,
    /// Whether it stands on the owner's own list.
    pub(crate) listed: bool,
    /// Forms as which it is written, and looked for under every encoding and hashed.
    texts: Vec<(String, Vec<u8>)>,
    /// What is computed from it, looked for under every encoding.
    values: Vec<(&'static str, Vec<u8>)>,
}

/// One string of bytes to look for.
pub(crate) struct Needle {
    /// For instance `canonical, SHA-256, hex`.
    pub(crate) form: String,
    /// What to look for.
    pub(crate) bytes: Vec<u8>,
}

impl Secret {
    /// A text that stays with the requester: a name, a case, an identifier that cannot be read.
    pub(crate) fn text(name: &str, text: &str) -> Self {
        let mut secret = Self::new(name);
        secret.add_spellings("as given", text);
        for line in text.lines() {
            secret.add("one line", line.as_bytes());
        }
        secret
    }

    /// An identifier as the requester's node reads it.
    pub(crate) fn identifier(kind: &str, value: &str, country: &str) -> Self {
        let identifier = read(kind, value, country)
            .unwrap_or_else(|error| panic!("{kind} {value} cannot be read: {error}"));
        let mut secret = Self::new(&format!("{kind} {value}"));
        let canonical = str::from_utf8(identifier.canonical()).unwrap();
        let input = identifier.oprf_input();
        secret.add_spellings("canonical", canonical);
        secret.add_spellings("display", &identifier.display());
        secret.add("OPRF input", &input);
        secret.add_spellings("as given", value);
        for line in value.lines() {
            secret.add("one line", line.as_bytes());
        }
        let mut one = [0; 32];
        one[0] = 1;
        let one = Blind::from_bytes(&one).unwrap();
        secret.values.push(("H(x)", voprf::blind(&[&input], &[one]).unwrap()));
        secret
    }

    /// A text that the node refuses to read as an identifier of this type.
    pub(crate) fn unreadable(kind: &str, value: &str, country: &str) -> Self {
        assert!(read(kind, value, country).is_err(), "{kind} {value} can be read");
        Self::text(&format!("unreadable {kind} {value}"), value)
    }

    /// The same on the owner's own list.
    pub(crate) fn listed(self) -> Self {
        Self { listed: true, ..self }
    }

    /// Adds what the OPRF gives for it under the owner's key: with it the owner could look the
    /// identifier up in its own set, and whoever holds a set could test identifiers against it.
    pub(crate) fn add_output(&mut self, output: &Output) {
        self.values.push(("F(x), membership hash", output.membership_hash().to_vec()));
        self.values.push(("F(x), claim", output.claim().to_vec()));
        self.values.push(("F(x), label secret", output.label_secret().to_vec()));
    }

    /// All that is to be looked for, nothing twice.
    pub(crate) fn needles(&self) -> Vec<Needle> {
        let mut needles = Vec::new();
        for (form, text) in &self.texts {
            add_encodings(&mut needles, form, text);
            add_text_encodings(&mut needles, form, text);
            for (name, algorithm) in DIGESTS {
                let digest = digest(algorithm, text);
                add_encodings(
                    &mut needles,
                    &format!("{form}, {name}"),
                    &digest.as_ref()[..OF_A_DIGEST],
                );
            }
        }
        for (form, value) in &self.values {
            add_encodings(&mut needles, form, value);
        }
        let mut seen = HashSet::new();
        needles.retain(|needle| seen.insert(needle.bytes.clone()));
        needles
    }

    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), listed: false, texts: Vec::new(), values: Vec::new() }
    }

    fn add_spellings(&mut self, form: &str, text: &str) {
        let bare: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        assert!(bare.len() >= SHORTEST, "{text} is too short to be looked for");
        for (how, text) in [("", text), (", bare", &bare)] {
            self.add(&format!("{form}{how}"), text.as_bytes());
            self.add(&format!("{form}{how}, lower case"), text.to_lowercase().as_bytes());
            self.add(&format!("{form}{how}, upper case"), text.to_uppercase().as_bytes());
        }
    }

    fn add(&mut self, form: &str, text: &[u8]) {
        if text.len() >= SHORTEST && !self.texts.iter().any(|(_, known)| known == text) {
            self.texts.push((form.to_owned(), text.to_vec()));
        }
    }
}

/// As the bureau face reads it.
pub(crate) fn read(
    kind: &str,
    value: &str,
    country: &str,
) -> Result<Identifier, symbolon_identifiers::ParseError> {
    if kind == "mrz" {
        parse_mrz(value)
    } else {
        parse(kind.parse().unwrap(), value, Some(country))
    }
}

static DIGESTS: [(&str, &Algorithm); 4] = [
    ("SHA-1", &SHA1_FOR_LEGACY_USE_ONLY),
    ("SHA-256", &SHA256),
    ("SHA-384", &SHA384),
    ("SHA-512", &SHA512),
];

/// Bytes as they are, and as programs write bytes.
fn add_encodings(needles: &mut Vec<Needle>, form: &str, bytes: &[u8]) {
    let mut add = |encoding: &str, encoded: Vec<u8>| {
        needles.push(Needle { form: format!("{form}{encoding}"), bytes: encoded });
    };
    add("", bytes.to_vec());
    add(", hex", hex::encode(bytes).into_bytes());
    add(", hex, upper", hex::encode_upper(bytes).into_bytes());
    for separator in [", ", ","] {
        let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
        add(", decimal bytes", numbers.join(separator).into_bytes());
    }
    for before in 0..3 {
        add(", base64", base64_within(&STANDARD_NO_PAD, before, bytes));
        add(", base64 for URLs", base64_within(&URL_SAFE_NO_PAD, before, bytes));
    }
}

/// How programs write text.
fn add_text_encodings(needles: &mut Vec<Needle>, form: &str, bytes: &[u8]) {
    let mut add = |encoding: &str, encoded: Vec<u8>| {
        needles.push(Needle { form: format!("{form}{encoding}"), bytes: encoded });
    };
    let usual = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    for (how, kept) in [
        ("", usual as fn(&u8) -> bool),
        (" as a header", |byte| (b' '..=b'~').contains(byte)),
        (", every byte", |_| false),
    ] {
        for (case, escape) in [("", upper_escape as fn(&u8) -> String), (", lower", lower_escape)] {
            let escaped = bytes
                .iter()
                .map(|byte| if kept(byte) { char::from(*byte).to_string() } else { escape(byte) });
            let escaped = escaped.collect::<String>().into_bytes();
            add(&format!(", percent-encoded{how}{case}"), escaped);
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let json = serde_json::to_string(text).unwrap();
    let json = &json[1..json.len() - 1];
    add(", JSON", json.as_bytes().to_vec());
    let ascii = json.encode_utf16().map(|unit| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    });
    add(", JSON in ASCII", ascii.collect::<String>().into_bytes());
    add(", UTF-16LE", text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    add(", UTF-16BE", text.encode_utf16().flat_map(u16::to_be_bytes).collect());
}

fn upper_escape(byte: &u8) -> String {
    format!("%{byte:02X}")
}

fn lower_escape(byte: &u8) -> String {
    format!("%{byte:02x}")
}

/// The characters that stand in the base64 of anything that holds `bytes` after `before` bytes
/// (modulo 3), whatever the bytes around are.
fn base64_within(engine: &impl base64::Engine, before: usize, bytes: &[u8]) -> Vec<u8> {
    let encoded = engine.encode([&[0; 3][..before], bytes].concat()).into_bytes();
    // Of 3 bytes, 4 characters: the first 8 bits reach into the second, the first 16 into the third.
    let shared_before = [0, 2, 3][before];
    let shared_after = usize::from(!(before + bytes.len()).is_multiple_of(3));
    encoded[shared_before..encoded.len() - shared_after].to_vec()
}
