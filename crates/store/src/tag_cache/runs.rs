//! Sorting the tags of a run, as the bytes that are sealed.

use symbolon_tagset::sort_few_behind;

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
    sort_few_behind(tags, |tag| hash(tag), |tags| tags.sort_unstable_by_key(|tag| hash(tag)));
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
