//! A label opens with its own secret and no other, says nothing without one, and a file that is not
//! exactly a label file is refused.

#![cfg(test)]

mod support;

use proptest::prelude::*;
use ring::digest::{SHA256, digest};
use support::{hash, hashes, set};
use symbolon_tagset::{
    Error, Label, LabelParameters, LabelSecret, Labels, MAX_LABEL_LEN, MIN_LABEL_LEN, build_labels,
};

const PARAMETERS: LabelParameters =
    LabelParameters { scope: [0x11; 32], version: 7, padded_len: 1_024, label_len: 24 };

fn secret(number: u64) -> LabelSecret {
    LabelSecret::new(digest(&SHA256, &number.to_be_bytes()).as_ref().try_into().unwrap())
}

fn label(entry: u64, text: &str) -> Label {
    Label { entry, secret: secret(entry), text: text.to_owned() }
}

fn file(parameters: &LabelParameters, labels: Vec<Label>) -> Vec<u8> {
    let mut file = Vec::new();
    let summary = build_labels(parameters, labels, &mut file).unwrap();
    assert_eq!(summary.file_len, file.len() as u64);
    assert_eq!(summary.file_len, parameters.file_len());
    assert_eq!(summary.sha256, digest(&SHA256, &file).as_ref());
    file
}

/// With the checksum made to fit.
fn resealed(mut file: Vec<u8>) -> Vec<u8> {
    let content = file.len() - 32;
    let checksum = digest(&SHA256, &file[..content]);
    file[content..].copy_from_slice(checksum.as_ref());
    file
}

fn refusal(file: Vec<u8>) -> Error {
    Labels::from_bytes(file).expect_err("accepted")
}

#[test]
fn a_label_opens_with_its_own_secret_at_its_own_entry_only() {
    let texts = [(0, "first"), (17, ""), (500, "stolen; VIN; Ω"), (1_023, "last")];
    let labels = texts.map(|(entry, text)| label(entry, text));
    let labels = Labels::from_bytes(file(&PARAMETERS, labels.into())).unwrap();
    for (entry, text) in texts {
        assert_eq!(labels.open_label(entry, &secret(entry)).as_deref(), Some(text));
        for other in [0, 1, 17, 500, 1_023, 1_024, u64::MAX] {
            if other != entry {
                assert_eq!(labels.open_label(other, &secret(entry)), None);
                assert_eq!(labels.open_label(entry, &secret(other)), None);
            }
        }
    }
    assert_eq!(labels.parameters(), &PARAMETERS);
}

#[test]
fn the_entry_that_a_hash_is_found_at_is_its_own() {
    let set = set(40, hashes(0..800));
    let mut entries: Vec<_> = (0..800).map(|n| set.find(&hash(n)).unwrap()).collect();
    entries.sort_unstable();
    entries.dedup();
    assert_eq!(entries.len(), 800);
    assert!(entries.iter().all(|entry| *entry < set.padded_len()));
    for n in 800..2_000 {
        assert_eq!(set.find(&hash(n)).is_some(), set.contains(&hash(n)));
    }
}

#[test]
fn a_text_that_is_too_long_is_cut_between_characters() {
    let labels = vec![label(1, &"Ω".repeat(20)), label(2, &format!("x{}", "Ω".repeat(20)))];
    let labels = Labels::from_bytes(file(&PARAMETERS, labels)).unwrap();
    assert_eq!(labels.open_label(1, &secret(1)).unwrap(), "Ω".repeat(12));
    assert_eq!(labels.open_label(2, &secret(2)).unwrap(), format!("x{}", "Ω".repeat(11)));
}

#[test]
fn files_are_of_one_length_whatever_they_say_and_nothing_in_them_repeats() {
    let empty = file(&PARAMETERS, Vec::new());
    let full = file(&PARAMETERS, (0..1_024).map(|entry| label(entry, "the same")).collect());
    let again = file(&PARAMETERS, (0..1_024).map(|entry| label(entry, "the same")).collect());
    assert_eq!(empty.len(), full.len());
    // The same version made twice is sealed under other keys.
    let mut seen = std::collections::HashSet::new();
    for file in [&empty, &full, &again] {
        for sealed in file[96..file.len() - 32].chunks(40) {
            assert!(seen.insert(sealed[..24].to_vec()));
        }
    }
}

/// Bytes of dummies and of labels are both uniform, as far as a count of bits can tell.
#[test]
fn labels_and_what_fills_up_look_alike() {
    let empty = file(&PARAMETERS, Vec::new());
    let full = file(&PARAMETERS, (0..1_024).map(|entry| label(entry, "")).collect());
    for file in [empty, full] {
        let body = &file[96..file.len() - 32];
        let ones: u64 = body.iter().map(|byte| u64::from(byte.count_ones())).sum();
        let (bits, ones) = (body.len() as f64 * 8.0, ones as f64);
        // Six standard deviations.
        assert!((ones - bits / 2.0).abs() < 3.0 * bits.sqrt(), "{ones} of {bits}");
    }
}

#[test]
fn a_label_that_was_altered_does_not_open() {
    let whole = file(&PARAMETERS, vec![label(3, "text")]);
    for place in 96 + 3 * 40..96 + 4 * 40 {
        let mut altered = whole.clone();
        altered[place] ^= 1;
        let labels = Labels::from_bytes(resealed(altered)).unwrap();
        assert_eq!(labels.open_label(3, &secret(3)), None);
    }
    // Nor in a file that says it is of another version or scope.
    for place in [24, 32, 64] {
        let mut altered = whole.clone();
        altered[place] ^= 1;
        let labels = Labels::from_bytes(resealed(altered)).unwrap();
        assert_eq!(labels.open_label(3, &secret(3)), None);
    }
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let whole = file(&PARAMETERS, vec![label(3, "text")]);
    for place in (0..whole.len() * 8).filter(|bit| *bit < 96 * 8 || bit % 97 == 0) {
        let mut file = whole.clone();
        file[place / 8] ^= 1 << (place % 8);
        refusal(file);
    }
}

#[test]
fn a_file_that_is_cut_or_goes_on_is_called_that() {
    let whole = file(&PARAMETERS, vec![]);
    for len in (0..whole.len()).filter(|len| *len < 200 || len % 101 == 0) {
        assert!(matches!(refusal(whole[..len].to_vec()), Error::Truncated { .. }), "{len}");
    }
    let longer = [whole, vec![0]].concat();
    assert!(matches!(refusal(longer), Error::TrailingBytes { .. }));
}

#[test]
fn what_a_header_cannot_say_is_refused() {
    let whole = file(&PARAMETERS, vec![]);
    let with = |place: usize, bytes: &[u8]| {
        let mut file = whole.clone();
        file[place..place + bytes.len()].copy_from_slice(bytes);
        refusal(resealed(file))
    };
    assert!(matches!(with(0, b"\x8dSymTag\n"), Error::Foreign));
    assert!(matches!(with(8, &[2]), Error::UnsupportedVersion { found: 2, supported: 1 }));
    for len in [0, MIN_LABEL_LEN - 1, MAX_LABEL_LEN + 1, u16::MAX] {
        assert!(matches!(with(12, &len.to_le_bytes()), Error::Malformed { .. }), "{len}");
    }
    for entries in [0, 1_023, 1_025, u64::MAX] {
        assert!(matches!(with(16, &entries.to_le_bytes()), Error::Malformed { .. }), "{entries}");
    }
    assert!(matches!(with(14, &[1]), Error::Malformed { .. }));
    assert!(matches!(with(16, &4_000_000_000_u64.to_le_bytes()), Error::Truncated { .. }));
}

#[test]
fn a_length_that_no_label_has_is_not_written() {
    for label_len in [0, 15, 257] {
        let parameters = LabelParameters { label_len, ..PARAMETERS };
        build_labels(&parameters, Vec::new(), Vec::new()).unwrap_err();
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), head in any::<bool>()) {
        let mut bytes = bytes;
        if head {
            let whole = file(&PARAMETERS, vec![]);
            let len = bytes.len().min(14);
            bytes[..len].copy_from_slice(&whole[..len]);
        }
        if let Ok(labels) = Labels::from_bytes(bytes) {
            labels.open_label(0, &secret(0));
        }
    }
}
