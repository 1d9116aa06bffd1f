//! Sorting the tags of a run, as the bytes that are sealed.

use zeroize::{Zeroize as _, Zeroizing};

use super::{CacheKind, SECRET_LEN, TAG_LEN};

const WITH_SECRET: usize = TAG_LEN + SECRET_LEN;

/// Puts the tags in `bytes` in the order of their hashes. A few behind many that are in order already, as
/// after a small change of a list, cost no more than to go through all once.
pub(super) fn sort(kind: CacheKind, bytes: &mut [u8]) {
    match kind {
        CacheKind::Tags => sort_tags(bytes.as_chunks_mut::<TAG_LEN>().0),
        CacheKind::WithSecrets => sort_tags(bytes.as_chunks_mut::<WITH_SECRET>().0),
    }
}

/// The hash of a tag, which comes behind its id, as a number.
pub(super) fn hash(tag: &[u8]) -> u128 {
    tag.get(8..TAG_LEN).and_then(|hash| hash.try_into().ok()).map_or(0, u128::from_be_bytes)
}

fn sort_tags<const LEN: usize>(tags: &mut [[u8; LEN]]) {
    let in_order = tags.array_windows().take_while(|[a, b]| hash(a) <= hash(b)).count() + 1;
    let behind = tags.len().saturating_sub(in_order);
    if behind > tags.len() / 8 {
        return tags.sort_unstable_by_key(|tag| hash(tag));
    }
    let (many, few) = tags.split_at_mut(in_order.min(tags.len()));
    few.sort_unstable_by_key(|tag| hash(tag));
    let mut few = Zeroizing::new(few.to_vec());
    // From the end, where there is room: what is read has not been written over yet.
    let (mut left, mut place) = (many.len(), tags.len());
    while let Some(last) = few.last() {
        let before = left.checked_sub(1).and_then(|before| tags.get(before));
        let next = match before {
            Some(one) if hash(one) > hash(last) => {
                left -= 1;
                *one
            }
            _ => {
                let next = *last;
                if let Some(mut taken) = few.pop() {
                    taken.zeroize();
                }
                next
            }
        };
        place -= 1;
        if let Some(to) = tags.get_mut(place) {
            *to = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag<const LEN: usize>(number: u64) -> [u8; LEN] {
        // A multiple of an odd number: each once, in no order.
        let hash = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bytes = number.to_be_bytes().into_iter().chain(hash.to_be_bytes()).chain([7; 40]);
        let mut tag = [0; LEN];
        tag.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        tag
    }

    fn check<const LEN: usize>(kind: CacheKind) {
        for (sorted, behind) in
            [(0, 0), (0, 1), (1, 0), (1, 1), (100, 0), (100, 1), (100, 10), (100, 90), (1_000, 60)]
        {
            let mut tags: Vec<[u8; LEN]> = (0..sorted).map(tag).collect();
            tags.sort_by_key(|one| hash(one));
            tags.extend((sorted..sorted + behind).map(tag::<LEN>));
            let mut expected = tags.clone();
            expected.sort_by_key(|one| hash(one));
            let mut bytes = tags.concat();
            sort(kind, &mut bytes);
            assert!(bytes == expected.concat(), "{sorted} in order, {behind} behind");
        }
    }

    #[test]
    fn tags_are_sorted_by_hash_however_many_of_them_were() {
        check::<TAG_LEN>(CacheKind::Tags);
        check::<WITH_SECRET>(CacheKind::WithSecrets);
    }
}
