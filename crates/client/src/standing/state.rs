use symbolon_policy::StandingId;
use symbolon_store::{StoredSegment, StoredTags, TagsEnd};
use time::OffsetDateTime;

use super::{StandingFailure, opening::StandingOpening};
use crate::{Failure, FailureKind, Requester, Source};

/// A standing check as its owner sees it.
pub struct Standing {
    /// Which.
    pub standing: StandingId,
    /// When it was begun.
    pub begun_at: OffsetDateTime,
    /// Its declared purpose.
    pub purpose: String,
    /// Its case.
    pub case_reference: String,
    /// Identifiers that it keeps.
    pub entries: u64,
    /// Hits that the node has found by itself and no person has been shown.
    pub unseen: u64,
    /// Its tags by list and time of asking.
    pub parts: Vec<StandingPart>,
}

/// Tags of one list that were asked together, or what became of them.
pub struct StandingPart {
    /// The list.
    pub source: Source,
    /// Identifiers, without those that were removed.
    pub entries: u64,
    /// Whether they still match.
    pub state: StandingState,
}

/// Whether tags still match.
pub enum StandingState {
    /// They are kept until then.
    Kept(OffsetDateTime),
    /// They were destroyed, for this reason: the standing check must be begun anew there.
    Ended(Failure),
}

impl Requester {
    /// The standing checks that `agency` began.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_standing(&self, agency: &str) -> Result<Vec<Standing>, StandingFailure> {
        let mut all = Vec::new();
        for stored in self.store.standing_checks().await? {
            let Some(opening) = StandingOpening::read(&stored) else { continue };
            if opening.agency != agency {
                continue;
            }
            let now = OffsetDateTime::now_utc();
            let parts = stored.segments.iter().flat_map(|segment| {
                segment.tags.iter().map(|tags| StandingPart {
                    source: self.source_of(segment, tags),
                    entries: live(segment),
                    state: match self.end_of(tags, now) {
                        None => StandingState::Kept(tags.keep_until),
                        Some(end) => StandingState::Ended(ended(end)),
                    },
                })
            });
            all.push(Standing {
                standing: stored.standing,
                begun_at: stored.begun_at,
                purpose: opening.purpose.clone(),
                case_reference: opening.case_reference.clone(),
                entries: stored.segments.iter().map(live).sum(),
                unseen: self.standing.unseen(&stored.standing),
                parts: parts.collect(),
            });
        }
        Ok(all)
    }

    /// Ends a standing check: its tags and identifiers are destroyed.
    ///
    /// # Errors
    /// When `agency` has none of that id, or the database fails.
    pub async fn end_standing(
        &self,
        agency: &str,
        standing: &StandingId,
    ) -> Result<(), StandingFailure> {
        let turn = self.standing.turn(standing);
        let _turn = turn.lock().await;
        self.own_standing(agency, standing).await?;
        self.store.end_standing(standing, OffsetDateTime::now_utc()).await?;
        self.standing.forget(standing);
        Ok(())
    }

    /// Destroys tags that may not be kept any longer: past the days of the agreement, at the end of
    /// the epoch, or when the agreement is over or gone. Returns how many scopes' tags went.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn destroy_ended_tags(&self) -> Result<u64, StandingFailure> {
        let mut destroyed = 0_u64;
        for standing in self.store.standing_ids().await? {
            let turn = self.standing.turn(&standing);
            // Whoever works on it now is done before long.
            let Ok(_turn) = turn.try_lock() else { continue };
            let Some(stored) = self.store.standing_check(&standing).await? else { continue };
            let now = OffsetDateTime::now_utc();
            for segment in &stored.segments {
                for tags in segment.tags.iter().filter(|tags| tags.ended.is_none()) {
                    if let Some(end) = self.end_of(tags, now) {
                        self.store.end_standing_tags(segment, &tags.scope, end, now).await?;
                        let key = (stored.standing, segment.id, tags.scope);
                        self.standing.found().remove(&key);
                        destroyed = destroyed.saturating_add(1);
                    }
                }
            }
        }
        Ok(destroyed)
    }

    /// Why the tags may not be used now, if so, whether or not they are destroyed yet.
    pub(super) fn end_of(&self, tags: &StoredTags, now: OffsetDateTime) -> Option<TagsEnd> {
        if let Some((end, _)) = tags.ended {
            return Some(end);
        }
        let Some(agreement) = self.book.find(&tags.agreement) else {
            return Some(TagsEnd::AgreementOver);
        };
        if agreement.in_force(now).is_err() {
            return Some(TagsEnd::AgreementOver);
        }
        let lives = |at| agreement.scopes_of(&tags.owner, at).any(|(s, ..)| s.id() == tags.scope);
        if !lives(now) {
            // Of another epoch of the same text, or of a text that has been replaced.
            let epoch = agreement.terms().epoch_at(now).unwrap_or(0);
            let earlier = (0..epoch).rev().map(|epoch| {
                agreement.terms().epoch_end(epoch).saturating_sub(time::Duration::SECOND)
            });
            let is_of_earlier = earlier.into_iter().any(lives);
            return Some(if is_of_earlier { TagsEnd::EpochOver } else { TagsEnd::AgreementOver });
        }
        (now >= tags.keep_until).then_some(TagsEnd::TimeOver)
    }

    /// The list that the tags are of, named as the agreement in force names it.
    pub(super) fn source_of(&self, segment: &StoredSegment, tags: &StoredTags) -> Source {
        let agreement = self.book.find(&tags.agreement);
        let owner = agreement.as_ref().and_then(|agreement| agreement.party(&tags.owner));
        let title = agreement.as_ref().and_then(|agreement| {
            let datasets = &agreement.terms().datasets;
            datasets.iter().find(|one| one.id == tags.dataset).map(|one| one.title.clone())
        });
        Source {
            bureau: tags.owner.clone(),
            bureau_name: owner.map_or_else(|| tags.owner.to_string(), |owner| owner.name.clone()),
            dataset: tags.dataset.clone(),
            dataset_title: title.unwrap_or_else(|| tags.dataset.clone()),
            kind: segment.kind,
            desk: owner.map(|owner| owner.desk.clone()),
        }
    }
}

/// Entries that were not removed.
pub(super) fn live(segment: &StoredSegment) -> u64 {
    segment.entries.saturating_sub(segment.removed_count) as u64
}

pub(super) fn ended(end: TagsEnd) -> Failure {
    let sentence = match end {
        TagsEnd::AgreementOver => {
            "the agreement is over, or was removed or replaced; what was kept under it is \
             destroyed. Begin the standing check anew under the present one"
        }
        TagsEnd::EpochOver => {
            "the epoch is over and the owner has another key; what was kept is useless and \
             destroyed. Begin the standing check anew"
        }
        TagsEnd::TimeOver => {
            "it was kept as long as the agreement allows, and is destroyed. Begin the standing \
             check anew"
        }
    };
    Failure {
        kind: FailureKind::NotPermitted,
        reason: end.as_str().to_owned(),
        sentence: sentence.to_owned(),
        retry_after: None,
    }
}
