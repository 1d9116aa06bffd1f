//! Welch's t-test, on all times and on the shortest of them.

use crate::spread::quantile;

/// How many shares of the shortest times are looked at, beside all times.
const CROPS: u32 = 20;
/// Below so many times of a class, a mean says nothing.
const LEAST: usize = 50;

/// The greatest |t| over all times, and over those below each of several quantiles: interrupts make
/// some measurements very long, and hide what the short ones show. `None` if there are too few, or
/// all are the same.
pub(super) fn greatest_t(fixed: &[f64], random: &[f64]) -> Option<f64> {
    let mut both: Vec<f64> = [fixed, random].concat();
    both.sort_by(f64::total_cmp);
    let cropped = (1..=CROPS).filter_map(|crop| {
        let longest = quantile(&both, kept(crop))?;
        let below = |times: &[f64]| -> Vec<f64> {
            times.iter().copied().filter(|time| *time < longest).collect()
        };
        welch(&below(fixed), &below(random))
    });
    cropped.chain(welch(fixed, random)).map(f64::abs).max_by(f64::total_cmp)
}

/// The share of times that a crop keeps: dense towards all of them, as the paper's authors have it in
/// their program.
fn kept(crop: u32) -> f64 {
    1.0 - 0.5_f64.powf(10.0 * f64::from(crop) / f64::from(CROPS))
}

/// Welch's t: the difference of the means in units of its standard error. `None` for too few figures
/// or none that differ.
///
/// B. L. Welch, "The generalization of Student's problem when several different population variances
/// are involved", 1947.
fn welch(left: &[f64], right: &[f64]) -> Option<f64> {
    if left.len() < LEAST || right.len() < LEAST {
        return None;
    }
    t_of(left, right)
}

fn t_of(left: &[f64], right: &[f64]) -> Option<f64> {
    let ((left_mean, left_error), (right_mean, right_error)) =
        (mean_and_error(left), mean_and_error(right));
    let error = (left_error + right_error).sqrt();
    (error > 0.0).then(|| (left_mean - right_mean) / error)
}

/// The mean, and the square of its standard error.
fn mean_and_error(figures: &[f64]) -> (f64, f64) {
    let count = figures.len() as f64;
    let mean = figures.iter().sum::<f64>() / count;
    let squares: f64 = figures.iter().map(|figure| (figure - mean).powi(2)).sum();
    (mean, squares / (count - 1.0) / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_is_that_of_worked_examples() {
        // Means 3 and 6, variances 2.5 and 10: -3 / √(2.5/5 + 10/5).
        let t = t_of(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 4.0, 6.0, 8.0, 10.0]).unwrap();
        assert!((t + 1.897_366_596).abs() < 1e-9);
        // Computed with Python's `statistics`.
        let a1 = [
            27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7,
            21.4,
        ];
        let a2 = [
            27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5,
            25.4,
        ];
        let t = t_of(&a1, &a2).unwrap();
        assert!((t + 2.903_125_999_5).abs() < 1e-9, "{t}");
    }

    #[test]
    fn too_few_or_equal_figures_have_no_t() {
        assert_eq!(welch(&[1.0; LEAST - 1], &[2.0; LEAST]), None);
        assert_eq!(welch(&[1.0; LEAST], &[1.0; LEAST]), None);
        assert_eq!(greatest_t(&[], &[]), None);
    }

    #[test]
    fn crops_keep_more_and_more_and_never_all() {
        let shares: Vec<f64> = (1..=CROPS).map(kept).collect();
        assert!(shares.is_sorted() && shares.iter().all(|share| (0.0..1.0).contains(share)));
        assert!((kept(CROPS) - (1.0 - 1.0 / 1_024.0)).abs() < 1e-12);
    }

    #[test]
    fn a_difference_that_long_times_hide_shows_in_the_short_ones() {
        // One in ten is interrupted for a while of any length, in either class.
        let times = |base: f64| -> Vec<f64> {
            (0..1_000_u32)
                .map(|n| {
                    let interrupted = if n % 10 == 0 { f64::from(n) * 1_000.0 } else { 0.0 };
                    base + f64::from(n % 7) + interrupted
                })
                .collect()
        };
        let (fixed, random) = (times(100.0), times(101.0));
        assert!(welch(&fixed, &random).unwrap().abs() < 0.1);
        assert!(greatest_t(&fixed, &random).unwrap() > 5.0);
        assert!(greatest_t(&fixed, &fixed).unwrap() < 1e-9);
    }
}
