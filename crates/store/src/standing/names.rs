//! What the files and seals of a segment are called, so that none can stand for another.

use std::path::{Path, PathBuf};

use symbolon_policy::{ScopeId, StandingId};

use super::{
    SegmentId,
    frames::{About, ENTRIES_A_FRAME},
};
use crate::DataFolder;

pub(super) fn tags_path(
    folder: &DataFolder,
    standing: &StandingId,
    segment: &SegmentId,
    scope: &ScopeId,
) -> PathBuf {
    folder.standing(standing).join(format!("{}-{scope}.tags", hex::encode(segment.0)))
}

/// The file of what opens the labels, beside that of the tags.
pub(super) fn labels_path(
    folder: &DataFolder,
    standing: &StandingId,
    segment: &SegmentId,
    scope: &ScopeId,
) -> PathBuf {
    folder.standing(standing).join(format!("{}-{scope}.labels", hex::encode(segment.0)))
}

pub(super) fn identifiers_path(
    folder: &DataFolder,
    standing: &StandingId,
    segment: &SegmentId,
) -> PathBuf {
    folder.standing(standing).join(format!("{}.identifiers", hex::encode(segment.0)))
}

/// The segment that a file in a standing check's folder belongs to, by its name.
pub(super) fn segment_of(path: &Path) -> Option<SegmentId> {
    let name = path.file_name()?.to_str()?;
    let mut id = [0; 16];
    hex::decode_to_slice(name.get(..32)?, &mut id).ok()?;
    Some(SegmentId(id))
}

pub(super) fn identifiers_key(segment: &SegmentId) -> Vec<u8> {
    [b"Symbolon-v1-StandingIdentifiersKey\0".as_slice(), &segment.0].concat()
}

pub(super) fn tags_key(segment: &SegmentId, scope: &ScopeId) -> Vec<u8> {
    [b"Symbolon-v1-StandingTagsKey\0".as_slice(), &segment.0, &scope.0].concat()
}

pub(super) fn removed_about(segment: &SegmentId) -> Vec<u8> {
    [b"Symbolon-v1-StandingRemoved\0".as_slice(), &segment.0].concat()
}

pub(super) fn seen_about(segment: &SegmentId, scope: &ScopeId) -> Vec<u8> {
    [b"Symbolon-v1-StandingSeen\0".as_slice(), &segment.0, &scope.0].concat()
}

pub(super) fn counted_about(segment: &SegmentId, scope: &ScopeId) -> Vec<u8> {
    [b"Symbolon-v1-StandingCounted\0".as_slice(), &segment.0, &scope.0].concat()
}

pub(super) fn labels_about(segment: &SegmentId, scope: &ScopeId, entries: usize) -> About {
    let what = [b"Symbolon-v1-StandingLabels\0".as_slice(), &segment.0, &scope.0, &be64(entries)];
    About { what: what.concat(), frames: frame_count(entries) }
}

pub(super) fn identifiers_about(segment: &SegmentId, entries: usize) -> About {
    let what = [b"Symbolon-v1-StandingIdentifiers\0".as_slice(), &segment.0, &be64(entries)];
    About { what: what.concat(), frames: frame_count(entries) }
}

pub(super) fn tags_about(segment: &SegmentId, scope: &ScopeId, entries: usize) -> About {
    let what = [b"Symbolon-v1-StandingTags\0".as_slice(), &segment.0, &scope.0, &be64(entries)];
    About { what: what.concat(), frames: frame_count(entries) }
}

fn be64(number: usize) -> [u8; 8] {
    (number as u64).to_be_bytes()
}

fn frame_count(entries: usize) -> u64 {
    entries.div_ceil(ENTRIES_A_FRAME) as u64
}
