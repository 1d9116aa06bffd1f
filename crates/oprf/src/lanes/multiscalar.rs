//! Σ dᵢ·Pᵢ for public coefficients and points: Pippenger's buckets, with a window in each lane.
//!
//! Each pass takes as many windows as there are lanes. Every point is added in all lanes at once,
//! in each to the bucket that the lane's digit names; what then remains are additions in step.
//! N. Pippenger, "On the evaluation of powers and related problems", 1976.

use super::field::{Field, MAX_LANES, Stored};
use super::packed::{PackedPoints, Scalars};
use super::point::{Cached, Extended, StoredPoint};
use super::recode::Window;
use super::{Job, ristretto};

pub(super) struct Multiscalar<'a> {
    pub(super) points: &'a PackedPoints,
    pub(super) coefficients: &'a [[u8; 32]],
}

/// A bucket of one lane: x, y, z and t, each as many words as an element has limbs.
#[derive(Clone, Copy)]
struct Bucket([u64; BUCKET_WORDS]);

const BUCKET_WORDS: usize = 40;
/// Windows of any width there is below, in whole passes of eight lanes.
const MOST_WINDOWS: usize = 64;

impl Job for Multiscalar<'_> {
    type Output = [u8; 32];

    #[inline(always)]
    fn run<F: Field>(self) -> [u8; 32] {
        // An addition for each point, and two for each bucket, in every pass. All widths fill the
        // lanes of the last pass: 64, 48 and 32 windows.
        let sum = match self.points.len {
            0..128 => self.sum::<F, 4>(),
            128..320 => self.sum::<F, 6>(),
            _ => self.sum::<F, 8>(),
        };
        let [encoding, ..] = ristretto::encode(sum);
        encoding
    }
}

impl Multiscalar<'_> {
    /// The sum, in all lanes.
    #[inline(always)]
    fn sum<F: Field, const BITS: u32>(&self) -> Extended<F> {
        let windows = 256_usize.div_ceil(BITS as usize).next_multiple_of(8);
        let mut sums = [StoredPoint::default(); MOST_WINDOWS / 4];
        let passes = windows / F::LANES;
        let mut buckets = vec![Bucket([0; BUCKET_WORDS]); ((1 << (BITS - 1)) + 1) * F::LANES];
        let digits = self.digits::<BITS>(windows);
        for (pass, sum) in sums.iter_mut().take(passes).enumerate() {
            *sum = self.pass::<F, BITS>(&digits, windows, pass, &mut buckets).store();
        }

        // Σ over passes of 2^(BITS·LANES·pass), lane by lane, then over lanes of 2^(BITS·lane).
        let mut lanes = Extended::<F>::identity();
        for sum in sums.iter().take(passes).rev() {
            for _ in 0..BITS as usize * F::LANES {
                lanes = lanes.double::<true>();
            }
            lanes = lanes.add::<true>(&Extended::load(sum).cached(), 0);
        }
        let lanes = lanes.store();
        let mut all = Extended::identity();
        for lane in (0..F::LANES).rev() {
            for _ in 0..BITS {
                all = all.double::<true>();
            }
            all = all.add::<true>(&broadcast::<F>(&lanes, lane).cached(), 0);
        }
        all
    }

    /// The digits of all windows of each coefficient: magnitude, and sign in the top bit of a second
    /// byte.
    #[inline(always)]
    fn digits<const BITS: u32>(&self, windows: usize) -> Vec<(u8, bool)> {
        let mut digits = Vec::with_capacity(self.coefficients.len() * windows);
        let mut window = [Window::default(); MOST_WINDOWS];
        for coefficient in self.coefficients {
            let window = window.get_mut(..windows).unwrap_or_default();
            Scalars::One(coefficient).recode_group::<BITS>(0, 1, window);
            digits.extend(window.iter().map(|window| (window.magnitudes[0], window.negative != 0)));
        }
        digits
    }

    /// The sums of the windows of one pass, one in each lane.
    #[inline(always)]
    fn pass<F: Field, const BITS: u32>(
        &self,
        digits: &[(u8, bool)],
        windows: usize,
        pass: usize,
        buckets: &mut [Bucket],
    ) -> Extended<F> {
        scatter_all(buckets, Extended::<F>::identity());
        let points = (0..self.points.len).zip(digits.chunks(windows));
        for (index, digits) in points {
            let Some(group) = self.points.groups.get(index / F::LANES) else { continue };
            let point = broadcast::<F>(group, index % F::LANES).cached();
            let digits = digits.iter().skip(pass * F::LANES).take(F::LANES);
            add_to_buckets(&point, digits, buckets);
        }
        // Σ magnitude · bucket as the sum of all partial sums from the greatest magnitude down.
        let mut partial = Extended::<F>::identity();
        let mut total = Extended::<F>::identity();
        for magnitude in (1..=1 << (BITS - 1)).rev() {
            let bucket = gather::<F>(buckets, &[magnitude; MAX_LANES]);
            partial = partial.add::<true>(&bucket.cached(), 0);
            total = total.add::<true>(&partial.cached(), 0);
        }
        total
    }
}

/// Adds a point that all lanes hold to a bucket in each. What has digit 0 goes to a bucket that
/// nobody reads.
#[inline(always)]
fn add_to_buckets<'a, F: Field>(
    point: &Cached<F>,
    digits: impl Iterator<Item = &'a (u8, bool)>,
    buckets: &mut [Bucket],
) {
    let mut magnitudes = [0; MAX_LANES];
    let mut minus = 0;
    for (lane, ((magnitude, is_negative), to)) in digits.zip(&mut magnitudes).enumerate() {
        *to = usize::from(*magnitude);
        minus |= u8::from(*is_negative) << lane;
    }
    let sum = gather::<F>(buckets, &magnitudes).add::<true>(point, minus);
    scatter(buckets, &magnitudes, sum);
}

#[inline(always)]
fn broadcast<F: Field>(stored: &StoredPoint, lane: usize) -> Extended<F> {
    Extended {
        x: F::broadcast(&stored.x, lane),
        y: F::broadcast(&stored.y, lane),
        z: F::broadcast(&stored.z, lane),
        t: F::broadcast(&stored.t, lane),
    }
}

#[inline(always)]
fn gather<F: Field>(buckets: &[Bucket], magnitudes: &[usize; MAX_LANES]) -> Extended<F> {
    let mut stored = StoredPoint::default();
    for (lane, magnitude) in magnitudes.iter().enumerate().take(F::LANES) {
        let Some(bucket) = buckets.get(magnitude * F::LANES + lane) else { continue };
        let coordinates = [&mut stored.x, &mut stored.y, &mut stored.z, &mut stored.t];
        for (to, from) in coordinates.into_iter().zip(bucket.0.chunks_exact(F::LIMBS)) {
            let to = to.words_mut().iter_mut().skip(lane).step_by(F::LANES);
            for (to, from) in to.zip(from) {
                *to = *from;
            }
        }
    }
    Extended::load(&stored)
}

#[inline(always)]
fn scatter<F: Field>(buckets: &mut [Bucket], magnitudes: &[usize; MAX_LANES], point: Extended<F>) {
    let stored = point.store();
    for (lane, magnitude) in magnitudes.iter().enumerate().take(F::LANES) {
        let Some(bucket) = buckets.get_mut(magnitude * F::LANES + lane) else { continue };
        let coordinates: [&Stored; 4] = [&stored.x, &stored.y, &stored.z, &stored.t];
        for (to, from) in bucket.0.chunks_exact_mut(F::LIMBS).zip(coordinates) {
            let from = from.words().iter().skip(lane).step_by(F::LANES);
            for (to, from) in to.iter_mut().zip(from) {
                *to = *from;
            }
        }
    }
}

/// Puts the same into every bucket.
#[inline(always)]
fn scatter_all<F: Field>(buckets: &mut [Bucket], point: Extended<F>) {
    for magnitude in 0..buckets.len() / F::LANES {
        scatter(buckets, &[magnitude; MAX_LANES], point);
    }
}
