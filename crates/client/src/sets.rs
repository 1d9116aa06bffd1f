use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use symbolon_exchange::{DocumentHash, Manifest};
use symbolon_policy::ScopeId;
use symbolon_tagset::{LabelSecret, Labels, MembershipHash, TagSet};
use thiserror::Error;
use time::OffsetDateTime;

use crate::failure::Failure;

/// A partner's tag set that is held here, checked against its manifest and its canaries.
pub struct HeldSet {
    /// Its manifest.
    pub manifest: Manifest,
    /// Hash of the manifest's bytes.
    pub hash: DocumentHash,
    /// The set.
    pub tags: TagSet,
    /// The labels beside it, from when they are here.
    pub labels: OnceLock<Labels>,
}

impl HeldSet {
    /// What the owner releases with the hit of an output at once; `None` where nothing is agreed.
    pub(crate) fn open_label(
        &self,
        hash: &MembershipHash,
        secret: &LabelSecret,
    ) -> Option<Result<String, LabelTrouble>> {
        self.manifest.labels?;
        let Some(labels) = self.labels.get() else { return Some(Err(LabelTrouble::NotHere)) };
        let opened = self.tags.find(hash).and_then(|entry| labels.open_label(entry, secret));
        // The owner's text goes to terminals, and must not move in them what others say.
        let shown = |text: String| text.replace(rearranges, " ");
        Some(opened.map(shown).ok_or(LabelTrouble::DoesNotOpen))
    }
}

/// Whether a character does something to a terminal, or changes the direction in which text is read.
fn rearranges(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// Why a label cannot be shown. The hit is one all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum LabelTrouble {
    /// The file of labels has not been fetched.
    #[error(
        "what the bureau releases at once has not been fetched yet; ask again shortly, or call its \
         desk"
    )]
    NotHere,
    /// It is none of this identifier.
    #[error(
        "what the bureau releases at once does not open; the hit is one all the same. Call its desk, \
         and tell it"
    )]
    DoesNotOpen,
    /// It was kept asked by a program that did not keep what opens labels.
    #[error(
        "what the bureau releases at once cannot be shown: this was asked before its key was kept. \
         Remove it from the standing check and add it again, or call the bureau's desk"
    )]
    NotKept,
}

impl LabelTrouble {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::NotHere, Self::DoesNotOpen];

    /// For programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotHere => "label_not_here",
            Self::DoesNotOpen => "label_does_not_open",
            Self::NotKept => "label_not_kept",
        }
    }
}

#[derive(Clone)]
enum Place {
    Held(Arc<HeldSet>),
    /// Nothing is looked up in the scope, for this reason; found in the version of this manifest.
    Barred {
        why: Failure,
        manifest: DocumentHash,
    },
}

/// The partners' sets by scope: each is held, or it is known why it is not.
#[derive(Clone, Default)]
pub struct SetShelf {
    places: Arc<RwLock<HashMap<ScopeId, Place>>>,
}

impl SetShelf {
    /// The set of a scope, if it may be used at `now`.
    ///
    /// # Errors
    /// Why there is none: not fetched yet, expired, or it failed its canaries.
    pub fn usable(&self, scope: &ScopeId, now: OffsetDateTime) -> Result<Arc<HeldSet>, Failure> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let held = match places.get(scope) {
            Some(Place::Held(held)) => held,
            Some(Place::Barred { why, .. }) => return Err(why.clone()),
            None => {
                return Err(Failure::no_set(
                    "the bureau's list has not been fetched yet; try again shortly",
                ));
            }
        };
        if held.manifest.expires_at <= now {
            return Err(Failure::no_set(
                "the copy of the bureau's list held here is too old to be used",
            ));
        }
        Ok(Arc::clone(held))
    }

    /// The version held of a scope, usable or not.
    pub fn held(&self, scope: &ScopeId) -> Option<Arc<HeldSet>> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        match places.get(scope)? {
            Place::Held(held) => Some(Arc::clone(held)),
            Place::Barred { .. } => None,
        }
    }

    /// All that are held.
    pub fn all(&self) -> Vec<Arc<HeldSet>> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        places
            .values()
            .filter_map(|place| match place {
                Place::Held(held) => Some(Arc::clone(held)),
                Place::Barred { .. } => None,
            })
            .collect()
    }

    pub(crate) fn put(&self, scope: ScopeId, set: HeldSet) {
        self.set(scope, Place::Held(Arc::new(set)));
    }

    /// From now on the scope has no answer, because the version of this manifest is not sound.
    pub(crate) fn bar(&self, scope: ScopeId, why: Failure, manifest: DocumentHash) {
        self.set(scope, Place::Barred { why, manifest });
    }

    /// Whether the scope is barred because of this very version, which need not be fetched again.
    pub(crate) fn is_barred_by(&self, scope: &ScopeId, manifest: &DocumentHash) -> bool {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        matches!(places.get(scope), Some(Place::Barred { manifest: by, .. }) if by == manifest)
    }

    pub(crate) fn remove(&self, scope: &ScopeId) {
        self.places.write().unwrap_or_else(PoisonError::into_inner).remove(scope);
    }

    fn set(&self, scope: ScopeId, place: Place) {
        self.places.write().unwrap_or_else(PoisonError::into_inner).insert(scope, place);
    }
}
