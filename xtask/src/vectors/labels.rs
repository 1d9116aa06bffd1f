//! Files of sealed labels: what opens and what does not, and files that must be refused.

use serde_json::json;
use symbolon_tagset::{Label, LabelParameters, LabelSecret, Labels, build_labels};

use super::{must_fail, resealed, vector::Vector};
use crate::Fallible;

const KIND: &str = "label_file";
const NAME: &str = "some labels";
const HEADER: usize = 96;

const PARAMETERS: LabelParameters =
    LabelParameters { scope: [0x11; 32], version: 7, padded_len: 1_024, label_len: 16 };

/// Entry, first byte of the secret, text as it was sealed, text as it opens.
const SEALED: &[(u64, u8, &str, &str)] = &[
    (0, 0x31, "2026-03-04", "2026-03-04"),
    (1, 0x32, "", ""),
    // A character of two bytes would not fit whole.
    (517, 0x33, "Grenzübertritt Köln", "Grenzübertritt "),
    (1_023, 0x34, "sixteen bytes ok", "sixteen bytes ok"),
];

/// Entry and first byte of the secret: of another identifier, of another entry, of none.
const STAYS_SEALED: &[(u64, u8)] = &[(0, 0x39), (1, 0x31), (2, 0x31)];

/// A file as an owner writes it. It holds randomness, and so it is kept: all but that is made again from it.
pub(super) struct Kept(Vec<u8>);

impl Kept {
    /// The one in vectors that were written.
    pub(super) fn of(vectors: &[Vector]) -> Fallible<Self> {
        let good = vectors.iter().find(|vector| vector.name == NAME);
        let file = good.and_then(|vector| vector.given.get("file")?.as_str());
        Ok(Self(hex::decode(file.ok_or("there is no label file among the vectors")?)?))
    }

    /// A new one.
    pub(super) fn fresh() -> Fallible<Self> {
        let labels = SEALED.iter().map(|(entry, first, text, _)| Label {
            entry: *entry,
            secret: LabelSecret::new(secret(*first)),
            text: (*text).to_owned(),
        });
        let mut file = Vec::new();
        build_labels(&PARAMETERS, labels.collect(), &mut file)?;
        Ok(Self(file))
    }
}

fn secret(first: u8) -> [u8; 32] {
    let mut secret = [0x77; 32];
    secret[0] = first;
    secret
}

pub(super) fn vectors(kept: &Kept) -> Fallible<Vec<Vector>> {
    let mut vectors = vec![opened(&kept.0)?];
    vectors.extend(refusals(&kept.0)?);
    Ok(vectors)
}

fn opened(file: &[u8]) -> Fallible<Vector> {
    let labels = Labels::from_bytes(file.to_vec())?;
    let open = |entry, first| labels.open_label(entry, &LabelSecret::new(secret(first)));
    let is_right = *labels.parameters() == PARAMETERS
        && SEALED
            .iter()
            .all(|(entry, first, _, text)| open(*entry, *first).as_deref() == Some(*text))
        && STAYS_SEALED.iter().all(|(entry, first)| open(*entry, *first).is_none());
    if !is_right {
        return Err("the label file does not open as it must".into());
    }
    let opens = SEALED.iter().map(|(entry, first, _, text)| {
        json!({ "entry": entry, "label_secret": hex::encode(secret(*first)), "text": text })
    });
    let stays_sealed = STAYS_SEALED.iter().map(
        |(entry, first)| json!({ "entry": entry, "label_secret": hex::encode(secret(*first)) }),
    );
    Ok(Vector::new(
        KIND,
        NAME,
        json!({ "file": hex::encode(file) }),
        json!({
            "label_len": PARAMETERS.label_len,
            "padded_len": PARAMETERS.padded_len,
            "version": PARAMETERS.version,
            "scope_id": hex::encode(PARAMETERS.scope),
            "sha256": hex::encode(labels.sha256()),
            "opens": opens.collect::<Vec<_>>(),
            "stays_sealed": stays_sealed.collect::<Vec<_>>(),
        }),
    ))
}

fn refusals(good: &[u8]) -> Fallible<Vec<Vector>> {
    let altered = |at: usize, with: u8| {
        let mut file = good.to_vec();
        if let Some(byte) = file.get_mut(at) {
            *byte ^= with;
        }
        file
    };
    // What is refused for its header is short: nothing behind it is looked at.
    let header = |file: Vec<u8>| file.get(..HEADER + 32).unwrap_or_default().to_vec();
    let cases = [
        ("no label file", "magic", header(altered(0, 0xff))),
        ("another format version", "format_version", header(altered(8, 3))),
        ("labels of 15 bytes", "malformed", header(altered(12, 16 ^ 15))),
        ("labels of 272 bytes", "malformed", header(altered(13, 1))),
        ("n is no step of the ladder", "malformed", header(altered(16, 1))),
        (
            "shorter than any label file",
            "truncated",
            good.get(..HEADER).unwrap_or_default().to_vec(),
        ),
        ("only its header", "truncated", header(good.to_vec())),
        ("a byte follows the checksum", "trailing", [good, &[0]].concat()),
        ("damaged", "checksum", altered(HEADER, 1)),
        ("a reserved byte is not zero", "malformed", resealed(altered(14, 1))),
    ];
    cases
        .into_iter()
        .map(|(name, reason, file)| {
            must_fail(name, Labels::from_bytes(file.clone()))?;
            Ok(Vector::refused(KIND, name, json!({ "file": hex::encode(file) }), reason))
        })
        .collect()
}
