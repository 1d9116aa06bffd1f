use std::{collections::BTreeMap, fs};

use sqlx::{Row as _, Sqlite, Transaction};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementId, BureauCode, ScopeId, StandingId};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    Bitmap, SegmentId, StandingError, WrittenSegment,
    names::{identifiers_path, labels_path, segment_of, tags_path},
};
use crate::{HitTally, LogRecord, Store, StoreError, log::append_in};

/// A standing check that is about to be kept.
pub struct NewStanding<'a> {
    /// Which.
    pub standing: StandingId,
    /// Who keeps what asked, and why. Sealed before it is written.
    pub opening: &'a [u8],
    /// What was asked, in files already.
    pub segments: Vec<WrittenSegment>,
    /// When it was asked.
    pub at: OffsetDateTime,
}

/// What changes in a standing check, all at once.
#[derive(Default)]
pub struct StandingChange {
    /// Segments that join, in files already.
    pub add: Vec<WrittenSegment>,
    /// Which entries of these segments are removed from now on, those of before included.
    pub remove: Vec<(StoredSegment, Bitmap)>,
    /// Segments that others take the place of.
    pub drop: Vec<SegmentId>,
}

/// A standing check as it is kept.
pub struct StoredStanding {
    /// Which.
    pub standing: StandingId,
    /// What [`NewStanding::opening`] held.
    pub opening: Zeroizing<Vec<u8>>,
    /// When it was begun.
    pub begun_at: OffsetDateTime,
    /// What is kept, oldest first.
    pub segments: Vec<StoredSegment>,
}

/// Identifiers of one type that were asked together.
#[derive(Clone)]
pub struct StoredSegment {
    /// Which.
    pub id: SegmentId,
    /// Of which standing check.
    pub standing: StandingId,
    /// The type.
    pub kind: IdentifierType,
    /// How many, removed ones included.
    pub entries: usize,
    /// How many of them were removed.
    pub removed_count: usize,
    /// When they were asked.
    pub asked_at: OffsetDateTime,
    /// Their tags, by scope.
    pub tags: Vec<StoredTags>,
    pub(super) sealed_key: Vec<u8>,
    pub(super) removed: Option<Vec<u8>>,
}

/// The tags of a segment in one scope, or what became of them.
#[derive(Clone)]
pub struct StoredTags {
    /// The scope.
    pub scope: ScopeId,
    /// Under which agreement.
    pub agreement: AgreementId,
    /// Whose list.
    pub owner: BureauCode,
    /// Which list.
    pub dataset: String,
    /// Until when they may be kept.
    pub keep_until: OffsetDateTime,
    /// Why and when they were destroyed; `None` while they are kept.
    pub ended: Option<(TagsEnd, OffsetDateTime)>,
    /// Whether what opens their labels is kept beside them.
    pub has_labels: bool,
    pub(super) sealed_key: Option<Vec<u8>>,
    pub(super) seen: Option<Vec<u8>>,
    pub(super) counted: Option<Vec<u8>>,
}

/// Why tags were destroyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TagsEnd {
    /// The agreement was removed, replaced, or is over.
    AgreementOver,
    /// The epoch is over: the owner has another key, so that they match nothing any more.
    EpochOver,
    /// They had been kept as long as the agreement allows.
    TimeOver,
}

impl TagsEnd {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AgreementOver, Self::EpochOver, Self::TimeOver];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AgreementOver => "agreement_over",
            Self::EpochOver => "epoch_over",
            Self::TimeOver => "time_over",
        }
    }
}

impl Store {
    /// Keeps a standing check, with one log entry.
    ///
    /// # Errors
    /// When the database fails; its files are removed then.
    pub async fn begin_standing(&self, new: NewStanding<'_>) -> Result<(), StoreError> {
        let standing = new.standing;
        let begun = self.begin_standing_in(new).await;
        if begun.is_err() {
            // Nothing names the files.
            let _ = fs::remove_dir_all(self.folder.standing(&standing));
        }
        begun
    }

    async fn begin_standing_in(&self, new: NewStanding<'_>) -> Result<(), StoreError> {
        let sealed = self.keys.key_encryption.seal(&about(&new.standing), new.opening)?;
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO standing_checks (standing_id, begun_at, sealed) VALUES ($1, $2, $3)",
        )
        .bind(new.standing.0.as_slice())
        .bind(new.at.unix_timestamp())
        .bind(sealed)
        .execute(&mut *transaction)
        .await?;
        for segment in new.segments {
            insert(&mut transaction, &new.standing, segment, new.at).await?;
        }
        let record = LogRecord::StandingBegun { standing: new.standing };
        append_in(&mut transaction, &record, new.at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Changes what a standing check keeps; `logged` says whether a person did it. Files that
    /// nothing names any more are removed.
    ///
    /// # Errors
    /// When the database fails or the check is gone; then everything stays as it was.
    pub async fn change_standing(
        &self,
        standing: &StandingId,
        change: StandingChange,
        logged: bool,
        at: OffsetDateTime,
    ) -> Result<(), StandingError> {
        let mut transaction = self.begin().await?;
        for segment in change.add {
            insert(&mut transaction, standing, segment, at).await?;
        }
        for (segment, removed) in &change.remove {
            sqlx::query(
                "UPDATE standing_segments SET removed = $2, removed_count = $3
                 WHERE segment_id = $1",
            )
            .bind(segment.id.0.as_slice())
            .bind(segment.seal_removed(self, removed)?)
            .bind(i64::try_from(removed.count()).map_err(|_| DAMAGED)?)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
        }
        for segment in &change.drop {
            sqlx::query("DELETE FROM standing_segments WHERE segment_id = $1")
                .bind(segment.0.as_slice())
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::from)?;
        }
        if logged {
            let record = LogRecord::StandingUpdated { standing: *standing };
            append_in(&mut transaction, &record, at).await?;
        }
        transaction.commit().await.map_err(StoreError::from)?;
        self.remove_unnamed_files(standing).await?;
        Ok(())
    }

    /// Notes which entries a person was shown as hits, with one log entry whatever they are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_standing_match(
        &self,
        standing: &StandingId,
        seen: &[(StoredSegment, StoredTags, Bitmap)],
        at: OffsetDateTime,
    ) -> Result<(), StandingError> {
        let mut transaction = self.begin().await?;
        for (segment, tags, seen) in seen {
            sqlx::query(
                "UPDATE standing_tags SET seen = $3
                 WHERE segment_id = $1 AND scope_id = $2 AND sealed_key IS NOT NULL",
            )
            .bind(segment.id.0.as_slice())
            .bind(tags.scope.0.as_slice())
            .bind(tags.seal_seen(self, segment, seen)?)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
        }
        append_in(&mut transaction, &LogRecord::StandingMatched { standing: *standing }, at)
            .await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Notes which entries were counted as hits so far, together with what is counted: rows are written
    /// whether there was another hit or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_standing_hits(
        &self,
        counted: &[(StoredSegment, StoredTags, Bitmap)],
        hits: &[HitTally],
        at: OffsetDateTime,
    ) -> Result<(), StandingError> {
        let mut transaction = self.begin().await?;
        for (segment, tags, counted) in counted {
            sqlx::query(
                "UPDATE standing_tags SET counted = $3
                 WHERE segment_id = $1 AND scope_id = $2 AND sealed_key IS NOT NULL",
            )
            .bind(segment.id.0.as_slice())
            .bind(tags.scope.0.as_slice())
            .bind(tags.seal_counted(self, segment, counted)?)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
        }
        for one in hits {
            self.add_hits_in(&mut transaction, one, at).await?;
        }
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Destroys tags: their keys first, then their files.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_standing_tags(
        &self,
        segment: &StoredSegment,
        scope: &ScopeId,
        why: TagsEnd,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE standing_tags SET sealed_key = NULL, seen = NULL, counted = NULL,
                 ended = $3, ended_at = $4
             WHERE segment_id = $1 AND scope_id = $2 AND ended IS NULL",
        )
        .bind(segment.id.0.as_slice())
        .bind(scope.0.as_slice())
        .bind(why.as_str())
        .bind(at.unix_timestamp())
        .execute(&self.pool)
        .await?;
        let (folder, standing, segment) = (&self.folder, &segment.standing, &segment.id);
        let _ = fs::remove_file(tags_path(folder, standing, segment, scope));
        let _ = fs::remove_file(labels_path(folder, standing, segment, scope));
        Ok(())
    }

    /// Ends a standing check: keys, identifiers and tags are destroyed. One log entry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_standing(
        &self,
        standing: &StandingId,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM standing_checks WHERE standing_id = $1")
            .bind(standing.0.as_slice())
            .execute(&mut *transaction)
            .await?;
        append_in(&mut transaction, &LogRecord::StandingEnded { standing: *standing }, at).await?;
        transaction.commit().await?;
        let _ = fs::remove_dir_all(self.folder.standing(standing));
        Ok(())
    }

    /// The ids of all standing checks, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_ids(&self) -> Result<Vec<StandingId>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT standing_id FROM standing_checks ORDER BY begun_at, standing_id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|(id,)| bytes(id).map(StandingId)).collect()
    }

    /// All standing checks, oldest first.
    ///
    /// # Errors
    /// When the database fails or a seal does not open.
    pub async fn standing_checks(&self) -> Result<Vec<StoredStanding>, StoreError> {
        let mut all = Vec::new();
        for standing in self.standing_ids().await? {
            all.extend(self.standing_check(&standing).await?);
        }
        Ok(all)
    }

    /// A standing check, opened; `None` if there is none of that id.
    ///
    /// # Errors
    /// When the database fails or its seal does not open.
    pub async fn standing_check(
        &self,
        standing: &StandingId,
    ) -> Result<Option<StoredStanding>, StoreError> {
        let row: Option<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT begun_at, sealed FROM standing_checks WHERE standing_id = $1")
                .bind(standing.0.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        let Some((begun_at, sealed)) = row else { return Ok(None) };
        let opening = self.keys.key_encryption.open(&about(standing), &sealed)?;
        let segments = self.standing_segments(standing).await?;
        Ok(Some(StoredStanding {
            standing: *standing,
            opening,
            begun_at: time(begun_at)?,
            segments,
        }))
    }

    async fn standing_segments(
        &self,
        standing: &StandingId,
    ) -> Result<Vec<StoredSegment>, StoreError> {
        let mut tags = self.standing_tags(standing).await?;
        let rows = sqlx::query(
            "SELECT segment_id, identifier_type, entries, removed_count, asked_at, sealed_key,
                 removed
             FROM standing_segments WHERE standing_id = $1 ORDER BY asked_at, segment_id",
        )
        .bind(standing.0.as_slice())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let kind: String = row.try_get("identifier_type")?;
                let id = SegmentId(bytes(row.try_get("segment_id")?)?);
                Ok(StoredSegment {
                    id,
                    standing: *standing,
                    kind: kind.parse().map_err(|_| DAMAGED)?,
                    entries: count(row.try_get("entries")?)?,
                    removed_count: count(row.try_get("removed_count")?)?,
                    asked_at: time(row.try_get("asked_at")?)?,
                    tags: tags.remove(&id).unwrap_or_default(),
                    sealed_key: row.try_get("sealed_key")?,
                    removed: row.try_get("removed")?,
                })
            })
            .collect()
    }

    async fn standing_tags(
        &self,
        standing: &StandingId,
    ) -> Result<BTreeMap<SegmentId, Vec<StoredTags>>, StoreError> {
        let rows = sqlx::query(
            "SELECT t.segment_id, t.scope_id, t.agreement, t.owner, t.dataset, t.keep_until,
                 t.sealed_key, t.has_labels, t.seen, t.counted, t.ended, t.ended_at
             FROM standing_tags t JOIN standing_segments s ON s.segment_id = t.segment_id
             WHERE s.standing_id = $1 ORDER BY t.owner, t.dataset, t.scope_id",
        )
        .bind(standing.0.as_slice())
        .fetch_all(&self.pool)
        .await?;
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in &rows {
            let (agreement, owner): (String, String) =
                (row.try_get("agreement")?, row.try_get("owner")?);
            let (ended, ended_at): (Option<String>, Option<i64>) =
                (row.try_get("ended")?, row.try_get("ended_at")?);
            let ended = match ended {
                None => None,
                Some(code) => {
                    let why = TagsEnd::ALL.into_iter().find(|why| why.as_str() == code);
                    Some((why.ok_or(DAMAGED)?, time(ended_at.ok_or(DAMAGED)?)?))
                }
            };
            let segment = SegmentId(bytes(row.try_get("segment_id")?)?);
            all.entry(segment).or_default().push(StoredTags {
                scope: ScopeId(bytes(row.try_get("scope_id")?)?),
                agreement: agreement.parse().map_err(|_| DAMAGED)?,
                owner: owner.parse().map_err(|_| DAMAGED)?,
                dataset: row.try_get("dataset")?,
                keep_until: time(row.try_get("keep_until")?)?,
                ended,
                has_labels: row.try_get("has_labels")?,
                sealed_key: row.try_get("sealed_key")?,
                seen: row.try_get("seen")?,
                counted: row.try_get("counted")?,
            });
        }
        Ok(all)
    }

    /// Removes files in a standing check's folder that no row names: of a change that was not
    /// finished, or of segments that others took the place of.
    async fn remove_unnamed_files(&self, standing: &StandingId) -> Result<(), StoreError> {
        let segments = self.standing_segments(standing).await?;
        let Ok(entries) = fs::read_dir(self.folder.standing(standing)) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let Some(id) = segment_of(&path) else { continue };
            let is_named = segments.iter().filter(|segment| segment.id == id).any(|segment| {
                path == identifiers_path(&self.folder, standing, &id)
                    || segment.tags.iter().any(|tags| {
                        let scope = &tags.scope;
                        let labels = tags.has_labels.then_some(labels_path);
                        tags.ended.is_none()
                            && (path == tags_path(&self.folder, standing, &id, scope)
                                || labels.is_some_and(|labels| {
                                    path == labels(&self.folder, standing, &id, scope)
                                }))
                    })
            });
            if !is_named {
                let _ = fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Removes what a crash left of standing checks that were not finished. Only while nothing is
    /// being changed, as at a node's start.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tidy_standing(&self) -> Result<(), StoreError> {
        let Ok(entries) = fs::read_dir(self.folder.root().join("standing")) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let mut id = [0; 16];
            if hex::decode_to_slice(name, &mut id).is_err() {
                continue;
            }
            let known: Option<(i64,)> =
                sqlx::query_as("SELECT 1 FROM standing_checks WHERE standing_id = $1")
                    .bind(id.as_slice())
                    .fetch_optional(&self.pool)
                    .await?;
            match known {
                Some(_) => self.remove_unnamed_files(&StandingId(id)).await?,
                None => {
                    let _ = fs::remove_dir_all(path);
                }
            }
        }
        Ok(())
    }
}

async fn insert(
    transaction: &mut Transaction<'static, Sqlite>,
    standing: &StandingId,
    segment: WrittenSegment,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO standing_segments (segment_id, standing_id, identifier_type, entries,
             asked_at, sealed_key, removed_count)
         VALUES ($1, $2, $3, $4, $5, $6, 0)",
    )
    .bind(segment.id.0.as_slice())
    .bind(standing.0.as_slice())
    .bind(segment.kind.name())
    .bind(i64::try_from(segment.entries).map_err(|_| DAMAGED)?)
    .bind(at.unix_timestamp())
    .bind(segment.sealed_key)
    .execute(&mut **transaction)
    .await?;
    for tags in segment.tags {
        sqlx::query(
            "INSERT INTO standing_tags (segment_id, scope_id, agreement, owner, dataset,
                 keep_until, sealed_key, has_labels, seen, counted)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(segment.id.0.as_slice())
        .bind(tags.scope.0.as_slice())
        .bind(tags.agreement.as_str())
        .bind(tags.owner.as_str())
        .bind(tags.dataset)
        .bind(tags.keep_until.unix_timestamp())
        .bind(tags.sealed_key)
        .bind(tags.has_labels)
        .bind(tags.seen)
        .bind(tags.counted)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

fn about(standing: &StandingId) -> Vec<u8> {
    [b"Symbolon-v1-Standing\0".as_slice(), &standing.0].concat()
}

fn bytes<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| DAMAGED)
}

fn count(number: i64) -> Result<usize, StoreError> {
    usize::try_from(number).map_err(|_| DAMAGED)
}

fn time(seconds: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| DAMAGED)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "standing check" };
