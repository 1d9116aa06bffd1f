use std::time::Duration;

use symbolon_client::{
    Failure, KeptIn, MatchedIn, Pipeline, QuestionContext, Standing, StandingFailure, StandingItem,
    StandingKept, StandingState, bureau::ItemReason,
};
use symbolon_identifiers::Identifier;
use symbolon_policy::{Actor, Reason, Refusal, StandingId};
use symbolon_proto::bureau::v1::{
    self as wire, BeginStandingRequest, BeginStandingResponse, ItemRejected, ListStandingResponse,
    MatchStandingResponse, StandingChange, StandingCheck, StandingHit, StandingHits,
    StandingMatched, StandingSource, UpdateStandingRequest, UpdateStandingResponse,
    begin_standing_request, begin_standing_response, match_standing_response,
    update_standing_request, update_standing_response,
};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{
    BureauFace, check_refusal,
    convert::{outcome, released, retry_after, source, timestamp},
    read::{
        LONGEST_READING, MOST_ITEMS_A_MESSAGE, Messages, Question, References, begin, invalid,
        limit, message, read_item, rejection, stopping, waiting,
    },
};
use crate::logging::event;

const HITS_A_MESSAGE: usize = 4_096;
const LONGEST_REFERENCE: usize = 256;

/// What a call adds and removes, as it was read.
#[derive(Default)]
pub struct Changes {
    /// What joins, in the order in which it came.
    pub add: Vec<StandingItem>,
    /// What leaves, in the order in which it came.
    pub remove: Vec<Identifier>,
    /// What could not be read, and why.
    pub rejected: Vec<ItemRejected>,
}

impl BureauFace {
    pub(crate) async fn begin_standing(
        &self,
        place: OwnedSemaphorePermit,
        asker: Actor,
        mut requests: impl Messages<BeginStandingRequest>,
    ) -> Result<Vec<BeginStandingResponse>, Refusal> {
        use begin_standing_request::Part;
        use begin_standing_response::Event;
        let (context, timeout, changes) = said(async {
            let (context, timeout) = match message(&mut requests).await?.and_then(|one| one.part) {
                Some(Part::Start(start)) => start_of(start, asker)?,
                _ => return Err(invalid("a standing check begins with who asks and why")),
            };
            let mut reading = Reading::new(self, false);
            while let Some(one) = message(&mut requests).await? {
                match one.part {
                    Some(Part::Items(items)) => reading.add(items.items).await?,
                    _ => return Err(invalid("who asks and why is said once")),
                }
            }
            Ok((context, timeout, reading.finish().await?))
        })
        .await?;
        let Changes { add, rejected, .. } = changes;
        let requester = self.requester.clone();
        let kept =
            to_its_end(place, async move { requester.begin_standing(add, context, timeout).await })
                .await?;
        self.count(&kept);
        if let Some(standing) = kept.standing {
            event!(
                info,
                "a standing check was begun",
                standing = standing,
                identifiers = kept.added,
                rejected = rejected.len(),
            );
        }
        let rejected = rejected.into_iter().map(Event::Rejected);
        let sources = kept.sources.iter().map(|one| Event::Source(kept_in(one)));
        let events = rejected.chain(sources).chain([Event::Kept(kept_of(&kept))]);
        Ok(events.map(|event| BeginStandingResponse { event: Some(event) }).collect())
    }

    pub(crate) async fn update_standing(
        &self,
        place: OwnedSemaphorePermit,
        asker: Actor,
        mut requests: impl Messages<UpdateStandingRequest>,
    ) -> Result<Vec<UpdateStandingResponse>, Refusal> {
        use update_standing_request::Part;
        use update_standing_response::Event;
        let (standing, timeout, changes) = said(async {
            let (standing, timeout) = match message(&mut requests).await?.and_then(|one| one.part) {
                Some(Part::Start(start)) => (id(&start.standing_id)?, waiting(start.timeout)?),
                _ => return Err(invalid("an update begins with which standing check it is of")),
            };
            let mut reading = Reading::new(self, true);
            while let Some(one) = message(&mut requests).await? {
                match one.part {
                    Some(Part::Items(items)) => reading.add(items.items).await?,
                    _ => return Err(invalid("which standing check it is of is said once")),
                }
            }
            Ok((standing, timeout, reading.finish().await?))
        })
        .await?;
        let Changes { add, remove, rejected } = changes;
        let requester = self.requester.clone();
        let kept = to_its_end(place, async move {
            requester.update_standing(&asker, &standing, add, remove, timeout).await
        })
        .await?;
        self.count(&kept);
        event!(
            info,
            "a standing check was updated",
            standing = standing,
            added = kept.added,
            removed = kept.removed,
            rejected = rejected.len(),
        );
        let rejected = rejected.into_iter().map(Event::Rejected);
        let sources = kept.sources.iter().map(|one| Event::Source(kept_in(one)));
        let events = rejected.chain(sources).chain([Event::Kept(kept_of(&kept))]);
        Ok(events.map(|event| UpdateStandingResponse { event: Some(event) }).collect())
    }

    pub(crate) async fn match_standing(
        &self,
        place: OwnedSemaphorePermit,
        agency: &str,
        standing: &[u8],
    ) -> Result<impl Iterator<Item = MatchStandingResponse> + use<>, Refusal> {
        use match_standing_response::Event;
        let standing = id(standing)?;
        let began = Instant::now();
        let (requester, agency) = (self.requester.clone(), agency.to_owned());
        let matched =
            to_its_end(place, async move { requester.match_standing(&agency, &standing).await })
                .await?;
        event!(info, "a standing check was matched", standing = standing, lists = matched.len());
        let hits: usize = matched.iter().map(|one| one.hits.len()).sum();
        let all = matched.iter().flat_map(|one| &one.hits);
        let new_hits = all.filter(|hit| hit.is_new).count();
        let elapsed = prost_types::Duration::try_from(began.elapsed()).ok();
        let (hits, new_hits) = (hits as u64, new_hits as u64);
        let end = Event::Matched(StandingMatched { hits, new_hits, elapsed });
        let events = matched.into_iter().flat_map(|one| {
            let source = std::iter::once(Event::Source(matched_in(&one)));
            let mut hits = one.hits.into_iter();
            // Made as they are sent.
            source.chain(std::iter::from_fn(move || {
                let some: Vec<_> = hits.by_ref().take(HITS_A_MESSAGE).map(hit).collect();
                (!some.is_empty()).then_some(Event::Hits(StandingHits { hits: some }))
            }))
        });
        let events = events.chain([end]);
        Ok(events.map(|event| MatchStandingResponse { event: Some(event) }))
    }

    pub(crate) async fn list_standing(
        &self,
        agency: &str,
    ) -> Result<ListStandingResponse, Refusal> {
        let all = self.requester.list_standing(agency).await.map_err(|error| refusal(&error))?;
        Ok(ListStandingResponse { checks: all.into_iter().map(standing_check).collect() })
    }

    pub(crate) async fn end_standing(&self, agency: &str, standing: &[u8]) -> Result<(), Refusal> {
        let standing = id(standing)?;
        let ended = self.requester.end_standing(agency, &standing).await;
        ended.map_err(|error| refusal(&error))?;
        event!(info, "a standing check was ended", standing = standing);
        Ok(())
    }

    fn count(&self, kept: &StandingKept) {
        if kept.check.is_some() {
            self.metrics.checks_asked.inc();
            self.metrics.identifiers_asked.inc_by(kept.added);
        }
    }
}

/// Does it to the end also if the caller goes away: what was asked is to be kept, and what was begun is
/// not to be left half done.
async fn to_its_end<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    work: impl Future<Output = Result<T, StandingFailure>> + Send + 'static,
) -> Result<T, Refusal> {
    let work = async move {
        let done = work.await;
        drop(place);
        done
    };
    match tokio::spawn(work).await {
        Ok(done) => done.map_err(|error| refusal(&error)),
        Err(_) => Err(Refusal::new(Reason::Internal, "the node is stopping, or broke off")),
    }
}

/// A call that takes too long to be said holds its place no longer.
async fn said<T>(reading: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    tokio::time::timeout(LONGEST_READING, reading)
        .await
        .map_err(|_| limit("the list took longer than five minutes to be said"))?
}

fn start_of(start: wire::CheckStart, asker: Actor) -> Result<(QuestionContext, Duration), Refusal> {
    let Question { check, context, timeout, .. } = begin(start, asker)?;
    if check.is_some() {
        return Err(invalid("a standing check cannot be begun again by a check id; leave it out"));
    }
    Ok((context, timeout))
}

/// Reads items on the pool, message by message.
struct Reading {
    pipeline: Pipeline<Changes>,
    references: References,
    may_remove: bool,
    read: Changes,
}

impl Reading {
    fn new(face: &BureauFace, may_remove: bool) -> Self {
        Self {
            pipeline: Pipeline::new(&face.compute, face.compute.cores().saturating_add(1)),
            references: References::default(),
            may_remove,
            read: Changes::default(),
        }
    }

    async fn add(&mut self, items: Vec<wire::StandingItem>) -> Result<(), Refusal> {
        if items.len() > MOST_ITEMS_A_MESSAGE {
            return Err(limit("a message holds at most 4,096 items"));
        }
        self.references.add(numbers(&items))?;
        let may_remove = self.may_remove;
        let done = self.pipeline.push(move || read_items(items, may_remove)).await;
        if let Some(done) = done.map_err(stopping)? {
            self.take(done);
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Changes, Refusal> {
        while let Some(done) = self.pipeline.next().await.map_err(stopping)? {
            self.take(done);
        }
        self.references.all_differ()?;
        Ok(self.read)
    }

    fn take(&mut self, mut done: Changes) {
        self.read.add.append(&mut done.add);
        self.read.remove.append(&mut done.remove);
        self.read.rejected.append(&mut done.rejected);
    }
}

/// Reads the items of a call as they are read from a caller, without keeping them. For fuzzing.
///
/// # Errors
/// What the caller is refused with.
#[doc(hidden)]
pub fn read_standing(items: Vec<wire::StandingItem>, may_remove: bool) -> Result<Changes, Refusal> {
    let mut references = References::default();
    references.add(numbers(&items))?;
    let read = read_items(items, may_remove);
    references.all_differ()?;
    Ok(read)
}

/// The callers' numbers of items; 0 where the item itself is missing.
fn numbers(items: &[wire::StandingItem]) -> impl ExactSizeIterator<Item = u64> {
    items.iter().map(|one| one.item.as_ref().map_or(0, |item| item.r#ref))
}

fn read_items(items: Vec<wire::StandingItem>, may_remove: bool) -> Changes {
    let mut read = Changes::default();
    for one in items {
        let change = StandingChange::try_from(one.change);
        let removes = change == Ok(StandingChange::Remove);
        let Some(item) = one.item else {
            let (reason, sentence) =
                rejection(ItemReason::Empty, "the item is empty; leave it out");
            read.rejected.push(ItemRejected { r#ref: 0, reason, sentence });
            continue;
        };
        let rejected = |(reason, sentence)| ItemRejected { r#ref: item.r#ref, reason, sentence };
        if one.r#ref.len() > LONGEST_REFERENCE {
            let sentence = "the name of an item has at most 256 bytes";
            read.rejected.push(rejected(rejection(ItemReason::TooLong, sentence)));
            continue;
        }
        // What a later version means by it may be anything but joining.
        if change.is_err() {
            let sentence =
                "this node does not know what is to become of the item; add or remove it";
            read.rejected.push(rejected(rejection(ItemReason::UnknownChange, sentence)));
            continue;
        }
        if removes && !may_remove {
            let sentence = "there is nothing to remove from yet; leave it out";
            read.rejected.push(rejected(rejection(ItemReason::NothingToRemove, sentence)));
            continue;
        }
        match read_item(&item) {
            Ok(identifier) if removes => read.remove.push(identifier),
            Ok(identifier) => read.add.push(StandingItem { reference: one.r#ref, identifier }),
            Err(error) => read.rejected.push(rejected(error)),
        }
    }
    read
}

fn id(bytes: &[u8]) -> Result<StandingId, Refusal> {
    bytes.try_into().map(StandingId).map_err(|_| invalid("a standing check's id has 16 bytes"))
}

fn kept_in(one: &KeptIn) -> StandingSource {
    let source = source(&one.source, None);
    match &one.outcome {
        Ok(until) => StandingSource {
            source: Some(source),
            entries: one.entries,
            keep_until: Some(timestamp(*until)),
            ..StandingSource::default()
        },
        Err(failure) => failed(source, one.entries, failure),
    }
}

fn kept_of(kept: &StandingKept) -> wire::StandingKept {
    wire::StandingKept {
        standing_id: kept.standing.map(|id| id.0.to_vec()).unwrap_or_default(),
        check_id: kept.check.map(|id| id.0.to_vec()).unwrap_or_default(),
        added: kept.added,
        removed: kept.removed,
        unchanged: kept.unchanged,
    }
}

fn matched_in(one: &MatchedIn) -> StandingSource {
    match &one.outcome {
        Ok(coverage) => StandingSource {
            source: Some(source(&one.source, Some(*coverage))),
            entries: one.entries,
            ..StandingSource::default()
        },
        Err(failure) => failed(source(&one.source, None), one.entries, failure),
    }
}

fn failed(source: wire::Source, entries: u64, failure: &Failure) -> StandingSource {
    StandingSource {
        source: Some(source),
        entries,
        keep_until: None,
        outcome: outcome(failure.kind).into(),
        reason: failure.reason.clone(),
        sentence: failure.sentence.clone(),
        retry_after: retry_after(failure),
    }
}

fn hit(hit: symbolon_client::StandingHit) -> StandingHit {
    StandingHit {
        label: hit.label.as_ref().map(released),
        value: hit.value,
        country: hit.country.unwrap_or_default(),
        r#ref: hit.reference,
        is_new: hit.is_new,
    }
}

fn standing_check(one: Standing) -> StandingCheck {
    StandingCheck {
        standing_id: one.standing.0.to_vec(),
        begun_at: Some(timestamp(one.begun_at)),
        purpose: one.purpose,
        case_reference: one.case_reference,
        entries: one.entries,
        unseen_hits: one.unseen,
        sources: one
            .parts
            .iter()
            .map(|part| match &part.state {
                StandingState::Kept(until) => StandingSource {
                    source: Some(source(&part.source, None)),
                    entries: part.entries,
                    keep_until: Some(timestamp(*until)),
                    ..StandingSource::default()
                },
                StandingState::Ended(failure) => {
                    failed(source(&part.source, None), part.entries, failure)
                }
            })
            .collect(),
    }
}

fn refusal(error: &StandingFailure) -> Refusal {
    match error {
        StandingFailure::Check(error) => check_refusal(error),
        StandingFailure::Unknown => Refusal::new(Reason::StandingUnknown, error.to_string()),
        StandingFailure::Full => Refusal::new(Reason::InvalidArgument, error.to_string()),
        StandingFailure::Files(cause) => {
            event!(warn, "a standing check's files could not be used", error = cause);
            Refusal::new(
                Reason::Internal,
                "what the standing check keeps could not be read or written; the administrator \
                 finds the cause in the node's log",
            )
        }
        _ => Refusal::new(Reason::Internal, error.to_string()),
    }
}
