use symbolon_exchange::{ElementProof, read_checkpoint};
use symbolon_ledger::{
    ConsistencyProof, InclusionProof, LeafHash, SignedCheckpoint, Tile, TreeHash, tiles_for,
};
use symbolon_policy::{CheckId, VerifyingKey};
use symbolon_proto::v1::ElementOpening;

/// A signed note with a checkpoint.
pub(crate) fn checkpoint(data: &[u8]) {
    let owner = "OWN".parse().unwrap();
    let _ = read_checkpoint(data, &owner, &VerifyingKey([0x20; 32]));
    let Ok(note) = SignedCheckpoint::parse(data) else { return };
    // There is one way to write a note.
    assert_eq!(note.to_bytes(), data);
    let mut other = note.clone();
    let name = note.checkpoint().origin.clone();
    let _ = other.take_cosignature(&note, &name, &[7; 32]);
    let _ = note.verify_cosignature(&name, &[7; 32]);
}

/// Two sizes of eight bytes, two hashes, and a proof.
pub(crate) fn proof(data: &[u8]) {
    let Some((numbers, rest)) = data.split_first_chunk::<16>() else { return };
    let number = |at: usize| u64::from_be_bytes(numbers[at..at + 8].try_into().unwrap());
    let (first, second) = (number(0), number(8));
    let Some((hashes, path)) = rest.split_first_chunk::<64>() else { return };
    let hash = |at: usize| -> [u8; 32] { hashes[at..at + 32].try_into().unwrap() };
    if let Ok(inclusion) = InclusionProof::from_bytes(path) {
        assert_eq!(inclusion.to_bytes(), path);
        let (leaf, root) = (LeafHash(hash(0)), TreeHash(hash(32)));
        let computed = inclusion.root(&leaf, first, second);
        let verified = inclusion.verify(&leaf, first, second, &root);
        assert_eq!(verified.is_ok(), computed == Ok(root));
    }
    if let Ok(consistency) = ConsistencyProof::from_bytes(path) {
        assert_eq!(consistency.to_bytes(), path);
        let verified = consistency.verify(first, &TreeHash(hash(0)), second, &TreeHash(hash(32)));
        // A log never shrinks.
        assert!(verified.is_err() || first <= second);
    }
    // Sizes that a checkpoint may claim: as many tiles as are asked for are named, no more are counted.
    for tile in tiles_for(second).take(64) {
        assert!((1..=256).contains(&tile.width));
        let Tile { width, .. } = tile;
        assert_eq!(tile.nodes().count(), usize::from(width));
        assert!(!tile.path().is_empty());
    }
}

/// One element with the path to its chunk.
pub(crate) fn element_proof(data: &[u8]) {
    let Ok(opening) = <ElementOpening as prost::Message>::decode(data) else { return };
    let proof = ElementProof {
        scope: opening.scope,
        chunk: opening.chunk,
        elements: opening.elements,
        index: opening.index,
        block: opening.block,
        path: opening.path,
    };
    let _ = proof.element();
    let _ = proof.verifies(&CheckId([0xc1; 16]), &[0x17; 32]);
}
