use ring::digest::{Context, SHA256};
use symbolon_ledger::{Frontier, LeafHash, TreeHash};
use symbolon_oprf::ELEMENT_LEN;
use symbolon_policy::CheckId;

/// Elements in every chunk of a scope but its last.
pub const CHUNK_ELEMENTS: usize = 16_384;

/// Where a chunk stands in its check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChunkPosition {
    /// Index of the scope in the header.
    pub scope: u32,
    /// Index of the chunk in its scope.
    pub chunk: u32,
    /// How many elements it holds, 1 to [`CHUNK_ELEMENTS`].
    pub elements: usize,
}

/// The chunks of a check in the order in which they travel: scope by scope.
pub fn chunks_of(element_counts: impl IntoIterator<Item = u32>) -> Vec<ChunkPosition> {
    let mut positions = Vec::new();
    for (scope, count) in (0_u32..).zip(element_counts) {
        let mut left = usize::try_from(count).unwrap_or(usize::MAX);
        for chunk in 0_u32.. {
            if left == 0 {
                break;
            }
            let elements = left.min(CHUNK_ELEMENTS);
            positions.push(ChunkPosition { scope, chunk, elements });
            left = left.saturating_sub(elements);
        }
    }
    positions
}

/// Elements in every block of a chunk but its last: a block is what a check is opened by.
pub const BLOCK_ELEMENTS: usize = 16;

/// The hash by which a header names a chunk, so that one block of it can be shown with a proof:
/// SHA-256 over `Symbolon-v1-Chunk`, a zero byte, the check id, scope index, chunk index and number
/// of elements (32-bit big-endian), and the root of the Merkle tree (RFC 6962, section 2.1) over the
/// chunk's elements in blocks of [`BLOCK_ELEMENTS`].
pub fn chunk_hash(check: &CheckId, position: &ChunkPosition, elements: &[u8]) -> [u8; 32] {
    let mut tree = Frontier::default();
    blocks(elements).for_each(|block| tree.append(&LeafHash::of(block)));
    named(check, position, &tree.root())
}

pub(crate) fn blocks(elements: &[u8]) -> impl Iterator<Item = &[u8]> {
    elements.chunks(BLOCK_ELEMENTS * ELEMENT_LEN)
}

pub(crate) fn named(check: &CheckId, position: &ChunkPosition, root: &TreeHash) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(b"Symbolon-v1-Chunk\0");
    context.update(&check.0);
    context.update(&position.scope.to_be_bytes());
    context.update(&position.chunk.to_be_bytes());
    // A chunk is bounded far below 2^32 elements.
    context.update(&u32::try_from(position.elements).unwrap_or(u32::MAX).to_be_bytes());
    context.update(&root.0);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_full_but_the_last_of_its_scope() {
        let sizes: Vec<_> = chunks_of([1, 16_384, 16_385, 40_000])
            .iter()
            .map(|p| (p.scope, p.chunk, p.elements))
            .collect();
        let expected = [
            (0, 0, 1),
            (1, 0, 16_384),
            (2, 0, 16_384),
            (2, 1, 1),
            (3, 0, 16_384),
            (3, 1, 16_384),
            (3, 2, 7_232),
        ];
        assert_eq!(sizes, expected);
    }

    #[test]
    fn a_chunk_hash_depends_on_check_place_and_elements() {
        let place = ChunkPosition { scope: 0, chunk: 0, elements: 1 };
        let hash = chunk_hash(&CheckId([1; 16]), &place, &[9; 32]);
        assert_ne!(hash, chunk_hash(&CheckId([2; 16]), &place, &[9; 32]));
        assert_ne!(
            hash,
            chunk_hash(&CheckId([1; 16]), &ChunkPosition { scope: 1, ..place }, &[9; 32])
        );
        assert_ne!(
            hash,
            chunk_hash(&CheckId([1; 16]), &ChunkPosition { chunk: 1, ..place }, &[9; 32])
        );
        assert_ne!(hash, chunk_hash(&CheckId([1; 16]), &place, &[8; 32]));
    }
}
