use std::sync::Arc;

use symbolon_identifiers::Identifier;
use symbolon_policy::StandingId;
use symbolon_store::{Bitmap, StandingError, Store, StoredSegment, StoredStanding, StoredTags};
use time::OffsetDateTime;

use super::{
    Found, StandingFailure,
    state::{ended, live},
};
use crate::{Failure, HeldSet, Pipeline, Requester, Source};

/// What kept tags come to in the version of one list that is held now.
pub struct MatchedIn {
    /// The list.
    pub source: Source,
    /// Version looked in, and when its owner last loaded records; or why nothing was looked up.
    pub outcome: Result<(u64, OffsetDateTime), Failure>,
    /// How many identifiers this speaks of.
    pub entries: u64,
    /// What hits.
    pub hits: Vec<StandingHit>,
}

/// An identifier that hits.
pub struct StandingHit {
    /// The caller's own name for it.
    pub reference: String,
    /// The identifier.
    pub identifier: Identifier,
    /// Whether no person had been shown this hit before.
    pub is_new: bool,
}

/// What the node found by itself in one standing check.
pub struct Survey {
    /// Which.
    pub standing: StandingId,
    /// Hits that no person has been shown.
    pub unseen: u64,
    /// Whether there are more of them than at the last look.
    pub has_more: bool,
    /// Why not all of it could be looked up.
    pub trouble: Option<StandingFailure>,
}

/// One set of tags to be looked up, or why it cannot be.
struct Look {
    segment: Arc<StoredSegment>,
    tags: StoredTags,
    set: Result<Arc<HeldSet>, Failure>,
}

/// What one look found.
struct Seen {
    hits: Bitmap,
    before: Bitmap,
}

impl Requester {
    /// Looks all tags of a standing check up in the newest versions held of their lists. No message
    /// goes to anyone. What hits is noted as shown.
    ///
    /// # Errors
    /// When `agency` has no such standing check, or a file of it is damaged.
    pub async fn match_standing(
        &self,
        agency: &str,
        standing: &StandingId,
    ) -> Result<Vec<MatchedIn>, StandingFailure> {
        let turn = self.standing.turn(standing);
        let _turn = turn.lock().await;
        let (stored, _) = self.own_standing(agency, standing).await?;
        let looks = self.looks(&stored.segments);
        let mut work = Pipeline::new(&self.compute, self.compute.cores());
        let mut done = Vec::with_capacity(looks.len());
        for look in &looks {
            let (store, segment, tags, set) = look.parts(&self.store);
            done.extend(work.push(move || look_and_read(&store, &segment, &tags, set)).await?);
        }
        while let Some(one) = work.next().await? {
            done.push(one);
        }
        let mut matched = Vec::with_capacity(looks.len());
        let mut seen = Vec::new();
        for (look, done) in looks.into_iter().zip(done) {
            let source = self.source_of(&look.segment, &look.tags);
            let entries = live(&look.segment);
            let (outcome, hits) = match (look.set, done?) {
                (Ok(set), Some((bits, hits))) => {
                    let key = (*standing, look.segment.id, look.tags.scope);
                    self.standing.found().insert(key, Found { set: set.hash, unseen: 0 });
                    seen.push((StoredSegment::clone(&look.segment), look.tags, bits));
                    (Ok((set.manifest.version, set.manifest.updated_at)), hits)
                }
                (Err(failure), _) => (Err(failure), Vec::new()),
                (Ok(_), None) => continue,
            };
            matched.push(MatchedIn { source, outcome, entries, hits });
        }
        let now = OffsetDateTime::now_utc();
        self.store.record_standing_match(standing, &seen, now).await?;
        Ok(matched)
    }

    /// Looks up what new versions of lists have come for, in all standing checks, without telling
    /// anyone. Nothing of it is written; a person's look is what counts as seen. One that is damaged
    /// keeps the others from nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn survey_standing(&self) -> Result<Vec<Survey>, StandingFailure> {
        let mut surveys = Vec::new();
        for stored in self.store.standing_checks().await? {
            let turn = self.standing.turn(&stored.standing);
            let Ok(_turn) = turn.try_lock() else { continue };
            let before = self.standing.unseen(&stored.standing);
            let trouble = self.survey(&stored).await.err();
            let unseen = self.standing.unseen(&stored.standing);
            let has_more = unseen > before;
            surveys.push(Survey { standing: stored.standing, unseen, has_more, trouble });
        }
        Ok(surveys)
    }

    async fn survey(&self, stored: &StoredStanding) -> Result<(), StandingFailure> {
        for Look { segment, tags, set } in self.looks(&stored.segments) {
            let Ok(set) = set else { continue };
            let key = (stored.standing, segment.id, tags.scope);
            let hash = set.hash;
            if self.standing.found().get(&key).is_some_and(|found| found.set == hash) {
                continue;
            }
            let store = self.store.clone();
            let work = move || look(&store, &segment, &tags, &set);
            let Seen { hits, before } = self.compute.run(work).await??;
            let unseen = hits.places().filter(|place| !before.has(*place)).count() as u64;
            self.standing.found().insert(key, Found { set: hash, unseen });
        }
        Ok(())
    }

    fn looks(&self, segments: &[StoredSegment]) -> Vec<Look> {
        let now = OffsetDateTime::now_utc();
        let mut looks = Vec::new();
        for segment in segments.iter().filter(|segment| live(segment) > 0) {
            let segment = Arc::new(segment.clone());
            for tags in &segment.tags {
                let set = match self.end_of(tags, now) {
                    Some(end) => Err(ended(end)),
                    None => self.sets.usable(&tags.scope, now),
                };
                looks.push(Look { segment: Arc::clone(&segment), tags: tags.clone(), set });
            }
        }
        looks
    }
}

impl Look {
    fn parts(
        &self,
        store: &Store,
    ) -> (Store, Arc<StoredSegment>, StoredTags, Option<Arc<HeldSet>>) {
        (
            store.clone(),
            Arc::clone(&self.segment),
            self.tags.clone(),
            self.set.as_ref().ok().cloned(),
        )
    }
}

fn look(
    store: &Store,
    segment: &StoredSegment,
    tags: &StoredTags,
    set: &HeldSet,
) -> Result<Seen, StandingError> {
    let removed = segment.removed(store)?;
    let mut hits = Bitmap::new(segment.entries);
    tags.read(store, segment, |first, hashes| {
        for (place, hit) in (first..).zip(set.tags.contains_batch(hashes)) {
            if hit && !removed.has(place) {
                hits.set(place);
            }
        }
    })?;
    Ok(Seen { hits, before: tags.seen(store, segment)? })
}

/// The hits, and their identifiers: only these are opened.
fn look_and_read(
    store: &Store,
    segment: &StoredSegment,
    tags: &StoredTags,
    set: Option<Arc<HeldSet>>,
) -> Result<Option<(Bitmap, Vec<StandingHit>)>, StandingError> {
    let Some(set) = set else { return Ok(None) };
    let Seen { hits, before } = look(store, segment, tags, &set)?;
    let places: Vec<usize> = hits.places().collect();
    let entries = segment.entries_at(store, &places)?;
    let shown = places
        .iter()
        .zip(entries)
        .map(|(place, entry)| {
            Ok(StandingHit {
                identifier: Identifier::from_canonical(segment.kind, &entry.canonical)
                    .map_err(|_| StandingError::Damaged)?,
                reference: entry.reference.clone(),
                is_new: !before.has(*place),
            })
        })
        .collect::<Result<_, StandingError>>()?;
    Ok(Some((hits, shown)))
}
