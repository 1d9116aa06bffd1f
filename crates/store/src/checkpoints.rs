//! What this bureau knows of logs, its own among them: checkpoints, which of them agree, and what
//! contradicts itself.

use symbolon_policy::{BureauCode, VerifyingKey};
use time::OffsetDateTime;

use crate::{Store, StoreError};

/// Checkpoints of one log that are kept after they were found to agree.
const AGREED_KEPT: i64 = 64;

/// A log, as others tell it apart: a bureau that changes its log key begins another.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogId {
    /// Whose it is.
    pub bureau: BureauCode,
    /// The key that signs its checkpoints.
    pub key: VerifyingKey,
}

/// A checkpoint of a log that someone has shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownCheckpoint {
    /// Of which log.
    pub log: LogId,
    /// Entries that it covers.
    pub size: u64,
    /// Root of the tree over them.
    pub root: [u8; 32],
    /// The signed note with its signatures.
    pub note: Vec<u8>,
    /// Whose word it came by.
    pub source: BureauCode,
    /// When it came.
    pub seen_at: OffsetDateTime,
}

/// A contradiction in a log, with both pieces of evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogFault {
    /// In which log.
    pub log: LogId,
    /// What kind.
    pub kind: FaultKind,
    /// Size of the last checkpoint that agreed.
    pub agreed_size: u64,
    /// That checkpoint, as a signed note; empty if there was none.
    pub agreed_note: Vec<u8>,
    /// The signed note that contradicts it.
    pub note: Vec<u8>,
    /// When it was found.
    pub found_at: OffsetDateTime,
}

/// How a log contradicts itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum FaultKind {
    /// Two checkpoints of one size have different roots: it shows two histories.
    Forked,
    /// It could not be proven that a checkpoint continues the agreed one: entries were changed,
    /// removed or put in another order.
    Rewritten,
    /// It is shorter than it was.
    Shortened,
    /// A checkpoint that this bureau did not make bears this bureau's signature.
    NotOurs,
    /// An entry of this bureau's log is not what the tree was made over.
    Damaged,
    /// Its owner answers, and does not prove a checkpoint that it has signed, however often it is asked.
    Withheld,
}

impl FaultKind {
    const ALL: [Self; 6] = [
        Self::Forked,
        Self::Rewritten,
        Self::Shortened,
        Self::NotOurs,
        Self::Damaged,
        Self::Withheld,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forked => "forked",
            Self::Rewritten => "rewritten",
            Self::Shortened => "shortened",
            Self::NotOurs => "not_ours",
            Self::Damaged => "damaged",
            Self::Withheld => "withheld",
        }
    }
}

type Row = (String, Vec<u8>, i64, Vec<u8>, Vec<u8>, String, i64);

/// A query of the columns of a [`Row`].
macro_rules! checkpoints {
    ($rest:literal) => {
        concat!(
            "SELECT bureau, log_key, size, root, note, source, seen_at FROM checkpoints ",
            $rest
        )
    };
}

impl Store {
    /// Keeps a checkpoint whose signature was verified. One that is known already keeps its place, and
    /// takes the new note if that bears more signatures. Returns whether it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_checkpoint(&self, known: &KnownCheckpoint) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let updated = sqlx::query(
            "UPDATE checkpoints SET note = CASE WHEN LENGTH($5) > LENGTH(note) THEN $5 ELSE note END
             WHERE bureau = $1 AND log_key = $2 AND size = $3 AND root = $4",
        )
        .bind(known.log.bureau.as_str())
        .bind(known.log.key.0.as_slice())
        .bind(number(known.size))
        .bind(known.root.as_slice())
        .bind(&known.note)
        .execute(&mut *transaction)
        .await?;
        let is_new = updated.rows_affected() == 0;
        if is_new {
            sqlx::query(
                "INSERT INTO checkpoints (bureau, log_key, size, root, note, source, seen_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(known.log.bureau.as_str())
            .bind(known.log.key.0.as_slice())
            .bind(number(known.size))
            .bind(known.root.as_slice())
            .bind(&known.note)
            .bind(known.source.as_str())
            .bind(known.seen_at.unix_timestamp())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(is_new)
    }

    /// The largest checkpoint of a log that was found to agree with those before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn agreed_checkpoint(
        &self,
        log: &LogId,
    ) -> Result<Option<KnownCheckpoint>, StoreError> {
        let row: Option<Row> = sqlx::query_as(checkpoints!(
            "WHERE bureau = $1 AND log_key = $2 AND agreed_at IS NOT NULL
             ORDER BY size DESC LIMIT 1"
        ))
        .bind(log.bureau.as_str())
        .bind(log.key.0.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        row.map(checkpoint).transpose()
    }

    /// A checkpoint that is kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn checkpoint(
        &self,
        log: &LogId,
        size: u64,
        root: &[u8; 32],
    ) -> Result<Option<KnownCheckpoint>, StoreError> {
        let row: Option<Row> = sqlx::query_as(checkpoints!(
            "WHERE bureau = $1 AND log_key = $2 AND size = $3 AND root = $4"
        ))
        .bind(log.bureau.as_str())
        .bind(log.key.0.as_slice())
        .bind(number(size))
        .bind(root.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        row.map(checkpoint).transpose()
    }

    /// Checkpoints of a log that are not proven yet, at most `most`: those first that were tried most
    /// often, but last those that were tried `withheld_after` times or more, the least tried of them
    /// first; and otherwise the smallest. In this order each comes to be proven or known as withheld,
    /// however many come after it, and none waits for ever behind those that their owner withholds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unproven_checkpoints(
        &self,
        log: &LogId,
        withheld_after: u32,
        most: u32,
    ) -> Result<Vec<KnownCheckpoint>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(checkpoints!(
            "WHERE bureau = $1 AND log_key = $2 AND agreed_at IS NULL
             ORDER BY CASE WHEN tries < $3 THEN -tries ELSE tries END, size, root LIMIT $4"
        ))
        .bind(log.bureau.as_str())
        .bind(log.key.0.as_slice())
        .bind(withheld_after)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(checkpoint).collect()
    }

    /// Notes that its owner answered and did not prove a checkpoint. Returns how often that was so by
    /// now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_unproven(&self, known: &KnownCheckpoint) -> Result<u32, StoreError> {
        let tries: Option<(u32,)> = sqlx::query_as(
            "UPDATE checkpoints SET tries = tries + 1
             WHERE bureau = $1 AND log_key = $2 AND size = $3 AND root = $4 RETURNING tries",
        )
        .bind(known.log.bureau.as_str())
        .bind(known.log.key.0.as_slice())
        .bind(number(known.size))
        .bind(known.root.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        Ok(tries.map_or(0, |(tries,)| tries))
    }

    /// How many checkpoints of all logs are not proven yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unproven_count(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM checkpoints WHERE agreed_at IS NULL")
                .fetch_one(&self.pool)
                .await?;
        u64::try_from(count).map_err(|_| DAMAGED)
    }

    /// Checkpoints of all logs that are not proven yet, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_unproven_checkpoints(&self) -> Result<Vec<KnownCheckpoint>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as(checkpoints!("WHERE agreed_at IS NULL ORDER BY seen_at, bureau, size"))
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(checkpoint).collect()
    }

    /// Notes that a checkpoint agrees with all that were agreed before, and drops older ones that
    /// nobody needs any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_agreed(
        &self,
        known: &KnownCheckpoint,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "UPDATE checkpoints SET agreed_at = $5, note = $6
             WHERE bureau = $1 AND log_key = $2 AND size = $3 AND root = $4",
        )
        .bind(known.log.bureau.as_str())
        .bind(known.log.key.0.as_slice())
        .bind(number(known.size))
        .bind(known.root.as_slice())
        .bind(at.unix_timestamp())
        .bind(&known.note)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "DELETE FROM checkpoints
             WHERE bureau = $1 AND log_key = $2 AND agreed_at IS NOT NULL AND size < (
                 SELECT MIN(size) FROM (
                     SELECT size FROM checkpoints
                     WHERE bureau = $1 AND log_key = $2 AND agreed_at IS NOT NULL
                     ORDER BY size DESC LIMIT $3))",
        )
        .bind(known.log.bureau.as_str())
        .bind(known.log.key.0.as_slice())
        .bind(AGREED_KEPT)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Drops a checkpoint that became evidence, and never agreed: it is kept with the fault.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_checkpoint(&self, known: &KnownCheckpoint) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM checkpoints
             WHERE bureau = $1 AND log_key = $2 AND size = $3 AND root = $4 AND agreed_at IS NULL",
        )
        .bind(known.log.bureau.as_str())
        .bind(known.log.key.0.as_slice())
        .bind(number(known.size))
        .bind(known.root.as_slice())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// All checkpoints that are kept, by log and size.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn checkpoints(&self) -> Result<Vec<KnownCheckpoint>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(checkpoints!("ORDER BY bureau, log_key, size, root"))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(checkpoint).collect()
    }

    /// The largest agreed checkpoint of each log but `except`, at most `most`: what partners are shown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_agreed(
        &self,
        except: &BureauCode,
        most: u32,
    ) -> Result<Vec<KnownCheckpoint>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(checkpoints!(
            "AS one
             WHERE bureau <> $1 AND agreed_at IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM checkpoints AS other
                 WHERE other.bureau = one.bureau AND other.log_key = one.log_key
                   AND other.agreed_at IS NOT NULL AND other.size > one.size)
             ORDER BY bureau LIMIT $2"
        ))
        .bind(except.as_str())
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(checkpoint).collect()
    }

    /// Keeps a contradiction for good; returns whether none of its kind with the same agreed checkpoint
    /// was known before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_fault(&self, fault: &LogFault) -> Result<bool, StoreError> {
        let inserted = sqlx::query(
            "INSERT INTO log_faults (bureau, log_key, kind, agreed_size, agreed_note, note, found_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(fault.log.bureau.as_str())
        .bind(fault.log.key.0.as_slice())
        .bind(fault.kind.as_str())
        .bind(number(fault.agreed_size))
        .bind(&fault.agreed_note)
        .bind(&fault.note)
        .bind(fault.found_at.unix_timestamp())
        .execute(&self.pool)
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    /// All contradictions found so far, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_faults(&self) -> Result<Vec<LogFault>, StoreError> {
        let rows: Vec<(String, Vec<u8>, String, i64, Vec<u8>, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT bureau, log_key, kind, agreed_size, agreed_note, note, found_at FROM log_faults
             ORDER BY found_at, bureau",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(bureau, key, kind, agreed_size, agreed_note, note, found_at)| {
                let kind = FaultKind::ALL.into_iter().find(|known| known.as_str() == kind);
                Ok(LogFault {
                    log: log_id(&bureau, key)?,
                    kind: kind.ok_or(DAMAGED)?,
                    agreed_size: u64::try_from(agreed_size).map_err(|_| DAMAGED)?,
                    agreed_note,
                    note,
                    found_at: time(found_at)?,
                })
            })
            .collect()
    }
}

fn checkpoint(row: Row) -> Result<KnownCheckpoint, StoreError> {
    let (bureau, key, size, root, note, source, seen_at) = row;
    Ok(KnownCheckpoint {
        log: log_id(&bureau, key)?,
        size: u64::try_from(size).map_err(|_| DAMAGED)?,
        root: root.try_into().map_err(|_| DAMAGED)?,
        note,
        source: source.parse().map_err(|_| DAMAGED)?,
        seen_at: time(seen_at)?,
    })
}

fn log_id(bureau: &str, key: Vec<u8>) -> Result<LogId, StoreError> {
    Ok(LogId {
        bureau: bureau.parse().map_err(|_| DAMAGED)?,
        key: VerifyingKey(key.try_into().map_err(|_| DAMAGED)?),
    })
}

fn time(seconds: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| DAMAGED)
}

fn number(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "checkpoint" };
