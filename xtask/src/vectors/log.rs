//! Vectors of the log: leaves, proofs, checkpoints, and what shows one element of a check.

use std::error::Error;

use serde_json::{Value, json};
use symbolon_client::{ElementEvidence, EvidenceFacts, SignedFile};
use symbolon_exchange::{ChunkPosition, ElementProof, chunk_hash, cosign, sign_checkpoint};
use symbolon_identifiers::IdentifierType;
use symbolon_ledger::{
    Commitment, ConsistencyProof, Frontier, InclusionProof, LeafHash, SignedCheckpoint, TreeHash,
    consistency_nodes, parent,
};
use symbolon_policy::{Agreement, SigningKey};
use symbolon_proto::v1::SignedDocument;

use super::{CHECK, WHEN, signing_key};

const RECORD: &str = concat!(
    r#"{"at":1767323045,"event":"check_opened","#,
    r#""check":"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"}"#
);
/// Size of the log, and of its beginning.
const SIZE: u64 = 7;
const BEGINNING: u64 = 3;
/// The entry that is proven.
pub(super) const INDEX: u64 = 4;

/// A small log of the owner, with its key and that of the requester, who cosigns.
pub(super) struct Log {
    leaves: Vec<LeafHash>,
    pub(super) key: SigningKey,
    cosigner: SigningKey,
}

impl Log {
    pub(super) fn new() -> Result<Self, Box<dyn Error>> {
        let leaves = (0..u8::try_from(SIZE)?).map(leaf).collect();
        Ok(Self { leaves, key: signing_key(0x22)?, cosigner: signing_key(0x12)? })
    }

    pub(super) fn leaf(&self) -> Result<LeafHash, Box<dyn Error>> {
        Ok(*self.leaves.get(usize::try_from(INDEX)?).ok_or("no leaf")?)
    }

    pub(super) fn inclusion(&self) -> Result<InclusionProof, Box<dyn Error>> {
        Ok(InclusionProof::of_leaves(&self.leaves, INDEX)?)
    }

    pub(super) fn checkpoint(&self) -> Result<SignedCheckpoint, Box<dyn Error>> {
        Ok(sign_checkpoint(&"OWN".parse()?, SIZE, self.root(SIZE)?, &self.key))
    }

    fn root(&self, size: u64) -> Result<TreeHash, Box<dyn Error>> {
        let mut tree = Frontier::default();
        self.leaves.iter().take(usize::try_from(size)?).for_each(|leaf| tree.append(leaf));
        Ok(tree.root())
    }

    fn consistency(&self) -> Result<ConsistencyProof, Box<dyn Error>> {
        let nodes = consistency_nodes(BEGINNING, SIZE)?
            .iter()
            .map(|id| {
                let width = usize::try_from(1_u64 << id.level)?;
                let first = usize::try_from(id.index)?.checked_mul(width).ok_or("too large")?;
                let below = self.leaves.iter().skip(first).take(width).map(|leaf| leaf.0);
                complete(&below.collect::<Vec<_>>()).ok_or_else(|| "no such node".into())
            })
            .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        Ok(ConsistencyProof::from_nodes(BEGINNING, SIZE, &nodes)?)
    }

    pub(super) fn vectors(&self) -> Result<Value, Box<dyn Error>> {
        let mut cosigned = self.checkpoint()?;
        cosign(&mut cosigned, &"REQ".parse()?, WHEN, &self.cosigner);
        let commitment = Commitment::new(&[0x17; 32], RECORD.as_bytes());
        Ok(json!({
            "leaf": {
                "salt": hex::encode([0x17; 32]),
                "record": RECORD,
                "commitment": hex::encode(commitment.0),
                "leaf_hash": hex::encode(commitment.leaf_hash().0),
            },
            "leaves": self.leaves.iter().map(|leaf| hex::encode(leaf.0)).collect::<Vec<_>>(),
            "inclusion": {
                "entry_index": INDEX,
                "tree_size": SIZE,
                "root": hex::encode(self.root(SIZE)?.0),
                "proof": hex::encode(self.inclusion()?.to_bytes()),
            },
            "consistency": {
                "first_size": BEGINNING,
                "first_root": hex::encode(self.root(BEGINNING)?.0),
                "second_size": SIZE,
                "second_root": hex::encode(self.root(SIZE)?.0),
                "proof": hex::encode(self.consistency()?.to_bytes()),
            },
            "checkpoint": {
                "bureau": "OWN",
                "log_key": self.key.verifying_key(),
                "note": String::from_utf8(self.checkpoint()?.to_bytes())?,
                "cosigner": "REQ",
                "cosigner_log_key": self.cosigner.verifying_key(),
                "cosigned_at": WHEN.unix_timestamp(),
                "cosigned_note": String::from_utf8(cosigned.to_bytes())?,
            },
        }))
    }
}

/// A chunk of three blocks, its hash, and one of its elements shown.
pub(super) fn element() -> Result<(Value, Value), Box<dyn Error>> {
    let elements: Vec<u8> = (0..33_u8).flat_map(|number| [number; 32]).collect();
    let position = ChunkPosition { scope: 1, chunk: 2, elements: 33 };
    let hash = chunk_hash(&CHECK, &position, &elements);
    let proof = ElementProof::of(&position, &elements, 20).ok_or("no such element")?;
    if !proof.verifies(&CHECK, &hash) {
        return Err("the element is not proven".into());
    }
    let chunk = json!({
        "check_id": CHECK.to_string(),
        "scope_index": position.scope,
        "chunk_index": position.chunk,
        "elements": hex::encode(&elements),
        "chunk_hash": hex::encode(hash),
    });
    let shown = json!({
        "check_id": CHECK.to_string(),
        "chunk_hash": hex::encode(hash),
        "proof": proof,
        "element": proof.element().map(hex::encode),
    });
    Ok((chunk, shown))
}

/// The file that shows the only element of the header to others.
pub(super) fn evidence(
    agreement: &Agreement,
    header: &SignedDocument,
    receipt: &SignedDocument,
    canonical: &[u8],
    blinded: &[u8],
    blind: &[u8],
) -> Result<Value, Box<dyn Error>> {
    let position = ChunkPosition { scope: 0, chunk: 0, elements: 1 };
    let evidence = ElementEvidence {
        format: ElementEvidence::FORMAT.to_owned(),
        header: file(header),
        element: ElementProof::of(&position, blinded, 0).ok_or("no such element")?,
        identifier_type: IdentifierType::Vin.name().to_owned(),
        canonical: canonical.to_vec(),
        blind: blind.to_vec(),
        facts: EvidenceFacts {
            officer: "officer-7".to_owned(),
            case_reference: "case-11".to_owned(),
            justification: String::new(),
            officer_salt: hex::encode([0x5a; 32]),
            case_reference_salt: hex::encode([0x5b; 32]),
            justification_salt: hex::encode([0x5c; 32]),
        },
        receipt: Some(file(receipt)),
    };
    let proven = evidence.verify(agreement)?;
    if proven.receipt.map(|receipt| receipt.entry_index) != Some(INDEX)
        || proven.tree_size != Some(SIZE)
    {
        return Err("the element's receipt is not proven".into());
    }
    Ok(serde_json::to_value(evidence)?)
}

fn file(document: &SignedDocument) -> SignedFile {
    SignedFile {
        document: document.document.clone(),
        public_key: document.public_key.clone(),
        signature: document.signature.clone(),
    }
}

/// The node over a complete subtree.
fn complete(leaves: &[[u8; 32]]) -> Option<[u8; 32]> {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        let (pairs, rest) = level.as_chunks::<2>();
        if !rest.is_empty() {
            return None;
        }
        level = pairs.iter().map(|[left, right]| parent(left, right)).collect();
    }
    level.pop()
}

fn leaf(number: u8) -> LeafHash {
    Commitment::new(&[number; 32], RECORD.as_bytes()).leaf_hash()
}
