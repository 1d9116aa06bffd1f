use ring::digest::{Context, SHA256};

/// Length of an entry's salt in bytes.
pub const SALT_LEN: usize = 32;

const LABEL: &[u8] = b"Symbolon-v1-LogEntry\0";
// RFC 6962, section 2.1: leaves and nodes are hashed under different prefixes.
const LEAF_PREFIX: &[u8] = &[0];

/// The salted hash of a record, 32 bytes: SHA-256 over a label, the salt and the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commitment(pub [u8; 32]);

impl Commitment {
    /// Commits to `record`. Without the salt nobody can test a guess at the record.
    pub fn new(salt: &[u8; SALT_LEN], record: &[u8]) -> Self {
        Self(sha256(&[LABEL, salt, record]))
    }

    /// The leaf that stands for this commitment in the tree (RFC 6962, section 2.1).
    pub fn leaf_hash(&self) -> LeafHash {
        LeafHash::of(&self.0)
    }
}

/// A leaf of the tree, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeafHash(pub [u8; 32]);

impl LeafHash {
    /// The leaf that stands for `data`, of any length, as it is (RFC 6962, section 2.1). Whoever
    /// knows or guesses `data` knows the leaf: what is to stay hidden goes into a [`Commitment`].
    pub fn of(data: &[u8]) -> Self {
        Self(sha256(&[LEAF_PREFIX, data]))
    }
}

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}
