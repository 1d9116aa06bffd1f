//! The field of 2^255 - 19 elements, several at a time: what a back end gives, and what follows
//! from it for all of them alike.
//!
//! Everything generic here and in the modules above is `#[inline(always)]`, because only the
//! function in which it ends up is compiled for the processor's vector instructions (see
//! [`Backend::run`](super::Backend::run)); a call left standing would be compiled without them. For
//! the same reason elements are not passed through closures, which cannot be so marked, nor through
//! `map` and `fold`.

use zeroize::Zeroize;

/// Most lanes of any back end. Arrays have this length; a back end with fewer lanes leaves the rest
/// alone.
pub(super) const MAX_LANES: usize = 8;

/// One bit a lane, the least significant for lane 0.
pub(super) type Mask = u8;

/// One field element: five limbs of 51 bits, least significant first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Zeroize)]
pub(super) struct Element(pub(super) [u64; 5]);

const LIMB: u64 = (1 << 51) - 1;

impl Stored {
    /// All words in a row.
    #[inline(always)]
    pub(super) fn words(&self) -> &[u64] {
        self.0.as_flattened()
    }

    #[inline(always)]
    pub(super) fn words_mut(&mut self) -> &mut [u64] {
        self.0.as_flattened_mut()
    }
}

impl Element {
    pub(super) const ZERO: Self = Self([0; 5]);
    pub(super) const ONE: Self = Self([1, 0, 0, 0, 0]);

    /// The number that these bytes are, least significant first, without its 256th bit. It may be p
    /// or more, which arithmetic does not mind.
    #[inline(always)]
    pub(super) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let (words, _) = bytes.as_chunks::<8>();
        let &[a, b, c, d] = words else { return Self::ZERO };
        let [a, b, c, d] = [a, b, c, d].map(u64::from_le_bytes);
        Self([
            a & LIMB,
            ((a >> 51) | (b << 13)) & LIMB,
            ((b >> 38) | (c << 26)) & LIMB,
            ((c >> 25) | (d << 39)) & LIMB,
            (d >> 12) & LIMB,
        ])
    }

    /// The encoding of an element whose limbs are in range.
    #[inline(always)]
    pub(super) fn to_bytes(self) -> [u8; 32] {
        let Self([a, b, c, d, e]) = self;
        let words =
            [a | (b << 51), (b >> 13) | (c << 38), (c >> 26) | (d << 25), (d >> 39) | (e << 12)];
        let mut bytes = [0; 32];
        for (to, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *to = word.to_le_bytes();
        }
        bytes
    }
}

/// Elements in memory, as their back end lays them out: eight lanes of five 51-bit limbs, or four
/// lanes of ten limbs of 26 and 25 bits.
#[derive(Clone, Copy, Default, Zeroize)]
#[repr(C, align(64))]
pub(super) struct Stored(pub(super) [[u64; 8]; 5]);

/// A row for each number and lane: row n of lane l is entry n · [`MAX_LANES`] + l. As many as there
/// are numbers in a byte, so that none needs to be checked.
pub(super) type Rows<R> = [R; ROWS];
pub(super) const ROWS: usize = 256 * MAX_LANES;

/// Where a lane's row lies.
#[inline(always)]
pub(super) fn row_of(number: u8, lane: usize) -> usize {
    usize::from(number) * MAX_LANES + lane % MAX_LANES
}

/// Elements of the field, one in each lane. No operation's time or memory access depends on a value.
///
/// INVARIANT: every value is *reduced*, that is within the bounds which its back end's
/// multiplication asks of its operands.
pub(super) trait Field: Copy {
    /// How many lanes.
    const LANES: usize;

    /// In memory, limb i of lane l is word i · LANES + l.
    fn load(stored: &Stored) -> Self;
    fn store(self) -> Stored;

    /// An element for each lane.
    fn from_elements(elements: &[Element; MAX_LANES]) -> Self;
    /// Each lane's element in its canonical form: less than p.
    fn to_elements(self) -> [Element; MAX_LANES];
    /// The element of one lane in every lane.
    fn broadcast(stored: &Stored, lane: usize) -> Self;
    /// The same element in every lane.
    fn splat(element: Element) -> Self;

    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn neg(self) -> Self;

    /// A product before its carries. What is then added needs them only once.
    type Wide: Copy;
    fn mul_wide(self, other: Self) -> Self::Wide;
    fn square_wide(self) -> Self::Wide;
    /// The sum of two products, or of a product and such a sum.
    fn wide_add(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// A product, or the sum of two, minus a product.
    fn wide_sub(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    fn reduce(wide: Self::Wide) -> Self;
    /// An element as if it were a product.
    fn widen(self) -> Self::Wide;

    /// `yes` in the lanes of the mask, `no` in the others.
    fn select(mask: Mask, yes: Self, no: Self) -> Self;
    /// The lanes that hold zero.
    fn is_zero(self) -> Mask;
    /// The lanes whose canonical form is odd, which RFC 9496 calls negative.
    fn is_negative(self) -> Mask;

    /// Eight elements as a table that all lanes read from.
    fn table(entries: &[Element; MAX_LANES]) -> Stored;
    /// In each lane the entry of the table that the lane's index, 0 to 7, names.
    fn pick(table: &Stored, indices: &[u8; MAX_LANES]) -> Self;

    /// The four coordinates of one lane's point, apart from those of the others.
    type Row: Copy + Default;
    /// In each lane the coordinates that its own row of this number holds: see [`Rows`].
    fn read_rows(rows: &Rows<Self::Row>, numbers: &[u8; MAX_LANES]) -> [Self; 4];
    /// Puts each lane's coordinates into its own row of this number.
    fn write_rows(rows: &mut Rows<Self::Row>, numbers: &[u8; MAX_LANES], coordinates: [Self; 4]);

    #[inline(always)]
    fn zero() -> Self {
        Self::splat(Element::ZERO)
    }

    #[inline(always)]
    fn one() -> Self {
        Self::splat(Element::ONE)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self::reduce(self.mul_wide(other))
    }

    #[inline(always)]
    fn square(self) -> Self {
        Self::reduce(self.square_wide())
    }

    #[inline(always)]
    fn double(self) -> Self {
        self.add(self)
    }

    #[inline(always)]
    fn negate_if(self, mask: Mask) -> Self {
        Self::select(mask, self.neg(), self)
    }

    /// The lanes in which both are the same element.
    #[inline(always)]
    fn equals(self, other: Self) -> Mask {
        self.sub(other).is_zero()
    }

    #[inline(always)]
    fn absolute(self) -> Self {
        self.negate_if(self.is_negative())
    }

    /// Squared `times` times over.
    #[inline(always)]
    fn square_times(self, times: u32) -> Self {
        let mut square = self;
        for _ in 0..times {
            square = square.square();
        }
        square
    }

    /// `self` to the power of 2^250 - 1, and of 11: where the chains below part.
    #[inline(always)]
    fn power_250(self) -> (Self, Self) {
        let x2 = self.square();
        let x9 = x2.square_times(2).mul(self);
        let x11 = x9.mul(x2);
        let x_5_0 = x11.square().mul(x9);
        let x_10_0 = x_5_0.square_times(5).mul(x_5_0);
        let x_20_0 = x_10_0.square_times(10).mul(x_10_0);
        let x_40_0 = x_20_0.square_times(20).mul(x_20_0);
        let x_50_0 = x_40_0.square_times(10).mul(x_10_0);
        let x_100_0 = x_50_0.square_times(50).mul(x_50_0);
        let x_200_0 = x_100_0.square_times(100).mul(x_100_0);
        (x_200_0.square_times(50).mul(x_50_0), x11)
    }

    /// The inverse; zero for zero.
    #[inline(always)]
    fn invert(self) -> Self {
        let (x_250_0, x11) = self.power_250();
        x_250_0.square_times(5).mul(x11)
    }

    /// RFC 9496 section 4.2, `SQRT_RATIO_M1(u, v)`: the lanes where u/v is a square, and the
    /// non-negative square root of u/v there, of u/v times the square root of -1 in the others.
    #[inline(always)]
    fn sqrt_ratio(u: Self, v: Self) -> (Mask, Self) {
        let i = Self::splat(SQRT_M1);
        let v3 = v.square().mul(v);
        let v7 = v3.square().mul(v);
        let uv7 = u.mul(v7);
        // To the power of (p - 5) / 8 = 2^252 - 3.
        let power = uv7.power_250().0.square_times(2).mul(uv7);
        let root = u.mul(v3).mul(power);
        let check = v.mul(root.square());

        let is_right = check.equals(u);
        let is_flipped = check.equals(u.neg());
        let is_flipped_i = check.equals(u.neg().mul(i));
        let root = Self::select(is_flipped | is_flipped_i, root.mul(i), root);
        (is_right | is_flipped, root.absolute())
    }
}

// RFC 9496 section 4.1; the tests hold each against its definition.
pub(super) const D: Element =
    Element([0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff]);
pub(super) const TWICE_D: Element =
    Element([0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff]);
pub(super) const SQRT_M1: Element =
    Element([0x61b274a0ea0b0, 0xd5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d]);
pub(super) const SQRT_AD_MINUS_ONE: Element =
    Element([0x7f6a0497b2e1b, 0x1836f0a97afd2, 0x7d747f6be7638, 0x456079e7e6498, 0x376931bf2b834]);
pub(super) const INVSQRT_A_MINUS_D: Element =
    Element([0xfdaa805d40ea, 0x2eb482e57d339, 0x7610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff]);
pub(super) const ONE_MINUS_D_SQ: Element =
    Element([0x409c1945fc176, 0x719abc6a1fc4f, 0x1c37f90b20684, 0x6bccca55eedf, 0x29072a8b2b3e]);
pub(super) const D_MINUS_ONE_SQ: Element =
    Element([0x55aaa44ed4d20, 0x59603c3332635, 0x26d3baf4a7928, 0x120a66e6997a9, 0x5968b37af66c2]);
