//! Eight lanes with AVX-512 IFMA: 52-bit multiplication that adds the lower or the upper half of
//! the product to a 64-bit accumulator.
//!
//! An element is Σ xᵢ·2^(51·i), i from 0 to 4. It is *reduced* when each limb is below
//! 2^51 + 2^17: a factor has 52 bits, and what is cut off is lost without a sign.
//!
//! - A product's column is at most 5 lower halves and, doubled because an upper half counts 2^52
//!   and not 2^51, 5 upper halves: below 15·2^52 < 2^56. Folding the upper five columns into the
//!   lower by 2^255 = 19 gives less than 20·2^56 < 2^60.4.
//! - Three products and 2^10·p, the most that is ever summed, are below 3·2^60.4 + 2^61 < 2^63.
//! - One carry pass, all limbs at once, leaves each below 2^51 + 19·2^12 < 2^51 + 2^17.
//! - Sums and differences of elements (to which 2p is added, so that none is negative) are below
//!   2^54 and get the same pass.
#![allow(unsafe_code, reason = "the instructions that this back end is made of")]
#![allow(clippy::indexing_slicing, reason = "lanes, limbs and rounds are counted by constants")]

use core::arch::x86_64::*;

use super::Job;
use super::field::{Element, Field, MAX_LANES, Mask, Rows, Stored, row_of};

/// Whether this processor has what [`run`] needs.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512ifma")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("bmi2")
}

/// Runs `job` compiled for AVX-512 IFMA.
///
/// # Safety
///
/// [`is_supported`] must have said yes.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512vl,bmi2")]
pub(super) unsafe fn run<J: Job>(job: J) -> J::Output {
    job.run::<Ifma>()
}

// Safety of every block below that says "IFMA": values of this type are made and used only within a
// `Job` that `run` runs, whose caller has made sure that the processor has these instructions. The
// instructions work on registers and touch no memory.
#[derive(Clone, Copy)]
pub(super) struct Ifma([__m512i; 5]);

const LIMB_BITS: u32 = 51;
const LIMB: u64 = (1 << LIMB_BITS) - 1;
/// 2p, limb by limb: each at least as large as a reduced limb.
const TWICE_P: Element = Element([2 * (LIMB - 18), 2 * LIMB, 2 * LIMB, 2 * LIMB, 2 * LIMB]);

/// 2^10·p, limb by limb: each at least as large as a product's.
const WIDE_P: Element =
    Element([(LIMB - 18) << 10, LIMB << 10, LIMB << 10, LIMB << 10, LIMB << 10]);

/// A product's limbs before the carry pass.
#[derive(Clone, Copy)]
pub(super) struct Wide([__m512i; 5]);

macro_rules! columns {
    // One column of the product: the lower halves of the pairs that belong there.
    ($op:ident, $from:expr; $($a:expr, $b:expr);+) => {{
        let mut column = $from;
        $(column = $op(column, $a, $b);)+
        column
    }};
}

#[inline(always)]
fn lower(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: IFMA.
    unsafe { _mm512_madd52lo_epu64(sum, a, b) }
}

#[inline(always)]
fn upper(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: IFMA.
    unsafe { _mm512_madd52hi_epu64(sum, a, b) }
}

#[inline(always)]
fn plus(a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: IFMA.
    unsafe { _mm512_add_epi64(a, b) }
}

#[inline(always)]
fn minus(a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: IFMA.
    unsafe { _mm512_sub_epi64(a, b) }
}

#[inline(always)]
fn set(value: u64) -> __m512i {
    // SAFETY: IFMA.
    unsafe { _mm512_set1_epi64(value.cast_signed()) }
}

#[inline(always)]
fn masked(a: __m512i) -> __m512i {
    // SAFETY: IFMA.
    unsafe { _mm512_and_si512(a, set(LIMB)) }
}

#[inline(always)]
fn above(a: __m512i) -> __m512i {
    // SAFETY: IFMA.
    unsafe { _mm512_srli_epi64::<LIMB_BITS>(a) }
}

#[inline(always)]
fn chosen(mask: Mask, yes: __m512i, no: __m512i) -> __m512i {
    // SAFETY: IFMA.
    unsafe { _mm512_mask_mov_epi64(no, mask, yes) }
}

#[inline(always)]
fn permuted(indices: __m512i, entries: __m512i) -> __m512i {
    // SAFETY: IFMA.
    unsafe { _mm512_permutexvar_epi64(indices, entries) }
}

#[inline(always)]
fn loaded(lanes: [u64; 8]) -> __m512i {
    // SAFETY: both are 64 bytes in which every bit pattern is valid.
    unsafe { core::mem::transmute::<[u64; 8], __m512i>(lanes) }
}

#[inline(always)]
fn stored(lanes: __m512i) -> [u64; 8] {
    // SAFETY: both are 64 bytes in which every bit pattern is valid.
    unsafe { core::mem::transmute::<__m512i, [u64; 8]>(lanes) }
}

#[inline(always)]
fn twice(a: __m512i) -> __m512i {
    plus(a, a)
}

/// Adds 19 times a column that counts 2^255 more. Shifts and sums, because the factor has more than
/// 52 bits and the multipliers are busy.
#[inline(always)]
fn fold(upper: __m512i, lower: __m512i) -> __m512i {
    // SAFETY: IFMA.
    let sixteen = unsafe { _mm512_slli_epi64::<4>(upper) };
    plus(plus(sixteen, twice(upper)), plus(upper, lower))
}

/// One carry pass over limbs below 2^63, all at once. The uppermost carry counts 19 at the bottom.
#[inline(always)]
fn carried(limbs: [__m512i; 5]) -> [__m512i; 5] {
    let [a, b, c, d, e] = limbs;
    [
        lower(masked(a), above(e), set(19)),
        plus(masked(b), above(a)),
        plus(masked(c), above(b)),
        plus(masked(d), above(c)),
        plus(masked(e), above(d)),
    ]
}

impl Ifma {
    /// Each lane's limbs in canonical form.
    #[inline(always)]
    fn canonical(self) -> [__m512i; 5] {
        let [a, b, c, d, e] = carried(self.0);
        // The value is below 2p. Adding 19 carries out of bit 255 exactly if it is p or more.
        let mut q = above(plus(a, set(19)));
        for limb in [b, c, d, e] {
            q = above(plus(limb, q));
        }
        let a = lower(a, q, set(19));
        let b = plus(b, above(a));
        let c = plus(c, above(b));
        let d = plus(d, above(c));
        let e = plus(e, above(d));
        [masked(a), masked(b), masked(c), masked(d), masked(e)]
    }
}

impl Field for Ifma {
    const LANES: usize = 8;

    #[inline(always)]
    fn load(stored: &Stored) -> Self {
        let [a, b, c, d, e] = stored.0;
        Self([loaded(a), loaded(b), loaded(c), loaded(d), loaded(e)])
    }

    #[inline(always)]
    fn store(self) -> Stored {
        let [a, b, c, d, e] = self.0;
        Stored([stored(a), stored(b), stored(c), stored(d), stored(e)])
    }

    #[inline(always)]
    fn from_elements(elements: &[Element; MAX_LANES]) -> Self {
        let limb = |i: usize| elements.map(|element| element.0.get(i).copied().unwrap_or_default());
        Self::load(&Stored([limb(0), limb(1), limb(2), limb(3), limb(4)]))
    }

    #[inline(always)]
    fn to_elements(self) -> [Element; MAX_LANES] {
        let Stored([a, b, c, d, e]) = Self(self.canonical()).store();
        let mut elements = [Element::ZERO; MAX_LANES];
        let limbs = a.into_iter().zip(b).zip(c).zip(d).zip(e);
        for (to, ((((a, b), c), d), e)) in elements.iter_mut().zip(limbs) {
            *to = Element([a, b, c, d, e]);
        }
        elements
    }

    #[inline(always)]
    fn broadcast(stored: &Stored, lane: usize) -> Self {
        let [a, b, c, d, e] = &stored.0;
        let lane = lane % MAX_LANES;
        Self([set(a[lane]), set(b[lane]), set(c[lane]), set(d[lane]), set(e[lane])])
    }

    #[inline(always)]
    fn splat(element: Element) -> Self {
        let [a, b, c, d, e] = element.0;
        Self([set(a), set(b), set(c), set(d), set(e)])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let ([a, b, c, d, e], [f, g, h, i, j]) = (self.0, other.0);
        Self(carried([plus(a, f), plus(b, g), plus(c, h), plus(d, i), plus(e, j)]))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let ([a, b, c, d, e], [f, g, h, i, j]) = (self.0, other.0);
        let Self([k, l, m, n, o]) = Self::splat(TWICE_P);
        Self(carried([
            plus(minus(a, f), k),
            plus(minus(b, g), l),
            plus(minus(c, h), m),
            plus(minus(d, i), n),
            plus(minus(e, j), o),
        ]))
    }

    #[inline(always)]
    fn neg(self) -> Self {
        let [f, g, h, i, j] = self.0;
        let Self([k, l, m, n, o]) = Self::splat(TWICE_P);
        Self(carried([minus(k, f), minus(l, g), minus(m, h), minus(n, i), minus(o, j)]))
    }

    type Wide = Wide;

    #[inline(always)]
    fn mul_wide(self, other: Self) -> Wide {
        let ([a, b, c, d, e], [f, g, h, i, j]) = (self.0, other.0);
        let o = set(0);
        let u1 = columns!(upper, o; a, f);
        let u2 = columns!(upper, o; a, g; b, f);
        let u3 = columns!(upper, o; a, h; b, g; c, f);
        let u4 = columns!(upper, o; a, i; b, h; c, g; d, f);
        let u5 = columns!(upper, o; a, j; b, i; c, h; d, g; e, f);
        let u6 = columns!(upper, o; b, j; c, i; d, h; e, g);
        let u7 = columns!(upper, o; c, j; d, i; e, h);
        let u8 = columns!(upper, o; d, j; e, i);
        let u9 = columns!(upper, o; e, j);
        let z5 = columns!(lower, twice(u5); b, j; c, i; d, h; e, g);
        let z6 = columns!(lower, twice(u6); c, j; d, i; e, h);
        let z7 = columns!(lower, twice(u7); d, j; e, i);
        let z8 = columns!(lower, twice(u8); e, j);
        let z9 = twice(u9);
        Wide([
            fold(z5, columns!(lower, o; a, f)),
            fold(z6, columns!(lower, twice(u1); a, g; b, f)),
            fold(z7, columns!(lower, twice(u2); a, h; b, g; c, f)),
            fold(z8, columns!(lower, twice(u3); a, i; b, h; c, g; d, f)),
            fold(z9, columns!(lower, twice(u4); a, j; b, i; c, h; d, g; e, f)),
        ])
    }

    #[inline(always)]
    fn square_wide(self) -> Wide {
        let [a, b, c, d, e] = self.0;
        let o = set(0);
        // Products of two different limbs count twice, and upper halves twice again.
        let u1 = columns!(upper, o; a, a);
        let u2 = columns!(upper, o; a, b);
        let u3 = columns!(upper, o; a, c);
        let u4 = columns!(upper, o; a, d; b, c);
        let u5 = columns!(upper, o; a, e; b, d);
        let u6 = columns!(upper, o; b, e; c, d);
        let u7 = columns!(upper, o; c, e);
        let u8 = columns!(upper, o; d, e);
        let u9 = columns!(upper, o; e, e);
        let m1 = columns!(lower, u1; a, b);
        let m2 = columns!(lower, twice(u2); a, c);
        let m3 = columns!(lower, columns!(upper, twice(u3); b, b); a, d; b, c);
        let m4 = columns!(lower, twice(u4); a, e; b, d);
        let m5 = columns!(lower, columns!(upper, twice(u5); c, c); b, e; c, d);
        let m6 = columns!(lower, twice(u6); c, e);
        let m7 = columns!(lower, columns!(upper, twice(u7); d, d); d, e);
        let m8 = twice(u8);
        let z5 = twice(m5);
        let z6 = columns!(lower, twice(m6); d, d);
        let z7 = twice(m7);
        let z8 = columns!(lower, twice(m8); e, e);
        let z9 = twice(u9);
        Wide([
            fold(z5, columns!(lower, o; a, a)),
            fold(z6, twice(m1)),
            fold(z7, columns!(lower, twice(m2); b, b)),
            fold(z8, twice(m3)),
            fold(z9, columns!(lower, twice(m4); c, c)),
        ])
    }

    #[inline(always)]
    fn wide_add(a: Wide, b: Wide) -> Wide {
        let ([a, b, c, d, e], [f, g, h, i, j]) = (a.0, b.0);
        Wide([plus(a, f), plus(b, g), plus(c, h), plus(d, i), plus(e, j)])
    }

    #[inline(always)]
    fn wide_sub(a: Wide, b: Wide) -> Wide {
        let ([a, b, c, d, e], [f, g, h, i, j]) = (a.0, b.0);
        let Self([k, l, m, n, o]) = Self::splat(WIDE_P);
        Wide([
            plus(minus(a, f), k),
            plus(minus(b, g), l),
            plus(minus(c, h), m),
            plus(minus(d, i), n),
            plus(minus(e, j), o),
        ])
    }

    #[inline(always)]
    fn reduce(wide: Wide) -> Self {
        Self(carried(wide.0))
    }

    #[inline(always)]
    fn widen(self) -> Wide {
        Wide(self.0)
    }

    #[inline(always)]
    fn select(mask: Mask, yes: Self, no: Self) -> Self {
        let ([a, b, c, d, e], [f, g, h, i, j]) = (yes.0, no.0);
        Self([
            chosen(mask, a, f),
            chosen(mask, b, g),
            chosen(mask, c, h),
            chosen(mask, d, i),
            chosen(mask, e, j),
        ])
    }

    #[inline(always)]
    fn is_zero(self) -> Mask {
        let [a, b, c, d, e] = self.canonical();
        // SAFETY: IFMA.
        unsafe {
            let any = _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
            let any = _mm512_or_si512(any, e);
            _mm512_testn_epi64_mask(any, any)
        }
    }

    #[inline(always)]
    fn is_negative(self) -> Mask {
        let [a, ..] = self.canonical();
        // SAFETY: IFMA.
        unsafe { _mm512_test_epi64_mask(a, set(1)) }
    }

    #[inline(always)]
    fn table(entries: &[Element; MAX_LANES]) -> Stored {
        Self::from_elements(entries).store()
    }

    /// Eight entries fill one register for each limb, so that a look-up is a permutation of it: no
    /// memory access depends on an index.
    #[inline(always)]
    fn pick(table: &Stored, indices: &[u8; MAX_LANES]) -> Self {
        let packed = u64::from_le_bytes(*indices).cast_signed();
        // SAFETY: IFMA.
        let indices = unsafe { _mm512_cvtepu8_epi64(_mm_set_epi64x(0, packed)) };
        let Self([a, b, c, d, e]) = Self::load(table);
        Self([
            permuted(indices, a),
            permuted(indices, b),
            permuted(indices, c),
            permuted(indices, d),
            permuted(indices, e),
        ])
    }

    type Row = Row;

    #[inline(always)]
    fn read_rows(rows: &Rows<Row>, numbers: &[u8; MAX_LANES]) -> [Self; 4] {
        let mut parts = [[set(0); 8]; 3];
        for (lane, number) in numbers.iter().enumerate() {
            let Row([a, b, c]) = rows[row_of(*number, lane)];
            parts[0][lane] = loaded(a);
            parts[1][lane] = loaded(b);
            parts[2][lane] = loaded(c);
        }
        let [a, b, c] = parts;
        let [x0, x1, x2, x3, x4, y0, y1, y2] = transposed(a);
        let [y3, y4, z0, z1, z2, z3, z4, t0] = transposed(b);
        let [t1, t2, t3, t4, ..] = transposed(c);
        [
            Self([x0, x1, x2, x3, x4]),
            Self([y0, y1, y2, y3, y4]),
            Self([z0, z1, z2, z3, z4]),
            Self([t0, t1, t2, t3, t4]),
        ]
    }

    #[inline(always)]
    fn write_rows(rows: &mut Rows<Row>, numbers: &[u8; MAX_LANES], coordinates: [Self; 4]) {
        let [Self(x), Self(y), Self(z), Self(t)] = coordinates;
        let o = set(0);
        let a = transposed([x[0], x[1], x[2], x[3], x[4], y[0], y[1], y[2]]);
        let b = transposed([y[3], y[4], z[0], z[1], z[2], z[3], z[4], t[0]]);
        let c = transposed([t[1], t[2], t[3], t[4], o, o, o, o]);
        for (lane, number) in numbers.iter().enumerate() {
            let row = &mut rows[row_of(*number, lane)];
            *row = Row([stored(a[lane]), stored(b[lane]), stored(c[lane])]);
        }
    }
}

/// x, y, z and t, five limbs each, and what fills three registers.
#[derive(Clone, Copy, Default)]
#[repr(C, align(64))]
pub(super) struct Row([[u64; 8]; 3]);

/// Word i of register j becomes word j of register i.
#[inline(always)]
fn transposed(rows: [__m512i; 8]) -> [__m512i; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    // SAFETY: IFMA.
    unsafe {
        // Words 0, 2, 4 and 6 of two rows each, then 1, 3, 5 and 7.
        let even = [
            _mm512_unpacklo_epi64(a, b),
            _mm512_unpacklo_epi64(c, d),
            _mm512_unpacklo_epi64(e, f),
            _mm512_unpacklo_epi64(g, h),
        ];
        let odd = [
            _mm512_unpackhi_epi64(a, b),
            _mm512_unpackhi_epi64(c, d),
            _mm512_unpackhi_epi64(e, f),
            _mm512_unpackhi_epi64(g, h),
        ];
        let ([i, k, m, o], [j, l, n, p]) = (quarters(even), quarters(odd));
        [i, j, k, l, m, n, o, p]
    }
}

/// Quarter i of register j becomes quarter j of register i.
#[inline(always)]
fn quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    const EVEN: i32 = 0b10_00_10_00;
    const ODD: i32 = 0b11_01_11_01;
    // SAFETY: IFMA.
    unsafe {
        let (e, f) = (_mm512_shuffle_i64x2::<EVEN>(a, b), _mm512_shuffle_i64x2::<EVEN>(c, d));
        let (g, h) = (_mm512_shuffle_i64x2::<ODD>(a, b), _mm512_shuffle_i64x2::<ODD>(c, d));
        [
            _mm512_shuffle_i64x2::<EVEN>(e, f),
            _mm512_shuffle_i64x2::<EVEN>(g, h),
            _mm512_shuffle_i64x2::<ODD>(e, f),
            _mm512_shuffle_i64x2::<ODD>(g, h),
        ]
    }
}
