//! A file that is not exactly a tag set is refused, with the right advice, and never makes a reader panic.

#![cfg(test)]

mod support;

use proptest::prelude::*;
use support::{file, hash, hashes, parameters, resealed, secret};
use symbolon_tagset::{Error, TagSet, build};

fn small() -> Vec<u8> {
    file(8, hashes(0..1_000)).1
}

fn refusal(file: Vec<u8>) -> Error {
    match TagSet::from_bytes(file) {
        Ok(set) => panic!("accepted {set:?}"),
        Err(error) => error,
    }
}

/// Where the sections of `small()` begin.
const LOWS: usize = 128;
const BUCKETS: usize = LOWS + 1_024;
const DIRECTORY: usize = BUCKETS + 256;

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let file = small();
    for place in 0..file.len() * 8 {
        let mut file = file.clone();
        file[place / 8] ^= 1 << (place % 8);
        refusal(file);
    }
}

#[test]
fn a_changed_byte_of_the_content_is_called_damage() {
    let file = small();
    for place in 24..file.len() {
        let mut file = file.clone();
        file[place] ^= 0xff;
        assert!(matches!(refusal(file), Error::ChecksumMismatch), "byte {place}");
    }
}

#[test]
fn a_file_cut_at_any_length_is_called_truncated() {
    let file = small();
    for len in 0..file.len() {
        let error = refusal(file[..len].to_vec());
        assert!(matches!(error, Error::Truncated { found, .. } if found == len as u64), "{error}");
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    for more in [1, 8, 32, 5_000] {
        let mut file = small();
        let expected = file.len() as u64;
        file.resize(file.len() + more, 0);
        let error = refusal(file);
        assert!(matches!(error, Error::TrailingBytes { expected: e, .. } if e == expected));
    }
}

#[test]
fn a_foreign_file_is_called_foreign() {
    for foreign in
        [b"PK\x03\x04".to_vec(), b"x".to_vec(), vec![0; 5_000], b"\x8dSymTag\r\n".to_vec()]
    {
        assert!(matches!(refusal(foreign), Error::Foreign));
    }
}

#[test]
fn another_format_version_is_named() {
    let mut file = small();
    file[8] = 2;
    let error = refusal(resealed(file));
    assert!(matches!(error, Error::UnsupportedVersion { found: 2, supported: 1 }));
    assert!(error.to_string().contains("update this program"));
}

#[test]
fn a_missing_file_and_a_folder_are_io_errors() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    assert!(matches!(TagSet::open(&missing).unwrap_err(), Error::Io(_)));
    assert!(matches!(TagSet::open(folder.path()).unwrap_err(), Error::Io(_)));
    let empty = folder.path().join("empty");
    std::fs::write(&empty, b"").unwrap();
    assert!(matches!(TagSet::open(&empty).unwrap_err(), Error::Truncated { found: 0, .. }));
}

#[test]
fn a_lambda_out_of_range_is_refused_by_the_builder() {
    for lambda in [0, 7, 65, 255] {
        let built = build(&parameters(lambda), vec![hash(0)], &secret(), Vec::new());
        assert!(matches!(built, Err(Error::LambdaOutOfRange { lambda: found }) if found == lambda));
    }
}

#[test]
fn a_lie_in_the_header_under_a_right_checksum_is_called_malformed() {
    // λ, reserved bytes, n, and each offset and length; not the scope and the version, which are
    // opaque, nor the length of the file, which is not a lie but a truncation.
    let places = (12..16).chain(24..32).chain(72..128);
    for place in places {
        for change in [1, 0x80, 0xff] {
            let mut file = small();
            file[place] ^= change;
            let error = refusal(resealed(file));
            assert!(matches!(error, Error::Malformed { .. }), "byte {place}: {error}");
        }
    }
}

#[test]
fn a_lie_in_the_buckets_or_the_directory_under_a_right_checksum_is_called_malformed() {
    for place in BUCKETS * 8..(DIRECTORY + 16) * 8 {
        let mut file = small();
        file[place / 8] ^= 1 << (place % 8);
        let error = refusal(resealed(file));
        assert!(matches!(error, Error::Malformed { .. }), "bit {place}: {error}");
    }
}

#[test]
fn sections_of_nothing_but_ones_or_zeros_are_called_malformed() {
    for fill in [0, 0xff] {
        for section in [BUCKETS..DIRECTORY, DIRECTORY..DIRECTORY + 16, BUCKETS..DIRECTORY + 16] {
            let mut file = small();
            file[section].fill(fill);
            assert!(matches!(refusal(resealed(file)), Error::Malformed { .. }));
        }
    }
}

#[test]
fn the_right_number_of_ones_in_the_wrong_places_is_called_malformed() {
    let mut file = small();
    file[BUCKETS..BUCKETS + 128].fill(0);
    file[BUCKETS + 128..DIRECTORY].fill(0xff);
    file[DIRECTORY..DIRECTORY + 16].fill(0);
    assert!(matches!(refusal(resealed(file)), Error::Malformed { .. }));
}

#[test]
fn entries_out_of_order_are_called_malformed() {
    let mut file = small();
    // Descending lows: some bucket has two.
    let lows = file[LOWS..BUCKETS].iter_mut();
    lows.enumerate().for_each(|(i, low)| *low = 255 - (i % 256) as u8);
    assert!(matches!(refusal(resealed(file)), Error::Malformed { .. }));
}

#[test]
fn bits_between_sections_are_called_malformed() {
    // 1,250 entries at λ = 9: 11,250 bits of lows, 2,500 bits of buckets, 5 directory numbers.
    let (summary, file) = file(9, hashes(0..1_250));
    assert_eq!(summary.padded_len, 1_250);
    let (lows, buckets) = (128, 128 + 1_408);
    for bit in [lows * 8 + 11_250, buckets * 8 - 1, buckets * 8 + 2_500, (file.len() - 32) * 8 - 1]
    {
        let mut file = file.clone();
        assert_eq!(file[bit / 8] >> (bit % 8) & 1, 0);
        file[bit / 8] |= 1 << (bit % 8);
        assert!(matches!(refusal(resealed(file)), Error::Malformed { .. }), "bit {bit}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_accepted_answers_without_panic(
        patches in proptest::collection::vec((0..2_000_usize, any::<u8>()), 1..8),
        len in 0..2_000_usize,
        cut in any::<bool>(),
        asked in any::<[u8; 16]>(),
    ) {
        let mut file = small();
        for (place, byte) in patches {
            if let Some(to) = file.get_mut(place) {
                *to = byte;
            }
        }
        if cut && len >= 160 {
            file.resize(len, 0x5a);
            file[16..24].copy_from_slice(&(len as u64).to_le_bytes());
        }
        if let Ok(set) = TagSet::from_bytes(resealed(file)) {
            set.contains(&symbolon_tagset::MembershipHash(asked));
            set.contains_batch(&hashes(0..100));
        }
    }

    #[test]
    fn arbitrary_bytes_after_the_magic_do_not_make_a_reader_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let start = b"\x8dSymTag\n\x01\0\0\0";
        let file = [start.as_slice(), &bytes].concat();
        prop_assert!(TagSet::from_bytes(file).is_err());
    }
}

#[test]
fn each_refusal_tells_a_person_what_to_do() {
    let advice = [
        (Error::Foreign, "fetch the set again"),
        (Error::Truncated { expected: 2, found: 1 }, "fetch it again"),
        (Error::TrailingBytes { expected: 1, found: 2 }, "fetch it again"),
        (Error::ChecksumMismatch, "fetch it again"),
        (Error::Malformed { what: "x" }, "ask its owner"),
        (Error::LambdaOutOfRange { lambda: 7 }, "correct it in the agreement"),
        (Error::TooMany { records: 1 }, "split the dataset"),
    ];
    for (error, text) in advice {
        assert!(error.to_string().contains(text), "{error}");
    }
}
