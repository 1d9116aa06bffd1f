//! Look-ups of many hashes. What one look-up costs is waiting for memory, three times in turn; many can
//! wait together.

use std::hint::black_box;

use crate::hash::MembershipHash;
use crate::look_up::{Entries, LookUp};
use crate::position::Position;

/// How many look-ups wait together: more than a core can have reads under way, and few enough that what
/// they read stays in its nearest cache until it is wanted.
const TOGETHER: usize = 64;

/// From so many hashes on they are sorted, coarsely, before they are looked up. In a set of 10 million
/// that takes a third off the time of a batch of a million; in one that fits the cache, or for fewer
/// hashes, it gains nothing.
const SORTED_FROM: usize = 1 << 16;

/// How many hashes are sorted at a time; it bounds the memory that this takes, 20 bytes each.
const SORTED_AT_ONCE: usize = 1 << 18;

/// The first bits of a hash by which it is sorted: a part of a set of 10 million entries, 26 kilobytes,
/// then stays in the nearest cache.
const SORTED_BY: u32 = 11;

/// Whether each of `hashes` is in the set, in their order.
pub(crate) fn look_up(
    set: &LookUp<'_>,
    hashes: &[MembershipHash],
    position: impl Fn(&MembershipHash) -> Position,
) -> Vec<bool> {
    let mut answers = Vec::with_capacity(hashes.len());
    if hashes.len() < SORTED_FROM {
        in_windows(set, hashes.iter().map(|hash| (position(hash), ())), |(), hit| {
            answers.push(hit)
        });
        return answers;
    }
    answers.resize(hashes.len(), false);
    let mut sorted = Vec::new();
    for (hashes, answers) in hashes.chunks(SORTED_AT_ONCE).zip(answers.chunks_mut(SORTED_AT_ONCE)) {
        sort_coarsely(hashes, &mut sorted);
        let positions = sorted.iter().map(|(hash, place)| (position(hash), *place));
        in_windows(set, positions, |place, hit| {
            if let Some(answer) = answers.get_mut(place as usize) {
                *answer = hit;
            }
        });
    }
    answers
}

/// One look-up on its way.
#[derive(Clone, Copy, Default)]
struct Probe<T> {
    position: Position,
    /// What the answer is to be given with.
    tag: T,
    /// See [`LookUp::near`].
    near: u64,
    entries: Entries,
}

/// Looks positions up, a window of them stage by stage: first all of a window read what tells where to
/// read next. The reads of one stage depend on none of their neighbours', so they are under way together.
fn in_windows<T: Copy + Default>(
    set: &LookUp<'_>,
    positions: impl Iterator<Item = (Position, T)>,
    mut answer: impl FnMut(T, bool),
) {
    let mut positions = positions.fuse();
    let mut window = [Probe::<T>::default(); TOGETHER];
    loop {
        let mut len = 0;
        for (probe, (position, tag)) in window.iter_mut().zip(positions.by_ref()) {
            (probe.position, probe.tag) = (position, tag);
            len += 1;
        }
        let Some(window) = window.get_mut(..len).filter(|window| !window.is_empty()) else {
            return;
        };
        for probe in window.iter_mut() {
            probe.near = set.near(probe.position.bucket);
        }
        touch(window, |probe| set.touch_buckets(probe.near));
        for probe in window.iter_mut() {
            probe.entries = set.entries(probe.position.bucket, probe.near);
        }
        touch(window, |probe| set.touch_lows(probe.entries));
        for probe in window.iter() {
            answer(probe.tag, set.holds(probe.position, probe.entries));
        }
    }
}

/// Has `byte` read for each look-up, and makes nothing of it but that it cannot be left out.
///
/// A loop of its own: the fewer instructions there are between two reads that miss the cache, the more
/// of them a core has under way.
fn touch<T>(window: &[Probe<T>], byte: impl Fn(&Probe<T>) -> u8) {
    black_box(window.iter().fold(0, |sum, probe| sum ^ byte(probe)));
}

/// Puts `hashes`, each with its place among them, into `sorted` by their first bits.
fn sort_coarsely(hashes: &[MembershipHash], sorted: &mut Vec<(MembershipHash, u32)>) {
    let part = |hash: &MembershipHash| {
        let [first, second, ..] = hash.0;
        usize::from(u16::from_be_bytes([first, second]) >> (u16::BITS - SORTED_BY))
    };
    let mut ends = [0_u32; 1 << SORTED_BY];
    for hash in hashes {
        if let Some(count) = ends.get_mut(part(hash)) {
            *count += 1;
        }
    }
    // From how many are in each part to where each part starts.
    ends.iter_mut().fold(0, |start, count| start + std::mem::replace(count, start));
    sorted.clear();
    sorted.resize(hashes.len(), (MembershipHash([0; 16]), 0));
    for (place, hash) in (0..).zip(hashes) {
        if let Some(end) = ends.get_mut(part(hash)) {
            if let Some(slot) = sorted.get_mut(*end as usize) {
                *slot = (*hash, place);
            }
            *end += 1;
        }
    }
}
