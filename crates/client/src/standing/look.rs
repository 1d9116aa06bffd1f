use std::{collections::HashMap, sync::Arc};

use symbolon_identifiers::Identifier;
use symbolon_policy::StandingId;
use symbolon_store::{
    Bitmap, HitTally, StandingError, Store, StoreError, StoredSegment, StoredStanding, StoredTags,
};
use time::OffsetDateTime;

use super::{
    Found, FoundKey, StandingFailure,
    opening::StandingOpening,
    state::{ended, live},
};
use crate::{
    Failure, FailureReason, HeldSet, LabelTrouble, OpenedLabel, Pipeline, Requester, Source,
};

/// What kept tags come to in the version of one list that is held now.
pub struct MatchedIn {
    /// The list.
    pub source: Source,
    /// Version looked in, and when its owner last loaded records; or why nothing was looked up.
    pub outcome: Result<(u64, OffsetDateTime), Failure>,
    /// How many identifiers this speaks of.
    pub entries: u64,
    /// What hits, new ones first.
    pub hits: Vec<StandingHit>,
}

/// An identifier that hits, ready to be shown.
pub struct StandingHit {
    /// The caller's own name for it.
    pub reference: String,
    /// The identifier as a person reads it.
    pub value: String,
    /// Its issuer or country, where it has one.
    pub country: Option<String>,
    /// Whether no person had been shown this hit before.
    pub is_new: bool,
    /// What its owner releases with it at once, or why that cannot be shown; `None` where nothing is
    /// agreed.
    pub label: Option<OpenedLabel>,
}

/// What the node found by itself in one standing check.
pub struct Survey {
    /// Which.
    pub standing: StandingId,
    /// Hits that no person has been shown.
    pub unseen: u64,
    /// Whether there are some among them that were not there at the last look.
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

/// One look at one segment's tags in one scope, for the pool.
struct Task {
    store: Store,
    segment: Arc<StoredSegment>,
    tags: StoredTags,
    set: Arc<HeldSet>,
    /// What hits, if it was looked up before.
    hits: Option<Arc<Bitmap>>,
}

/// What a person is shown of one look.
struct Shown {
    /// What hits, whatever of it was removed.
    hits: Arc<Bitmap>,
    /// What of it is still kept.
    live: Bitmap,
    /// The same with identifiers, new ones first.
    listed: Vec<StandingHit>,
    /// What counts as hit so far, and how much of it did not before.
    counted: (Bitmap, u64),
}

/// What was looked up of one set of tags.
struct Counted {
    hits: Arc<Bitmap>,
    /// What of it is still kept and was shown to no person.
    unseen: Bitmap,
    /// As in [`Shown`].
    counted: (Bitmap, u64),
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
        let (stored, opening) = self.own_standing(agency, standing).await?;
        let looks = self.looks(&stored.segments).await?;
        let mut work = Pipeline::new(&self.compute, self.compute.cores());
        let mut done = Vec::with_capacity(looks.len());
        for look in &looks {
            let task = self.task(look);
            done.extend(work.push(move || task.map(|task| task.show()).transpose()).await?);
        }
        while let Some(one) = work.next().await? {
            done.push(one);
        }
        let mut matched = Vec::with_capacity(looks.len());
        let mut seen = Vec::new();
        let mut found = Vec::new();
        let (mut counted, mut tallies) = (Vec::new(), Vec::new());
        for (look, done) in looks.into_iter().zip(done) {
            let source = self.source_of(&look.segment, &look.tags);
            let entries = live(&look.segment);
            let (outcome, hits) = match (&look.set, done) {
                (Ok(set), Ok(Some(Shown { hits, live, listed, counted: (all, new) }))) => {
                    let unseen = Bitmap::default();
                    let seen_now = Found { set: set.hash, hits, unseen, is_counted: true };
                    found.push((look.key(), seen_now));
                    let coverage = (set.manifest.version, set.manifest.updated_at);
                    tallies.push(tally(&look.tags, &opening.purpose, new));
                    counted.push((StoredSegment::clone(&look.segment), look.tags.clone(), all));
                    seen.push((StoredSegment::clone(&look.segment), look.tags, live));
                    (Ok(coverage), listed)
                }
                (Err(failure), _) => (Err(failure.clone()), Vec::new()),
                // The others' hits are not to be kept back for it.
                (Ok(_), Err(error @ StandingError::Damaged)) => {
                    (Err(Failure::no_answer(FailureReason::Damaged, error.to_string())), Vec::new())
                }
                (Ok(_), Err(error)) => return Err(error.into()),
                (Ok(_), Ok(None)) => continue,
            };
            matched.push(MatchedIn { source, outcome, entries, hits });
        }
        let now = OffsetDateTime::now_utc();
        // First what may be done twice: once they are noted as seen, hits must be shown.
        self.store.count_standing_hits(&counted, &tallies, now).await?;
        self.store.record_standing_match(standing, &seen, now).await?;
        // Only now is it certain to be shown.
        self.standing.found().extend(found);
        Ok(matched)
    }

    /// Looks up what new versions of lists have come for, in all standing checks, without telling
    /// anyone. Of it only is written, for each version, that it was looked in, and sealed how many hits
    /// there were for the statistics; a person's look is what counts as seen. One that is damaged keeps
    /// the others from nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn survey_standing(&self) -> Result<Vec<Survey>, StandingFailure> {
        let mut surveys = Vec::new();
        for standing in self.store.standing_ids().await? {
            let turn = self.standing.turn(&standing);
            let Ok(_turn) = turn.try_lock() else { continue };
            // Read now that nobody can change it.
            let Some(stored) = self.store.standing_check(&standing).await? else { continue };
            let (has_more, trouble) = self.survey(&stored).await;
            let unseen = self.standing.unseen(&standing);
            surveys.push(Survey { standing, unseen, has_more, trouble });
        }
        Ok(surveys)
    }

    /// Whether there is something unseen that was not there before, and the first trouble.
    async fn survey(&self, stored: &StoredStanding) -> (bool, Option<StandingFailure>) {
        let (mut has_more, mut trouble) = (false, None);
        let Some(opening) = StandingOpening::read(stored) else {
            let damaged = StoreError::Damaged { what: "standing check" };
            return (false, Some(damaged.into()));
        };
        let looks = match self.looks(&stored.segments).await {
            Ok(looks) => looks,
            Err(error) => return (false, Some(error.into())),
        };
        for look in looks {
            let key = look.key();
            let Some(task) = self.task(&look) else {
                self.standing.found().remove(&key);
                continue;
            };
            let set = task.set.hash;
            let is_known = |found: &Found| found.set == set && found.is_counted;
            if self.standing.found().get(&key).is_some_and(is_known) {
                continue;
            }
            match self.compute.run(move || task.count()).await {
                Ok(Ok(Counted { hits, unseen, counted: (all, new) })) => {
                    let tallies = [tally(&look.tags, &opening.purpose, new)];
                    let counted = [(StoredSegment::clone(&look.segment), look.tags, all)];
                    let now = OffsetDateTime::now_utc();
                    let counted = self.store.count_standing_hits(&counted, &tallies, now).await;
                    if let Err(error) = counted {
                        trouble.get_or_insert(error.into());
                        continue;
                    }
                    let mut found = self.standing.found();
                    let known =
                        found.get(&key).map_or_else(Bitmap::default, |one| one.unseen.clone());
                    has_more |= unseen.without(&known).count() > 0;
                    found.insert(key, Found { set, hits, unseen, is_counted: true });
                }
                Ok(Err(error)) => {
                    trouble.get_or_insert(error.into());
                }
                Err(stopped) => {
                    trouble.get_or_insert(stopped.into());
                }
            }
        }
        (has_more, trouble)
    }

    /// `None` where the tags cannot be looked up.
    fn task(&self, look: &Look) -> Option<Task> {
        let set = Arc::clone(look.set.as_ref().ok()?);
        let hits = self.standing.hits(&look.key(), &set.hash);
        let (segment, tags) = (Arc::clone(&look.segment), look.tags.clone());
        Some(Task { store: self.store.clone(), segment, tags, set, hits })
    }

    async fn looks(&self, segments: &[StoredSegment]) -> Result<Vec<Look>, StoreError> {
        // Tags are kept while an agreement is suspended, and not looked up.
        let mut withdrawn = HashMap::new();
        for agreement in self.book.all().iter() {
            let id = agreement.terms().id.clone();
            if let Some(failure) = self.withdrawn(agreement, OffsetDateTime::now_utc()).await? {
                withdrawn.insert(id, failure);
            }
        }
        let now = OffsetDateTime::now_utc();
        let mut looks = Vec::new();
        for segment in segments.iter().filter(|segment| live(segment) > 0) {
            let segment = Arc::new(segment.clone());
            for tags in &segment.tags {
                let set = match self.end_of(tags, now) {
                    Some(end) => Err(ended(end)),
                    None => match withdrawn.get(&tags.agreement) {
                        Some(failure) => Err(failure.clone()),
                        None => self.sets.usable(&tags.scope, now),
                    },
                };
                looks.push(Look { segment: Arc::clone(&segment), tags: tags.clone(), set });
            }
        }
        Ok(looks)
    }
}

impl Look {
    fn key(&self) -> FoundKey {
        (self.segment.standing, self.segment.id, self.tags.scope)
    }
}

impl Task {
    /// All that hits, whatever of it was removed.
    fn hits(&self) -> Result<Arc<Bitmap>, StandingError> {
        if let Some(hits) = &self.hits {
            return Ok(Arc::clone(hits));
        }
        let mut hits = Bitmap::new(self.segment.entries);
        self.tags.read(&self.store, &self.segment, |first, hashes| {
            let found = (first..).zip(self.set.tags.contains_batch(hashes));
            found.filter(|(_, hit)| *hit).for_each(|(place, _)| hits.set(place));
        })?;
        Ok(Arc::new(hits))
    }

    /// All that hits, what of it was shown to no person, and what counts.
    fn count(&self) -> Result<Counted, StandingError> {
        let hits = self.hits()?;
        let live = hits.without(&self.segment.removed(&self.store)?);
        let unseen = live.without(&self.tags.seen(&self.store, &self.segment)?);
        let counted = self.counted(&live)?;
        Ok(Counted { hits, unseen, counted })
    }

    /// What counts as hit with this version, and how much of it did not before: each hit counts once,
    /// also if it goes and comes back.
    fn counted(&self, live: &Bitmap) -> Result<(Bitmap, u64), StandingError> {
        let before = self.tags.counted(&self.store, &self.segment)?;
        Ok((before.with(live), live.without(&before).count()))
    }

    /// What is released at once with the hits at these places, in their order.
    fn labels(&self, places: &[usize]) -> Result<Vec<Option<OpenedLabel>>, StandingError> {
        if self.set.manifest.labels.is_none() {
            return Ok(vec![None; places.len()]);
        }
        if !self.tags.has_labels {
            return Ok(vec![Some(Err(LabelTrouble::NotKept)); places.len()]);
        }
        let mut secrets = Vec::with_capacity(places.len());
        let each = || places.iter().copied();
        self.tags.secrets_at(&self.store, &self.segment, each(), |_, one| secrets.push(one))?;
        let (mut labels, mut secrets) = (Vec::with_capacity(places.len()), secrets.iter());
        self.tags.hashes_at(&self.store, &self.segment, each(), |_, hash| {
            labels.push(secrets.next().and_then(|secret| self.set.open_label(hash, secret)));
        })?;
        Ok(labels)
    }

    /// The hits with their identifiers: only these are opened.
    fn show(&self) -> Result<Shown, StandingError> {
        let hits = self.hits()?;
        let live = hits.without(&self.segment.removed(&self.store)?);
        let before = self.tags.seen(&self.store, &self.segment)?;
        let places: Vec<_> = live.places().collect();
        let mut labels = self.labels(&places)?.into_iter();
        let mut listed = Vec::with_capacity(places.len());
        self.segment.read_at(&self.store, places.iter().copied(), |place, entry| {
            let identifier = Identifier::from_canonical(self.segment.kind, entry.canonical)
                .map_err(|_| StandingError::Damaged)?;
            listed.push(StandingHit {
                value: identifier.display(),
                country: identifier.country().map(str::to_owned),
                reference: entry.reference.to_owned(),
                is_new: !before.has(place),
                label: labels.next().flatten(),
            });
            Ok(())
        })?;
        listed.sort_by_key(|hit| !hit.is_new);
        let counted = self.counted(&live)?;
        Ok(Shown { hits, live, listed, counted })
    }
}

fn tally(tags: &StoredTags, purpose: &str, hits: u64) -> HitTally {
    HitTally {
        partner: tags.owner.clone(),
        dataset: tags.dataset.clone(),
        purpose: purpose.to_owned(),
        standing: true,
        hits,
    }
}
