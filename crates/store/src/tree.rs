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
    let query = if id.level == 0 {
        sqlx::query_as("SELECT leaf_hash FROM log_entries WHERE entry_index = $1")
            .bind(number(id.index))
    } else {
        sqlx::query_as("SELECT hash FROM log_nodes WHERE level = $1 AND position = $2")
            .bind(id.level)
            .bind(number(id.index))
    };
    let row: Option<(Vec<u8>,)> = query.fetch_optional(connection).await?;
    hash(row.ok_or(NOT_THERE)?.0)
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| DAMAGED)
}

fn number(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "tree over the log" };
const NOT_THERE: StoreError = StoreError::Damaged { what: "log: an entry that should be there" };
