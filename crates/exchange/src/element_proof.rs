use serde::{Deserialize, Serialize};
use symbolon_ledger::{InclusionProof, LeafHash};
use symbolon_oprf::ELEMENT_LEN;
use symbolon_policy::CheckId;

use crate::chunk::{BLOCK_ELEMENTS, ChunkPosition, blocks, named};

/// One blinded element of a check with the proof that the signed header names it at that place: its
/// block and the path of hashes from the block to the chunk's root. The other elements of the block
/// show nothing; they are blinded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementProof {
    /// Index of the scope in the header.
    pub scope: u32,
    /// Index of the chunk in its scope.
    pub chunk: u32,
    /// How many elements the chunk holds.
    pub elements: u32,
    /// Index of the element in the chunk.
    pub index: u32,
    /// The block that holds it: up to 16 elements of 32 bytes.
    #[serde(with = "hex::serde")]
    pub block: Vec<u8>,
    /// Hashes of 32 bytes from the block up (RFC 9162, section 2.1.3).
    #[serde(with = "hex::serde")]
    pub path: Vec<u8>,
}

impl ElementProof {
    /// The proof for the element at `index` of a chunk that holds `elements`; `None` if it has no such.
    pub fn of(position: &ChunkPosition, elements: &[u8], index: usize) -> Option<Self> {
        let leaves: Vec<_> = blocks(elements).map(LeafHash::of).collect();
        let at = index.checked_div(BLOCK_ELEMENTS)?;
        let path = InclusionProof::of_leaves(&leaves, u64::try_from(at).ok()?).ok()?;
        let block = blocks(elements).nth(at)?.to_vec();
        let proof = Self {
            scope: position.scope,
            chunk: position.chunk,
            elements: u32::try_from(position.elements).ok()?,
            index: u32::try_from(index).ok()?,
            block,
            path: path.to_bytes(),
        };
        proof.element()?;
        Some(proof)
    }

    /// The element, 32 bytes.
    pub fn element(&self) -> Option<&[u8]> {
        let within = usize::try_from(self.index).ok()?.checked_rem(BLOCK_ELEMENTS)?;
        let start = within.checked_mul(ELEMENT_LEN)?;
        self.block.get(start..start.checked_add(ELEMENT_LEN)?)
    }

    /// Whether the chunk of that hash, of that check, holds the element at that place.
    pub fn verifies(&self, check: &CheckId, chunk_hash: &[u8; 32]) -> bool {
        self.root_hash(check).is_some_and(|hash| &hash == chunk_hash)
    }

    fn root_hash(&self, check: &CheckId) -> Option<[u8; 32]> {
        let (elements, index) =
            (usize::try_from(self.elements).ok()?, usize::try_from(self.index).ok()?);
        let at = index.checked_div(BLOCK_ELEMENTS)?;
        // A block of another length would be another leaf; said here so that the index means what it
        // says.
        let first = at.checked_mul(BLOCK_ELEMENTS)?;
        let held = elements.checked_sub(first)?.min(BLOCK_ELEMENTS);
        if index >= elements || self.block.len() != held.checked_mul(ELEMENT_LEN)? {
            return None;
        }
        let size = u64::try_from(elements.div_ceil(BLOCK_ELEMENTS)).ok()?;
        let root = InclusionProof::from_bytes(&self.path)
            .ok()?
            .root(&LeafHash::of(&self.block), u64::try_from(at).ok()?, size)
            .ok()?;
        let position = ChunkPosition { scope: self.scope, chunk: self.chunk, elements };
        Some(named(check, &position, &root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk_hash;

    const CHECK: CheckId = CheckId([7; 16]);

    fn chunk(count: usize) -> (ChunkPosition, Vec<u8>) {
        let elements = (0..count).flat_map(|n| [u8::try_from(n % 251).unwrap(); ELEMENT_LEN]);
        (ChunkPosition { scope: 2, chunk: 1, elements: count }, elements.collect())
    }

    #[test]
    fn every_element_of_every_chunk_is_proven_by_its_block_and_path() {
        for count in [1, 2, 15, 16, 17, 31, 32, 33, 100, 257] {
            let (position, elements) = chunk(count);
            let hash = chunk_hash(&CHECK, &position, &elements);
            for index in 0..count {
                let proof = ElementProof::of(&position, &elements, index).unwrap();
                assert!(proof.verifies(&CHECK, &hash), "{index} of {count}");
                assert_eq!(proof.element().unwrap(), &elements[index * 32..index * 32 + 32]);
            }
            assert!(ElementProof::of(&position, &elements, count).is_none());
        }
    }

    #[test]
    fn a_proof_is_worth_nothing_for_another_element_place_check_or_chunk() {
        let (position, elements) = chunk(40);
        let hash = chunk_hash(&CHECK, &position, &elements);
        let proof = ElementProof::of(&position, &elements, 20).unwrap();
        let mut block = proof.block.clone();
        block[4 * 32] ^= 1;
        let changed = [
            ElementProof { block, ..proof.clone() },
            ElementProof { index: 4, ..proof.clone() },
            ElementProof { index: 36, ..proof.clone() },
            ElementProof { elements: 41, ..proof.clone() },
            ElementProof { scope: 1, ..proof.clone() },
            ElementProof { chunk: 0, ..proof.clone() },
            ElementProof { path: proof.path[32..].to_vec(), ..proof.clone() },
            ElementProof { path: Vec::new(), ..proof.clone() },
            ElementProof { block: proof.block[..15 * 32].to_vec(), ..proof.clone() },
        ];
        for (number, other) in changed.iter().enumerate() {
            assert!(!other.verifies(&CHECK, &hash), "change {number}");
        }
        assert!(!proof.verifies(&CheckId([8; 16]), &hash));
        assert!(!proof.verifies(&CHECK, &[0; 32]));
    }
}
