//! Brings a load into the blocks of the lists that it names.

mod open_block;

use std::collections::HashMap;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use self::open_block::{OpenBlock, Tally};
use crate::{
    ImportCounts, StoreError,
    block::DAMAGED,
    details::Suspects,
    sorter::{Batch, Sorted},
};

/// Identifiers taken from the load at a time.
const BATCH: usize = 1_024;
/// Blocks read or written in one statement.
const BLOCKS_A_STATEMENT: usize = 64;
/// Bytes of ids in one row of the journal.
const GONE_LEN: usize = 8 * 8_192;

/// A load on its way into the lists of a dataset. All of it happens in the caller's transaction.
pub(crate) struct Loading<'a> {
    pub(crate) connection: &'a mut SqliteConnection,
    pub(crate) dataset: &'a str,
    /// What the load does not name goes.
    pub(crate) replace: bool,
    /// The revision at which it happens.
    pub(crate) revision: i64,
    /// Gathers records that lose a name, where anyone wants to know.
    pub(crate) suspects: Option<Suspects>,
}

impl Loading<'_> {
    /// Applies all rows and returns what came of them.
    pub(crate) async fn apply(&mut self, mut rows: Sorted) -> Result<ImportCounts, StoreError> {
        let mut counts = ImportCounts::default();
        let mut batch = Batch::default();
        let mut left: Vec<(String,)> = Vec::new();
        if self.replace {
            left = sqlx::query_as("SELECT identifier_type FROM lists WHERE dataset = $1")
                .bind(self.dataset)
                .fetch_all(&mut *self.connection)
                .await?;
        }
        while let Some(kind) = rows.next_kind() {
            left.retain(|(name,)| name != kind.name());
            let mut list = List::open(self, kind.name(), &mut counts).await?;
            while rows.next_kind() == Some(kind) {
                rows.next_batch(&mut batch, BATCH)?;
                list.take(&batch).await?;
            }
            list.finish().await?;
        }
        for (kind,) in left {
            List::open(self, &kind, &mut counts).await?.finish().await?;
        }
        Ok(counts)
    }
}

/// A list being changed, block by block from the lowest.
struct List<'a> {
    connection: &'a mut SqliteConnection,
    counts: &'a mut ImportCounts,
    suspects: Option<&'a mut Suspects>,
    revision: i64,
    id: i64,
    replace: bool,
    /// Where each block begins: under a byte of memory for each identifier of the list.
    directory: Vec<Place>,
    /// The block that the last identifier fell into, and its place in the directory.
    open: Option<(usize, OpenBlock)>,
    /// Bodies read ahead, by block.
    ahead: HashMap<i64, Vec<u8>>,
    tally: Tally,
    removed_parts: i64,
}

struct Place {
    block: i64,
    first: Vec<u8>,
}

impl<'a> List<'a> {
    async fn open(
        load: &'a mut Loading<'_>,
        kind: &str,
        counts: &'a mut ImportCounts,
    ) -> Result<Self, StoreError> {
        let watched = load.suspects.is_some();
        let connection = &mut *load.connection;
        sqlx::query(
            "INSERT INTO lists (dataset, identifier_type, last_identifier, identifiers)
             VALUES ($1, $2, 0, 0) ON CONFLICT DO NOTHING",
        )
        .bind(load.dataset)
        .bind(kind)
        .execute(&mut *connection)
        .await?;
        let (id, last_identifier, identifiers): (i64, i64, i64) = sqlx::query_as(
            "SELECT id, last_identifier, identifiers FROM lists
             WHERE dataset = $1 AND identifier_type = $2",
        )
        .bind(load.dataset)
        .bind(kind)
        .fetch_one(&mut *connection)
        .await?;
        let places: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT id, first FROM blocks WHERE list = $1 ORDER BY first")
                .bind(id)
                .fetch_all(&mut *connection)
                .await?;
        let (last_block,): (i64,) = sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM blocks")
            .fetch_one(&mut *connection)
            .await?;
        Ok(Self {
            connection,
            counts,
            suspects: load.suspects.as_mut(),
            revision: load.revision,
            id,
            replace: load.replace,
            directory: places.into_iter().map(|(block, first)| Place { block, first }).collect(),
            open: None,
            ahead: HashMap::new(),
            tally: Tally {
                replace: load.replace,
                watched,
                last_identifier: number(last_identifier)?,
                identifiers: number(identifiers)?,
                next_block: last_block.saturating_add(1),
                ..Tally::default()
            },
            removed_parts: 0,
        })
    }

    async fn take(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.counts.identifiers += batch.len() as u64;
        if !self.replace {
            self.read_ahead(batch).await?;
        }
        let mut steps = Vec::new();
        for (canonical, all) in batch.iter() {
            steps.clear();
            steps.extend(all);
            self.go_to(canonical).await?;
            let Some((_, open)) = &mut self.open else { return Err(DAMAGED) };
            open.change(canonical, &steps, &mut self.tally)?;
        }
        self.hand_over_suspects()
    }

    fn hand_over_suspects(&mut self) -> Result<(), StoreError> {
        if let Some(suspects) = &mut self.suspects {
            for reference in self.tally.suspects.drain(..) {
                suspects.push(&reference)?;
            }
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<(), StoreError> {
        if self.replace {
            self.go_through(self.directory.len()).await?;
        }
        self.close()?;
        self.write(1).await?;
        self.counts.added += self.tally.added;
        self.counts.unchanged += self.tally.unchanged;
        self.counts.removed += self.tally.removed;
        sqlx::query("UPDATE lists SET last_identifier = $2, identifiers = $3 WHERE id = $1")
            .bind(self.id)
            .bind(signed(self.tally.last_identifier)?)
            .bind(signed(self.tally.identifiers)?)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    /// Reads the blocks that the identifiers of a batch fall into.
    async fn read_ahead(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut place = self.place();
        let opened = self.open.as_ref().map(|(_, open)| open.id);
        let mut wanted = Vec::new();
        for (canonical, _) in batch.iter() {
            place = self.place_of(canonical, place);
            let block = self.directory.get(place).map(|place| place.block);
            wanted.extend(block.filter(|id| opened != Some(*id) && wanted.last() != Some(id)));
        }
        self.read(&wanted).await
    }

    async fn read(&mut self, wanted: &[i64]) -> Result<(), StoreError> {
        self.ahead.clear();
        if wanted.is_empty() {
            return Ok(());
        }
        let ids = serde_json::to_string(wanted).map_err(|_| DAMAGED)?;
        let read: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT id, body FROM blocks WHERE id IN (SELECT value FROM json_each($1))",
        )
        .bind(ids)
        .fetch_all(&mut *self.connection)
        .await?;
        self.ahead.extend(read);
        Ok(())
    }

    fn place(&self) -> usize {
        self.open.as_ref().map_or(0, |(place, _)| *place)
    }

    /// The block, at or behind `from`, into whose part of the order `canonical` falls.
    fn place_of(&self, canonical: &[u8], from: usize) -> usize {
        let is_before = |place: &Place| place.first.as_slice() <= canonical;
        let tail = self.directory.get(from..).unwrap_or_default();
        // Mostly it is this one or the next.
        let near = tail.iter().take(3).take_while(|place| is_before(place)).count();
        let behind = if near < 3 { near } else { tail.partition_point(is_before) };
        from + behind.saturating_sub(1)
    }

    /// Opens the block for `canonical`.
    async fn go_to(&mut self, canonical: &[u8]) -> Result<(), StoreError> {
        let place = self.place_of(canonical, self.place());
        if self.open.as_ref().is_some_and(|(open, _)| *open == place) {
            return self.write(BLOCKS_A_STATEMENT).await;
        }
        if self.replace {
            self.go_through(place).await?;
        }
        self.close()?;
        self.write(BLOCKS_A_STATEMENT).await?;
        if self.directory.is_empty() {
            let block = OpenBlock::new(self.tally.new_block(), canonical.to_vec(), Vec::new());
            self.directory.push(Place { block: block.id, first: canonical.to_vec() });
            self.open = Some((0, block));
            return Ok(());
        }
        self.open_block(place).await
    }

    /// When replacing: what lies in the blocks before `place` and was not named goes.
    async fn go_through(&mut self, place: usize) -> Result<(), StoreError> {
        let next = self.open.as_ref().map_or(0, |(open, _)| open + 1);
        for next in next..place.min(self.directory.len()) {
            self.close()?;
            self.write(BLOCKS_A_STATEMENT).await?;
            self.open_block(next).await?;
        }
        Ok(())
    }

    async fn open_block(&mut self, place: usize) -> Result<(), StoreError> {
        let Some(Place { block, first }) = self.directory.get(place) else { return Err(DAMAGED) };
        let (block, first) = (*block, first.clone());
        if !self.ahead.contains_key(&block) {
            let window = self.directory.iter().skip(place).take(BLOCKS_A_STATEMENT);
            let wanted: Vec<_> = window.map(|place| place.block).collect();
            self.read(&wanted).await?;
        }
        let body = self.ahead.remove(&block).ok_or(DAMAGED)?;
        self.open = Some((place, OpenBlock::new(block, first, body)));
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.open.take().map_or(Ok(()), |(_, open)| open.close(&mut self.tally))?;
        self.hand_over_suspects()
    }

    /// Writes what has gathered, if it is `least` blocks or a row of the journal.
    async fn write(&mut self, least: usize) -> Result<(), StoreError> {
        if self.tally.written.len() >= least {
            for part in self.tally.written.chunks(BLOCKS_A_STATEMENT) {
                let mut rows = Vec::new();
                for block in part {
                    rows.push((block.id, &block.first, signed(block.newest)?, &block.body));
                }
                let mut statement: QueryBuilder<Sqlite> =
                    QueryBuilder::new("INSERT INTO blocks (id, list, first, newest, body) ");
                statement.push_values(rows, |mut row, (id, first, newest, body)| {
                    row.push_bind(id)
                        .push_bind(self.id)
                        .push_bind(first.as_slice())
                        .push_bind(newest)
                        .push_bind(body.as_slice());
                });
                statement.push(
                    " ON CONFLICT (id) DO UPDATE SET
                      first = excluded.first, newest = excluded.newest, body = excluded.body",
                );
                statement.build().execute(&mut *self.connection).await?;
            }
            self.tally.written.clear();
        }
        if self.tally.emptied.len() >= least {
            let ids = serde_json::to_string(&self.tally.emptied).map_err(|_| DAMAGED)?;
            sqlx::query("DELETE FROM blocks WHERE id IN (SELECT value FROM json_each($1))")
                .bind(ids)
                .execute(&mut *self.connection)
                .await?;
            self.tally.emptied.clear();
        }
        if self.tally.gone.len() >= if least > 1 { GONE_LEN } else { 1 } {
            for ids in self.tally.gone.chunks(GONE_LEN) {
                sqlx::query(
                    "INSERT INTO removed_identifiers (list, revision, part, identifiers)
                     VALUES ($1, $2, $3, $4)",
                )
                .bind(self.id)
                .bind(self.revision)
                .bind(self.removed_parts)
                .bind(ids)
                .execute(&mut *self.connection)
                .await?;
                self.removed_parts += 1;
            }
            self.tally.gone.clear();
        }
        Ok(())
    }
}

fn number(stored: i64) -> Result<u64, StoreError> {
    u64::try_from(stored).map_err(|_| DAMAGED)
}

fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| DAMAGED)
}
