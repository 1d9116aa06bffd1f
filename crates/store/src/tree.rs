//! The Merkle tree over the log: nodes are kept as entries are appended, so that a proof costs as many
//! look-ups as it has hashes.

use sqlx::{Sqlite, SqliteConnection, Transaction};
use symbolon_ledger::{
    ConsistencyProof, InclusionProof, LeafHash, NodeId, TreeHash, consistency_nodes,
    inclusion_nodes, parent, root_nodes,
};

use crate::{Store, StoreError};

const LEAVES_AT_ONCE: i64 = 65_536;

impl Store {
    /// How many entries the log has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_size(&self) -> Result<u64, StoreError> {
        size(&mut *self.pool.acquire().await?).await
    }

    /// The hash of the tree over the first `size` entries.
    ///
    /// # Errors
    /// When there are not so many, or the database fails.
    pub async fn log_root(&self, size: u64) -> Result<TreeHash, StoreError> {
        let mut connection = self.pool.acquire().await?;
        root(&mut connection, size).await
    }

    /// Why the entry at `index` is in the tree over the first `size`.
    ///
    /// # Errors
    /// When there are not so many, or the database fails.
    pub async fn log_inclusion(&self, index: u64, size: u64) -> Result<InclusionProof, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let needed = inclusion_nodes(index, size).map_err(|_| NOT_THERE)?;
        let hashes = nodes(&mut connection, &needed).await?;
        InclusionProof::from_nodes(index, size, &hashes).map_err(|_| DAMAGED)
    }

    /// Why the tree over the first `second` entries continues that over the first `first`.
    ///
    /// # Errors
    /// When there are not so many, or the database fails.
    pub async fn log_consistency(
        &self,
        first: u64,
        second: u64,
    ) -> Result<ConsistencyProof, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let needed = consistency_nodes(first, second).map_err(|_| NOT_THERE)?;
        let hashes = nodes(&mut connection, &needed).await?;
        ConsistencyProof::from_nodes(first, second, &hashes).map_err(|_| DAMAGED)
    }

    /// The leaves from `first` on, at most `most`, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_leaves(&self, first: u64, most: u32) -> Result<Vec<LeafHash>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT leaf_hash FROM log_entries WHERE entry_index >= $1
             ORDER BY entry_index LIMIT $2",
        )
        .bind(number(first))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|(leaf,)| Ok(LeafHash(hash(leaf)?))).collect()
    }

    /// The hashes of complete subtrees, in the order in which they are named.
    ///
    /// # Errors
    /// When one is not there, or the database fails.
    pub async fn log_nodes(&self, ids: &[NodeId]) -> Result<Vec<[u8; 32]>, StoreError> {
        nodes(&mut *self.pool.acquire().await?, ids).await
    }

    /// Looks entries over, from `first` on and at most `most`: whether each record is what its leaf stands
    /// for, and of the time that it says, and each node what was made of the leaves below it.
    ///
    /// # Errors
    /// When the database fails, or a column has another size than it can have.
    pub async fn look_log_over(&self, first: u64, most: u32) -> Result<LogLook, StoreError> {
        let entries = self.log_openings(first, most).await?;
        let mut connection = self.pool.acquire().await?;
        let mut look = LogLook::default();
        let mut expected = first;
        for (index, entry) in entries {
            if index != expected {
                look.damaged.push(expected);
            }
            expected = index.saturating_add(1);
            if !entry.holds() || !nodes_hold(&mut connection, index, entry.leaf.0).await? {
                look.damaged.push(index);
            }
            look.next = Some(expected);
        }
        Ok(look)
    }

    /// Makes the nodes of a log that an older program wrote without: all or nothing.
    pub(crate) async fn grow_tree(&self) -> Result<(), StoreError> {
        if is_grown(&mut *self.pool.acquire().await?).await? {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        // Another process may have done it meanwhile.
        if !is_grown(&mut transaction).await? {
            let mut next = 0;
            loop {
                let leaves: Vec<(i64, Vec<u8>)> = sqlx::query_as(
                    "SELECT entry_index, leaf_hash FROM log_entries WHERE entry_index >= $1
                     ORDER BY entry_index LIMIT $2",
                )
                .bind(next)
                .bind(LEAVES_AT_ONCE)
                .fetch_all(&mut *transaction)
                .await?;
                let Some((last, _)) = leaves.last() else { break };
                next = last.saturating_add(1);
                for (index, leaf) in leaves {
                    let index = u64::try_from(index).map_err(|_| DAMAGED)?;
                    add_nodes(&mut transaction, index, hash(leaf)?).await?;
                }
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// What was found where entries were looked over.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct LogLook {
    /// Where to go on; `None` at the end of the log.
    pub next: Option<u64>,
    /// Entries that are gone, or whose record, leaf or nodes are not what they were.
    pub damaged: Vec<u64>,
}

/// Whether the subtrees that the leaf at `index` completes are there, and made of what is below them.
async fn nodes_hold(
    connection: &mut SqliteConnection,
    index: u64,
    leaf: [u8; 32],
) -> Result<bool, StoreError> {
    let mut right = leaf;
    let mut at = NodeId { level: 0, index };
    while at.index % 2 == 1 {
        let beside = NodeId { index: at.index - 1, ..at };
        let Some(left) = find_node(connection, &beside).await? else { return Ok(false) };
        right = parent(&left, &right);
        at = NodeId { level: at.level + 1, index: at.index / 2 };
        if find_node(connection, &at).await? != Some(right) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether every pair of leaves has its node: then all others are there too, for they are written in
/// one transaction with their leaf.
async fn is_grown(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let (pairs,): (i64,) =
        sqlx::query_as("SELECT COALESCE(MAX(position) + 1, 0) FROM log_nodes WHERE level = 1")
            .fetch_one(&mut *connection)
            .await?;
    Ok(u64::try_from(pairs).map_err(|_| DAMAGED)? == size(connection).await? / 2)
}

pub(crate) async fn size(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let (size,): (i64,) =
        sqlx::query_as("SELECT COALESCE(MAX(entry_index) + 1, 0) FROM log_entries")
            .fetch_one(connection)
            .await?;
    u64::try_from(size).map_err(|_| DAMAGED)
}

pub(crate) async fn root(
    connection: &mut SqliteConnection,
    size: u64,
) -> Result<TreeHash, StoreError> {
    let hashes = nodes(connection, &root_nodes(size)).await?;
    TreeHash::from_nodes(size, &hashes).map_err(|_| DAMAGED)
}

/// Keeps the subtrees that the leaf at `index` completes.
pub(crate) async fn add_nodes(
    transaction: &mut Transaction<'_, Sqlite>,
    index: u64,
    leaf: [u8; 32],
) -> Result<(), StoreError> {
    let mut right = leaf;
    let mut at = NodeId { level: 0, index };
    while at.index % 2 == 1 {
        let beside = NodeId { index: at.index - 1, ..at };
        let left = node(transaction, &beside).await?;
        right = parent(&left, &right);
        at = NodeId { level: at.level + 1, index: at.index / 2 };
        sqlx::query("INSERT INTO log_nodes (level, position, hash) VALUES ($1, $2, $3)")
            .bind(at.level)
            .bind(number(at.index))
            .bind(right.as_slice())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

async fn nodes(
    connection: &mut SqliteConnection,
    ids: &[NodeId],
) -> Result<Vec<[u8; 32]>, StoreError> {
    let mut hashes = Vec::with_capacity(ids.len());
    for id in ids {
        hashes.push(node(connection, id).await?);
    }
    Ok(hashes)
}

async fn node(connection: &mut SqliteConnection, id: &NodeId) -> Result<[u8; 32], StoreError> {
    find_node(connection, id).await?.ok_or(NOT_THERE)
}

async fn find_node(
    connection: &mut SqliteConnection,
    id: &NodeId,
) -> Result<Option<[u8; 32]>, StoreError> {
    let query = if id.level == 0 {
        sqlx::query_as("SELECT leaf_hash FROM log_entries WHERE entry_index = $1")
            .bind(number(id.index))
    } else {
        sqlx::query_as("SELECT hash FROM log_nodes WHERE level = $1 AND position = $2")
            .bind(id.level)
            .bind(number(id.index))
    };
    let row: Option<(Vec<u8>,)> = query.fetch_optional(connection).await?;
    row.map(|(bytes,)| hash(bytes)).transpose()
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| DAMAGED)
}

fn number(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "tree over the log" };
const NOT_THERE: StoreError = StoreError::Damaged { what: "log: an entry that should be there" };
