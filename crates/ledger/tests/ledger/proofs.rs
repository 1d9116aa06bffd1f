//! Proofs against the recursive definitions of RFC 6962, the vectors of certificate transparency, and
//! whatever else somebody could show instead.

use proptest::prelude::*;
use symbolon_ledger::{
    ConsistencyProof, Frontier, InclusionProof, LeafHash, MAX_SIZE, NodeId, ProofError, TreeError,
    TreeHash, consistency_nodes, inclusion_nodes, parent, root_nodes,
};

use crate::reference::{self, Hash};

/// Trees up to this size are tried whole.
const ALL_UP_TO: usize = 70;

fn leaves(count: usize) -> Vec<LeafHash> {
    (0..count).map(|n| LeafHash::of(&u64::try_from(n).unwrap().to_be_bytes())).collect()
}

fn root(leaves: &[LeafHash]) -> TreeHash {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.append(leaf));
    tree.root()
}

/// The roots of all trees that the log was, by their size.
fn roots(leaves: &[LeafHash]) -> Vec<TreeHash> {
    (0..=leaves.len()).map(|size| root(&leaves[..size])).collect()
}

/// Answers for a store that keeps all complete nodes.
fn fetch(leaves: &[LeafHash], nodes: &[NodeId]) -> Vec<Hash> {
    let hash = |node: &NodeId| {
        let width = 1 << node.level;
        let start = usize::try_from(node.index).unwrap() * width;
        reference::tree_hash(&leaves[start..start + width])
    };
    nodes.iter().map(hash).collect()
}

fn inclusion(leaves: &[LeafHash], index: u64) -> InclusionProof {
    InclusionProof::of_leaves(leaves, index).unwrap()
}

fn consistency(leaves: &[LeafHash], first: u64) -> ConsistencyProof {
    let second = leaves.len() as u64;
    let nodes = fetch(leaves, &consistency_nodes(first, second).unwrap());
    ConsistencyProof::from_nodes(first, second, &nodes).unwrap()
}

#[test]
fn every_tree_hash_is_made_of_the_nodes_that_it_names() {
    let all = leaves(ALL_UP_TO);
    for size in 0..=all.len() {
        let (all, size) = (&all[..size], size as u64);
        let nodes = fetch(all, &root_nodes(size));
        let hash = TreeHash::from_nodes(size, &nodes).unwrap();
        assert_eq!(hash.0, reference::tree_hash(all));
        assert_eq!(hash, root(all));
        let given = nodes.len() + 1;
        assert_eq!(
            TreeHash::from_nodes(size, &[nodes, vec![[0; 32]]].concat()),
            Err(TreeError::Nodes { needed: given - 1, given })
        );
    }
}

#[test]
fn every_inclusion_proof_is_that_of_the_definition_and_verifies() {
    let all = leaves(ALL_UP_TO);
    for size in 1..=all.len() {
        let (all, size) = (&all[..size], size as u64);
        let root = root(all);
        for index in 0..size {
            let at = usize::try_from(index).unwrap();
            let expected = reference::path(at, all).concat();
            let nodes = fetch(all, &inclusion_nodes(index, size).unwrap());
            let proof = InclusionProof::from_nodes(index, size, &nodes).unwrap();
            assert_eq!(proof.to_bytes(), expected, "{index} of {size}");
            assert_eq!(proof, inclusion(all, index));
            assert_eq!(proof, InclusionProof::from_bytes(&expected).unwrap());
            assert_eq!(proof.root(&all[at], index, size), Ok(root));
            assert_eq!(proof.verify(&all[at], index, size, &root), Ok(()));
        }
    }
}

#[test]
fn every_consistency_proof_is_that_of_the_definition_and_verifies() {
    let all = leaves(ALL_UP_TO);
    for second in 1..=all.len() {
        let all = &all[..second];
        for first in 1..=second {
            let proof = consistency(all, first as u64);
            let expected = reference::proof(first, all).concat();
            assert_eq!(proof.to_bytes(), expected, "{first} to {second}");
            assert_eq!(proof, ConsistencyProof::from_bytes(&expected).unwrap());
            let holds = proof.verify(first as u64, &root(&all[..first]), second as u64, &root(all));
            assert_eq!(holds, Ok(()), "{first} to {second}");
        }
    }
}

#[test]
fn an_inclusion_proof_holds_for_no_other_leaf_index_or_size() {
    let all = leaves(40);
    let roots = roots(&all);
    for size in 1..=33 {
        for index in 0..size {
            let proof = inclusion(&all[..size], index as u64);
            let holds = |leaf: usize, at: usize, of: usize| {
                proof.verify(&all[leaf], at as u64, of as u64, &roots[of]).is_ok()
            };
            for other in 0..40 {
                assert_eq!(holds(other, index, size), other == index, "leaf {other}");
                assert_eq!(holds(index, other, size), other == index, "index {other}");
                // In a tree of another size the same path may be as long, but leads to another hash.
                assert_eq!(holds(index, index, other), other == size, "size {other}");
            }
        }
    }
}

#[test]
fn a_consistency_proof_holds_for_no_other_sizes_of_the_same_log() {
    let all = leaves(36);
    let roots = roots(&all);
    for second in 1..=33 {
        for first in 1..second {
            let proof = consistency(&all[..second], first as u64);
            for other_second in 1..=36 {
                for other_first in 1..=other_second {
                    let (before, after) = (&roots[other_first], &roots[other_second]);
                    let holds =
                        proof.verify(other_first as u64, before, other_second as u64, after);
                    assert_eq!(
                        holds.is_ok(),
                        (first, second) == (other_first, other_second),
                        "{first} to {second} for {other_first} to {other_second}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_log_that_was_rewritten_cannot_be_proven_to_continue() {
    let before = leaves(33);
    for second in 2..=33 {
        for first in 1..=second {
            let mut after = before[..second].to_vec();
            after[first - 1] = LeafHash::of(b"another");
            let proof = consistency(&after, first as u64);
            let agreed = root(&before[..first]);
            let holds = proof.verify(first as u64, &agreed, second as u64, &root(&after));
            assert_eq!(holds, Err(ProofError::OtherTree), "{first} to {second}");
        }
    }
}

#[test]
fn a_tree_continues_itself_by_the_empty_proof_only() {
    let all = leaves(7);
    let (tree, other) = (root(&all), root(&all[..6]));
    let empty = ConsistencyProof::from_bytes(&[]).unwrap();
    assert_eq!(empty.verify(7, &tree, 7, &tree), Ok(()));
    assert_eq!(empty.verify(7, &tree, 7, &other), Err(ProofError::OtherTree));
    assert_eq!(empty.verify(6, &other, 7, &tree), Err(ProofError::Length));
    let some = ConsistencyProof::from_bytes(&tree.0).unwrap();
    assert_eq!(some.verify(7, &tree, 7, &tree), Err(ProofError::Length));
}

#[test]
fn questions_without_an_answer_are_refused() {
    let (tree, leaf) = (TreeHash([0; 32]), LeafHash([0; 32]));
    for (index, size) in [(0, 0), (1, 1), (8, 7), (u64::MAX, 7)] {
        let error = TreeError::NoSuchLeaf { index, size };
        assert_eq!(inclusion_nodes(index, size), Err(error));
        let proof = InclusionProof::from_bytes(&[]).unwrap();
        assert_eq!(proof.verify(&leaf, index, size, &tree), Err(ProofError::Tree(error)));
    }
    for (first, second) in [(0, 0), (0, 7), (8, 7), (u64::MAX, 1)] {
        let error = TreeError::NoBeginning { first, second };
        assert_eq!(consistency_nodes(first, second), Err(error));
        let proof = ConsistencyProof::from_bytes(&[]).unwrap();
        assert_eq!(proof.verify(first, &tree, second, &tree), Err(ProofError::Tree(error)));
    }
    let size = MAX_SIZE + 1;
    assert_eq!(inclusion_nodes(0, size), Err(TreeError::TooLarge { size }));
    assert_eq!(consistency_nodes(1, size), Err(TreeError::TooLarge { size }));
    assert_eq!(InclusionProof::of_leaves(&[], 0), Err(TreeError::NoSuchLeaf { index: 0, size: 0 }));
}

#[test]
fn a_proof_is_made_of_as_many_nodes_as_are_named_and_no_other_number() {
    let nodes = vec![[0; 32]; 20];
    for given in 0..=20 {
        let is_right = given == inclusion_nodes(11, 21).unwrap().len();
        assert_eq!(InclusionProof::from_nodes(11, 21, &nodes[..given]).is_ok(), is_right);
        let is_right = given == consistency_nodes(11, 21).unwrap().len();
        assert_eq!(ConsistencyProof::from_nodes(11, 21, &nodes[..given]).is_ok(), is_right);
    }
}

#[test]
fn the_largest_tree_needs_no_more_nodes_and_hashes_than_are_promised() {
    for index in [0, 1, MAX_SIZE / 2, MAX_SIZE / 2 + 1, MAX_SIZE - 1] {
        let nodes = inclusion_nodes(index, MAX_SIZE).unwrap();
        assert!(nodes.len() < 128);
        let proof = InclusionProof::from_nodes(index, MAX_SIZE, &vec![[0; 32]; nodes.len()]);
        let bytes = proof.unwrap().to_bytes();
        let read = InclusionProof::from_bytes(&bytes).unwrap();
        assert!(read.root(&LeafHash([0; 32]), index, MAX_SIZE).is_ok());
    }
    for first in [1, 2, MAX_SIZE / 2, MAX_SIZE / 2 + 2, MAX_SIZE - 1] {
        let nodes = consistency_nodes(first, MAX_SIZE).unwrap();
        assert!(nodes.len() < 128);
        let proof = ConsistencyProof::from_nodes(first, MAX_SIZE, &vec![[0; 32]; nodes.len()]);
        let bytes = proof.unwrap().to_bytes();
        let read = ConsistencyProof::from_bytes(&bytes).unwrap();
        let tree = TreeHash([0; 32]);
        assert_eq!(read.verify(first, &tree, MAX_SIZE, &tree), Err(ProofError::OtherTree));
    }
    assert_eq!(root_nodes(MAX_SIZE).len(), 63);
    assert_eq!(root_nodes(u64::MAX).len(), 64);
}

#[test]
fn bytes_that_are_no_list_of_hashes_or_too_long_a_one_are_refused() {
    for len in [1, 31, 33, 65] {
        assert!(InclusionProof::from_bytes(&vec![0; len]).is_err());
        assert!(ConsistencyProof::from_bytes(&vec![0; len]).is_err());
    }
    let most = InclusionProof::MAX_HASHES;
    assert!(InclusionProof::from_bytes(&vec![0; most * 32]).is_ok());
    assert_eq!(
        InclusionProof::from_bytes(&vec![0; most * 32 + 32]),
        Err(ProofError::Encoding { most })
    );
    let most = ConsistencyProof::MAX_HASHES;
    assert!(ConsistencyProof::from_bytes(&vec![0; most * 32]).is_ok());
    assert_eq!(
        ConsistencyProof::from_bytes(&vec![0; most * 32 + 32]),
        Err(ProofError::Encoding { most })
    );
}

/// The leaves of the reference implementation of certificate transparency.
fn certificate_transparency_leaves() -> Vec<LeafHash> {
    [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    .iter()
    .map(|data| LeafHash::of(&hex::decode(data).unwrap()))
    .collect()
}

fn hashes(all: &[&str]) -> Vec<u8> {
    all.iter().flat_map(|hash| hex::decode(hash).unwrap()).collect()
}

#[test]
fn inclusion_proofs_agree_with_the_certificate_transparency_vectors() {
    let leaves = certificate_transparency_leaves();
    let vectors: [(u64, usize, &[&str]); 5] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            &[
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (index, size, path) in vectors {
        let all = &leaves[..size];
        let proof = InclusionProof::from_bytes(&hashes(path)).unwrap();
        assert_eq!(inclusion(all, index), proof, "{index} of {size}");
        let leaf = &all[usize::try_from(index).unwrap()];
        assert_eq!(proof.verify(leaf, index, size as u64, &root(all)), Ok(()));
    }
}

#[test]
fn consistency_proofs_agree_with_the_certificate_transparency_vectors() {
    let leaves = certificate_transparency_leaves();
    let vectors: [(usize, usize, &[&str]); 5] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            6,
            7,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (first, second, path) in vectors {
        let proof = ConsistencyProof::from_bytes(&hashes(path)).unwrap();
        assert_eq!(consistency(&leaves[..second], first as u64), proof, "{first} to {second}");
        let (before, after) = (root(&leaves[..first]), root(&leaves[..second]));
        assert_eq!(proof.verify(first as u64, &before, second as u64, &after), Ok(()));
    }
}

#[test]
fn a_node_is_not_taken_for_a_leaf() {
    let all = leaves(4);
    let left = parent(&all[0].0, &all[1].0);
    let proof = InclusionProof::from_bytes(&parent(&all[2].0, &all[3].0)).unwrap();
    // Whoever has the nodes can give a smaller tree the same root; the size in the checkpoint is what
    // tells them apart.
    assert!(proof.verify(&LeafHash(left), 0, 2, &root(&all)).is_ok());
    assert!(proof.verify(&LeafHash(left), 0, 4, &root(&all)).is_err());
    let data = [all[0].0, all[1].0].concat();
    assert_ne!(LeafHash::of(&data).0, left);
}

/// A list of hashes of which one bit, one hash, or the number of hashes was changed.
fn tampered(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let hashes = bytes.len() / 32;
    let original = bytes.clone();
    let flipped = bytes.clone();
    prop_oneof![
        (0..bytes.len().max(1), 0..8).prop_map(move |(at, bit)| {
            let mut bytes = flipped.clone();
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1_u8 << bit;
            }
            bytes
        }),
        (0..=hashes, any::<[u8; 32]>()).prop_map({
            let bytes = bytes.clone();
            move |(at, hash)| [&bytes[..at * 32], &hash, &bytes[at * 32..]].concat()
        }),
        (0..hashes.max(1)).prop_map({
            let bytes = bytes.clone();
            move |at| {
                let start = (at * 32).min(bytes.len());
                [&bytes[..start], &bytes[(start + 32).min(bytes.len())..]].concat()
            }
        }),
        (0..hashes.max(1), 0..hashes.max(1)).prop_map(move |(one, other)| {
            let mut chunks: Vec<_> = bytes.chunks(32).collect();
            if !chunks.is_empty() {
                chunks.swap(one, other);
            }
            chunks.concat()
        }),
    ]
    .prop_filter("it is the same proof", move |changed| *changed != original)
}

proptest! {
    #[test]
    fn a_tampered_inclusion_proof_does_not_verify(
        (size, index, bytes) in (2_usize..300)
            .prop_flat_map(|size| (Just(size), 0..size as u64))
            .prop_flat_map(|(size, index)| {
                let bytes = inclusion(&leaves(size), index).to_bytes();
                (Just(size), Just(index), tampered(bytes))
            }),
    ) {
        let all = leaves(size);
        let proof = InclusionProof::from_bytes(&bytes).unwrap();
        let leaf = &all[usize::try_from(index).unwrap()];
        prop_assert!(proof.verify(leaf, index, size as u64, &root(&all)).is_err());
    }

    #[test]
    fn a_tampered_consistency_proof_does_not_verify(
        (first, second, bytes) in (2_usize..300)
            .prop_flat_map(|second| (1..second, Just(second)))
            .prop_flat_map(|(first, second)| {
                let bytes = consistency(&leaves(second), first as u64).to_bytes();
                (Just(first), Just(second), tampered(bytes))
            }),
    ) {
        let all = leaves(second);
        let proof = ConsistencyProof::from_bytes(&bytes).unwrap();
        let (before, after) = (root(&all[..first]), root(&all));
        prop_assert!(proof.verify(first as u64, &before, second as u64, &after).is_err());
    }

    #[test]
    fn whatever_is_shown_reading_and_verifying_come_to_an_end(
        bytes in proptest::collection::vec(any::<u8>(), 0..70 * 32),
        hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
        (first, second) in (any::<u64>(), any::<u64>()),
        (one, other) in (any::<[u8; 32]>(), any::<[u8; 32]>()),
    ) {
        for bytes in [bytes, hashes.concat()] {
            if let Ok(proof) = InclusionProof::from_bytes(&bytes) {
                prop_assert!(proof.verify(&LeafHash(one), first, second, &TreeHash(other)).is_err());
            }
            if let Ok(proof) = ConsistencyProof::from_bytes(&bytes) {
                let (one, other) = (TreeHash(one), TreeHash(other));
                prop_assert!(proof.verify(first, &one, second, &other).is_err());
            }
        }
    }
}
