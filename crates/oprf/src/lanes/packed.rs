//! Batches of points: decoding, hashing, multiplying, encoding.

use zeroize::{Zeroize, Zeroizing};

use super::field::{Field, MAX_LANES};
use super::fixed_base::FixedBase;
use super::multiscalar::Multiscalar;
use super::point::{Cached, DoubledForEncoding, Extended, StoredPoint};
use super::recode::{Window, recode};
use super::{Backend, Job, ristretto};

/// Groups whose encodings share one inversion: enough to make its cost small beside theirs, few
/// enough for the first levels of cache.
const GROUPS_A_BLOCK: usize = 32;

/// Windows of four bits, for points that are multiplied once.
const WINDOW_BITS: u32 = 4;
const WINDOWS: usize = 64;
const MULTIPLES: usize = 8;

/// Points in groups of as many as the back end has lanes. Wiped when dropped.
pub(crate) struct PackedPoints {
    pub(super) backend: Backend,
    pub(super) len: usize,
    /// Lanes past the last point hold the identity, or what decoding leaves.
    pub(super) groups: Vec<StoredPoint>,
    /// Whether all have Z = 1.
    pub(super) z_is_one: bool,
}

impl Drop for PackedPoints {
    fn drop(&mut self) {
        self.groups.zeroize();
    }
}

/// What is wrong with an encoding, and with which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undecodable {
    /// It is none of an element.
    Invalid(usize),
    /// It is the identity's.
    Identity(usize),
}

/// What points are multiplied by.
#[derive(Clone, Copy)]
pub(crate) enum Scalars<'a> {
    /// All by the same.
    One(&'a [u8; 32]),
    /// Each by its own.
    Each(&'a [[u8; 32]]),
}

impl Scalars<'_> {
    /// The digits for the group that begins with point `first`.
    #[inline(always)]
    pub(super) fn recode_group(
        &self,
        width: u32,
        first: usize,
        lanes: usize,
        windows: &mut [Window],
    ) {
        windows.fill(Window::default());
        for lane in 0..lanes {
            let scalar = match self {
                Self::One(scalar) => Some(*scalar),
                Self::Each(scalars) => scalars.get(first + lane),
            };
            recode(width, scalar.unwrap_or(&[0; 32]), lane, windows);
        }
    }
}

impl PackedPoints {
    /// Whose layout they have.
    pub(crate) fn backend(&self) -> Backend {
        self.backend
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The points that RFC 9496 section 4.3.4 maps uniform bytes to, and whether any is the identity:
    /// which one.
    pub(crate) fn from_uniform(backend: Backend, uniform: &[[u8; 64]]) -> (Self, Option<usize>) {
        backend.run(FromUniform { backend, uniform })
    }

    /// RFC 9496 section 4.3.1, and no identity.
    pub(crate) fn decode(backend: Backend, encodings: &[[u8; 32]]) -> Result<Self, Undecodable> {
        backend.run(Decode { backend, encodings })
    }

    /// The encodings of `2·s·P`: so whoever wants `s·P` halves the scalars first.
    ///
    /// Encoding what is known to be a double needs no square root, only an inversion that many
    /// points share.
    pub(crate) fn multiply_double_and_encode(
        &self,
        scalars: Scalars<'_>,
    ) -> Zeroizing<Vec<[u8; 32]>> {
        self.backend.run(Multiply { points: self, scalars })
    }

    /// The encodings of `P + s·B`, or `P - s·B` if `minus`, for a base B that has tables of this back
    /// end.
    pub(crate) fn add_multiples_and_encode(
        &self,
        base: &FixedBase,
        scalars: &[[u8; 32]],
        minus: bool,
    ) -> Zeroizing<Vec<[u8; 32]>> {
        self.backend.run(AddMultiples { points: self, base, scalars, minus })
    }
}

impl PackedPoints {
    /// The encoding of Σ dᵢ·Pᵢ. Variable-time: for coefficients and points that everybody knows.
    pub(crate) fn multiscalar(&self, coefficients: &[[u8; 32]]) -> [u8; 32] {
        self.backend.run(Multiscalar { points: self, coefficients })
    }
}

struct FromUniform<'a> {
    backend: Backend,
    uniform: &'a [[u8; 64]],
}

impl Job for FromUniform<'_> {
    type Output = (PackedPoints, Option<usize>);

    #[inline(always)]
    fn run<F: Field>(self) -> Self::Output {
        let mut groups = Vec::with_capacity(self.uniform.len().div_ceil(F::LANES));
        let mut identity = None;
        for (number, chunk) in self.uniform.chunks(F::LANES).enumerate() {
            let mut padded = Zeroizing::new([[0; 64]; MAX_LANES]);
            for (to, from) in padded.iter_mut().zip(chunk) {
                *to = *from;
            }
            let point = ristretto::from_uniform::<F>(&padded);
            let found = used(point.is_identity(), chunk.len());
            if found != 0 {
                identity = identity.or(Some(number * F::LANES + found.trailing_zeros() as usize));
            }
            groups.push(point.store());
        }
        let (backend, len) = (self.backend, self.uniform.len());
        (PackedPoints { backend, len, groups, z_is_one: false }, identity)
    }
}

struct Decode<'a> {
    backend: Backend,
    encodings: &'a [[u8; 32]],
}

impl Job for Decode<'_> {
    type Output = Result<PackedPoints, Undecodable>;

    #[inline(always)]
    fn run<F: Field>(self) -> Self::Output {
        let mut groups = Vec::with_capacity(self.encodings.len().div_ceil(F::LANES));
        for (number, chunk) in self.encodings.chunks(F::LANES).enumerate() {
            let (valid, point) = ristretto::decode::<F>(&padded(chunk));
            let identity = used(point.is_identity() & valid, chunk.len());
            let invalid = used(!valid, chunk.len());
            if (identity | invalid) != 0 {
                let lane = (identity | invalid).trailing_zeros();
                let index = number * F::LANES + lane as usize;
                return Err(if (invalid >> lane) & 1 == 1 {
                    Undecodable::Invalid(index)
                } else {
                    Undecodable::Identity(index)
                });
            }
            groups.push(point.store());
        }
        let (backend, len) = (self.backend, self.encodings.len());
        Ok(PackedPoints { backend, len, groups, z_is_one: true })
    }
}

struct Multiply<'a> {
    points: &'a PackedPoints,
    scalars: Scalars<'a>,
}

impl Job for Multiply<'_> {
    type Output = Zeroizing<Vec<[u8; 32]>>;

    #[inline(always)]
    fn run<F: Field>(self) -> Self::Output {
        let Self { points, scalars } = self;
        let mut encodings = Zeroizing::new(Vec::with_capacity(points.groups.len() * F::LANES));
        let mut windows = Zeroizing::new([Window::default(); WINDOWS]);
        let mut doubled = Zeroizing::new(Vec::with_capacity(GROUPS_A_BLOCK));
        scalars.recode_group(WINDOW_BITS, 0, F::LANES, windows.as_mut());
        for (number, block) in points.groups.chunks(GROUPS_A_BLOCK).enumerate() {
            for (place, group) in block.iter().enumerate() {
                if matches!(scalars, Scalars::Each(_)) {
                    let first = (number * GROUPS_A_BLOCK + place) * F::LANES;
                    scalars.recode_group(WINDOW_BITS, first, F::LANES, windows.as_mut());
                }
                doubled
                    .push(DoubledForEncoding::of(multiply::<F>(Extended::load(group), &windows)));
            }
            encode_doubled::<F>(&doubled, &mut encodings);
            doubled.zeroize();
        }
        encodings.truncate(points.len);
        encodings
    }
}

/// Σ digit · 16^w · P, from the top window down.
#[inline(always)]
fn multiply<F: Field>(point: Extended<F>, windows: &[Window; WINDOWS]) -> Extended<F> {
    let base = point.cached();
    let mut multiples = [base; MULTIPLES];
    let mut last = point;
    for multiple in multiples.iter_mut().skip(1) {
        last = last.add::<true>(&base, 0);
        *multiple = last.cached();
    }

    let mut product = Extended::identity();
    for window in windows.iter().rev() {
        for _ in 1..WINDOW_BITS {
            product = product.double::<false>();
        }
        product = product.double::<true>();
        let mut chosen = Cached::identity();
        for (magnitude, multiple) in (1..).zip(&multiples) {
            chosen = Cached::select(window.lanes_with(magnitude), multiple, &chosen);
        }
        product = product.add::<false>(&chosen, window.negative);
    }
    product.with_t()
}

/// Encodes doubles, lane by lane with one inversion for all groups.
#[inline(always)]
fn encode_doubled<F: Field>(doubled: &[DoubledForEncoding], encodings: &mut Vec<[u8; 32]>) {
    // What is known of the denominators before each group; a denominator of zero counts as one.
    let mut before = Zeroizing::new(Vec::with_capacity(doubled.len()));
    let mut product = F::one();
    for point in doubled {
        before.push(product.store());
        product = product.mul(or_one(point.denominator()));
    }
    let mut inverse = product.invert();
    let start = encodings.len();
    encodings.resize(start + doubled.len() * F::LANES, [0; 32]);
    let rest = encodings.get_mut(start..).unwrap_or_default();
    let groups = doubled.iter().zip(before.iter()).zip(rest.chunks_mut(F::LANES));
    for ((point, before), to) in groups.rev() {
        let denominator = point.denominator::<F>();
        let its_inverse = inverse.mul(F::load(before));
        let its_inverse = F::select(denominator.is_zero(), F::zero(), its_inverse);
        inverse = inverse.mul(or_one(denominator));
        let bytes = Zeroizing::new(ristretto::to_bytes(point.encode(its_inverse)));
        for (to, from) in to.iter_mut().zip(bytes.iter()) {
            *to = *from;
        }
    }
}

#[inline(always)]
fn or_one<F: Field>(element: F) -> F {
    F::select(element.is_zero(), F::one(), element)
}

struct AddMultiples<'a> {
    points: &'a PackedPoints,
    base: &'a FixedBase,
    scalars: &'a [[u8; 32]],
    minus: bool,
}

impl Job for AddMultiples<'_> {
    type Output = Zeroizing<Vec<[u8; 32]>>;

    #[inline(always)]
    fn run<F: Field>(self) -> Self::Output {
        let Self { points, base, scalars, minus } = self;
        let mut encodings = Zeroizing::new(Vec::with_capacity(points.groups.len() * F::LANES));
        for (number, group) in points.groups.iter().enumerate() {
            let scalars = Scalars::Each(scalars);
            let sum = base.add::<F>(Extended::load(group), &scalars, number * F::LANES, minus);
            let bytes = Zeroizing::new(ristretto::encode(sum));
            encodings.extend(bytes.iter().take(F::LANES));
        }
        encodings.truncate(points.len);
        encodings
    }
}

#[inline(always)]
fn padded(chunk: &[[u8; 32]]) -> [[u8; 32]; MAX_LANES] {
    let mut padded = [[0; 32]; MAX_LANES];
    for (to, from) in padded.iter_mut().zip(chunk) {
        *to = *from;
    }
    padded
}

/// The lanes among the first `count`.
#[inline(always)]
fn used(mask: u8, count: usize) -> u8 {
    mask & (u8::MAX >> MAX_LANES.saturating_sub(count).min(7))
}
