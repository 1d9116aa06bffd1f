//! Sorting hashes by their bits, first bits first, in place: they are uniform, so that their first bits
//! tell nearly all of their order, and comparing them two by two would find out the same again.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use crate::few_behind::sort_few_behind;
use crate::hash::MembershipHash;
use crate::workers::share_out;

/// Up to so many hashes are compared with each other: that costs less than to count parts.
const COMPARED: usize = 64;

/// So many parts are the most that can be filled at once where memory is far.
const PARTS: usize = 256;

/// So many make sense where all hashes lie in a near cache, and are enough to make every part small.
const MANY_PARTS: usize = 2048;

/// The numbers of hashes that are cut into many parts.
const NEAR: RangeInclusive<usize> = 1 << 11..=1 << 17;

/// From so many hashes on threads are worth their start.
const PARALLEL_FROM: usize = 1 << 16;

/// Sorts `hashes` as numbers, on at most `workers` threads.
///
/// A few behind many that are sorted are merged with them ([`sort_few_behind`]), for which they are copied.
/// Everything else needs no memory besides. However the bits are distributed, it takes at most one swap a hash
/// for each 8 of the 128 bits; only where few first bytes occur do fewer threads find work.
pub(crate) fn sort(hashes: &mut [MembershipHash], workers: NonZeroUsize) {
    sort_few_behind(hashes, |hash| hash.to_number(), |hashes| sort_parts(hashes, workers));
}

fn sort_parts(hashes: &mut [MembershipHash], workers: NonZeroUsize) {
    if workers.get() == 1 || hashes.len() < PARALLEL_FROM {
        return sort_from(hashes, 0);
    }
    let ends = part::<PARTS>(hashes, 0);
    let parts = Parts { rest: hashes, start: 0, ends: ends.iter() };
    share_out(workers, parts, |part| sort_from(part, PARTS.ilog2()));
}

/// Sorts hashes that have their first `depth` bits in common.
fn sort_from(hashes: &mut [MembershipHash], depth: u32) {
    if hashes.len() <= COMPARED {
        return hashes.sort_unstable_by_key(|hash| hash.to_number());
    }
    if depth >= u128::BITS {
        return;
    }
    if NEAR.contains(&hashes.len()) {
        sort_by_parts::<MANY_PARTS>(hashes, depth);
    } else {
        sort_by_parts::<PARTS>(hashes, depth);
    }
}

fn sort_by_parts<const COUNT: usize>(hashes: &mut [MembershipHash], depth: u32) {
    let ends = part::<COUNT>(hashes, depth);
    for part in (Parts { rest: hashes, start: 0, ends: ends.iter() }) {
        sort_from(part, depth + COUNT.ilog2());
    }
}

/// Puts `hashes` in the order of their bits from bit `depth` < 128 on alone, as many as number `COUNT`;
/// gives where the part of each value ends.
///
/// The American flag sort of P. McIlroy, K. Bostic and M. D. McIlroy, "Engineering Radix Sort", 1993.
#[allow(
    clippy::indexing_slicing,
    reason = "so many bits index COUNT places, and each part's next place stays before its end"
)]
fn part<const COUNT: usize>(hashes: &mut [MembershipHash], depth: u32) -> [usize; COUNT] {
    let value = |hash: &MembershipHash| {
        ((hash.to_number() << depth) >> (u128::BITS - COUNT.ilog2())) as usize
    };
    let mut ends = [0; COUNT];
    for hash in &*hashes {
        ends[value(hash)] += 1;
    }
    // From how many are in each part to where it starts and ends.
    let mut nexts = [0; COUNT];
    let mut sum = 0;
    for (next, end) in nexts.iter_mut().zip(&mut ends) {
        *next = sum;
        sum += *end;
        *end = sum;
    }
    // Each place that is still to be filled is visited, or filled from one that is, so that each round
    // leaves at most half of them. (To follow one hash to its place, the one found there to its, and so
    // on, takes a single round; but then each read waits for the one before.)
    while nexts != ends {
        for here in 0..COUNT {
            for place in nexts[here]..ends[here] {
                let there = value(&hashes[place]);
                hashes.swap(place, nexts[there]);
                nexts[there] += 1;
            }
        }
    }
    ends
}

/// The parts of a slice, from where each of them ends.
struct Parts<'a, 'e> {
    rest: &'a mut [MembershipHash],
    start: usize,
    ends: std::slice::Iter<'e, usize>,
}

impl<'a> Iterator for Parts<'a, '_> {
    type Item = &'a mut [MembershipHash];

    fn next(&mut self) -> Option<Self::Item> {
        let end = *self.ends.next()?;
        let (part, rest) = std::mem::take(&mut self.rest).split_at_mut_checked(end - self.start)?;
        (self.rest, self.start) = (rest, end);
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SplitMix64 of Steele, Lea and Flood, 2014: the n-th number of a fixed sequence.
    fn scatter(n: u64) -> u64 {
        let z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn random(n: u64) -> u128 {
        (u128::from(scatter(2 * n)) << 64) | u128::from(scatter(2 * n + 1))
    }

    /// Number n of `len` in each shape.
    const SHAPES: [(&str, fn(u64, u64) -> u128); 12] = [
        ("random", |n, _| random(n)),
        ("all equal", |_, _| 7 << 64),
        ("sorted", |n, _| u128::from(n) << 70),
        ("reversed", |n, len| u128::from(len - n) << 70),
        ("few distinct", |n, _| random(n % 5)),
        ("all in one part", |n, _| random(n) >> 8),
        ("different in the last bytes only", |n, _| random(n) >> 112),
        ("half in one part", |n, _| if n % 2 == 0 { random(n) } else { random(n) >> 13 }),
        ("one added", |n, len| if n + 1 == len { random(n) } else { u128::from(n) << 64 }),
        ("the least added", |n, len| if n + 1 == len { 0 } else { u128::from(n + 1) << 64 }),
        ("a tenth added", |n, len| {
            if n >= len - len / 10 {
                random(n)
            } else {
                u128::from(n) * (u128::MAX / u128::from(len))
            }
        }),
        ("one out of place", |n, len| if n == len / 2 { 0 } else { u128::from(n) << 64 }),
    ];

    fn check(len: usize, workers: &[usize]) {
        for (name, shape) in SHAPES {
            let numbers = (0..len as u64).map(|n| shape(n, len as u64));
            let hashes: Vec<_> = numbers.map(|n| MembershipHash(n.to_be_bytes())).collect();
            let mut expected = hashes.clone();
            expected.sort_by_key(|hash| hash.0);
            for workers in workers {
                let mut sorted = hashes.clone();
                sort(&mut sorted, NonZeroUsize::new(*workers).unwrap());
                assert!(sorted == expected, "{len} hashes, {name}, {workers} workers");
            }
        }
    }

    #[test]
    fn few_hashes_are_sorted_as_the_standard_library_does() {
        for len in
            (0..5).chain(COMPARED - 1..COMPARED + 2).chain([257, 1_000, 5_003, 8_192, 30_000])
        {
            check(len, &[1, 2]);
        }
    }

    #[test]
    fn many_hashes_are_sorted_as_the_standard_library_does_by_any_number_of_workers() {
        for len in [PARALLEL_FROM - 1, PARALLEL_FROM, 150_001] {
            check(len, &[1, 2, 3, 7, 300]);
        }
    }
}
