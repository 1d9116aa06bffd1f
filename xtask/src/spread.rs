//! Medians, and how far the rounds lie apart.

use serde::Serialize;

/// What several rounds came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) rounds: usize,
}

impl Spread {
    /// Of at least one figure.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 0.5)?,
            min: *sorted.first()?,
            max: *sorted.last()?,
            rounds: sorted.len(),
        })
    }
}

/// The figure below which `share` of the sorted ones lie; between two, in proportion.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * last as f64;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of figures"
    )]
    let below = place.floor() as usize;
    let (low, high) = (sorted.get(below)?, sorted.get(below.saturating_add(1).min(last))?);
    Some(low + (high - low) * (place - place.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_lie_in_the_middle() {
        let odd = Spread::of([3.0, 1.0, 2.0]).map(|s| (s.median, s.min, s.max, s.rounds));
        assert_eq!(odd, Some((2.0, 1.0, 3.0, 3)));
        assert_eq!(Spread::of([1.0, 2.0]).map(|s| s.median), Some(1.5));
        assert_eq!(Spread::of([]), None);
        assert_eq!(quantile(&[0.0, 10.0], 0.95), Some(9.5));
    }
}
