//! The definitions of RFC 6962, section 2.1, word by word: recursive, over all leaves, and slow.

use symbolon_ledger::{LeafHash, parent};

pub(crate) type Hash = [u8; 32];

/// `MTH(D[n])`, of leaves that are hashed already.
pub(crate) fn tree_hash(leaves: &[LeafHash]) -> Hash {
    match leaves {
        // SHA-256 of nothing.
        [] => hex::decode("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
            .unwrap()
            .try_into()
            .unwrap(),
        [leaf] => leaf.0,
        _ => {
            let (left, right) = cut(leaves);
            parent(&tree_hash(left), &tree_hash(right))
        }
    }
}

/// `PATH(m, D[n])`.
pub(crate) fn path(m: usize, leaves: &[LeafHash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = cut(leaves);
    if m < left.len() {
        [path(m, left), vec![tree_hash(right)]].concat()
    } else {
        [path(m - left.len(), right), vec![tree_hash(left)]].concat()
    }
}

/// `PROOF(m, D[n])`.
pub(crate) fn proof(m: usize, leaves: &[LeafHash]) -> Vec<Hash> {
    subproof(m, leaves, true)
}

fn subproof(m: usize, leaves: &[LeafHash], is_known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if is_known { Vec::new() } else { vec![tree_hash(leaves)] };
    }
    let (left, right) = cut(leaves);
    if m <= left.len() {
        [subproof(m, left, is_known), vec![tree_hash(right)]].concat()
    } else {
        [subproof(m - left.len(), right, false), vec![tree_hash(left)]].concat()
    }
}

/// At k, the largest power of two smaller than n.
fn cut(leaves: &[LeafHash]) -> (&[LeafHash], &[LeafHash]) {
    let mut k = 1;
    while k * 2 < leaves.len() {
        k *= 2;
    }
    leaves.split_at(k)
}
