use std::collections::HashSet;

use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
};
use symbolon_exchange::{AnswerDigest, CommitmentSalts, ContextFacts, commit};

fn digest_of(chunks: &[&[u8]]) -> [u8; 32] {
    let mut digest = AnswerDigest::default();
    for chunk in chunks {
        digest.add(chunk);
    }
    digest.finish()
}

#[test]
fn an_answer_digest_is_the_hash_of_the_hashes_of_its_chunks() {
    let sha256 = |bytes: &[u8]| digest(&SHA256, bytes).as_ref().to_vec();
    let expected = sha256(&[sha256(b"one"), sha256(b"two")].concat());
    assert_eq!(digest_of(&[b"one", b"two"]).as_slice(), expected);
    assert_eq!(digest_of(&[]).as_slice(), sha256(b""));
}

#[test]
fn an_answer_digest_depends_on_content_order_number_and_borders_of_chunks() {
    let all = [
        digest_of(&[]),
        digest_of(&[b""]),
        digest_of(&[b"ab"]),
        digest_of(&[b"a", b"b"]),
        digest_of(&[b"b", b"a"]),
        digest_of(&[b"a", b"b", b""]),
        digest_of(&[b"a", b"c"]),
        digest_of(&[b"a", b"b", b"b"]),
    ];
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
}

#[test]
fn an_answer_digest_can_be_forked_midway() {
    let mut digest = AnswerDigest::default();
    digest.add(b"one");
    let fork = digest.clone();
    digest.add(b"two");
    assert_eq!(digest.finish(), digest_of(&[b"one", b"two"]));
    assert_eq!(fork.finish(), digest_of(&[b"one"]));
}

#[test]
fn a_commitment_is_bound_to_field_salt_and_text() {
    let all = [
        commit("officer", &[1; 32], "x"),
        commit("case_reference", &[1; 32], "x"),
        commit("officer", &[2; 32], "x"),
        commit("officer", &[1; 32], "y"),
        commit("officer", &[1; 32], ""),
    ];
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    let message = [b"Symbolon-v1-Commitment\0officer\0".as_slice(), &[1; 32], b"x"].concat();
    assert_eq!(all[0].as_slice(), digest(&SHA256, &message).as_ref());
}

#[test]
fn nobody_can_follow_an_officer_from_one_check_to_the_next() {
    let facts = ContextFacts {
        officer: "same".to_owned(),
        case_reference: "same".to_owned(),
        justification: "same".to_owned(),
    };
    let mut seen = HashSet::new();
    for _ in 0..10 {
        let salts = CommitmentSalts::random(&SystemRandom::new()).unwrap();
        let committed = salts.commit_all(&facts);
        assert_eq!(committed.officer, commit("officer", &salts.officer, "same"));
        assert_eq!(
            committed.case_reference,
            commit("case_reference", &salts.case_reference, "same")
        );
        assert_eq!(committed.justification, commit("justification", &salts.justification, "same"));
        for one in [committed.officer, committed.case_reference, committed.justification] {
            assert!(seen.insert(one));
        }
    }
}
