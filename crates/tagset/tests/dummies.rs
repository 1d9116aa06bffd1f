//! Dummies are the same from version to version.

#![cfg(test)]

mod support;

use support::{dummy, file, hash, hashes, parameters, set};
use symbolon_tagset::{DummySecret, TagSet, build};

#[test]
fn one_more_record_takes_the_place_of_one_dummy_and_changes_nothing_else() {
    let first = set(40, hashes(0..1_100));
    let second = set(40, hashes(0..1_101));
    assert_eq!((first.padded_len(), second.padded_len()), (1_250, 1_250));
    assert!((0..150).all(|i| first.contains(&dummy(i))));
    assert!((0..149).all(|i| second.contains(&dummy(i))));
    assert!(!second.contains(&dummy(149)));
    assert!(!first.contains(&dummy(150)));
    assert!(!first.contains(&hash(1_100)) && second.contains(&hash(1_100)));
}

#[test]
fn dummies_persist_across_a_step_of_the_ladder() {
    let set = set(40, hashes(0..1_251));
    assert_eq!(set.padded_len(), 1_500);
    assert!((0..249).all(|i| set.contains(&dummy(i))));
    assert!(!set.contains(&dummy(249)));
}

#[test]
fn another_secret_gives_other_dummies() {
    let mut file = Vec::new();
    build(&parameters(40), Vec::new(), &DummySecret::new([0x23; 32]), &mut file).unwrap();
    let set = TagSet::from_bytes(file).unwrap();
    assert!((0..1_024).all(|i| !set.contains(&dummy(i))));
}

#[test]
fn records_given_twice_count_once() {
    let twice = [hashes(0..1_024), hashes(0..1_024)].concat();
    assert!(file(40, twice) == file(40, hashes(0..1_024)));
}

#[test]
fn the_order_of_the_records_does_not_show() {
    let backwards: Vec<_> = hashes(0..3_000).into_iter().rev().collect();
    assert!(file(40, backwards) == file(40, hashes(0..3_000)));
}

#[test]
fn a_record_that_equals_a_dummy_leaves_the_number_of_entries_as_it_is() {
    let mut records = hashes(0..1_000);
    records.push(dummy(3));
    let set = set(40, records);
    assert_eq!(set.padded_len(), 1_024);
    assert!((0..23).all(|i| set.contains(&dummy(i))));
}
