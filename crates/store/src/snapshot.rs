use sqlx::{Connection as _, SqliteConnection};
use symbolon_identifiers::{Identifier, IdentifierType};
use time::OffsetDateTime;

use crate::{
    RevisionMark, Store, StoreError,
    block::{DAMAGED, Entries},
    datasets,
};

/// Blocks in a piece: some ten thousand identifiers.
const BLOCKS_A_PIECE: u32 = 64;
/// Where only what is new counts, a block has few of it.
const BLOCKS_WITH_NEW_A_PIECE: u32 = 512;

/// What a dataset holds of one type at one moment. Loads that come meanwhile do not show in it.
pub struct ListSnapshot {
    /// The moment.
    pub mark: RevisionMark,
    /// When records were last loaded.
    pub updated_at: OffsetDateTime,
    /// Different identifiers.
    pub identifiers: u64,
    /// The highest id given to an identifier until then.
    pub last_identifier: u64,
    pub(crate) connection: SqliteConnection,
    pub(crate) dataset: String,
    kind: IdentifierType,
    list: Option<i64>,
    /// Where the last block of the last piece began.
    read_to: Option<Vec<u8>>,
}

impl Store {
    /// Looks at the identifiers of a type in a dataset. Everything is read in one transaction, which
    /// ends with the snapshot.
    ///
    /// # Errors
    /// When there is no such dataset or the database fails.
    pub async fn snapshot(
        &self,
        dataset: &str,
        kind: IdentifierType,
    ) -> Result<ListSnapshot, StoreError> {
        // A connection of its own: evaluating a long list takes minutes.
        let mut connection = self.pool.acquire().await?.detach();
        sqlx::query("BEGIN").execute(&mut connection).await?;
        let row: Option<(i64, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT datasets.revision, updated_at, token FROM datasets JOIN revisions
             ON dataset = id AND revisions.revision = datasets.revision WHERE id = $1",
        )
        .bind(dataset)
        .fetch_optional(&mut connection)
        .await?;
        let Some((revision, updated_at, token)) = row else {
            return Err(StoreError::NoSuchDataset { id: dataset.to_owned() });
        };
        let list: Option<(i64, i64, i64)> = sqlx::query_as(
            "SELECT id, last_identifier, identifiers FROM lists
             WHERE dataset = $1 AND identifier_type = $2",
        )
        .bind(dataset)
        .bind(kind.name())
        .fetch_optional(&mut connection)
        .await?;
        let (list, last_identifier, identifiers) = match list {
            Some((list, last, identifiers)) => (Some(list), last, identifiers),
            None => (None, 0, 0),
        };
        let mark = RevisionMark {
            revision: u64::try_from(revision).map_err(|_| datasets::DAMAGED)?,
            token: token.try_into().map_err(|_| datasets::DAMAGED)?,
        };
        Ok(ListSnapshot {
            mark,
            updated_at: OffsetDateTime::from_unix_timestamp(updated_at)
                .map_err(|_| datasets::DAMAGED)?,
            identifiers: u64::try_from(identifiers).map_err(|_| DAMAGED)?,
            last_identifier: u64::try_from(last_identifier).map_err(|_| DAMAGED)?,
            connection,
            dataset: dataset.to_owned(),
            kind,
            list,
            read_to: None,
        })
    }
}

impl ListSnapshot {
    /// Ids of the identifiers that left the list since `mark`, ascending; `None` where the journal
    /// does not reach back so far, or `mark` is of another history of the database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn removed_since(
        &mut self,
        mark: &RevisionMark,
    ) -> Result<Option<Vec<u64>>, StoreError> {
        let known: Option<(i64,)> = sqlx::query_as(
            "SELECT revision FROM revisions WHERE dataset = $1 AND revision = $2 AND token = $3",
        )
        .bind(&self.dataset)
        .bind(i64::try_from(mark.revision).map_err(|_| DAMAGED)?)
        .bind(mark.token.as_slice())
        .fetch_optional(&mut self.connection)
        .await?;
        let Some((revision,)) = known else { return Ok(None) };
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT identifiers FROM removed_identifiers WHERE list = $1 AND revision > $2",
        )
        .bind(self.list)
        .bind(revision)
        .fetch_all(&mut self.connection)
        .await?;
        let mut gone = Vec::new();
        for (ids,) in rows {
            let (ids, rest) = ids.as_chunks::<8>();
            if !rest.is_empty() {
                return Err(StoreError::Damaged { what: "journal of removed identifiers" });
            }
            gone.extend(ids.iter().map(|id| u64::from_be_bytes(*id)));
        }
        gone.sort_unstable();
        Ok(Some(gone))
    }

    /// Reads on among the identifiers whose id is above `above`; `None` at the end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_piece(&mut self, above: u64) -> Result<Option<Piece>, StoreError> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT first, body FROM blocks
             WHERE list = $1 AND newest > $2 AND ($3 IS NULL OR first > $3)
             ORDER BY first LIMIT $4",
        )
        .bind(self.list)
        .bind(i64::try_from(above).map_err(|_| DAMAGED)?)
        .bind(self.read_to.as_deref())
        .bind(if above == 0 { BLOCKS_A_PIECE } else { BLOCKS_WITH_NEW_A_PIECE })
        .fetch_all(&mut self.connection)
        .await?;
        let Some((last, _)) = rows.last() else { return Ok(None) };
        self.read_to = Some(last.clone());
        let bodies = rows.into_iter().map(|(_, body)| body).collect();
        Ok(Some(Piece { kind: self.kind, above, bodies }))
    }

    /// Begins to read from the start.
    pub fn rewind(&mut self) {
        self.read_to = None;
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}

/// Some identifiers of a list, as they are stored.
pub struct Piece {
    kind: IdentifierType,
    above: u64,
    bodies: Vec<Vec<u8>>,
}

impl Piece {
    pub(crate) fn bodies(&self) -> &[Vec<u8>] {
        &self.bodies
    }

    /// The identifiers with their ids. Work for a core: each is held against the rules of its type.
    ///
    /// # Errors
    /// When one is damaged, or none under the rules of this program.
    pub fn identifiers(&self) -> Result<Vec<(u64, Identifier)>, StoreError> {
        let mut all = Vec::new();
        for body in &self.bodies {
            let mut entries = Entries::of(body);
            while let Some(entry) = entries.next()? {
                if entry.identifier > self.above {
                    let identifier = Identifier::from_canonical(self.kind, entry.canonical)
                        .map_err(|_| DAMAGED)?;
                    all.push((entry.identifier, identifier));
                }
            }
        }
        Ok(all)
    }
}
