use crate::{
    commitment::{LeafHash, sha256},
    node_id::{TreeError, root_nodes},
};

const NODE_PREFIX: &[u8] = &[1];

/// The Merkle tree hash of a log, 32 bytes (RFC 6962, section 2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeHash(pub [u8; 32]);

impl TreeHash {
    /// The hash of the tree over the first `size` leaves, of the nodes that [`root_nodes`] names, in
    /// that order.
    ///
    /// # Errors
    /// When there are more or fewer nodes than it needs.
    pub fn from_nodes(size: u64, nodes: &[[u8; 32]]) -> Result<Self, TreeError> {
        let needed = root_nodes(size).len();
        if nodes.len() != needed {
            return Err(TreeError::Nodes { needed, given: nodes.len() });
        }
        Ok(join(nodes).map_or_else(Self::of_nothing, Self))
    }

    fn of_nothing() -> Self {
        Self(sha256(&[]))
    }
}

/// The node over two others (RFC 6962, section 2.1).
pub fn parent(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    sha256(&[NODE_PREFIX, left, right])
}

/// The right edge of a Merkle tree: all that is needed to append and to give the tree hash.
///
/// Holds one hash for each complete subtree, at most 64.
#[derive(Clone, Default, Debug)]
pub struct Frontier {
    len: u64,
    /// Complete subtrees from the largest, leftmost, to the smallest.
    subtrees: Vec<[u8; 32]>,
}

impl Frontier {
    /// How many leaves have been appended.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing has been appended.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a leaf.
    pub fn append(&mut self, leaf: &LeafHash) {
        let mut hash = leaf.0;
        // Each trailing one bit of the old length is a complete subtree that the leaf completes to
        // one of twice its size.
        for _ in 0..self.len.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                hash = parent(&left, &hash);
            }
        }
        self.subtrees.push(hash);
        self.len = self.len.saturating_add(1);
    }

    /// The tree hash over all leaves so far.
    pub fn root(&self) -> TreeHash {
        join(&self.subtrees).map_or_else(TreeHash::of_nothing, TreeHash)
    }
}

/// The node over complete subtrees of falling size, from the left; `None` if there are none.
pub(crate) fn join(subtrees: &[[u8; 32]]) -> Option<[u8; 32]> {
    let (smallest, larger) = subtrees.split_last()?;
    Some(larger.iter().rev().fold(*smallest, |right, left| parent(left, &right)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(data: &[u8]) -> LeafHash {
        LeafHash::of(data)
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The inputs and roots of the reference implementation of certificate transparency.
    #[test]
    fn roots_agree_with_the_certificate_transparency_vectors() {
        let leaves: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut log = Frontier::default();
        assert_eq!(
            hex(&log.root().0),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (data, root) in leaves.iter().zip(roots) {
            log.append(&leaf(data));
            assert_eq!(hex(&log.root().0), root, "after {} leaves", log.len());
        }
    }

    #[test]
    fn the_frontier_agrees_with_the_recursive_definition() {
        fn recursive(leaves: &[LeafHash]) -> [u8; 32] {
            match leaves {
                [] => sha256(&[]),
                [one] => one.0,
                many => {
                    let split = (many.len().next_power_of_two() / 2).max(1);
                    parent(&recursive(&many[..split]), &recursive(&many[split..]))
                }
            }
        }
        let leaves: Vec<_> = (0..70_u8).map(|i| leaf(&[i])).collect();
        let mut log = Frontier::default();
        for (count, next) in leaves.iter().enumerate() {
            log.append(next);
            assert_eq!(log.root().0, recursive(&leaves[..=count]));
        }
    }
}
