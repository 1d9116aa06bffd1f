//! Σ dᵢ·Pᵢ for public coefficients and points: Pippenger's buckets, with a window in each lane.
//!
//! Each pass takes as many windows as there are lanes. Every point is added in all lanes at once,
//! in each to the bucket that the lane's digit names; what then remains are additions in step.
//! N. Pippenger, "On the evaluation of powers and related problems", 1976.

use super::field::{Field, MAX_LANES, ROWS, Rows, Stored};
use super::packed::PackedPoints;
use super::point::{Affine, Extended, StoredPoint};
use super::recode::{Window, recode};
use super::{Job, ristretto};

pub(super) struct Multiscalar<'a> {
    pub(super) points: &'a PackedPoints,
    pub(super) coefficients: &'a [[u8; 32]],
}

/// Windows of any width there is below, in whole passes of eight lanes.
const MOST_WINDOWS: usize = 64;

impl Job for Multiscalar<'_> {
    type Output = [u8; 32];

    #[inline(always)]
    fn run<F: Field>(self) -> [u8; 32] {
        // An addition for each point, and two for each bucket, in every pass. All widths fill the
        // lanes of the last pass: 64, 48 and 32 windows.
        let bits = match self.points.len {
            0..128 => 4,
            128..320 => 6,
            _ => 8,
        };
        let [encoding, ..] = ristretto::encode(self.sum::<F>(bits));
        encoding
    }
}

impl Multiscalar<'_> {
    /// The sum, in all lanes, by windows of so many bits: 4, 6 or 8. A number and not a constant, because
    /// all of this is compiled into one function, once for each constant, and the compiler takes minutes
    /// for three.
    #[inline(always)]
    fn sum<F: Field>(&self, bits: u32) -> Extended<F> {
        let passes = 256_usize.div_ceil(bits as usize).next_multiple_of(8) / F::LANES;
        let mut sums = [StoredPoint::default(); MOST_WINDOWS / 4];
        let points = self.prepared::<F>();
        let digits = self.digits::<F>(bits, passes);
        #[allow(clippy::useless_vec, reason = "it would not fit on every thread's stack")]
        let mut rows = vec![F::Row::default(); ROWS];
        let Some(buckets) = rows.first_chunk_mut() else { return Extended::identity() };
        for (pass, sum) in sums.iter_mut().take(passes).enumerate() {
            let digits = digits.iter().skip(pass).step_by(passes);
            *sum = self.pass::<F>(bits, &points, digits, buckets).store();
        }

        // Σ over passes of 2^(bits·LANES·pass), lane by lane, then over lanes of 2^(bits·lane).
        let mut lanes = Extended::<F>::identity();
        for sum in sums.iter().take(passes).rev() {
            for _ in 0..bits as usize * F::LANES {
                lanes = lanes.double::<true>();
            }
            lanes = lanes.add::<true>(&Extended::load(sum).cached(), 0);
        }
        let lanes = lanes.store();
        let mut all = Extended::identity();
        for lane in (0..F::LANES).rev() {
            for _ in 0..bits {
                all = all.double::<true>();
            }
            all = all.add::<true>(&Extended::<F>::broadcast(&lanes, lane).cached(), 0);
        }
        all
    }

    /// The points as they are added, which is done once for each window.
    #[inline(always)]
    fn prepared<F: Field>(&self) -> Vec<StoredAffine> {
        let mut prepared = Vec::with_capacity(self.points.groups.len());
        for group in &self.points.groups {
            let point = Extended::<F>::load(group);
            let point = if self.points.z_is_one { point } else { point.with_z_one() };
            prepared.push(StoredAffine::of(&point.affine()));
        }
        prepared
    }

    /// For each coefficient its digits by pass: those of a pass's windows lie in its lanes.
    #[inline(always)]
    fn digits<F: Field>(&self, bits: u32, passes: usize) -> Vec<Window> {
        let mut digits = Vec::with_capacity(self.coefficients.len() * passes);
        for coefficient in self.coefficients {
            let mut windows = [Window::default(); MOST_WINDOWS];
            recode(bits, coefficient, 0, &mut windows);
            for windows in windows.chunks_exact(F::LANES).take(passes) {
                let mut pass = Window::default();
                for (lane, (window, to)) in windows.iter().zip(&mut pass.magnitudes).enumerate() {
                    let [magnitude, ..] = window.magnitudes;
                    *to = magnitude;
                    pass.negative |= window.negative << lane;
                }
                digits.push(pass);
            }
        }
        digits
    }

    /// The sums of the windows of one pass, one in each lane.
    #[inline(always)]
    fn pass<'a, F: Field>(
        &self,
        bits: u32,
        points: &[StoredAffine],
        digits: impl Iterator<Item = &'a Window>,
        buckets: &mut Rows<F::Row>,
    ) -> Extended<F> {
        for magnitude in 0..=1 << (bits - 1) {
            Extended::<F>::identity().write_rows(buckets, &[magnitude; MAX_LANES]);
        }
        for (index, window) in (0..self.points.len).zip(digits) {
            let Some(group) = points.get(index / F::LANES) else { continue };
            let point = group.broadcast::<F>(index % F::LANES);
            // What has digit 0 goes to a bucket that nobody reads.
            let sum = Extended::read_rows(buckets, &window.magnitudes);
            let sum = sum.add_affine::<true>(&point, window.negative);
            sum.write_rows(buckets, &window.magnitudes);
        }
        // Σ magnitude · bucket as the sum of all partial sums from the greatest magnitude down.
        let mut partial = Extended::<F>::identity();
        let mut total = Extended::<F>::identity();
        for magnitude in (1..=1 << (bits - 1)).rev() {
            let bucket = Extended::<F>::read_rows(buckets, &[magnitude; MAX_LANES]);
            partial = partial.add::<true>(&bucket.cached(), 0);
            total = total.add::<true>(&partial.cached(), 0);
        }
        total
    }
}

/// An [`Affine`] in memory.
struct StoredAffine {
    y_plus_x: Stored,
    y_minus_x: Stored,
    xy2d: Stored,
}

impl StoredAffine {
    #[inline(always)]
    fn of<F: Field>(point: &Affine<F>) -> Self {
        Self {
            y_plus_x: point.y_plus_x.store(),
            y_minus_x: point.y_minus_x.store(),
            xy2d: point.xy2d.store(),
        }
    }

    /// The point of one lane in every lane.
    #[inline(always)]
    fn broadcast<F: Field>(&self, lane: usize) -> Affine<F> {
        Affine {
            y_plus_x: F::broadcast(&self.y_plus_x, lane),
            y_minus_x: F::broadcast(&self.y_minus_x, lane),
            xy2d: F::broadcast(&self.xy2d, lane),
        }
    }
}
