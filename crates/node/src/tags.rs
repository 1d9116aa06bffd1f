//! The tags of a list under a scope's key: those known from the last publication, and evaluated ones
//! for what is new since.

use std::sync::Arc;

use symbolon_client::Compute;
use symbolon_identifiers::Identifier;
use symbolon_oprf::{SecretKey, voprf};
use symbolon_policy::ScopeId;
use symbolon_store::{
    Bitmap, CacheFault, CacheKind, DataFolder, ListSnapshot, NewTagCache, Piece, StoreError, Tag,
    TagCache, TagCacheKey,
};
use symbolon_tagset::{LabelSecret, MembershipHash};
use tokio::task::{JoinError, JoinSet};

use crate::{logging::event, publish_error::PublishError};

/// Makes the tags of lists.
pub(crate) struct Tagger {
    pub(crate) folder: DataFolder,
    pub(crate) compute: Compute,
    pub(crate) scope: ScopeId,
    pub(crate) key: Arc<SecretKey>,
    pub(crate) cache: Arc<TagCacheKey>,
    /// Whether label secrets are wanted too.
    pub(crate) kind: CacheKind,
}

/// The tags of a list.
pub(crate) struct Tags {
    /// One for each identifier that enters the set: those that were known, in their order, then those
    /// that are new, in none.
    pub(crate) hashes: Vec<MembershipHash>,
    /// In a scope with labels: for each of them its id and its label secret.
    pub(crate) labelled: Vec<Tag>,
    /// Identifiers whose tags the cache holds, whether they enter or not.
    cached: u64,
    /// Identifiers that were evaluated now.
    pub(crate) evaluated: u64,
    /// Identifiers whose tags were known.
    pub(crate) reused: u64,
    /// To be finished before the manifest is published: a cache that is newer than the manifest
    /// serves the next publication as well, an older one may be too old for the journal.
    pub(crate) cache: NewTagCache,
}

impl Tagger {
    /// The tags of what `snapshot` shows, but for those that are kept out. These are evaluated as
    /// well, for the cache, which is the owner's own: an identifier may enter later without being
    /// new. A cache that is of no use costs time, and nothing else.
    pub(crate) async fn tags(
        &self,
        snapshot: &mut ListSnapshot,
        kept_out: &Arc<IdSet>,
    ) -> Result<Tags, PublishError> {
        match self.reuse(snapshot, kept_out).await? {
            Ok((known, above)) => {
                let tags = self.evaluate(snapshot, known, above, kept_out).await?;
                if is_whole(&tags, snapshot) {
                    return Ok(tags);
                }
                event!(
                    warn,
                    "the cached tags of a set do not add up to its list; all are evaluated anew",
                    scope = self.scope,
                );
                snapshot.rewind();
            }
            Err(CacheFault::Missing) => {}
            Err(fault) => event!(
                warn,
                "the cached tags of a set are of no use; all are evaluated anew",
                scope = self.scope,
                reason = fault,
            ),
        }
        let cache = self.begin(snapshot)?;
        let (hashes, labelled) = (Vec::new(), Vec::new());
        let none = Tags { hashes, labelled, cached: 0, evaluated: 0, reused: 0, cache };
        let tags = self.evaluate(snapshot, none, 0, kept_out).await?;
        if is_whole(&tags, snapshot) { Ok(tags) } else { Err(DAMAGED.into()) }
    }

    /// What the cache knows of the list, already on its way into the next cache, and the id up to
    /// which it knows all.
    async fn reuse(
        &self,
        snapshot: &mut ListSnapshot,
        kept_out: &Arc<IdSet>,
    ) -> Result<Result<(Tags, u64), CacheFault>, PublishError> {
        let old = match TagCache::open(&self.folder, &self.scope, &self.cache, self.kind) {
            Ok(old) => old,
            Err(fault) => return Ok(Err(fault)),
        };
        let Some(gone) = snapshot.removed_since(&old.mark).await? else {
            return Ok(Err(CacheFault::Stale));
        };
        let above = old.last_identifier;
        let new = self.begin(snapshot)?;
        let most = usize::try_from(snapshot.identifiers).unwrap_or(0);
        let kept_out = Arc::clone(kept_out);
        let work = move || carry_over(old, &IdSet::of(&gone), &kept_out, new, most);
        let carried = self.compute.run(work).await;
        let carried = carried.map_err(|_| PublishError::Stopping)??;
        Ok(carried.map(|tags| (tags, above)))
    }

    fn begin(&self, snapshot: &ListSnapshot) -> Result<NewTagCache, StoreError> {
        let (folder, scope, last) = (&self.folder, &self.scope, snapshot.last_identifier);
        NewTagCache::create(folder, scope, &self.cache, self.kind, &snapshot.mark, last)
    }

    /// Adds the tags of identifiers with ids above `above`, on as many cores as its pool has. No more
    /// pieces are in memory than are worked on, and one.
    async fn evaluate(
        &self,
        snapshot: &mut ListSnapshot,
        mut tags: Tags,
        above: u64,
        kept_out: &Arc<IdSet>,
    ) -> Result<Tags, PublishError> {
        let mut under_way = JoinSet::new();
        let more = usize::try_from(snapshot.identifiers).unwrap_or(0);
        tags.hashes.reserve(more.saturating_sub(tags.hashes.len()));
        while let Some(piece) = snapshot.next_piece(above).await? {
            if under_way.len() > self.compute.cores()
                && let Some(done) = under_way.join_next().await
            {
                tags = self.take(tags, done, kept_out).await?;
            }
            let (key, compute, kind) = (Arc::clone(&self.key), self.compute.clone(), self.kind);
            under_way.spawn(async move {
                let work = move || evaluate_piece(&key, &piece, kind);
                compute.run(work).await.map_err(|_| PublishError::Stopping)?
            });
        }
        while let Some(done) = under_way.join_next().await {
            tags = self.take(tags, done, kept_out).await?;
        }
        Ok(tags)
    }

    /// Takes in a piece on the pool as well: the cache sorts, seals and writes when it is full.
    async fn take(
        &self,
        mut tags: Tags,
        done: Result<Result<Vec<Tag>, PublishError>, JoinError>,
        kept_out: &Arc<IdSet>,
    ) -> Result<Tags, PublishError> {
        let evaluated = done.map_err(|_| PublishError::Stopping)??;
        let kept_out = Arc::clone(kept_out);
        let work = move || tags.take(evaluated, &kept_out).map(|()| tags);
        let taken = self.compute.run(work).await.map_err(|_| PublishError::Stopping)?;
        Ok(taken?)
    }
}

impl Tags {
    fn take(&mut self, evaluated: Vec<Tag>, kept_out: &IdSet) -> Result<(), StoreError> {
        let count = evaluated.len() as u64;
        self.cached = self.cached.saturating_add(count);
        for tag in evaluated {
            self.cache.push(&tag)?;
            if !kept_out.has(tag.identifier) {
                enter(tag, &mut self.hashes, &mut self.labelled);
            }
        }
        self.evaluated = self.evaluated.saturating_add(count);
        Ok(())
    }
}

fn enter(tag: Tag, hashes: &mut Vec<MembershipHash>, labelled: &mut Vec<Tag>) {
    hashes.push(MembershipHash(tag.hash));
    if tag.secret.is_some() {
        labelled.push(tag);
    }
}

fn is_whole(tags: &Tags, snapshot: &ListSnapshot) -> bool {
    tags.cached == snapshot.identifiers
}

/// Copies the tags of what is still listed.
fn carry_over(
    mut old: TagCache,
    gone: &IdSet,
    kept_out: &IdSet,
    mut cache: NewTagCache,
    most: usize,
) -> Result<Result<Tags, CacheFault>, StoreError> {
    let mut hashes = Vec::with_capacity(most);
    let mut labelled = Vec::new();
    let mut reused = 0_u64;
    loop {
        match old.next_tag() {
            Ok(Some(tag)) if gone.has(tag.identifier) => {}
            Ok(Some(tag)) => {
                cache.push(&tag)?;
                reused = reused.saturating_add(1);
                if !kept_out.has(tag.identifier) {
                    enter(tag, &mut hashes, &mut labelled);
                }
            }
            Ok(None) => break,
            Err(fault) => return Ok(Err(fault)),
        }
    }
    Ok(Ok(Tags { hashes, labelled, cached: reused, evaluated: 0, reused, cache }))
}

/// Some ids of identifiers. Ids are numbers of what was ever listed, so that one bit for each is
/// little.
#[derive(Default)]
pub(crate) struct IdSet(Option<Bitmap>);

impl IdSet {
    /// Of `ids`, ascending.
    pub(crate) fn of(ids: &[u64]) -> Self {
        Self(ids.last().map(|last| {
            let mut bits = Bitmap::new(place(*last).saturating_add(1));
            ids.iter().for_each(|identifier| bits.set(place(*identifier)));
            bits
        }))
    }

    fn has(&self, identifier: u64) -> bool {
        self.0.as_ref().is_some_and(|bits| bits.has(place(identifier)))
    }
}

fn place(identifier: u64) -> usize {
    usize::try_from(identifier).unwrap_or(usize::MAX)
}

fn evaluate_piece(
    key: &SecretKey,
    piece: &Piece,
    kind: CacheKind,
) -> Result<Vec<Tag>, PublishError> {
    let identifiers = piece.identifiers()?;
    let inputs: Vec<_> =
        identifiers.iter().map(|(_, one): &(_, Identifier)| one.oprf_input()).collect();
    let outputs = voprf::evaluate(key, &inputs).map_err(|_| PublishError::Evaluation)?;
    let tags = identifiers.iter().zip(&outputs).map(|((identifier, _), output)| Tag {
        identifier: *identifier,
        hash: output.membership_hash(),
        secret: (kind == CacheKind::WithSecrets).then(|| LabelSecret::new(*output.label_secret())),
    });
    Ok(tags.collect())
}

const DAMAGED: StoreError = StoreError::Damaged { what: "list" };

#[cfg(test)]
mod tests;
