//! Vectors of the log: leaves, proofs, checkpoints, and what shows one element of a check.

mod element;

use std::error::Error;

use serde_json::{Value, json};
use symbolon_exchange::{cosign, log_origin, read_checkpoint, sign_checkpoint};
use symbolon_ledger::{
    Commitment, ConsistencyProof, Frontier, InclusionProof, LeafHash, SignedCheckpoint, TreeHash,
    consistency_nodes, parent,
};
use symbolon_policy::SigningKey;

use super::{
    fixed::{WHEN, signing_key},
    must_fail,
    vector::Vector,
};

const RECORD: &str = concat!(
    r#"{"at":1767323045,"event":"check_opened","#,
    r#""check":"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"}"#
);
/// Size of the log, and of its beginning.
pub(super) const SIZE: u64 = 7;
const BEGINNING: u64 = 3;
/// The entry that is proven.
pub(super) const INDEX: u64 = 4;

pub(super) fn vectors() -> Result<Vec<Vector>, Box<dyn Error>> {
    let log = Log::new()?;
    let mut vectors = log.trees()?;
    vectors.extend(log.inclusions()?);
    vectors.extend(log.consistencies()?);
    vectors.extend(log.checkpoints()?);
    vectors.extend(element::vectors()?);
    Ok(vectors)
}

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

    pub(super) fn leaf(&self, index: u64) -> Result<LeafHash, Box<dyn Error>> {
        Ok(*self.leaves.get(usize::try_from(index)?).ok_or("no leaf")?)
    }

    pub(super) fn inclusion(&self, index: u64) -> Result<InclusionProof, Box<dyn Error>> {
        Ok(InclusionProof::of_leaves(&self.leaves, index)?)
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

    fn trees(&self) -> Result<Vec<Vector>, Box<dyn Error>> {
        let commitment = Commitment::new(&[0x17; 32], RECORD.as_bytes());
        let leaves: Vec<_> = self.leaves.iter().map(|leaf| hex::encode(leaf.0)).collect();
        let mut vectors = vec![Vector::new(
            "log_leaf",
            "",
            json!({ "salt": hex::encode([0x17; 32]), "record": RECORD }),
            json!({
                "commitment": hex::encode(commitment.0),
                "leaf_hash": hex::encode(commitment.leaf_hash().0),
            }),
        )];
        for size in [0, 1, BEGINNING, SIZE] {
            vectors.push(Vector::new(
                "log_root",
                "",
                json!({ "leaves": leaves.get(..usize::try_from(size)?).ok_or("no such size")? }),
                json!({ "root": hex::encode(self.root(size)?.0) }),
            ));
        }
        Ok(vectors)
    }

    fn inclusions(&self) -> Result<Vec<Vector>, Box<dyn Error>> {
        let given = |leaf: &LeafHash, index: u64, proof: &[u8]| -> Result<Value, Box<dyn Error>> {
            Ok(json!({
                "leaf_hash": hex::encode(leaf.0),
                "entry_index": index,
                "tree_size": SIZE,
                "root": hex::encode(self.root(SIZE)?.0),
                "proof": hex::encode(proof),
            }))
        };
        let mut vectors = Vec::new();
        for index in [0, INDEX, SIZE - 1] {
            let proof = self.inclusion(index)?.to_bytes();
            let given = given(&self.leaf(index)?, index, &proof)?;
            vectors.push(Vector::new("log_inclusion", "", given, json!({})));
        }
        let good = self.inclusion(INDEX)?.to_bytes();
        let short = good.get(32..).ok_or("no proof")?.to_vec();
        let long = [good.as_slice(), &[0; 32]].concat();
        let cases = [
            ("at another place", INDEX + 1, good.clone()),
            ("one bit changed", INDEX, flipped(&good)),
            ("a hash is missing", INDEX, short),
            ("a hash too many", INDEX, long),
            ("outside of the tree", SIZE, good),
        ];
        for (name, index, proof) in cases {
            let leaf = self.leaf(INDEX)?;
            let read = InclusionProof::from_bytes(&proof)?;
            must_fail(name, read.verify(&leaf, index, SIZE, &self.root(SIZE)?))?;
            let given = given(&leaf, index, &proof)?;
            vectors.push(Vector::refused("log_inclusion", name, given, "proof"));
        }
        Ok(vectors)
    }

    fn consistencies(&self) -> Result<Vec<Vector>, Box<dyn Error>> {
        let (first_root, second_root) = (self.root(BEGINNING)?, self.root(SIZE)?);
        let given = |first: u64, first_root: &TreeHash, proof: &[u8]| {
            json!({
                "first_size": first,
                "first_root": hex::encode(first_root.0),
                "second_size": SIZE,
                "second_root": hex::encode(second_root.0),
                "proof": hex::encode(proof),
            })
        };
        let good = self.consistency()?.to_bytes();
        let mut vectors = vec![
            Vector::new("log_consistency", "", given(BEGINNING, &first_root, &good), json!({})),
            Vector::new("log_consistency", "same size", given(SIZE, &second_root, &[]), json!({})),
        ];
        let other = self.root(BEGINNING + 1)?;
        let cases = [
            ("one bit changed", BEGINNING, first_root, flipped(&good)),
            ("another beginning", BEGINNING, other, good.clone()),
            ("of nothing", 0, first_root, good.clone()),
            ("same size, another root", SIZE, first_root, Vec::new()),
            ("nothing shown", BEGINNING, first_root, Vec::new()),
        ];
        for (name, first, root, proof) in cases {
            let read = ConsistencyProof::from_bytes(&proof)?;
            must_fail(name, read.verify(first, &root, SIZE, &second_root))?;
            let given = given(first, &root, &proof);
            vectors.push(Vector::refused("log_consistency", name, given, "proof"));
        }
        Ok(vectors)
    }

    fn checkpoints(&self) -> Result<Vec<Vector>, Box<dyn Error>> {
        let note = String::from_utf8(self.checkpoint()?.to_bytes())?;
        let mut cosigned = self.checkpoint()?;
        cosign(&mut cosigned, &"REQ".parse()?, WHEN, &self.cosigner);
        let given = |note: &str, bureau: &str, key: &SigningKey| {
            json!({
                "note": note,
                "bureau": bureau,
                "log_key": key.verifying_key(),
            })
        };
        let expect = json!({ "size": SIZE, "root": hex::encode(self.root(SIZE)?.0) });
        let mut vectors = vec![
            Vector::new("checkpoint", "", given(&note, "OWN", &self.key), expect),
            Vector::new(
                "cosignature",
                "",
                json!({
                    "note": String::from_utf8(cosigned.to_bytes())?,
                    "cosigner": "REQ",
                    "cosigner_log_key": self.cosigner.verifying_key(),
                }),
                json!({ "cosigned_at": WHEN.unix_timestamp() }),
            ),
        ];
        let grown = note.replacen("\n7\n", "\n8\n", 1);
        let cases = [
            ("another size than was signed", grown, "OWN", &self.key),
            ("of another bureau", note.clone(), "REQ", &self.key),
            ("by another key", note.clone(), "OWN", &self.cosigner),
            (
                "without signature",
                note.split("\n\n").next().unwrap_or_default().to_owned() + "\n\n",
                "OWN",
                &self.key,
            ),
        ];
        for (name, note, bureau, key) in cases {
            let read = read_checkpoint(note.as_bytes(), &bureau.parse()?, &key.verifying_key());
            must_fail(name, read)?;
            vectors.push(Vector::refused(
                "checkpoint",
                name,
                given(&note, bureau, key),
                "checkpoint",
            ));
        }
        let moved = String::from_utf8(cosigned.to_bytes())?.replacen("\n7\n", "\n8\n", 1);
        let read = SignedCheckpoint::parse(moved.as_bytes())?;
        let cosigner = self.cosigner.verifying_key();
        must_fail(
            "cosignature",
            read.verify_cosignature(&log_origin(&"REQ".parse()?), &cosigner.0),
        )?;
        vectors.push(Vector::refused(
            "cosignature",
            "of another size",
            json!({ "note": moved, "cosigner": "REQ", "cosigner_log_key": cosigner }),
            "checkpoint",
        ));
        Ok(vectors)
    }
}

/// The same bytes with the first bit changed.
pub(super) fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(first) = bytes.first_mut() {
        *first ^= 0x80;
    }
    bytes
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
