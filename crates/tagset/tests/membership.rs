//! A set answers as a plain set of hashes does.

#![cfg(test)]

mod support;

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{dummy, hash, hashes, position, secret, set};
use symbolon_tagset::{MembershipHash, Parameters, TagSet, build};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_hash_is_found_and_no_other_at_the_default_precision(
        inside in vec(any::<[u8; 16]>(), 0..3_000),
        outside in vec(any::<[u8; 16]>(), 0..500),
    ) {
        let plain: HashSet<_> = inside.iter().copied().collect();
        let set = set(40, inside.iter().copied().map(MembershipHash).collect());
        for hash in &inside {
            prop_assert!(set.contains(&MembershipHash(*hash)));
        }
        for hash in &outside {
            prop_assert_eq!(set.contains(&MembershipHash(*hash)), plain.contains(hash));
        }
    }

    #[test]
    fn a_set_is_exactly_the_positions_of_its_hashes_and_dummies(
        lambda in 8..=64_u8,
        seed in any::<u32>(),
        len in 0..2_500_u64,
    ) {
        let first = u64::from(seed) << 20;
        let inside = hashes(first..first + len);
        let set = set(lambda, inside.clone());
        let n = set.padded_len();
        let dummies = (0..n - len).map(dummy);
        let plain: HashSet<_> =
            inside.into_iter().chain(dummies).map(|hash| position(&hash, n, lambda)).collect();
        for hash in hashes(first..first + 5_000) {
            prop_assert_eq!(set.contains(&hash), plain.contains(&position(&hash, n, lambda)));
        }
        for hash in (0..n - len).map(dummy) {
            prop_assert!(set.contains(&hash));
        }
    }

    #[test]
    fn hashes_crowded_into_few_buckets_are_found_like_any_others(
        lambda in prop_oneof![Just(8_u8), Just(40), Just(57), Just(64)],
        low in vec(any::<u64>(), 0..50),
        shift in 0..64_u32,
        outside in vec(any::<u64>(), 0..400),
    ) {
        let crowd = |low: &u64| MembershipHash((u128::from(*low) << shift).to_be_bytes());
        let inside: Vec<_> = low.iter().map(crowd).collect();
        let set = set(lambda, inside.clone());
        let n = set.padded_len();
        let distinct = inside.iter().collect::<HashSet<_>>().len() as u64;
        let plain: HashSet<_> = inside
            .iter()
            .copied()
            .chain((0..n - distinct).map(dummy))
            .map(|hash| position(&hash, n, lambda))
            .collect();
        for hash in inside.iter().copied().chain(outside.iter().map(crowd)) {
            prop_assert_eq!(set.contains(&hash), plain.contains(&position(&hash, n, lambda)));
        }
    }

    #[test]
    fn a_batch_answers_as_single_look_ups_do_and_in_their_order(
        len in 0..300_u64,
        asked in vec(0..600_u64, 0..300),
    ) {
        let set = set(40, hashes(0..len));
        let asked: Vec<_> = asked.into_iter().map(hash).collect();
        let single: Vec<_> = asked.iter().map(|hash| set.contains(hash)).collect();
        prop_assert_eq!(set.contains_batch(&asked), single);
    }
}

#[test]
fn a_batch_over_a_large_set_finds_what_is_there_and_nothing_else() {
    let set = set(40, hashes(0..150_000));
    assert!(set.contains_batch(&hashes(0..150_000)).into_iter().all(|hit| hit));
    assert!(set.contains_batch(&hashes(150_000..400_000)).into_iter().all(|hit| !hit));
}

#[test]
fn a_batch_of_any_size_with_repeats_and_in_any_order_answers_as_single_look_ups_do() {
    let set = set(12, hashes(0..20_000));
    // Around the sizes at which a batch is cut or sorted, and twice what is sorted at a time.
    let sizes = [0, 1, 63, 64, 65, 1_000, 65_535, 65_536, 65_537, 600_001];
    // In no order, sorted, all in one part of the set, and one hash again and again.
    let orders: [fn(u64) -> MembershipHash; 4] = [
        |i| hash(i * 7_919 % 50_021),
        |i| MembershipHash((u128::from(i) << 108).to_be_bytes()),
        |i| MembershipHash((u128::from(i % 999) << 80).to_be_bytes()),
        |_| hash(5),
    ];
    for size in sizes {
        for order in orders {
            let asked: Vec<_> = (0..size).map(order).collect();
            let single: Vec<_> = asked.iter().map(|hash| set.contains(hash)).collect();
            assert!(set.contains_batch(&asked) == single, "{size}");
        }
    }
}

#[test]
fn an_empty_set_is_dummies_only_and_answers() {
    let set = set(40, Vec::new());
    assert_eq!(set.padded_len(), 1_024);
    assert!(hashes(0..10_000).iter().all(|hash| !set.contains(hash)));
}

#[test]
fn a_set_of_one_holds_that_one() {
    let set = set(40, vec![hash(0)]);
    assert_eq!(set.padded_len(), 1_024);
    assert!(set.contains(&hash(0)));
    assert!(hashes(1..10_000).iter().all(|hash| !set.contains(hash)));
}

#[test]
fn a_mapped_file_answers_as_the_same_bytes_in_memory_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set");
    let parameters = Parameters { lambda: 33, scope: [5; 32], version: u64::MAX };
    let file = std::fs::File::create(&path).unwrap();
    let summary = build(&parameters, hashes(0..2_000), &secret(), file).unwrap();

    let mapped = TagSet::open(&path).unwrap();
    let owned = TagSet::from_bytes(std::fs::read(&path).unwrap()).unwrap();
    for set in [&mapped, &owned] {
        assert_eq!(set.lambda(), 33);
        assert_eq!(set.scope(), &[5; 32]);
        assert_eq!(set.version(), u64::MAX);
        assert_eq!(set.padded_len(), summary.padded_len);
        assert_eq!(set.file_len(), summary.file_len);
        assert_eq!(set.sha256(), &summary.sha256);
    }
    let asked = hashes(0..4_000);
    assert_eq!(mapped.contains_batch(&asked), owned.contains_batch(&asked));
    drop(mapped);
}

#[test]
fn a_mapped_set_goes_on_answering_when_a_new_version_is_renamed_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set");
    let next = folder.path().join("next");
    std::fs::write(&path, support::file(40, hashes(0..2_000)).1).unwrap();
    let old = TagSet::open(&path).unwrap();
    std::fs::write(&next, support::file(40, Vec::new()).1).unwrap();
    std::fs::rename(&next, &path).unwrap();
    assert!(hashes(0..2_000).iter().all(|hash| old.contains(hash)));
    assert!(!TagSet::open(&path).unwrap().contains(&hash(0)));
}

#[test]
fn a_set_is_shared_among_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<TagSet>();
}

#[test]
fn hashes_and_dummy_secrets_do_not_print() {
    assert_eq!(format!("{:?}", hash(1)), "MembershipHash(..)");
    assert_eq!(format!("{:?}", secret()), "DummySecret(..)");
}
