use crate::{node_id::TreeError, proof_error::ProofError, span::Span, tree::join};

const HASH_LEN: usize = 32;

/// The hashes of a proof in the order in which they are used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Path(pub(crate) Vec<[u8; HASH_LEN]>);

impl Path {
    /// Joins nodes, as they stand in a tree, to the hashes that stand for whole spans.
    pub(crate) fn from_nodes(
        spans: Vec<Span>,
        nodes: &[[u8; HASH_LEN]],
    ) -> Result<Self, TreeError> {
        let counts: Vec<usize> = spans.into_iter().map(|span| span.nodes().count()).collect();
        let wrong = TreeError::Nodes { needed: counts.iter().sum(), given: nodes.len() };
        let mut left = nodes;
        let mut path = Vec::with_capacity(counts.len());
        for count in counts {
            let (these, after) = left.split_at_checked(count).ok_or(wrong)?;
            path.push(join(these).ok_or(wrong)?);
            left = after;
        }
        if left.is_empty() { Ok(Self(path)) } else { Err(wrong) }
    }

    pub(crate) fn from_bytes(bytes: &[u8], most: usize) -> Result<Self, ProofError> {
        let (hashes, rest) = bytes.as_chunks::<HASH_LEN>();
        if !rest.is_empty() || hashes.len() > most {
            return Err(ProofError::Encoding { most });
        }
        Ok(Self(hashes.to_vec()))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.concat()
    }
}
