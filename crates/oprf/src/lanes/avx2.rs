//! Four lanes with AVX2: 32-bit multiplication to 64-bit products.
//!
//! An element is Σ xᵢ·2^⌈25.5·i⌉, i from 0 to 9: limbs of 26 and 25 bits in turn. It is *reduced* when
//! they are below 2^26 + 2^19 and 2^25 + 2^19:
//!
//! - a factor has 32 bits, and 38 times a limb fits them;
//! - a product's even column has terms of limbs of the same width, of which those of two odd limbs count
//!   twice, and 19 times what is folded: below 2^59; an odd column has none that count twice: below 2^58.4;
//! - three products and 2^35·p, the most that is ever summed, are below 2^63;
//! - two carry passes, all limbs at once: the first leaves less than 2^26 + 19·2^38 < 2^43 at the bottom
//!   and less than 2^38 in the uppermost limb; the second less than 2^26 + 19·(2^12 + 1) < 2^26 + 2^17 at
//!   the bottom, and less than 2^26 + 2^17 and 2^25 + 2^17 elsewhere.
#![allow(unsafe_code, reason = "the instructions that this back end is made of")]
#![allow(clippy::indexing_slicing, reason = "lanes, limbs and rounds are counted by constants")]

use core::arch::x86_64::*;

use super::Job;
use super::field::{Element, Field, MAX_LANES, Mask, Rows, Stored, row_of};

/// Whether this processor has what [`run`] needs.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2")
}

/// Runs `job` compiled for AVX2.
///
/// # Safety
///
/// [`is_supported`] must have said yes.
#[target_feature(enable = "avx2,bmi2")]
pub(super) unsafe fn run<J: Job>(job: J) -> J::Output {
    job.run::<Avx2>()
}

// Safety of every block below that says "AVX2": values of this type are made and used only within a
// `Job` that `run` runs, whose caller has made sure that the processor has these instructions. The
// instructions work on registers and touch no memory.
#[derive(Clone, Copy)]
pub(super) struct Avx2([__m256i; 10]);

/// A product's limbs before the carry passes.
#[derive(Clone, Copy)]
pub(super) struct Wide([__m256i; 10]);

const LIMB_51: u64 = (1 << 51) - 1;
const EVEN: u64 = (1 << 26) - 1;
const ODD: u64 = (1 << 25) - 1;
/// 4p, limb by limb: each at least as large as a reduced limb.
const FOUR_P: [u64; 2] = [4 * (EVEN - 18), 4 * EVEN];
/// 2^35·p, limb by limb, below 2^61 and 2^60: each at least as large as a product's.
const WIDE_P: [u64; 2] = [(EVEN - 18) << 35, EVEN << 35];

macro_rules! column {
    ($a:expr, $b:expr $(; $c:expr, $d:expr)*) => {{
        let mut column = times($a, $b);
        $(column = plus(column, times($c, $d));)*
        column
    }};
}

#[inline(always)]
fn times(a: __m256i, b: __m256i) -> __m256i {
    // SAFETY: AVX2.
    unsafe { _mm256_mul_epu32(a, b) }
}

#[inline(always)]
fn plus(a: __m256i, b: __m256i) -> __m256i {
    // SAFETY: AVX2.
    unsafe { _mm256_add_epi64(a, b) }
}

#[inline(always)]
fn minus(a: __m256i, b: __m256i) -> __m256i {
    // SAFETY: AVX2.
    unsafe { _mm256_sub_epi64(a, b) }
}

#[inline(always)]
fn and(a: __m256i, b: __m256i) -> __m256i {
    // SAFETY: AVX2.
    unsafe { _mm256_and_si256(a, b) }
}

#[inline(always)]
fn above<const BITS: i32>(a: __m256i) -> __m256i {
    // SAFETY: AVX2.
    unsafe { _mm256_srli_epi64::<BITS>(a) }
}

#[inline(always)]
fn shifted<const BITS: i32>(a: __m256i) -> __m256i {
    // SAFETY: AVX2.
    unsafe { _mm256_slli_epi64::<BITS>(a) }
}

#[inline(always)]
fn set(value: u64) -> __m256i {
    // SAFETY: AVX2.
    unsafe { _mm256_set1_epi64x(value.cast_signed()) }
}

#[inline(always)]
fn twice(a: __m256i) -> __m256i {
    plus(a, a)
}

#[inline(always)]
fn times_19(a: __m256i) -> __m256i {
    plus(plus(shifted::<4>(a), twice(a)), a)
}

/// All bits in the lanes of the mask.
#[inline(always)]
fn spread(mask: Mask) -> __m256i {
    // SAFETY: AVX2.
    unsafe {
        let bits = _mm256_set_epi64x(8, 4, 2, 1);
        _mm256_cmpeq_epi64(_mm256_and_si256(set(u64::from(mask)), bits), bits)
    }
}

#[inline(always)]
fn chosen(lanes: __m256i, yes: __m256i, no: __m256i) -> __m256i {
    // SAFETY: AVX2.
    unsafe { _mm256_blendv_epi8(no, yes, lanes) }
}

/// The lanes that are zero.
#[inline(always)]
fn zeros(a: __m256i) -> Mask {
    // SAFETY: AVX2.
    let bits = unsafe { _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(a, set(0)))) };
    bits as Mask
}

#[inline(always)]
fn loaded(lanes: [u64; 4]) -> __m256i {
    // SAFETY: both are 32 bytes in which every bit pattern is valid.
    unsafe { core::mem::transmute::<[u64; 4], __m256i>(lanes) }
}

#[inline(always)]
fn stored(lanes: __m256i) -> [u64; 4] {
    // SAFETY: both are 32 bytes in which every bit pattern is valid.
    unsafe { core::mem::transmute::<__m256i, [u64; 4]>(lanes) }
}

/// The limbs of the field's prime that a difference is kept positive with.
#[inline(always)]
fn multiple_of_p([lowest, even]: [u64; 2]) -> [__m256i; 10] {
    let odd = set(even / EVEN * ODD);
    let (lowest, even) = (set(lowest), set(even));
    [lowest, odd, even, odd, even, odd, even, odd, even, odd]
}

#[inline(always)]
fn sum(a: [__m256i; 10], b: [__m256i; 10]) -> [__m256i; 10] {
    let mut sum = a;
    for (sum, b) in sum.iter_mut().zip(b) {
        *sum = plus(*sum, b);
    }
    sum
}

#[inline(always)]
fn difference(a: [__m256i; 10], b: [__m256i; 10]) -> [__m256i; 10] {
    let mut difference = a;
    for (difference, b) in difference.iter_mut().zip(b) {
        *difference = minus(*difference, b);
    }
    difference
}

/// One carry pass, all limbs at once. The uppermost carry counts 19 at the bottom.
#[inline(always)]
fn carried(limbs: [__m256i; 10]) -> [__m256i; 10] {
    let [a, b, c, d, e, f, g, h, i, j] = limbs;
    let (even, odd) = (set(EVEN), set(ODD));
    [
        plus(and(a, even), times_19(above::<25>(j))),
        plus(and(b, odd), above::<26>(a)),
        plus(and(c, even), above::<25>(b)),
        plus(and(d, odd), above::<26>(c)),
        plus(and(e, even), above::<25>(d)),
        plus(and(f, odd), above::<26>(e)),
        plus(and(g, even), above::<25>(f)),
        plus(and(h, odd), above::<26>(g)),
        plus(and(i, even), above::<25>(h)),
        plus(and(j, odd), above::<26>(i)),
    ]
}

impl Avx2 {
    /// Each lane's five limbs of 51 bits in canonical form.
    #[inline(always)]
    fn canonical(self) -> [__m256i; 5] {
        let [a, b, c, d, e, f, g, h, i, j] = carried(self.0);
        let (a, b) = (plus(a, shifted::<26>(b)), plus(c, shifted::<26>(d)));
        let (c, d, e) =
            (plus(e, shifted::<26>(f)), plus(g, shifted::<26>(h)), plus(i, shifted::<26>(j)));
        // The value is below 2p. Adding 19 carries out of bit 255 exactly if it is p or more.
        let mut q = above::<51>(plus(a, set(19)));
        for limb in [b, c, d, e] {
            q = above::<51>(plus(limb, q));
        }
        let a = plus(a, times_19(q));
        let b = plus(b, above::<51>(a));
        let c = plus(c, above::<51>(b));
        let d = plus(d, above::<51>(c));
        let e = plus(e, above::<51>(d));
        let limb = set(LIMB_51);
        [and(a, limb), and(b, limb), and(c, limb), and(d, limb), and(e, limb)]
    }
}

impl Field for Avx2 {
    const LANES: usize = 4;

    #[inline(always)]
    fn load(stored: &Stored) -> Self {
        let mut limbs = [set(0); 10];
        for (limb, words) in limbs.iter_mut().zip(stored.words().as_chunks::<4>().0) {
            *limb = loaded(*words);
        }
        Self(limbs)
    }

    #[inline(always)]
    fn store(self) -> Stored {
        let mut words = Stored::default();
        for (words, limb) in words.words_mut().as_chunks_mut::<4>().0.iter_mut().zip(self.0) {
            *words = stored(limb);
        }
        words
    }

    #[inline(always)]
    fn from_elements(elements: &[Element; MAX_LANES]) -> Self {
        let mut stored = Stored::default();
        let rows = stored.words_mut().as_chunks_mut::<4>().0;
        for (lane, Element(limbs)) in elements.iter().take(Self::LANES).enumerate() {
            for (pair, limb) in rows.as_chunks_mut::<2>().0.iter_mut().zip(limbs) {
                let [even, odd] = pair;
                even[lane] = limb & EVEN;
                odd[lane] = limb >> 26;
            }
        }
        Self::load(&stored)
    }

    #[inline(always)]
    fn to_elements(self) -> [Element; MAX_LANES] {
        let [a, b, c, d, e] = self.canonical();
        let [a, b, c, d, e] = [stored(a), stored(b), stored(c), stored(d), stored(e)];
        let mut elements = [Element::ZERO; MAX_LANES];
        let limbs = a.into_iter().zip(b).zip(c).zip(d).zip(e);
        for (to, ((((a, b), c), d), e)) in elements.iter_mut().zip(limbs) {
            *to = Element([a, b, c, d, e]);
        }
        elements
    }

    #[inline(always)]
    fn broadcast(stored: &Stored, lane: usize) -> Self {
        let mut limbs = [set(0); 10];
        for (limb, words) in limbs.iter_mut().zip(stored.words().as_chunks::<4>().0) {
            *limb = set(words[lane % 4]);
        }
        Self(limbs)
    }

    #[inline(always)]
    fn splat(element: Element) -> Self {
        let [a, b, c, d, e] = element.0;
        Self([
            set(a & EVEN),
            set(a >> 26),
            set(b & EVEN),
            set(b >> 26),
            set(c & EVEN),
            set(c >> 26),
            set(d & EVEN),
            set(d >> 26),
            set(e & EVEN),
            set(e >> 26),
        ])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(carried(sum(self.0, other.0)))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(carried(difference(sum(self.0, multiple_of_p(FOUR_P)), other.0)))
    }

    #[inline(always)]
    fn neg(self) -> Self {
        Self(carried(difference(multiple_of_p(FOUR_P), self.0)))
    }

    type Wide = Wide;

    #[inline(always)]
    fn mul_wide(self, other: Self) -> Wide {
        let (f, g) = (self.0, other.0);
        let f2 = [twice(f[1]), twice(f[3]), twice(f[5]), twice(f[7]), twice(f[9])];
        let mut g19 = g;
        for limb in &mut g19 {
            *limb = times(*limb, set(19));
        }
        Wide([
            column!(f[0], g[0]; f2[0], g19[9]; f[2], g19[8]; f2[1], g19[7]; f[4], g19[6]; f2[2], g19[5]; f[6], g19[4]; f2[3], g19[3]; f[8], g19[2]; f2[4], g19[1]),
            column!(f[0], g[1]; f[1], g[0]; f[2], g19[9]; f[3], g19[8]; f[4], g19[7]; f[5], g19[6]; f[6], g19[5]; f[7], g19[4]; f[8], g19[3]; f[9], g19[2]),
            column!(f[0], g[2]; f2[0], g[1]; f[2], g[0]; f2[1], g19[9]; f[4], g19[8]; f2[2], g19[7]; f[6], g19[6]; f2[3], g19[5]; f[8], g19[4]; f2[4], g19[3]),
            column!(f[0], g[3]; f[1], g[2]; f[2], g[1]; f[3], g[0]; f[4], g19[9]; f[5], g19[8]; f[6], g19[7]; f[7], g19[6]; f[8], g19[5]; f[9], g19[4]),
            column!(f[0], g[4]; f2[0], g[3]; f[2], g[2]; f2[1], g[1]; f[4], g[0]; f2[2], g19[9]; f[6], g19[8]; f2[3], g19[7]; f[8], g19[6]; f2[4], g19[5]),
            column!(f[0], g[5]; f[1], g[4]; f[2], g[3]; f[3], g[2]; f[4], g[1]; f[5], g[0]; f[6], g19[9]; f[7], g19[8]; f[8], g19[7]; f[9], g19[6]),
            column!(f[0], g[6]; f2[0], g[5]; f[2], g[4]; f2[1], g[3]; f[4], g[2]; f2[2], g[1]; f[6], g[0]; f2[3], g19[9]; f[8], g19[8]; f2[4], g19[7]),
            column!(f[0], g[7]; f[1], g[6]; f[2], g[5]; f[3], g[4]; f[4], g[3]; f[5], g[2]; f[6], g[1]; f[7], g[0]; f[8], g19[9]; f[9], g19[8]),
            column!(f[0], g[8]; f2[0], g[7]; f[2], g[6]; f2[1], g[5]; f[4], g[4]; f2[2], g[3]; f[6], g[2]; f2[3], g[1]; f[8], g[0]; f2[4], g19[9]),
            column!(f[0], g[9]; f[1], g[8]; f[2], g[7]; f[3], g[6]; f[4], g[5]; f[5], g[4]; f[6], g[3]; f[7], g[2]; f[8], g[1]; f[9], g[0]),
        ])
    }

    #[inline(always)]
    fn square_wide(self) -> Wide {
        let f = self.0;
        // Written out: in a loop LLVM copies the arrays and multiplies also what nobody needs.
        let d = [
            twice(f[0]),
            twice(f[1]),
            twice(f[2]),
            twice(f[3]),
            twice(f[4]),
            twice(f[5]),
            twice(f[6]),
            twice(f[7]),
            twice(f[8]),
            twice(f[9]),
        ];
        let (f5, f6, f7) = (times(f[5], set(19)), times(f[6], set(19)), times(f[7], set(19)));
        let (f8, f9) = (times(f[8], set(19)), times(f[9], set(19)));
        let (d7, d9) = (twice(f7), twice(f9));
        Wide([
            column!(f[0], f[0]; d[1], d9; d[2], f8; d[3], d7; d[4], f6; d[5], f5),
            column!(d[0], f[1]; d[2], f9; d[3], f8; d[4], f7; d[5], f6),
            column!(d[0], f[2]; d[1], f[1]; d[3], d9; d[4], f8; d[5], d7; f[6], f6),
            column!(d[0], f[3]; d[1], f[2]; d[4], f9; d[5], f8; d[6], f7),
            column!(d[0], f[4]; d[1], d[3]; f[2], f[2]; d[5], d9; d[6], f8; d[7], f7),
            column!(d[0], f[5]; d[1], f[4]; d[2], f[3]; d[6], f9; d[7], f8),
            column!(d[0], f[6]; d[1], d[5]; d[2], f[4]; d[3], f[3]; d[7], d9; f[8], f8),
            column!(d[0], f[7]; d[1], f[6]; d[2], f[5]; d[3], f[4]; d[8], f9),
            column!(d[0], f[8]; d[1], d[7]; d[2], f[6]; d[3], d[5]; f[4], f[4]; d[9], f9),
            column!(d[0], f[9]; d[1], f[8]; d[2], f[7]; d[3], f[6]; d[4], f[5]),
        ])
    }

    #[inline(always)]
    fn wide_add(a: Wide, b: Wide) -> Wide {
        Wide(sum(a.0, b.0))
    }

    #[inline(always)]
    fn wide_sub(a: Wide, b: Wide) -> Wide {
        Wide(difference(sum(a.0, multiple_of_p(WIDE_P)), b.0))
    }

    #[inline(always)]
    fn reduce(wide: Wide) -> Self {
        Self(carried(carried(wide.0)))
    }

    #[inline(always)]
    fn widen(self) -> Wide {
        Wide(self.0)
    }

    #[inline(always)]
    fn select(mask: Mask, yes: Self, no: Self) -> Self {
        let lanes = spread(mask);
        let mut select = no.0;
        for (to, yes) in select.iter_mut().zip(yes.0) {
            *to = chosen(lanes, yes, *to);
        }
        Self(select)
    }

    #[inline(always)]
    fn is_zero(self) -> Mask {
        let [a, b, c, d, e] = self.canonical();
        // Limbs are below 2^51, so a sum is zero only if all are.
        zeros(plus(plus(plus(a, b), plus(c, d)), e))
    }

    #[inline(always)]
    fn is_negative(self) -> Mask {
        let [a, ..] = self.canonical();
        zeros(and(plus(a, set(1)), set(1)))
    }

    /// Eight entries of 32 bits fill one register for each limb.
    #[inline(always)]
    fn table(entries: &[Element; MAX_LANES]) -> Stored {
        let mut table = Stored::default();
        let rows = table.words_mut().as_chunks_mut::<4>().0;
        for (entry, Element(limbs)) in entries.iter().enumerate() {
            for (pair, limb) in rows.as_chunks_mut::<2>().0.iter_mut().zip(limbs) {
                let [even, odd] = pair;
                even[entry / 2] |= (limb & EVEN) << (32 * (entry % 2));
                odd[entry / 2] |= (limb >> 26) << (32 * (entry % 2));
            }
        }
        table
    }

    /// A look-up is a permutation within registers: no memory access depends on an index.
    #[inline(always)]
    fn pick(table: &Stored, indices: &[u8; MAX_LANES]) -> Self {
        let [a, b, c, d, ..] = indices.map(u64::from);
        let indices = loaded([a, b, c, d]);
        let Self(mut limbs) = Self::load(table);
        for limb in &mut limbs {
            // SAFETY: AVX2.
            let picked = unsafe { _mm256_permutevar8x32_epi32(*limb, indices) };
            *limb = and(picked, set(u64::from(u32::MAX)));
        }
        Self(limbs)
    }

    type Row = Row;

    #[inline(always)]
    fn read_rows(rows: &Rows<Row>, numbers: &[u8; MAX_LANES]) -> [Self; 4] {
        let mut coordinates = [Stored::default(); 4];
        for (lane, number) in numbers.iter().enumerate().take(Self::LANES) {
            let Row(row) = &rows[row_of(*number, lane)];
            for (coordinate, limbs) in coordinates.iter_mut().zip(row) {
                let words = coordinate.words_mut().iter_mut().skip(lane).step_by(Self::LANES);
                for (word, limb) in words.zip(limbs) {
                    *word = *limb;
                }
            }
        }
        let [x, y, z, t] = &coordinates;
        [Self::load(x), Self::load(y), Self::load(z), Self::load(t)]
    }

    #[inline(always)]
    fn write_rows(rows: &mut Rows<Row>, numbers: &[u8; MAX_LANES], coordinates: [Self; 4]) {
        let [x, y, z, t] = coordinates;
        let coordinates = [x.store(), y.store(), z.store(), t.store()];
        for (lane, number) in numbers.iter().enumerate().take(Self::LANES) {
            let Row(row) = &mut rows[row_of(*number, lane)];
            for (limbs, coordinate) in row.iter_mut().zip(&coordinates) {
                let words = coordinate.words().iter().skip(lane).step_by(Self::LANES);
                for (limb, word) in limbs.iter_mut().zip(words) {
                    *limb = *word;
                }
            }
        }
    }
}

/// x, y, z and t, ten limbs each.
#[derive(Clone, Copy, Default)]
pub(super) struct Row([[u64; 10]; 4]);
