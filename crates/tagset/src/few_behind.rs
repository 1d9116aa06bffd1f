//! Sorting what is nearly in order, as after a small change of a list.

use zeroize::{Zeroize, Zeroizing};

/// What is behind sorted items is merged with them where it is at most one in so many of them.
const MERGED: usize = 8;

/// Puts `items` in the order of `key`, with `sort` for what is in none.
///
/// What is sorted already is only read, once; a few behind many that are sorted are sorted alone and merged
/// with them, for which they are copied, and the copy is wiped. All others are left to `sort`, which must
/// put any slice in the order of `key`.
pub fn sort_few_behind<T: Copy + Zeroize, K: Ord>(
    items: &mut [T],
    key: impl Fn(&T) -> K,
    sort: impl FnOnce(&mut [T]),
) {
    let in_order = items.array_windows().take_while(|[a, b]| key(a) <= key(b)).count() + 1;
    let (many, few) = items.split_at_mut(items.len().min(in_order));
    if few.len() > many.len() / MERGED {
        return sort(items);
    }
    sort(few);
    let copied = Zeroizing::new(few.to_vec());
    let (mut few, mut left, mut to) = (copied.as_slice(), many.len(), items.len());
    // From the end, where there is room: what is read has not been written over yet.
    while let Some((last, others)) = few.split_last() {
        let before = left.checked_sub(1).and_then(|before| items.get(before));
        let next = match before {
            Some(one) if key(one) > key(last) => {
                left -= 1;
                *one
            }
            _ => {
                few = others;
                *last
            }
        };
        to -= 1;
        if let Some(place) = items.get_mut(to) {
            *place = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many multiples of an odd number: each once, in no order.
    fn numbers(range: std::ops::Range<u64>) -> impl Iterator<Item = u64> {
        range.map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    #[test]
    fn items_are_sorted_however_many_of_them_were() {
        for (sorted, behind) in [
            (0, 0),
            (0, 1),
            (1, 0),
            (1, 1),
            (100, 0),
            (100, 1),
            (100, 10),
            (100, 12),
            (100, 13),
            (100, 90),
            (1_000, 60),
        ] {
            let mut items: Vec<u64> = numbers(0..sorted).collect();
            items.sort_unstable();
            items.extend(numbers(sorted..sorted + behind));
            let mut expected = items.clone();
            expected.sort_unstable();
            sort_few_behind(&mut items, |item| *item, <[u64]>::sort_unstable);
            assert!(items == expected, "{sorted} in order, {behind} behind");
        }
    }

    #[test]
    fn a_few_behind_many_are_all_that_is_left_to_sort() {
        for behind in [0, 1, 12] {
            let mut items: Vec<u64> = (0..100).map(|number| number << 50).collect();
            items.extend((0..behind).map(|number| (behind - number) << 51 | 1));
            let mut sorted = 0;
            sort_few_behind(
                &mut items,
                |item| *item,
                |few| {
                    sorted = few.len();
                    few.sort_unstable();
                },
            );
            assert!(items.is_sorted());
            assert_eq!(sorted as u64, behind);
        }
    }
}
