use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use foldhash::fast::RandomState;
use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_identifiers::{Identifier, IdentifierType};
use symbolon_policy::{Actor, CheckId, StandingId};
use symbolon_store::{
    Bitmap, EntryRef, NewStanding, NewTags, SegmentId, StandingChange, StandingEntry,
    StandingError, StoreError, StoredSegment, StoredStanding, WrittenSegment,
};
use symbolon_tagset::MembershipHash;
use time::OffsetDateTime;

use super::{MOST_KEPT, StandingFailure, opening::StandingOpening};
use crate::{
    Failure, FailureReason, Item, QuestionContext, Requester, Source,
    batch::first_of_equals,
    check::{CheckRequest, KeptTags},
};

/// An identifier with the caller's own name for it.
pub struct StandingItem {
    /// The name.
    pub reference: String,
    /// The identifier.
    pub identifier: Identifier,
}

/// What came of beginning or updating a standing check.
pub struct StandingKept {
    /// Which; `None` where no list lets anything be kept, so that there is nothing to stand.
    pub standing: Option<StandingId>,
    /// The check by which new identifiers were asked; `None` where none was new.
    pub check: Option<CheckId>,
    /// Identifiers added.
    pub added: u64,
    /// Identifiers removed.
    pub removed: u64,
    /// Identifiers to be added that were kept already, or removed that were not.
    pub unchanged: u64,
    /// What each list that was asked said to it.
    pub sources: Vec<KeptIn>,
}

/// What one list said to being asked for good.
pub struct KeptIn {
    /// The list.
    pub source: Source,
    /// How many of the identifiers it keeps: those of its type, or 0 where it keeps none.
    pub entries: u64,
    /// Until when its tags are kept, or why there are none.
    pub outcome: Result<OffsetDateTime, Failure>,
}

/// What was asked and is in files, but not named yet.
struct Written {
    check: CheckId,
    segments: Vec<WrittenSegment>,
    sources: Vec<KeptIn>,
}

impl Requester {
    /// Asks `items` of all lists whose agreements let tags be kept, and keeps them. Equal identifiers
    /// are asked, counted and kept once.
    ///
    /// # Errors
    /// When the check cannot be begun or nothing can be written. What was asked stays asked and
    /// counted.
    pub async fn begin_standing(
        &self,
        items: Vec<StandingItem>,
        context: QuestionContext,
        timeout: Duration,
    ) -> Result<StandingKept, StandingFailure> {
        let mut standing = StandingId([0; 16]);
        SystemRandom::new().fill(&mut standing.0).map_err(|_| StoreError::Randomness)?;
        let opening = StandingOpening::of(&context)
            .to_bytes()
            .ok_or(StoreError::Damaged { what: "standing check" })?;
        let turn = self.standing.turn(&standing);
        let _turn = turn.lock().await;
        let given = items.len();
        let items = self.compute.run(move || each_once(items)).await?;
        let asked = items.len();
        let Written { check, segments, sources } =
            self.ask_and_write(standing, items, context, timeout).await?;
        let added = segments.iter().map(WrittenSegment::entries).sum::<usize>();
        let is_kept = added > 0;
        if is_kept {
            let at = OffsetDateTime::now_utc();
            self.store
                .begin_standing(NewStanding { standing, opening: &opening, segments, at })
                .await?;
        }
        Ok(StandingKept {
            standing: is_kept.then_some(standing),
            check: Some(check),
            added: added as u64,
            removed: 0,
            unchanged: given.saturating_sub(asked) as u64,
            sources,
        })
    }

    /// For `asker`: asks what is new in `add`, forgets what is in `remove`, and compacts what has become mostly
    /// holes. Only new identifiers are asked, in a check of its own.
    ///
    /// # Errors
    /// When it has no such standing check, it would keep too much, or as for beginning one.
    pub async fn update_standing(
        &self,
        asker: &Actor,
        standing: &StandingId,
        add: Vec<StandingItem>,
        remove: Vec<Identifier>,
        timeout: Duration,
    ) -> Result<StandingKept, StandingFailure> {
        let turn = self.standing.turn(standing);
        let _turn = turn.lock().await;
        let (stored, opening) = self.own_standing(&asker.id, standing).await?;
        let given = add.len().saturating_add(remove.len());
        let work = {
            let (store, now) = (self.store.clone(), OffsetDateTime::now_utc());
            // Of these nothing is matched any more: what they hold is asked anew.
            let is_over =
                |one: &&StoredSegment| one.tags.iter().all(|t| self.end_of(t, now).is_some());
            let over = stored.segments.iter().filter(is_over).map(|one| one.id).collect();
            move || find_changes(&store, &stored, &over, add, &remove)
        };
        let Changes { add, removals, removed, live } = self.compute.run(work).await??;
        if live.saturating_add(add.len()) > MOST_KEPT {
            return Err(StandingFailure::Full);
        }
        let new = add.len();
        let mut kept = StandingKept {
            standing: Some(*standing),
            check: None,
            added: 0,
            removed: removed as u64,
            unchanged: given.saturating_sub(new).saturating_sub(removed) as u64,
            sources: Vec::new(),
        };
        let mut change = StandingChange { remove: removals, ..StandingChange::default() };
        if new > 0 {
            let context = opening.context(asker.roles.clone());
            let written = self.ask_and_write(*standing, add, context, timeout).await?;
            kept.check = Some(written.check);
            kept.sources = written.sources;
            kept.added = written.segments.iter().map(|one| one.entries() as u64).sum();
            change.add = written.segments;
        }
        let now = OffsetDateTime::now_utc();
        // What hits was found already; which of it is unseen is counted anew, also if this fails.
        self.standing.count_anew(standing);
        self.store.change_standing(standing, change, true, now).await?;
        self.compact_standing(standing, now).await?;
        Ok(kept)
    }

    /// The standing check, if `agency` began it.
    pub(super) async fn own_standing(
        &self,
        agency: &str,
        standing: &StandingId,
    ) -> Result<(StoredStanding, StandingOpening), StandingFailure> {
        let stored = self.store.standing_check(standing).await?.ok_or(StandingFailure::Unknown)?;
        let opening =
            StandingOpening::read(&stored).ok_or(StoreError::Damaged { what: "standing check" })?;
        if opening.agency != agency {
            return Err(StandingFailure::Unknown);
        }
        Ok((stored, opening))
    }

    async fn ask_and_write(
        &self,
        standing: StandingId,
        items: Vec<StandingItem>,
        context: QuestionContext,
        timeout: Duration,
    ) -> Result<Written, StandingFailure> {
        let mut entries: BTreeMap<IdentifierType, Vec<StandingEntry>> = BTreeMap::new();
        let mut asked = Vec::with_capacity(items.len());
        for (number, StandingItem { reference, identifier }) in (0_u64..).zip(items) {
            let canonical = identifier.canonical().to_vec();
            let of_kind = entries.entry(identifier.kind()).or_default();
            of_kind.push(StandingEntry { reference, canonical });
            asked.push(Item { reference: number, identifier });
        }
        let request = CheckRequest { check: None, items: asked, context, timeout, keep_tags: true };
        let mut started = self.check(request).await?;
        let entries_of =
            |kind: IdentifierType| entries.get(&kind).map_or(0, |of_kind| of_kind.len() as u64);
        let mut sources = Vec::new();
        let mut kept = Vec::new();
        while let Some(result) = started.results.recv().await {
            let outcome = match (result.kept, result.outcome) {
                (Some(tags), Ok(_)) => {
                    let until = tags.until;
                    kept.push((result.source.clone(), tags));
                    Ok(until)
                }
                (_, Err(failure)) => Err(failure),
                (None, Ok(_)) => Err(Failure::no_answer(
                    FailureReason::Internal,
                    "this bureau's own node kept nothing of the answer; its log knows more",
                )),
            };
            let entries = outcome.as_ref().map_or(0, |_| entries_of(result.source.kind));
            sources.push(KeptIn { source: result.source, entries, outcome });
        }
        let store = self.store.clone();
        let work = move || {
            entries
                .into_iter()
                .map(|(kind, entries)| write_segment(&store, &standing, kind, &entries, &kept))
                .filter_map(Result::transpose)
                .collect()
        };
        let segments: Result<Vec<_>, StandingError> = self.compute.run(work).await?;
        Ok(Written { check: started.check, segments: segments?, sources })
    }

    /// Writes segments of which more than half was removed anew, without the holes.
    async fn compact_standing(
        &self,
        standing: &StandingId,
        now: OffsetDateTime,
    ) -> Result<(), StandingFailure> {
        let Some(stored) = self.store.standing_check(standing).await? else { return Ok(()) };
        let store = self.store.clone();
        let work = move || {
            let mut change = StandingChange::default();
            for segment in &stored.segments {
                let live = segment.entries.saturating_sub(segment.removed_count);
                // Where tags were destroyed, what became of them is to be seen until the end.
                let is_whole = segment.tags.iter().all(|tags| tags.ended.is_none());
                if live == 0 {
                    change.drop.push(segment.id);
                } else if live < segment.removed_count && is_whole {
                    change.add.push(compacted(&store, segment)?);
                    change.drop.push(segment.id);
                }
            }
            Ok::<_, StandingError>(change)
        };
        let change = self.compute.run(work).await??;
        if !change.drop.is_empty() {
            self.standing.forget_segments(&change.drop);
            self.store.change_standing(standing, change, false, now).await?;
        }
        Ok(())
    }
}

fn each_once(items: Vec<StandingItem>) -> Vec<StandingItem> {
    let firsts = first_of_equals(items.iter().map(|item| &item.identifier));
    let mut firsts = firsts.into_iter().enumerate().map(|(number, first)| number == first);
    let mut items = items;
    items.retain(|_| firsts.next().unwrap_or(false));
    items
}

fn write_segment(
    store: &symbolon_store::Store,
    standing: &StandingId,
    kind: IdentifierType,
    entries: &[StandingEntry],
    kept: &[(Source, KeptTags)],
) -> Result<Option<WrittenSegment>, StandingError> {
    let of_kind: Vec<_> = kept.iter().filter(|(source, _)| source.kind == kind).collect();
    // Identifiers that no list has tags of would only be a danger here.
    if of_kind.is_empty() {
        return Ok(None);
    }
    let mut segment = WrittenSegment::write(store, standing, kind, entries)?;
    for (source, KeptTags { agreement, scope, until, tags, secrets }) in of_kind {
        let new = NewTags {
            scope: *scope,
            agreement: agreement.clone(),
            owner: source.bureau.clone(),
            dataset: source.dataset.clone(),
            keep_until: *until,
            hashes: tags.as_slice(),
            secrets,
            seen: None,
            counted: None,
        };
        segment.add_tags(store, standing, new)?;
    }
    Ok(Some(segment))
}

/// What is to become of an identifier.
enum Asked {
    /// It joins; its place among the others that do.
    ToAdd(usize),
    ToRemove,
}

struct Changes {
    /// What is not kept yet, each once.
    add: Vec<StandingItem>,
    /// All that is removed from these segments, that of before included.
    removals: Vec<(StoredSegment, Bitmap)>,
    /// How many entries go now.
    removed: usize,
    /// How many stay.
    live: usize,
}

/// Reads all that is kept once, whatever is changed: a million entries take a fraction of a second.
fn find_changes(
    store: &symbolon_store::Store,
    stored: &StoredStanding,
    over: &HashSet<SegmentId>,
    add: Vec<StandingItem>,
    remove: &[Identifier],
) -> Result<Changes, StandingError> {
    let mut add = each_once(add);
    let mut known = vec![false; add.len()];
    // Looked up for each identifier that is kept, and filled by this bureau's own people only.
    let changed: HashMap<(IdentifierType, &[u8]), Asked, RandomState> = (0..)
        .zip(&add)
        .map(|(place, item)| {
            ((item.identifier.kind(), item.identifier.canonical()), Asked::ToAdd(place))
        })
        // What is both added and removed is asked anew.
        .chain(remove.iter().map(|one| ((one.kind(), one.canonical()), Asked::ToRemove)))
        .collect();
    let (mut removals, mut removed, mut live) = (Vec::new(), 0_usize, 0_usize);
    for segment in &stored.segments {
        let mut gone = segment.removed(store)?;
        let before = gone.count();
        let is_over = over.contains(&segment.id);
        segment.read(store, |place, entry| {
            if gone.has(place) {
                return Ok(());
            }
            match changed.get(&(segment.kind, entry.canonical)) {
                Some(Asked::ToRemove) => {
                    gone.set(place);
                    removed = removed.saturating_add(1);
                    return Ok(());
                }
                Some(Asked::ToAdd(_)) if is_over => {
                    gone.set(place);
                    return Ok(());
                }
                Some(Asked::ToAdd(place)) => {
                    if let Some(is_known) = known.get_mut(*place) {
                        *is_known = true;
                    }
                }
                None => {}
            }
            live = live.saturating_add(1);
            Ok(())
        })?;
        if gone.count() > before {
            removals.push((segment.clone(), gone));
        }
    }
    drop(changed);
    let mut is_known = known.into_iter();
    add.retain(|_| !is_known.next().unwrap_or(false));
    Ok(Changes { add, removals, removed, live })
}

/// The segment without what was removed, in new files.
fn compacted(
    store: &symbolon_store::Store,
    segment: &StoredSegment,
) -> Result<WrittenSegment, StandingError> {
    let gone = segment.removed(store)?;
    let live = segment.entries.saturating_sub(segment.removed_count);
    let mut entries = Vec::with_capacity(live);
    segment.read(store, |place, EntryRef { reference, canonical }| {
        if !gone.has(place) {
            let (reference, canonical) = (reference.to_owned(), canonical.to_vec());
            entries.push(StandingEntry { reference, canonical });
        }
        Ok(())
    })?;
    let mut written = WrittenSegment::write(store, &segment.standing, segment.kind, &entries)?;
    for tags in &segment.tags {
        let mut hashes: Vec<MembershipHash> = Vec::with_capacity(live);
        tags.read(store, segment, |first, frame| {
            let stays = (first..).zip(frame).filter(|(place, _)| !gone.has(*place));
            hashes.extend(stays.map(|(_, hash)| *hash));
        })?;
        let mut secrets = Vec::with_capacity(if tags.has_labels { live } else { 0 });
        let stays = (0..segment.entries).filter(|place| !gone.has(*place));
        tags.secrets_at(store, segment, stays, |_, secret| secrets.push(secret))?;
        let seen = of_live(segment, &tags.seen(store, segment)?, &gone);
        let counted = of_live(segment, &tags.counted(store, segment)?, &gone);
        let new = NewTags {
            scope: tags.scope,
            agreement: tags.agreement.clone(),
            owner: tags.owner.clone(),
            dataset: tags.dataset.clone(),
            keep_until: tags.keep_until,
            hashes: &hashes,
            secrets: &secrets,
            seen: Some(&seen),
            counted: Some(&counted),
        };
        written.add_tags(store, &segment.standing, new)?;
    }
    Ok(written)
}

/// Of what stays, in its new places.
fn of_live(segment: &StoredSegment, bitmap: &Bitmap, gone: &Bitmap) -> Bitmap {
    let mut of_live = Bitmap::new(segment.entries.saturating_sub(segment.removed_count));
    for (new, old) in (0..segment.entries).filter(|place| !gone.has(*place)).enumerate() {
        if bitmap.has(old) {
            of_live.set(new);
        }
    }
    of_live
}
