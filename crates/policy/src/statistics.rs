//! Which numbers of a statistic may be shown, so that nobody can be recognised in it.

/// A number from 1 to one less than this could be about people whom a reader knows.
pub const SMALLEST_SHOWN: u64 = 5;

/// A number that is the sum of others in the same table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sum {
    /// Place of the sum.
    pub whole: usize,
    /// Places of what it is the sum of.
    pub parts: Vec<usize>,
}

/// For each number whether it must be withheld.
///
/// Numbers from 1 to 4 are, and those at the places `also`: what else is known of few. So that nobody works one out from a sum and its other parts, of each
/// sum that is shown either no part is withheld, or at least two are whose sum is 5 or more: the
/// smallest ones that are not 0, and if these do not suffice the sum itself. All that is withheld
/// is marked in the same way, whatever the cause; a 0 is shown.
///
/// Each sum is looked at by itself; that several taken together give something away is not examined.
/// One table is safe in that sense. Of two that overlap, of January and of January but for its last
/// day, the difference can be taken: publish periods that do not overlap.
pub fn withheld(numbers: &[u64], also: &[usize], sums: &[Sum]) -> Vec<bool> {
    let mut hidden: Vec<bool> = numbers
        .iter()
        .enumerate()
        .map(|(place, number)| {
            (1..SMALLEST_SHOWN).contains(number) || (*number > 0 && also.contains(&place))
        })
        .collect();
    // Each turn withholds one more at least, or is the last. Counted, so that it looks at each sum.
    while sums.iter().filter(|sum| protect(numbers, sum, &mut hidden)).count() > 0 {}
    hidden
}

/// Withholds what lets a part be worked out; whether there was something.
fn protect(numbers: &[u64], sum: &Sum, hidden: &mut [bool]) -> bool {
    let number = |place: &usize| numbers.get(*place).copied().unwrap_or(0);
    let mut changed = false;
    loop {
        let is_hidden = |place: &usize| hidden.get(*place).copied().unwrap_or(false);
        let withheld: Vec<&usize> = sum.parts.iter().filter(|place| is_hidden(place)).collect();
        let together: u64 = withheld.iter().map(|place| number(place)).sum();
        // A sum that is withheld itself lets nothing be worked out unless all its parts are shown.
        let is_safe = if is_hidden(&sum.whole) {
            !withheld.is_empty() || number(&sum.whole) == 0
        } else {
            withheld.is_empty() || (withheld.len() >= 2 && together >= SMALLEST_SHOWN)
        };
        if is_safe {
            return changed;
        }
        let next = sum
            .parts
            .iter()
            .filter(|place| !is_hidden(place) && number(place) > 0)
            .min_by_key(|place| number(place))
            .copied();
        // Without a part that is left, only the sum can give it away.
        if let Some(place) = hidden.get_mut(next.unwrap_or(sum.whole)) {
            *place = true;
        } else {
            return changed;
        }
        changed = true;
    }
}

/// The coarse band of a number: 0, 1 to 9, 10 to 99 and so on, as its first and last.
pub fn band(number: u64) -> (u64, u64) {
    match number.checked_ilog10() {
        None => (0, 0),
        Some(digits) => {
            let first = 10_u64.saturating_pow(digits);
            (first, first.saturating_mul(10).saturating_sub(1))
        }
    }
}

/// How many steps of the scale of times double one.
const STEPS_A_DOUBLING: f64 = 4.0;

/// The step of the scale of times that `milliseconds` falls in; a step is a fifth longer than the
/// one before.
pub fn time_step(milliseconds: u64) -> u16 {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a logarithm of 64 bits is from 0 to 64, and a time needs no more digits"
    )]
    let step = ((milliseconds.max(1) as f64).log2() * STEPS_A_DOUBLING) as u16;
    step
}

/// The time in milliseconds within which `percent` of the times fell that are counted by step, in
/// ascending order; to within a fifth. `None` of none.
pub fn time_within(percent: u64, counted: &[(u16, u64)]) -> Option<u64> {
    let all: u64 = counted.iter().map(|(_, count)| count).sum();
    let wanted = all.saturating_mul(percent).div_ceil(100);
    let mut so_far = 0_u64;
    let (step, _) = counted.iter().find(|(_, count)| {
        so_far = so_far.saturating_add(*count);
        *count > 0 && so_far >= wanted
    })?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a power of two is not negative, and one too large is held at the limit"
    )]
    let milliseconds = ((f64::from(*step) + 1.0) / STEPS_A_DOUBLING).exp2().ceil() as u64;
    Some(milliseconds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(whole: usize, parts: &[usize]) -> Sum {
        Sum { whole, parts: parts.to_vec() }
    }

    #[test]
    fn small_numbers_are_withheld_and_nought_and_five_are_not() {
        assert_eq!(withheld(&[0, 1, 4, 5, 100], &[], &[]), [false, true, true, false, false]);
    }

    #[test]
    fn a_second_part_goes_where_one_alone_could_be_worked_out() {
        // 20 = 3 + 17 + 0
        let hidden = withheld(&[20, 3, 17, 0], &[], &[sum(0, &[1, 2, 3])]);
        assert_eq!(hidden, [false, true, true, false]);
        // The smallest that suffices: 60 = 3 + 17 + 40
        let hidden = withheld(&[60, 3, 17, 40], &[], &[sum(0, &[1, 2, 3])]);
        assert_eq!(hidden, [false, true, true, false]);
    }

    #[test]
    fn two_small_parts_whose_sum_is_small_take_a_third_along() {
        // 22 = 1 + 1 + 20: that two parts together are 2 says all of both.
        let hidden = withheld(&[22, 1, 1, 20], &[], &[sum(0, &[1, 2, 3])]);
        assert_eq!(hidden, [false, true, true, true]);
    }

    #[test]
    fn a_sum_goes_where_its_only_part_is_small_or_nothing_else_can() {
        // 3 = 3 + 0 is small itself; 6 = 3 + 3 is not, and lets neither be worked out.
        assert_eq!(withheld(&[3, 3, 0], &[], &[sum(0, &[1, 2])]), [true, true, false]);
        assert_eq!(withheld(&[6, 3, 3], &[], &[sum(0, &[1, 2])]), [false, true, true]);
        // 4 = 2 + 2, both small, together small.
        assert_eq!(withheld(&[4, 2, 2], &[], &[sum(0, &[1, 2])]), [true, true, true]);
    }

    #[test]
    fn what_one_sum_withholds_is_not_given_away_by_another() {
        // Rows and columns: a = 3 needs b or c, which then needs another in its own line.
        //   a=3  b=10 | 13
        //   c=20 d=30 | 50
        //   23   40   | 63
        let numbers = [3, 10, 13, 20, 30, 50, 23, 40, 63];
        let sums = [
            sum(2, &[0, 1]),
            sum(5, &[3, 4]),
            sum(8, &[6, 7]),
            sum(6, &[0, 3]),
            sum(7, &[1, 4]),
            sum(8, &[2, 5]),
        ];
        let hidden = withheld(&numbers, &[], &sums);
        assert_eq!(hidden, [true, true, false, true, true, false, false, false, false]);
    }

    proptest! {
        // Whatever the table: each small number stays ambiguous in each of its sums.
        #[test]
        fn no_small_number_follows_from_a_sum(
            cells in proptest::collection::vec(0_u64..12, 9),
        ) {
            let cell = |row: usize, column: usize| cells[row * 3 + column];
            // Three rows and columns, with totals of both.
            let mut numbers = Vec::new();
            for row in 0..3 {
                numbers.extend((0..3).map(|column| cell(row, column)));
                numbers.push((0..3).map(|column| cell(row, column)).sum());
            }
            for column in 0..4 {
                numbers.push((0..3).map(|row| numbers[row * 4 + column]).sum());
            }
            let mut sums = Vec::new();
            for line in 0..4 {
                sums.push(sum(line * 4 + 3, &[line * 4, line * 4 + 1, line * 4 + 2]));
                sums.push(sum(12 + line, &[line, 4 + line, 8 + line]));
            }
            let hidden = withheld(&numbers, &[], &sums);
            for (number, hidden) in numbers.iter().zip(&hidden) {
                prop_assert!(*hidden || !(1..SMALLEST_SHOWN).contains(number));
            }
            for sum in &sums {
                let parts: Vec<_> = sum.parts.iter().filter(|place| hidden[**place]).collect();
                let together: u64 = parts.iter().map(|place| numbers[**place]).sum();
                if hidden[sum.whole] {
                    prop_assert!(!parts.is_empty() || numbers[sum.whole] == 0);
                } else {
                    prop_assert!(parts.is_empty() || (parts.len() >= 2 && together >= 5));
                }
            }
        }

        #[test]
        fn times_are_told_to_within_a_fifth(milliseconds in 1_u64..10_000_000) {
            let told = time_within(50, &[(time_step(milliseconds), 1)]).unwrap();
            prop_assert!(told >= milliseconds);
            prop_assert!(told <= milliseconds + milliseconds / 5 + 1);
        }
    }

    #[test]
    fn median_and_a_high_percentile_are_of_all_times() {
        let counted = [(time_step(10), 50), (time_step(100), 45), (time_step(10_000), 5)];
        assert!((10..=12).contains(&time_within(50, &counted).unwrap()));
        assert!((100..=120).contains(&time_within(95, &counted).unwrap()));
        assert!((10_000..=12_000).contains(&time_within(96, &counted).unwrap()));
        assert_eq!(time_within(50, &[]), None);
    }

    #[test]
    fn bands_are_powers_of_ten() {
        assert_eq!(band(0), (0, 0));
        assert_eq!(band(1), (1, 9));
        assert_eq!(band(9), (1, 9));
        assert_eq!(band(10), (10, 99));
        assert_eq!(band(12_345), (10_000, 99_999));
    }
}
